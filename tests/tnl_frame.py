#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Print a frame that a tunnel endpoint would send, in hex.

usage: tnl_frame.py PROTOCOL [SRC-PORT [OPTIONS]]

PROTOCOL is geneve, vxlan, gtpu or gre.  The outer header goes from 1.1.2.92 to
1.1.2.88 and its MAC address aa:55:aa:55:00:00, from UDP port SRC-PORT (default
5000), without a UDP checksum.  The key is 0x7b.  OPTIONS are Geneve options,
in hex (RFC 8926, section 3.5).  Inside is an ICMP echo request from 10.0.0.1
to 10.0.0.2.
"""

import struct
import sys

from wire import ICMP, UDP, ip_bytes, ip_header


def udp(src, dst, payload):
    return struct.pack('>HHHH', src, dst, 8 + len(payload), 0) + payload


def main():
    protocol = sys.argv[1]
    src = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
    options = bytes.fromhex(sys.argv[3] if len(sys.argv) > 3 else '')

    icmp = bytes.fromhex('0800f7ff00000000')
    packet = ip_header(ip_bytes('10.0.0.1'), ip_bytes('10.0.0.2'), ICMP, icmp)
    frame = bytes.fromhex('020000000002020000000001' + '0800') + packet

    if protocol == 'geneve':
        head = struct.pack('>BBHI', len(options) // 4, 0, 0x6558, 0x7b00)
        outer = UDP, udp(src, 6081, head + options + frame)
    elif protocol == 'vxlan':
        head = struct.pack('>II', 0x08000000, 0x7b00)
        outer = UDP, udp(src, 4789, head + frame)
    elif protocol == 'gtpu':
        head = struct.pack('>BBHI', 0x30, 255, len(packet), 0x7b)
        outer = UDP, udp(src, 2152, head + packet)
    elif protocol == 'gre':
        outer = 47, struct.pack('>HHI', 0x2000, 0x6558, 0x7b) + frame
    else:
        sys.exit('%s: unknown protocol' % protocol)

    print('aa55aa550000' + 'f8bc124434b6' + '0800'
          + ip_header(ip_bytes('1.1.2.92'), ip_bytes('1.1.2.88'),
                      *outer).hex())


if __name__ == '__main__':
    main()
