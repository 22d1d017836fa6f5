# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Send packets of STT from host a to host b of links.sh, and check which of
them b's stt0 receives.

usage: count.py A MAC MAC [PACKET=NUMBER]...

Runs on host b; A is the namespace of host a, and the MACs are those of phy on a
and b.  Sends each PACKET, a key of packets(), and fails unless stt0 then counts
NUMBER frames more than before, and no drop.  If a PACKET is in two segments,
each CPU sends, and so receives, one of them."""

import os
import re
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))
from netns import inside           # noqa: E402
from stt_wire import ACK, PSH, Path, hop_by_hop, ip_bytes, mac    # noqa: E402


def packets(a, b):
    """Returns packets from MAC address 'a' to 'b', by name."""
    data = (bytes(18) + mac('ff:ff:ff:ff:ff:ff') + mac('02:00:00:00:00:09')
            + b'\x88\xb5' + bytes(46))

    def packet(src, dst, to=b, **how):
        return [Path(a, to, src, dst).segment(data, 9, len(data), 0, ACK | PSH,
                                              **how)]

    def split(src, dst, size):
        return [Path(a, b, src, dst).segment(data[i:i + size], 10, len(data),
                                             i)
                for i in range(0, len(data), size)]

    def packet4(dst, to=b):
        return packet('10.9.0.1', dst, to)

    def packet6(ext=b'', ext_type=0):
        return packet('fd09::1', 'fd09::2', ext=ext, ext_type=ext_type)

    return {
        'two-cpus': split('10.9.0.1', '10.9.0.2', 40),
        'two-cpus6': split('fd09::1', 'fd09::2', 40),
        'ipv4': packet4('10.9.0.2'),
        'other-host': packet4('10.9.0.77'),
        'l2-broadcast': packet4('10.9.0.2', 'ff:ff:ff:ff:ff:ff'),
        'broadcast': packet4('10.9.0.255', 'ff:ff:ff:ff:ff:ff'),
        'multicast': packet4('224.0.0.1', '01:00:5e:00:00:01'),
        'ipv6': packet6(),
        'destination-options': packet6(hop_by_hop(8), 60),
        'routing': packet6(bytes([4, 4, 1, 1, 0, 0, 0]) + ip_bytes('fd09::3')
                           + ip_bytes('fd09::2'), 43),
        'ah': packet6(bytes([4, 0, 0]) + struct.pack('!LL', 1, 1) + bytes(12),
                      51),
        'fragment': packet6(bytes(3) + struct.pack('!L', 1), 44)}


def counters():
    """Returns the number of frames that stt0 has received, and its drops."""
    with open('/proc/thread-self/net/dev') as f:
        n = re.search(r'stt0: *\d+ *(\d+)', f.read()).group(1)
    out = subprocess.run(['ethtool', '-S', 'stt0'], check=True,
                         stdout=subprocess.PIPE).stdout.decode()
    return int(n), re.sub(r'rx_(queued|complete): .*', '', out)


def main():
    a, *macs = sys.argv[1:4]
    known = packets(*macs)
    sock = inside(a, socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind(('phy', 0))
    expected, drops = counters()
    for name, number in (arg.split('=') for arg in sys.argv[4:]):
        for cpu, segment in enumerate(known[name]):
            os.sched_setaffinity(0, {cpu})
            sock.send(segment)
        expected += int(number)
        deadline = time.monotonic() + 10
        while counters()[0] < expected and time.monotonic() < deadline:
            time.sleep(.05)
        # A frame that is counted too late is noticed below next time.
        time.sleep(.2)
        if counters() != (expected, drops):
            sys.exit('%s: expected %d frames and %s\ngot %d frames and %s' % (
                name, expected, drops, *counters()))


if __name__ == '__main__':
    main()
