#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Geneve packets with options, written from RFC 8926 alone.

usage: geneve_wire.py encode [OPTION...] ARGUMENT...   print a packet in hex
       geneve_wire.py inner [--seed=N] [--reply]       print an inner frame
       geneve_wire.py decode PCAP                      print the packets of PCAP

Arguments of encode:

  CLASS:TYPE:HEX[:RSVD]  an option: class, type, value, and the reserved bits
  raw:HEX                any bytes among the options

With --back, prints the packet that comes back if its options do not change.

decode prints a line for each Geneve packet: addresses and UDP ports, those of
"oam" and "crit" that are set, the VNI, the protocol type, the options in the
form of encode's arguments, and the length of the payload and its CRC."""

import argparse
import ipaddress
import struct
import sys
import zlib

from wire import (ETH_IP, ETH_IP6, UDP, ip_header, l4_sum, mac, ones_sum,
                  pseudo, read_pcap)

GENEVE_PORT = 6081
TEB = 0x6558
HOST_MAC, PEER_MAC = 'aa:55:aa:55:00:00', 'f8:bc:12:44:34:b6'
HOST = {4: '1.1.2.88', 6: '2001:cafe::88'}
PEER = {4: '1.1.2.92', 6: '2001:cafe::92'}


def option(opt_class, opt_type, value, rsvd=0):
    """Returns an option (section 3.5)."""
    assert len(value) % 4 == 0 and len(value) <= 124
    return struct.pack('!HBB', opt_class, opt_type,
                       rsvd << 5 | len(value) // 4) + value


def parse_option(text):
    """Returns the bytes of an argument of encode."""
    if text.startswith('raw:'):
        return bytes.fromhex(text[4:])
    fields = text.split(':')
    rsvd = int(fields[3], 0) if len(fields) > 3 else 0
    return option(int(fields[0], 0), int(fields[1], 0),
                  bytes.fromhex(fields[2]), rsvd)


def inner(seed=1, size=60, reply=False):
    """Returns an Ethernet frame, from 10.0.0.1 to 10.0.0.2 over UDP, whose
    source port is 'seed', or the answer to it."""
    step = -1 if reply else 1
    payload = bytes((seed + i) & 0xff for i in range(size - 42))
    udp = struct.pack('!HHHH', *(seed, 9)[::step], 8 + len(payload), 0)
    ip = ip_header(*(bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))[::step], UDP,
                   udp + payload, frag=0)
    macs = (mac('02:00:00:00:00:02'), mac('02:00:00:00:00:01'))[::step]
    return b''.join(macs) + struct.pack('!H', ETH_IP) + ip


def encode(options, payload, family=4, vni=0x7b, version=0, oam=0, crit=None,
           opt_len=None, protocol=TEB, sport=50000, dport=GENEVE_PORT,
           csum=False, src=None, dst=None, ttl=64, tos=0, ident=0, cut=None,
           back=False):
    """Returns an Ethernet frame with a Geneve packet, from PEER to HOST unless
    'src' and 'dst' say otherwise.  'options' are bytes, and 'opt_len' is their
    length in words, unless given.  'cut' is the number of bytes that are left
    of the UDP payload.  'back' makes the packet that comes back if its options
    do not change."""
    macs = mac(HOST_MAC) + mac(PEER_MAC)
    if back:
        macs = mac(PEER_MAC) + mac(HOST_MAC)
        src, dst, ttl, ident = HOST[family], PEER[family], 64, 0
    if crit is None:
        crit = 0
        ofs = 0
        while ofs + 4 <= len(options):
            crit |= options[ofs + 2] >> 7
            ofs += 4 + (options[ofs + 3] & 0x1f) * 4
    if opt_len is None:
        opt_len = len(options) // 4
    header = struct.pack('!BBHI', version << 6 | opt_len, oam << 7 | crit << 6,
                         protocol, vni << 8)
    body = (header + options + payload)[:cut]
    saddr, daddr = (ipaddress.ip_address(address).packed for address in
                    (src or PEER[family], dst or HOST[family]))
    udp = struct.pack('!HHHH', sport, dport, 8 + len(body), 0) + body
    if csum or family == 6:
        udp = l4_sum(saddr, daddr, UDP, udp, 6, 'good')
    return (macs + struct.pack('!H', ETH_IP if family == 4 else ETH_IP6)
            + ip_header(saddr, daddr, UDP, udp, tos=tos, ttl=ttl,
                        ident=ident))


