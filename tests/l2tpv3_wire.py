#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""An encoder and a decoder of L2TPv3 data messages, for tests.

usage: l2tpv3_wire.py encode [option...]       print packets in hex
       l2tpv3_wire.py cut [option...]          one packet, cut at every length
       l2tpv3_wire.py inner [option...]        print an inner frame in hex
       l2tpv3_wire.py decode PCAP [option...]  print the packets in PCAP

Written from RFC 3931 alone, independently of the switch, so that the two can
find each other's mistakes.  "Section" in comments means a section of that RFC.
The options give the facts that a packet does not have, such as the length of
the cookie.

    Ethernet / IPv4 or IPv6 / [UDP / flags] / session / inner Ethernet
"""

import argparse
import struct
import sys

from stt_wire import inner
from wire import (ETH_8021Q, ETH_IP, ETH_IP6, TCP, UDP, ip_bytes, ip_header,
                  l4_sum, mac, ones_sum, pseudo, read_pcap)

PORT, PROTO = 1701, 115                 # Sections 4.1.2, 4.1.1.


class Header:
    """The fields of a data message, among them those that both ends have
    agreed on: 'udp', 'cookie' (bytes), 'sublayer' (a number, or None for none)
    and 'offset'."""

    def __init__(self, args):
        self.udp = not args.ip
        self.flags, self.reserved = args.flags, args.reserved
        self.session, self.sublayer = args.session, args.sublayer
        self.cookie = bytes.fromhex(args.cookie)
        self.offset = args.offset

    def pack(self):
        """Returns the bytes between UDP or IP and the inner frame."""
        data = b''
        if self.udp:                                    # Section 4.1.2.1.
            data += struct.pack('!HH', self.flags, self.reserved)
        data += struct.pack('!L', self.session) + self.cookie   # 4.1.1.1.
        if self.sublayer is not None:                   # Section 4.6.
            data += struct.pack('!L', self.sublayer)
        return data + bytes(self.offset)


def encode(header, frame, args):
    """Returns a packet with 'frame' behind 'header'."""
    net = '2001:cafe::' if args.ipv6 else '1.1.2.'
    src, dst = (ip_bytes(address or net + host) for address, host in
                ((args.src, '92'), (args.dst, '88')))
    data = header.pack() + frame
    if header.udp:
        length = 8 + len(data) if args.length is None else args.length
        data = struct.pack('!HHHH', args.sport, args.dport, length, 0) + data
        if args.csum != 'none':
            data = l4_sum(src, dst, UDP, data, 6, args.csum)
    macs = args.macs.split(',')
    return (mac(macs[1]) + mac(macs[0])
            + struct.pack('!H', ETH_IP if len(src) == 4 else ETH_IP6)
            + ip_header(src, dst, UDP if header.udp else PROTO, data)
            + bytes(args.pad))


def cuts(header, frame, args):
    """Returns packets truncated to each length from the end of the IP header
    to the end of the inner Ethernet header, with the same lengths in their IP
    and UDP headers."""
    full = len(header.pack()) + 14
    packets = []
    for size in range(full):
        data = (header.pack() + frame)[:size]
        short = Header(args)
        short.pack = lambda data=data: data
        packets.append(encode(short, b'', args))
    if header.udp:
        # Within the UDP header itself.
        packet = encode(header, frame, args)
        l4 = 54 if args.ipv6 else 34
        for size in range(8):
            src, dst = (packet[22:38], packet[38:54]) if args.ipv6 else (
                packet[26:30], packet[30:34])
            packets.append(packet[:14] + ip_header(
                src, dst, UDP, packet[l4:l4 + size]))
    return packets


def decode(packet, args):
    """Returns a line of text about 'packet' and its inner frame.  Raises
    ValueError if 'packet' is wrong."""
    tag = ''
    kind = struct.unpack_from('!H', packet, 12)[0]
    if kind == ETH_8021Q:
        tag = ' tag=%#x' % struct.unpack_from('!H', packet, 14)
        packet = packet[:12] + packet[16:]
        kind = struct.unpack_from('!H', packet, 12)[0]
    if kind == ETH_IP:
        size, ident, frag = struct.unpack_from('!HHH', packet, 16)
        tos, ttl, proto = packet[15], packet[22], packet[23]
        src, dst, data = packet[26:30], packet[30:34], packet[34:14 + size]
        if packet[14] != 0x45 or ones_sum(packet[14:34]) != 0xffff:
            raise ValueError('IPv4 header: ' + packet.hex())
        text = '%s>%s' % tuple('.'.join(map(str, a)) for a in (src, dst))
        text += '' if frag == 0x4000 else ' frag=%#x' % frag
    else:
        word, size, proto, ttl = struct.unpack_from('!LHBB', packet, 14)
        src, dst, data = packet[22:38], packet[38:54], packet[54:54 + size]
        tos = word >> 20 & 0xff
        text = '%s>%s' % (src.hex(), dst.hex())
    text += tag + (' tos=%#x' % tos if tos else '')
    text += '' if ttl == 64 else ' ttl=%d' % ttl
    if proto == UDP:
        sport, dport, length, csum = struct.unpack_from('!HHHH', data)
        if length != len(data):
            raise ValueError('UDP length %d' % length)
        if csum and ones_sum(pseudo(src, dst, UDP, length) + data) != 0xffff:
            raise ValueError('UDP checksum: ' + packet.hex())
        flags, reserved = struct.unpack_from('!HH', data, 8)
        if (flags, reserved) != (3, 0):
            raise ValueError('flags %#x, reserved %#x' % (flags, reserved))
        text += ' udp=%s>%d csum=%s' % (
            'hash' if args.hash and sport >= 32768 else sport, dport,
            'yes' if csum else 'no')
        data = data[12:]
    elif proto != PROTO:
        raise ValueError('protocol %d' % proto)
    text += ' session=%#x' % struct.unpack_from('!L', data)
    at = 4 + len(args.cookie) // 2
    text += ' cookie=%s' % data[4:at].hex() if at > 4 else ''
    if args.sublayer is not None:
        text += ' sublayer=%#010x' % struct.unpack_from('!L', data, at)
        at += 4
    if any(data[at:at + args.offset]):
        raise ValueError('offset padding ' + data[at:at + args.offset].hex())
    frame = data[at + args.offset:]
    l3 = frame[14:]
    if frame[12:14] == b'\x08\x00':
        l4 = l3[20:struct.unpack_from('!H', l3, 2)[0]]
        good = ones_sum(l3[:20]) == 0xffff and (
            l3[9] not in (TCP, UDP)
            or ones_sum(pseudo(l3[12:16], l3[16:20], l3[9], len(l4)) + l4)
            == 0xffff)
        text += '' if good else ' BAD-INNER-CHECKSUM'
    return '%s: %d' % (text, len(frame))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n')[0], usage=__doc__.split('\n\n')[1])
    parser.add_argument('what', choices=('encode', 'cut', 'inner', 'decode'))
    parser.add_argument('pcap', nargs='?')
    number = {'type': lambda s: int(s, 0)}
    parser.add_argument('--ip', action='store_true', help='IP, without UDP')
    parser.add_argument('--ipv6', action='store_true', help='outer IPv6')
    parser.add_argument('--src', help='outer source address')
    parser.add_argument('--dst', help='outer destination address')
    parser.add_argument('--macs', help='outer source,destination',
                        default='f8:bc:12:44:34:b6,aa:55:aa:55:00:00')
    parser.add_argument('--sport', default=PORT, **number)
    parser.add_argument('--dport', default=PORT, **number)
    parser.add_argument('--csum', default='good',
                        choices=('good', 'bad', 'none'))
    parser.add_argument('--length', help='UDP length', **number)
    parser.add_argument('--flags', default=3, **number)
    parser.add_argument('--reserved', default=0, **number)
    parser.add_argument('--session', default=[5], nargs='+', **number)
    parser.add_argument('--cookie', default='', help='hex digits')
    parser.add_argument('--sublayer', nargs='+', default=[None], **number)
    parser.add_argument('--offset', default=0, **number)
    parser.add_argument('--size', type=int, default=100, help='UDP payload')
    parser.add_argument('--frame', help='inner frame in hex')
    parser.add_argument('--pad', default=0, **number)
    parser.add_argument('--patch', nargs='*', default=[],
                        help='OFFSET:HEX: bytes to replace in the packet')
    parser.add_argument('--hash', action='store_true',
                        help='decode: do not show UDP source ports')
    args = parser.parse_args()

    frame = (bytes.fromhex(args.frame) if args.frame is not None
             else inner(args.size))
    sublayers, sessions = args.sublayer, args.session
    args.sublayer = sublayers[0]
    if args.what == 'inner':
        print(frame.hex())
    elif args.what == 'decode':
        for packet in read_pcap(args.pcap):
            print(decode(packet, args))
    else:
        for args.session in sessions:
            for args.sublayer in sublayers:
                header = Header(args)
                for packet in (cuts(header, frame, args)
                               if args.what == 'cut'
                               else [encode(header, frame, args)]):
                    for patch in args.patch:
                        offset, _, data = patch.partition(':')
                        offset, data = int(offset), bytes.fromhex(data)
                        packet = (packet[:offset] + data
                                  + packet[offset + len(data):])
                    print(packet.hex())
    return 0


if __name__ == '__main__':
    sys.exit(main())
