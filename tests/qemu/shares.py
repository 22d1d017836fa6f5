# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Send incomplete frames from one address between the segments of a good frame
from another one.

usage: shares.py NAMESPACE/DEVICE MAC

Sends from DEVICE to MAC, the address of 10.9.0.1 and fd09::1: over IPv4 and
IPv6, the first segment of a frame from address 3, the first segments of 1000
frames from address 2, and the other segments from address 3."""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))
from stt_cases import KEY, Raw                              # noqa: E402
from stt_wire import Path, Stt, inner                       # noqa: E402


def main():
    where, mac = sys.argv[1:]
    device = Raw(where)
    frame = Stt(inner(3000), key=KEY)
    for dst, bad, good in (('10.9.0.1', '10.9.0.2', '10.9.0.3'),
                           ('fd09::1', 'fd09::2', 'fd09::3')):
        bad, good = [Path('02:00:00:00:00:02', mac, src, dst)
                     for src in (bad, good)]
        segments = good.segments(frame, 1000)
        device.sock.send(segments[0])
        for _ in range(1000):
            device.sock.send(bad.segments(frame, 1000)[0])
        for segment in segments[1:]:
            device.sock.send(segment)


if __name__ == '__main__':
    main()
