#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Send frames in VXLAN, VNI 100, as fast as possible.

usage: hostile.py DEVICE MAC IP many N SOURCE
       hostile.py DEVICE MAC IP flap SECONDS SOURCE...

To IP, whose MAC address is MAC, from the addresses SOURCE: N frames, each with
another inner source address, or frames with the inner source address
02:00:00:00:ff:ff from one SOURCE after the other, for SECONDS.  Prints the
number of frames sent."""

import os
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))
from wire import UDP, ip_bytes, ip_header, mac      # noqa: E402

device, to_mac, to, what, count, *sources = sys.argv[1:]
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sock.bind((device, 0))
own = sock.getsockname()[4]


def packet(source, inner_source):
    """Returns a packet from 'source' with a frame from 'inner_source' to an
    unknown address."""
    data = (struct.pack('!II', 0x08000000, 100 << 8)
            + b'\x02\0\0\0\xee\xee' + inner_source + b'\x88\xb5' + bytes(46))
    data = struct.pack('!HHHH', 50000, 4789, 8 + len(data), 0) + data
    return (mac(to_mac) + own + b'\x08\0'
            + ip_header(ip_bytes(source), ip_bytes(to), UDP, data))


def send(frame):
    """Sends 'frame', when the device has room for it."""
    while True:
        try:
            return sock.send(frame)
        except OSError:
            time.sleep(.001)


n = 0
if what == 'many':
    frame = packet(sources[0], b'\x02\0\0\0\0\0')
    at = frame.index(b'\x02\0\0\0\xee\xee\x02\0\0\0\0\0') + 6
    for n in range(1, int(count) + 1):
        send(frame[:at] + b'\x02\x01' + struct.pack('!I', n) + frame[at + 6:])
else:
    frames = [packet(source, b'\x02\0\0\0\xff\xff') for source in sources]
    end = time.monotonic() + float(count)
    while time.monotonic() < end:
        for frame in frames:
            send(frame)
            n += 1
print(n)
