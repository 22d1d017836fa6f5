#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Have a switch get frames at once, and a tap device refuse some.

usage: port_io.py stopped PID NAMESPACE PORT SIZE... [--count=N]
       port_io.py header PID TAP SIZE

"stopped" stops process PID, sends frames with these SIZEs, all of them N times,
from PORT of a network namespace, and continues the process.  They have
EtherType 0x88b5.

"header" tells the kernel that packets from process PID to the device TAP have
a virtio-net header of SIZE bytes.  From then on, shorter packets fail.
"""

import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
import time

import netns

TUNSETVNETHDRSZ = 0x400454d8
SYS_PIDFD_GETFD = 438


def stopped(pid, namespace, port, sizes, count):
    """Executes "stopped"."""
    s = netns.inside(namespace, socket.socket, socket.AF_PACKET,
                     socket.SOCK_RAW, 0)
    netns.inside(namespace, s.bind, (port, 0))
    head = bytes.fromhex('020000000002' '020000000001' '88b5')
    os.kill(pid, signal.SIGSTOP)
    try:
        for i in range(count):
            for size in sizes:
                s.send(head + bytes(size - len(head)))
            # The kernel's queue between the devices must not overflow.
            if not i % 100:
                time.sleep(.001)
    finally:
        os.kill(pid, signal.SIGCONT)


def header(pid, tap, size):
    """Executes "header"."""
    for fd in os.listdir('/proc/%d/fdinfo' % pid):
        with open('/proc/%d/fdinfo/%s' % (pid, fd)) as info:
            if 'iff:\t%s\n' % tap in info.read():
                break
    else:
        sys.exit('no such device: ' + tap)
    libc = ctypes.CDLL(None, use_errno=True)
    mine = libc.syscall(SYS_PIDFD_GETFD, os.pidfd_open(pid), int(fd), 0)
    if mine < 0:
        raise OSError(ctypes.get_errno(), 'cannot get ' + tap)
    fcntl.ioctl(mine, TUNSETVNETHDRSZ, struct.pack('i', size))


def main():
    command, pid, *args = sys.argv[1:]
    if command == 'header':
        header(int(pid), args[0], int(args[1]))
    else:
        count = 1
        if args[-1].startswith('--count='):
            count = int(args.pop()[8:])
        stopped(int(pid), args[0], args[1], list(map(int, args[2:])), count)


if __name__ == '__main__':
    main()
