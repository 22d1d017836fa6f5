# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Functions that the modules *_wire.py share: checksums, ordinary headers and
captures.

Like them, written from RFCs, independently of the switch."""

import socket
import struct

ETH_IP, ETH_IP6, ETH_ARP = 0x0800, 0x86dd, 0x0806
ETH_8021Q, ETH_8021AD = 0x8100, 0x88a8
ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58


def ones_sum(data):
    """Returns the folded one's complement sum of 'data'."""
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo(src, dst, proto, length):
    """Returns the IPv4 or IPv6 pseudo header that L4 checksums cover."""
    if len(src) == 4:
        return src + dst + struct.pack('!BBH', 0, proto, length)
    return src + dst + struct.pack('!LL', length, proto)


def mac(text):
    return bytes(int(byte, 16) for byte in text.split(':'))


def ip_bytes(text):
    family = socket.AF_INET6 if ':' in text else socket.AF_INET
    return socket.inet_pton(family, text)


def ip_header(src, dst, proto, payload, tos=0, ttl=64, ident=0, frag=0x4000,
              ext=b'', ext_type=0):
    """Returns 'payload' behind an IPv4 or IPv6 header.  'frag' is the IPv4
    field of flags and fragment offset.  'ext' is IPv4 options, or an IPv6
    extension header of type 'ext_type' without its first byte."""
    if len(src) == 4:
        head = struct.pack('!BBHHHBBH4s4s', 0x45 + len(ext) // 4, tos,
                           20 + len(ext) + len(payload), ident, frag, ttl,
                           proto, 0, src, dst) + ext
        return (head[:10] + struct.pack('!H', 0xffff - ones_sum(head))
                + head[12:] + payload)
    if ext:
        proto, ext = ext_type, bytes([proto]) + ext
    return struct.pack('!LHBB', 6 << 28 | tos << 20, len(ext) + len(payload),
                       proto, ttl) + src + dst + ext + payload


def hop_by_hop(size):
    """Returns an IPv6 header of hop-by-hop options, 'size' bytes (a multiple
    of 8), for ip_header()."""
    pads, left = b'', size - 2
    while left > 1:
        n = min(left, 128)
        pads += bytes([1, n - 2]) + bytes(n - 2)
        left -= n
    return bytes([size // 8 - 1]) + pads + bytes(left)


def l4_sum(src, dst, proto, segment, at, how):
    """Returns 'segment' with its checksum, at offset 'at', filled in: 'good',
    'partial' (the sum of the pseudo header only) or 'bad'."""
    zero = segment[:at] + b'\0\0' + segment[at + 2:]
    head = pseudo(src, dst, proto, len(segment))
    if how == 'partial':
        value = ones_sum(head)
    else:
        value = 0xffff - ones_sum(head + zero) or 0xffff
        if how == 'bad':
            value ^= 0x5555
    return zero[:at] + struct.pack('!H', value) + zero[at + 2:]


def tcp_header(sport, dport, seq, ack, flags, window=0, urg=0, options=b''):
    return struct.pack('!HHLLBBHHH', sport, dport, seq, ack,
                       (5 + len(options) // 4) << 4, flags, window, 0,
                       urg) + options


def write_pcap(name, packets):
    """Writes 'packets' to the file 'name'."""
    with open(name, 'wb') as f:
        f.write(struct.pack('<LHHLLLL', 0xa1b2c3d4, 2, 4, 0, 0, 1 << 17, 1))
        for packet in packets:
            f.write(struct.pack('<LLLL', 0, 0, len(packet), len(packet))
                    + packet)


def read_pcap(name):
    """Returns the packets in the file 'name'."""
    packets = []
    with open(name, 'rb') as f:
        order = '<' if f.read(24)[:1] == b'\xd4' else '>'
        while True:
            head = f.read(16)
            if not head:
                return packets
            packets.append(f.read(struct.unpack(order + 'LLLL', head)[2]))