class Geneve:
    """The fields of an Ethernet frame with a Geneve packet.  Raises ValueError
    if the frame has no valid Geneve packet."""

    def __init__(self, frame):
        eth_type = frame[12:14]
        if eth_type == b'\x08\x00':
            ip_len = (frame[14] & 15) * 4
            self.src, self.dst = (ipaddress.ip_address(frame[i:i + 4])
                                  for i in (26, 30))
            self.ttl = frame[22]
            protocol = frame[23]
            total, = struct.unpack_from('!H', frame, 16)
            if ones_sum(frame[14:14 + ip_len]) != 0xffff:
                raise ValueError('IP checksum')
        elif eth_type == b'\x86\xdd':
            ip_len = 40
            self.src, self.dst = (ipaddress.ip_address(frame[i:i + 16])
                                  for i in (22, 38))
            self.ttl = frame[21]
            protocol = frame[20]
            total = struct.unpack_from('!H', frame, 18)[0] + 40
        else:
            raise ValueError('not IP')
        if protocol != UDP:
            raise ValueError('not UDP')
        if 14 + total > len(frame):
            raise ValueError('IP length')
        udp = frame[14 + ip_len:14 + total]
        self.sport, self.dport, udp_len, csum = struct.unpack_from('!HHHH',
                                                                   udp)
        if udp_len != len(udp):
            raise ValueError('UDP length')
        if csum and ones_sum(pseudo(self.src.packed, self.dst.packed, UDP,
                                    len(udp)) + udp) != 0xffff:
            raise ValueError('UDP checksum')
        if not csum and eth_type == b'\x86\xdd':
            raise ValueError('no UDP checksum')
        if self.dport != GENEVE_PORT:
            raise ValueError('not Geneve')
        first, flags, self.protocol, vni = struct.unpack_from('!BBHI', udp, 8)
        if first >> 6 or flags & 0x3f or vni & 0xff:
            raise ValueError('version or reserved bits')
        self.oam, self.crit, self.vni = flags >> 7, flags >> 6 & 1, vni >> 8
        end = 16 + (first & 63) * 4
        self.options = udp[16:end]
        self.payload = udp[end:]
        if end > len(udp):
            raise ValueError('options')

    def texts(self):
        """Returns the options as arguments of encode."""
        texts = []
        ofs = 0
        while ofs < len(self.options):
            opt_class, opt_type, length = struct.unpack_from(
                '!HBB', self.options, ofs)
            value = self.options[ofs + 4:ofs + 4 + (length & 31) * 4]
            if len(value) != (length & 31) * 4:
                raise ValueError('option')
            text = '%#x:%#x:%s' % (opt_class, opt_type, value.hex())
            texts.append(text + (':%d' % (length >> 5) if length >> 5 else ''))
            ofs += 4 + len(value)
        return texts

    def __str__(self):
        texts = self.texts()
        crit = any(int(t.split(':')[1], 0) & 0x80 for t in texts)
        if crit != bool(self.crit):
            raise ValueError('C bit is %d' % self.crit)
        return ' '.join(
            ['%s:%d>%s' % (self.src, self.sport, self.dst)]
            + ['oam'] * self.oam + ['crit'] * self.crit
            + ['vni=%#x' % self.vni, 'proto=%#06x' % self.protocol] + texts
            + ['%d/%08x' % (len(self.payload), zlib.crc32(self.payload))])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('command', choices=('encode', 'decode', 'inner'))
    parser.add_argument('arguments', nargs='*')
    for name in ('family', 'vni', 'version', 'oam', 'crit', 'opt-len',
                 'protocol', 'sport', 'ttl', 'ident', 'cut', 'seed'):
        parser.add_argument('--' + name, type=lambda s: int(s, 0))
    parser.add_argument('--src')
    parser.add_argument('--reply', action='store_true', default=None)
    parser.add_argument('--csum', action='store_true', default=None)
    parser.add_argument('--back', action='store_true', default=None)
    args = parser.parse_intermixed_args()
    if args.command == 'decode':
        for frame in read_pcap(args.arguments[0]):
            try:
                print(Geneve(frame))
            except ValueError as e:
                if str(e) not in ('not IP', 'not UDP', 'not Geneve'):
                    print('bad packet:', e)
        return
    if args.command == 'inner':
        print(inner(args.seed or 1, reply=bool(args.reply)).hex())
        return
    how = {k: v for k, v in vars(args).items()
           if k not in ('command', 'arguments', 'seed', 'reply') and v is not None}
    options = b''.join(map(parse_option, args.arguments))
    print(encode(options, inner(args.seed or 1), **how).hex())


if __name__ == '__main__':
    sys.exit(main())
