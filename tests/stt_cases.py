#! /usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Tables of STT packets, and the packets that a switch must make of them.

usage: stt_cases.py [options] rx GROUP     send segments, expect inner frames
       stt_cases.py [options] tx GROUP     send inner frames, expect segments
       stt_cases.py [options] golden FILE  check the encoder against FILE
       stt_cases.py [options] decode PCAP  print the STT frames in PCAP
       stt_cases.py [options] encode       print one frame's segments in hex
       stt_cases.py [options] inner        print one inner frame in hex
       stt_cases.py [options] collect PCAP write UDP datagrams to PCAP

The switch under test has two ports: the underlay, and that of a "VM".  Each is
named as unix:PATH (a stream of a dummy netdev) or dev:NAMESPACE/NAME (a raw
socket on the other end of a veth pair).  After each case, a marker frame takes
the same way.  The case ends when the marker comes out, so that packets that
must not come need no timeout.

Each function rx_GROUP and tx_GROUP is a table; one row is one case."""

import argparse
import configparser
import copy
import itertools
import random
import re
import select
import socket
import struct
import subprocess
import sys
import time

from netns import inside
from stt_wire import (ACK, CE, CWR, FIN, IPV4, L4TCP, PARTIAL, PSH, RST,
                      STT_LEN, SYN, Stt, URG, VERIFIED, V_BIT, Path, Segment,
                      arp, inner, reassemble, tcp_cut)
from wire import (ETH_8021AD, ETH_8021Q, TCP, UDP, hop_by_hop, ip_bytes,
                  ip_header, l4_sum, mac, ones_sum, read_pcap, tcp_header,
                  write_pcap)

KEY = 0x123456789abcdef0
P4T, P4U = PARTIAL | IPV4 | L4TCP, PARTIAL | IPV4
P6T, P6U = PARTIAL | L4TCP, PARTIAL
TIMEOUT = 10                    # Seconds to wait for a marker.
GSO_TCPV4, GSO_TCPV6, GSO_ECN = 1, 4, 0x80      # struct virtio_net_hdr


class Left(bytes):
    """A packet with a partial checksum or to be segmented, for a raw socket.
    'header' is its struct virtio_net_hdr."""


def left(packet, l4ofs, at=16, gso=0, mss=0, linear=0):
    """Returns 'packet' with a partial checksum at offset 'at' in the L4
    header, which is at 'l4ofs', and to be segmented to 'mss' bytes if 'gso'.
    The first 'linear' bytes, or the headers if that is more, are in the linear
    part of the skb."""
    out = Left(packet)
    out.header = struct.pack('=BBHHHH', 1, gso, max(linear, l4ofs + at + 2),
                             mss, l4ofs, at)
    return out


def behind_routing(csum):
    """Returns an inner frame whose IPv6 header does not have the address that
    its TCP checksum covers: the routing header (RFC 6275) has it."""
    src, hop, dst = map(ip_bytes, ('fc00::1', 'fc00::3', 'fc00::2'))
    tcp = l4_sum(src, dst, TCP, tcp_header(1000, 2000, 1, 2, ACK)
                 + bytes(1000), 16, csum)
    return inner()[:12] + b'\x86\xdd' + ip_header(
        src, hop, TCP, tcp, ext=bytes([2, 2, 1, 0, 0, 0, 0]) + dst,
        ext_type=43)


# Receive: each row is (name, segments in the order sent, frames expected from
# the VM's port, changes of the drop counters).  'a|b' stands for one of two
# counters.

def rx_reassembly(path, other):
    """Section 3.2: segments make a frame, in any order, or count as drops.
    'other' is the path of a second sender."""
    def frame(**how):
        return Stt(inner(4000, **how), key=KEY)
    f, ident = frame(), path.ident
    data = f.pack()
    total = len(data)

    yield 'one segment', path.segments(Stt(inner(100))), [inner(100)], {}
    yield 'in order', path.segments(f), [f.inner], {}
    yield 'in reverse', path.segments(f)[::-1], [f.inner], {}
    segs = path.segments(f, 100)
    random.Random(1).shuffle(segs)
    yield '41 segments at random', segs, [f.inner], {}
    g = frame(seed=1)
    yield ('two frames interleaved',
           [s for pair in zip(path.segments(f), path.segments(g))
            for s in pair], [f.inner, g.inner], {})
    yield ('the same id from two senders',
           [s for pair in zip(path.segments(f, ident=7),
                              other.segments(g, ident=7))
            for s in pair], [f.inner, g.inner], {})
    port = copy.copy(path)
    port.sport += 1
    yield ('the same id from two ports',
           [s for pair in zip(path.segments(f, ident=7),
                              port.segments(g, ident=7))
            for s in pair], [f.inner, g.inner], {})
    yield ('head of less than a header', path.pieces(f, [0, 10, 1000]),
           [f.inner], {})
    yield ('that head comes last', path.pieces(f, [0, 10, 1000])[::-1],
           [f.inner], {})
    small = Stt(inner(20))
    yield ('one byte each', path.segments(small, 1), [small.inner], {})
    yield ('merged by GRO', path.pieces(f, [0, 2896]), [f.inner], {})
    yield ('merged but for the head', path.pieces(f, [0, 100]), [f.inner], {})
    last = path.pieces(f, [0, 1448, 2896, total - 3])
    last[-1] += bytes(3)
    yield ('last segment padded to 60 bytes', last, [f.inner], {})

    segs = path.segments(f)
    yield ('a duplicate', segs[:2] + segs[1:], [f.inner], {'rx_duplicate': 1})
    segs = path.segments(f)
    yield ('a duplicate of the head', segs[:1] * 3 + segs[1:], [f.inner],
           {'rx_duplicate': 2})
    n = ident()
    segs = path.segments(f, ident=n)
    yield ('overlaps the one before',
           segs[:1] + [path.segment(data[1440:2800], n, total, 1440)]
           + segs[1:], [f.inner], {'rx_overlap': 1})
    n = ident()
    segs = path.segments(f, ident=n)
    yield ('overlaps the one after',
           segs[1:2] + [path.segment(data[:1449], n, total, 0)] + segs[:1]
           + segs[2:], [f.inner], {'rx_overlap': 1})
    n = ident()
    segs = path.segments(f, ident=n)
    yield ('covers another',
           segs[1:2] + [path.segment(data[:3000], n, total, 0)] + segs[:1]
           + segs[2:], [f.inner], {'rx_overlap': 1})
    n = ident()
    segs = path.segments(f, ident=n)
    yield ('within another',
           segs[:1] + [path.segment(data[10:20], n, total, 10)] + segs[1:],
           [f.inner], {'rx_overlap|rx_duplicate': 1})

    n = ident()
    segs = path.segments(f, ident=n)
    yield ('length 0', [path.segment(b'', n, total, 0),
                        path.segment(b'', n, total, total)] + segs,
           [f.inner], {'rx_length': 2})
    n = ident()
    yield ('offset + length > total',
           [path.segment(data[:100], n, 99, 0),
            path.segment(data[:100], n, total, total - 99),
            path.segment(data[:1], n, total, total)], [], {'rx_length': 3})
    yield ('total < STT header',
           [path.segment(data[:17], ident(), 17, 0),
            path.segment(data[:1], ident(), 1, 0),
            path.segment(data[:1], ident(), 0, 0)], [], {'rx_length': 3})
    yield ('total < STT and Ethernet header',
           path.segments(data[:STT_LEN + 13]), [],
           {'rx_length|rx_inner': 1})
    least = data[:STT_LEN + 12] + b'\x88\xb5'
    yield ('total = STT and Ethernet header', path.segments(least),
           [least[STT_LEN:]], {})
    n = ident()
    segs = path.segments(f, ident=n)
    yield ('another total for the same id',
           segs[:1] + [path.segment(data[1448:2000], n, total + 1, 1448),
                       path.segment(data[1448:2000], n, total - 1, 1448)]
           + segs[1:], [f.inner], {'rx_total_mismatch': 2})

    n = ident()
    even = [path.segment(data[i:i + 1], n, total, i) for i in range(0, 300, 2)]
    yield ('more than 128 holes',
           even + [path.segment(data[i:i + 1], n, total, i)
                   for i in range(1, 255, 2)]
           + [path.segment(data[255:], n, total, 255)],
           [f.inner], {'rx_fragments': 22})


def rx_large(path, other):
    """Whole frames in one packet, as from a device that merges packets."""
    for size in 30000, 64900:
        f = Stt(inner(size), key=KEY)
        yield '%d bytes at once' % size, path.segments(f, size + 99), \
            [f.inner], {}
        yield '%d bytes in two' % size, path.segments(f, size - 999)[::-1], \
            [f.inner], {}


def rx_header(path, other):
    """Sections 3.1 and 3.2: fields that a receiver ignores, and others."""
    f = Stt(inner(4000), key=KEY)
    seg = path.segments

    yield ('reserved flags', seg(Stt(f.inner, flags=0xf0)), [f.inner], {})
    yield ('reserved byte', seg(Stt(f.inner, reserved=0xff)), [f.inner], {})
    yield ('padding', seg(Stt(f.inner, pad=0xffff)), [f.inner], {})
    yield ('unused fields without offload',
           seg(Stt(f.inner, l4ofs=99, flags=IPV4 | L4TCP)), [f.inner], {})
    yield ('window and urgent pointer', seg(f, window=0xffff, urg=0xffff),
           [f.inner], {})
    yield ('more TCP flags', seg(f, flags=ACK | PSH | URG | SYN | FIN | RST),
           [f.inner], {})
    yield ('no TCP flags', seg(f, flags=0), [f.inner], {})
    yield ('TCP options', seg(f, options=b'\1' * 40), [f.inner], {})
    yield ('TTL 1', seg(f, ttl=1), [f.inner], {})

    bad = Stt(f.inner, version=1)
    yield ('version 1', seg(Stt(inner(100), version=1)), [], {'rx_version': 1})
    yield ('version 255', seg(Stt(inner(100), version=255)), [],
           {'rx_version': 1})
    yield ('version 1, head last', seg(bad)[::-1], [], {'rx_version': 1})
    yield ('bad checksum', seg(f, csum='bad'), [], {'rx_checksum': 3})
    good, wrong = (seg(f, ident=5, csum=csum) for csum in ('good', 'bad'))
    yield ('bad checksum, then good', good[:1] + wrong[1:] + good[1:],
           [f.inner], {'rx_checksum': 2})

    # For flow_extract() of the userspace datapath, these are not TCP.
    def counts(n):
        return {'rx_header': n} if path.kernel else {}
    yield ('data offset 4', seg(f, doff=4), [], counts(3))
    yield ('data offset 0', seg(f, doff=0), [], counts(3))
    yield ('data offset beyond the packet',
           [path.segment(b'1234', 6, 100, 0, doff=15)], [], counts(1))
    if path.v4:
        yield ('IP options', seg(f, ext=b'\1' * 4), [f.inner], {})
        one = seg(Stt(inner(100)))[0]
        body = one[34:]
        cut = len(body) // 16 * 8
        yield ('IP fragments', [
            one[:14] + path.ip(body[:cut], ident=9, frag=0x2000),
            one[:14] + path.ip(body[cut:], ident=9, frag=cut // 8)], [], {})
    yield ('packet shorter than IP says', [seg(f)[0][:-1]], [], {})


def rx_vlan(path, other):
    """Section 3.1: the tag in the STT header, and those in the frame."""
    q, ad = (ETH_8021Q, ETH_8021AD)
    rows = (
        ('VID 100, PCP 5', 5 << 13 | V_BIT | 100, (), [(q, 5 << 13 | 100)]),
        ('VID 4095', V_BIT | 4095, (), [(q, 4095)]),
        ('priority tag', 7 << 13 | V_BIT, (), [(q, 7 << 13)]),
        ('VID 0, PCP 0', V_BIT, (), [(q, 0)]),
        ('VID without V', 100, (), []),
        ('PCP without V', 5 << 13, (), []),
        ('802.1Q in the frame', 0, [(q, 7)], [(q, 7)]),
        ('802.1ad in the frame', 0, [(ad, 7)], [(ad, 7)]),
        ('802.1Q on 802.1Q', V_BIT | 9, [(q, 7)], [(q, 9), (q, 7)]),
        ('802.1Q on 802.1ad', V_BIT | 9, [(ad, 7)], [(q, 9), (ad, 7)]))
    for name, tci, tags, result in rows:
        yield (name, path.segments(Stt(inner(2000, tags=tags), tci=tci,
                                       key=KEY)),
               [inner(2000, tags=result)], {})
    f = Stt(inner(2000, TCP, csum='partial'), tci=V_BIT | 9, flags=P4T,
            l4ofs=34)
    yield ('with a partial checksum', path.segments(f),
           [inner(2000, TCP, tags=[(q, 9)])], {})


def rx_offload(path, other, tso=False):
    """Sections 3.1 and 3.1.1: partial checksums and segmentation for the
    receiver to complete.  With 'tso', the VM's port takes large frames."""
    def row(name, bits, l4ofs, mss=0, counts=(), csum='partial', want='good',
            **how):
        f = Stt(inner(csum=csum, **how), flags=bits, l4ofs=l4ofs, mss=mss,
                key=KEY)
        out = inner(csum=want, **how)
        if counts:
            frames = []
        elif mss and not tso:
            frames = tcp_cut(out, mss)
        else:
            frames = [out]
        return name, path.segments(f), frames, dict(counts)

    tag = [(ETH_8021Q, 3)]
    ext = {'ip': 6, 'ext': hop_by_hop(16)}
    yield row('partial TCP over IPv4', P4T, 34, proto=TCP)
    yield row('partial UDP over IPv4', P4U, 34, proto=UDP)
    yield row('partial TCP over IPv6', P6T, 54, proto=TCP, ip=6)
    yield row('partial UDP over IPv6', P6U, 54, proto=UDP, ip=6)
    yield row('partial, odd length', P4T, 34, proto=TCP, size=3333)
    yield row('partial, IPv6 options', P6T, 70, proto=TCP, **ext)
    yield row('partial, tag in the frame', P4T, 38, proto=TCP, tags=tag)
    yield row('partial, garbage in the checksum', P4T, 34, proto=TCP,
              csum='bad')
    yield row('verified', VERIFIED, 0, csum='good', proto=TCP)
    yield row('verified, but not right', VERIFIED, 0, csum='bad', want='bad')
    yield row('not verified, not right', 0, 0, csum='bad', want='bad')

    large = {'size': 4000, 'proto': TCP}
    yield row('MSS over IPv4', P4T, 34, 1000, **large)
    yield row('MSS over IPv6', P6T, 54, 1000, ip=6, **large)
    yield row('MSS, TCP options', P4T, 34, 1448, options=b'\1' * 12, **large)
    yield row('MSS, tag in the frame', P4T, 38, 1000, tags=tag, **large)
    yield row('MSS, FIN', P4T, 34, 1000, flags=ACK | PSH | FIN, **large)
    yield row('MSS = payload', P4T, 34, 4000, **large)
    yield row('MSS > payload', P4T, 34, 9000, **large)
    yield row('MSS, garbage in the checksum', P4T, 34, 1000, csum='bad',
              **large)
    yield row('least MSS', P4T, 34, 48, proto=TCP, size=480)

    bad = (('rx_bad_offload', 1),)
    tcp = {'proto': TCP, 'counts': bad}
    yield row('verified and partial', VERIFIED | P4T, 34, **tcp)
    yield row('MSS without partial', 0, 0, 1000, **tcp)
    yield row('MSS, verified', VERIFIED, 0, 1000, **tcp)
    yield row('MSS below the least', P4T, 34, 47, size=480, **tcp)
    yield row('MSS with UDP', P4U, 34, 1000, proto=UDP, counts=bad)
    yield row('UDP bit with TCP', P4U, 34, **tcp)
    yield row('TCP bit with UDP', P4T, 34, proto=UDP, counts=bad)
    yield row('IPv4 bit with IPv6', P4T, 54, ip=6, **tcp)
    yield row('no IPv4 bit with IPv4', P6T, 34, **tcp)
    for l4ofs in (0, 14, 33, 35, 38, 255):
        yield row('L4 offset %d' % l4ofs, P4T, l4ofs, **tcp)
    yield ('partial ARP', path.segments(Stt(arp(), flags=P4T, l4ofs=34)), [],
           dict(bad))
    cut = inner(10, TCP)[:36]
    yield ('partial, L4 header cut off',
           path.segments(Stt(cut, flags=P4T, l4ofs=34)), [], dict(bad))


def rx_offload_tso(path, other):
    return rx_offload(path, other, tso=True)


def rx_ecn(path, other):
    """Section 3.3.1 and RFC 6040: congestion marks of any segment."""
    for name, order, marked in (
            ('the first', (0, 1, 2), 0), ('the middle', (0, 1, 2), 1),
            ('the last', (0, 1, 2), 2),
            ('the first to arrive, not the head', (2, 1, 0), 2),
            ('the head, last to arrive', (2, 1, 0), 0)):
        for ip in 4, 6:
            f = Stt(inner(4000, ip=ip, tos=2), key=KEY)
            ident = path.ident()
            plain, ce = (path.segments(f, ident=ident, tos=tos)
                         for tos in (2, CE))
            segs = [ce[i] if i == marked else plain[i] for i in order]
            yield ('CE on %s, inner IPv%d' % (name, ip), segs,
                   [inner(4000, ip=ip, tos=CE)], {})
    # RFC 6040, figure 4: inner ECN, and the results for each outer ECN.
    table = ((0, (0, 0, 0, None)), (1, (1, 1, 1, CE)), (2, (2, 1, 2, CE)),
             (CE, (CE, CE, CE, CE)))
    for ip in 4, 6:
        for ecn, results in table:
            for outer, result in enumerate(results):
                segs = path.segments(Stt(inner(100, ip=ip, tos=0xb8 | ecn)),
                                     tos=outer | (0x48 if ecn else 0))
                name = 'inner IPv%d, ECN %d, outer %d' % (ip, ecn, outer)
                if result is None:
                    yield name, segs, [], {'rx_ecn': 1} if path.kernel else {}
                else:
                    yield (name, segs,
                           [inner(100, ip=ip, tos=0xb8 | result)], {})
    yield ('ARP, outer CE', path.segments(Stt(arp()), tos=CE), [arp()], {})


def rx_left(path, other):
    """Whole frames in one packet, whose linear part ends close to the end of
    the inner TCP header, and often fills the memory that the kernel
    allocates.  A sender can choose its length."""
    outer = 34 if path.v4 else 54
    for options in 0, 12, 40:
        for most in 186, 190, 192, 194, 196:
            l4ofs = 34 + options
            more = (most - 16 - outer - 20 - STT_LEN - l4ofs - 20) // 4 * 4
            how = {'proto': TCP, 'ext': b'\1' * options}
            f = Stt(inner(8000, csum='partial', **how), flags=P4T, l4ofs=l4ofs,
                    mss=1000, key=KEY).pack()
            more = max(0, min(more, 40))
            packet = path.segment(f, path.ident(), len(f), 0, csum='partial',
                                  flags=ACK | PSH, options=b'\1' * more)
            for linear in range(17, 21):
                linear += outer + 20 + more + STT_LEN + l4ofs
                yield ('%d bytes of options, %d bytes linear' % (
                           options, linear),
                       [left(packet, outer, linear=linear, mss=1448,
                             gso=GSO_TCPV4 if path.v4 else GSO_TCPV6)],
                       tcp_cut(inner(8000, **how), 1000), {})
    yield ('partial, behind a routing header',
           path.segments(Stt(behind_routing('partial'), flags=P6T, l4ofs=78,
                             key=KEY)), [behind_routing('good')], {})


# Transmit: each row is (name, a frame sent to the VM's port, STT frames that
# must come out of the underlay port; without any, a drop must be counted).
# 'limit' is the largest segment.  An STT frame may have a member 'tos', for
# the outer header.

def tx_plain(limit):
    """No offload on the VM's port: frames are carried unchanged."""
    q, ad = ETH_8021Q, ETH_8021AD
    for name, frame in (
            ('UDP', inner(100)), ('TCP', inner(100, TCP)),
            ('IPv6', inner(100, ip=6)), ('ARP', arp()),
            ('bad checksum', inner(100, TCP, csum='bad')),
            ('9000 bytes', inner(9000)), ('65000 bytes', inner(65000)),
            ('802.1ad', inner(100, tags=[(ad, 7)])),
            ('802.1ad, 802.1Q', inner(100, tags=[(ad, 7), (q, 9)]))):
        yield name, frame, [Stt(frame, key=KEY)]
    yield 'too long for STT', inner(65440), []
    for name, tci in (('PCP 5, VID 100', 5 << 13 | 100), ('VID 4095', 4095),
                      ('priority tag', 7 << 13), ('zero tag', 0)):
        yield (name, inner(2000, tags=[(q, tci)]),
               [Stt(inner(2000), tci=V_BIT | tci, key=KEY)])
    yield ('802.1Q, 802.1Q', inner(2000, tags=[(q, 7), (q, 9)]),
           [Stt(inner(2000, tags=[(q, 9)]), tci=V_BIT | 7, key=KEY)])


def tx_edges(limit):
    """Frames that fill a number of segments exactly, or almost."""
    for n in 1, 2, 3:
        for size in range(n * limit - 1, n * limit + 2):
            frame = inner(size - STT_LEN - 42)
            yield '%d bytes of STT frame' % size, frame, [Stt(frame, key=KEY)]


def tx_good(limit):
    """The VM's device verified the checksum: the C bit."""
    for proto, ip in (TCP, 4), (TCP, 6), (UDP, 4), (UDP, 6):
        frame = inner(2000, proto, ip)
        yield ('%d over IPv%d' % (proto, ip), frame,
               [Stt(frame, flags=VERIFIED, key=KEY)])


def tx_partial(limit):
    """The VM sends a partial checksum, which the remote end completes."""
    tag = [(ETH_8021Q, 100)]

    def row(name, bits, l4ofs, tci=0, out_tags=(), **how):
        return (name, inner(2000, csum='bad', **how),
                [Stt(inner(2000, csum='partial', **dict(how, tags=out_tags)),
                     flags=bits, l4ofs=l4ofs, tci=tci, key=KEY)])

    yield row('TCP over IPv4', P4T, 34, proto=TCP)
    yield row('UDP over IPv4', P4U, 34, proto=UDP)
    yield row('TCP over IPv6', P6T, 54, proto=TCP, ip=6)
    yield row('UDP over IPv6', P6U, 54, proto=UDP, ip=6)
    yield row('tagged', P4T, 34, V_BIT | 100, proto=TCP, tags=tag)
    yield row('802.1ad', P4T, 38, proto=TCP, tags=[(ETH_8021AD, 7)],
              out_tags=[(ETH_8021AD, 7)])
    yield row('IPv6 options', P6T, 70, proto=TCP, ip=6, ext=hop_by_hop(16))
    ext = {'proto': TCP, 'ip': 6, 'ext': hop_by_hop(208)}
    yield ('L4 offset over 255', inner(2000, csum='bad', **ext),
           [Stt(inner(2000, **ext), flags=VERIFIED, key=KEY)])


def tx_tso(limit, mss=1400):
    """The VM sent TCP for its device to segment."""
    def row(name, bits, l4ofs, size=30000, tci=0, out_tags=(), **how):
        frame = inner(size, TCP, csum='bad', **how)
        out = inner(size, TCP, csum='partial', **dict(how, tags=out_tags))
        return name, frame, [Stt(out, flags=bits, l4ofs=l4ofs, mss=mss,
                                 tci=tci, key=KEY)]

    yield row('IPv4', P4T, 34)
    yield row('IPv6', P6T, 54, ip=6)
    yield row('tagged', P4T, 34, tci=V_BIT | 100, tags=[(ETH_8021Q, 100)])
    yield row('802.1ad', P4T, 38, tags=[(ETH_8021AD, 7)],
              out_tags=[(ETH_8021AD, 7)])
    yield row('TCP options', P4T, 34, options=b'\1' * 12)
    yield row('65000 bytes', P4T, 34, size=65000)
    for name, frame in (
            ('CWR', inner(5000, TCP, csum='bad', flags=ACK | CWR, tos=2)),
            ('too long for STT', inner(65440, TCP, csum='bad'))):
        yield (name, frame, [Stt(piece, flags=P4T, l4ofs=34, key=KEY)
                             for piece in tcp_cut(frame, mss, 'partial')])


def tx_left(limit):
    """The VM sends partial checksums and packets to be segmented, which the
    kernel passes on or completes."""
    def row(name, bits, l4ofs, at=16, out_l4ofs=None, tci=0, out_tags=(),
            gso=0, mss=0, size=2000, **how):
        out = dict(how, tags=out_tags)
        # Open vSwitch completes the checksum of a flow's first packet.
        yield (name + ', nothing left', inner(100, **how),
               [Stt(inner(100, **out), tci=tci, key=KEY)])
        yield (name, left(inner(size, csum='partial', **how), l4ofs, at, gso,
                          mss),
               [Stt(inner(size, csum='partial', **out), flags=bits,
                    l4ofs=out_l4ofs or l4ofs, mss=mss, tci=tci, key=KEY)])

    tag = {'tags': [(ETH_8021Q, 100)], 'tci': V_BIT | 100, 'out_l4ofs': 34}
    large = {'proto': TCP, 'mss': 1400, 'size': 30000}
    yield from row('TCP over IPv4', P4T, 34, proto=TCP)
    yield from row('UDP over IPv4', P4U, 34, 6)
    yield from row('TCP over IPv6', P6T, 54, proto=TCP, ip=6)
    yield from row('UDP over IPv6', P6U, 54, 6, ip=6)
    yield from row('tagged', P4T, 38, proto=TCP, **tag)
    yield from row('TSO over IPv4', P4T, 34, gso=GSO_TCPV4, **large)
    yield from row('TSO over IPv6', P6T, 54, gso=GSO_TCPV6, ip=6, **large)
    yield from row('TSO, tagged', P4T, 38, gso=GSO_TCPV4, **tag, **large)
    large.update(mss=48, size=480)
    yield from row('TSO, least MSS', P4T, 34, gso=GSO_TCPV4, **large)

    for name, gso, mss, how in (
            ('TSO, MSS below the least', GSO_TCPV4, 47, {'size': 470}),
            ('TSO, CWR', GSO_TCPV4 | GSO_ECN, 1400,
             {'size': 5000, 'flags': ACK | CWR, 'tos': 2})):
        frame = inner(proto=TCP, csum='partial', **how)
        yield (name, left(frame, 34, gso=gso, mss=mss),
               [Stt(piece, key=KEY) for piece in tcp_cut(frame, mss,
                                                         once=CWR)])
    yield ('behind a routing header', left(behind_routing('partial'), 78),
           [Stt(behind_routing('good'), key=KEY)])

    # RFC 6040: the inner ECN field is copied (section 4.1, normal mode),
    # except where the receiver would not find the inner header to mark.
    for ecn in range(4):
        for name, tags, tos in (
                ('ECN %d', [], ecn), ('ECN %d, tagged', tag['tags'], ecn),
                ('ECN %d behind 802.1ad', [(ETH_8021AD, 7)], 0)):
            for ip in 4, 6:
                frame = inner(100, TCP, ip=ip, tos=ecn, tags=tags)
                out = Stt(frame, key=KEY)
                if tags == tag['tags']:
                    out = Stt(inner(100, TCP, ip=ip, tos=ecn),
                              tci=V_BIT | 100, key=KEY)
                out.tos = tos
                yield '%s, inner IPv%d' % (name % ecn, ip), frame, [out]
    out = Stt(arp(), key=KEY)
    out.tos = 0
    yield 'ARP', arp(), [out]


def tx_big(limit, mss=8000):
    """The VM sent more than 64 kB, too long for an IP header: BIG TCP."""
    a, b = (ip_bytes('10.0.0.1'), ip_bytes('fc00::1')), (
        ip_bytes('10.0.0.2'), ip_bytes('fc00::2'))
    for name, ip, src, dst in zip(('IPv4', 'IPv6'), (4, 6), a, b):
        tcp = tcp_header(1000, 2000, 1, 2, ACK | PSH) + bytes(100000)
        pseudo = src + dst + struct.pack('!LL', len(tcp), TCP)
        tcp = tcp[:16] + struct.pack('!H', ones_sum(pseudo)) + tcp[18:]
        ethernet = inner(ip=ip)[:14]
        head = ip_header(src, dst, TCP, b'', ident=0x1234)
        pieces = tcp_cut(ethernet + head + tcp, mss)
        if ip == 4:
            head = head[:2] + bytes(2) + head[4:10] + bytes(2) + head[12:]
            head = (head[:10] + struct.pack('!H', 0xffff - ones_sum(head))
                    + head[12:])
        else:
            # RFC 2675, which Linux 7 does not use.
            head = ip_header(src, dst, TCP, b'', ext=b'\0\xc2\4'
                             + struct.pack('!L', 8 + len(tcp)))
            head = head[:4] + bytes(2) + head[6:]
        frame = ethernet + head + tcp
        # Open vSwitch segments the first packet of a flow.
        yield (name + ', short', inner(100, ip=ip),
               [Stt(inner(100, ip=ip), key=KEY)])
        yield (name, left(frame, len(frame) - len(tcp), mss=mss,
                          gso=GSO_TCPV4 if ip == 4 else GSO_TCPV6),
               [Stt(piece, key=KEY) for piece in pieces])


RX = {name[3:]: table for name, table in globals().items()
      if name.startswith('rx_')}
TX = {name[3:]: table for name, table in globals().items()
      if name.startswith('tx_')}


# Ports of the switch under test.

class Stream:
    """The far end of a dummy netdev's stream: frames after their 16-bit
    length."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.data = b''

    def send(self, frame):
        self.sock.sendall(struct.pack('!H', len(frame)) + frame)

    def recv(self):
        """Returns the frames that arrived, at least one piece of data."""
        data = self.sock.recv(1 << 20)
        if not data:
            raise EOFError('the switch closed the stream')
        self.data += data
        frames = []
        while len(self.data) >= 2:
            size = struct.unpack_from('!H', self.data)[0]
            if len(self.data) < 2 + size:
                break
            frames.append(self.data[2:2 + size])
            self.data = self.data[2 + size:]
        return frames


class Raw:
    """A raw socket on a network device in a network namespace."""

    SOL_PACKET, PACKET_AUXDATA, PACKET_VNET_HDR = 263, 8, 15
    PACKET_OUTGOING = 4

    def __init__(self, where):
        netns, name = where.split('/')
        self.sock = inside(netns, socket.socket, socket.AF_PACKET,
                           socket.SOCK_RAW, socket.ntohs(3))
        self.sock.setsockopt(self.SOL_PACKET, self.PACKET_AUXDATA, 1)
        self.sock.bind((name, 0))
        self.left = inside(netns, socket.socket, socket.AF_PACKET,
                           socket.SOCK_RAW, 0)
        self.left.setsockopt(self.SOL_PACKET, self.PACKET_VNET_HDR, 1)
        self.left.bind((name, 0))
        self.sent = 0

    def send(self, frame):
        if isinstance(frame, Left):
            self.left.send(frame.header + frame)
        else:
            self.sock.send(frame)
        self.sent += 1
        if self.sent % 16 == 0:
            time.sleep(.01)     # The switch's socket has room for some 90.

    def recv(self):
        """Returns the frame that arrived, unless this socket has sent it, with
        the 802.1Q tag that the kernel removed."""
        frame, aux, _, address = self.sock.recvmsg(1 << 17, 64)
        if address[2] == self.PACKET_OUTGOING:
            return []
        for level, kind, data in aux:
            if (level, kind) == (self.SOL_PACKET, self.PACKET_AUXDATA):
                status, tci, tpid = struct.unpack_from('=L12xHH', data)
                if status & 0x10:
                    frame = frame[:12] + struct.pack('!HH', tpid,
                                                     tci) + frame[12:]
        return [frame]


def open_port(name):
    kind, _, where = name.partition(':')
    return {'unix': Stream, 'dev': Raw}[kind](where)


class Rig:
    """A switch under test, with its 'underlay' and 'vm' ports."""

    def __init__(self, args, path):
        self.underlay = open_port(args.underlay)
        self.vm = open_port(args.vm)
        # A batch from a real device is sorted by flow.
        self.reorders = args.underlay.startswith('dev:')
        self.show = (args.counters or args.appctl + ' stt/show').split()
        self.path = path
        self.markers = 0

    def counters(self):
        """Returns the counters of drops."""
        out = subprocess.run(self.show, check=True,
                             stdout=subprocess.PIPE).stdout.decode()
        return {name: int(value) for name, value in
                re.findall(r'^\s*([rt]x_\w+): *(\d+)', out, re.M)
                if name not in ('rx_queued', 'rx_complete')}

    def marker(self, proto):
        """Returns a small frame unlike any other."""
        self.markers += 1
        return inner(40, proto, src={
            'mac': mac('50:54:00:00:00:99'),
            4: struct.pack('!L', 0x0a090000 + self.markers)})

    def collect(self, port, marker, ours, least=0, counts=lambda frame: True):
        """Returns the frames for which 'ours' is true that come out of 'port'
        before one that contains 'marker'.  The kernel datapath does not keep
        the order of packets that need a new flow, so there it continues until
        'counts' was true for 'least' of them."""
        frames, marked = [], False
        if not self.path.kernel:
            least = 0
        deadline = time.monotonic() + TIMEOUT
        while True:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([port.sock], [], [], left)[0]:
                if marked:
                    return frames
                raise TimeoutError('no marker within %d s' % TIMEOUT)
            for frame in port.recv():
                if marker in frame:
                    marked = True
                elif ours(frame):
                    frames.append(frame)
            if marked and sum(map(counts, frames)) >= least:
                return frames

    def receive(self, segments, least):
        """Sends 'segments' to the underlay port.  Returns the frames that come
        out of the VM's port, where 'least' are expected."""
        for segment in segments:
            self.underlay.send(segment)
        marker = self.marker(UDP)
        for segment in self.path.segments(Stt(marker, key=KEY)):
            self.underlay.send(segment)
        return self.collect(self.vm, marker,
                            lambda frame: frame[6:12] == inner()[6:12], least)

    def transmit(self, frame, least):
        """Sends 'frame' to the VM's port.  Returns the STT packets that come
        out of the underlay port, where 'least' frames are expected."""
        self.vm.send(frame)
        marker = self.marker(TCP)
        self.vm.send(marker)
        # The end of the IP header and the ports are never changed.
        return self.collect(self.underlay, marker[26:38],
                            lambda p: is_stt(p, self.path.dport),
                            least, is_last)


def is_stt(packet, dport):
    try:
        return Segment(packet).dport == dport
    except (ValueError, struct.error):
        return False


def is_last(packet):
    """Returns whether STT 'packet' has the end of a frame."""
    segment = Segment(packet)
    return segment.offset + len(segment.data) == segment.total


def compare(what, want, got):
    """Returns a message about the differences of the lists of frames 'want'
    and 'got', or '' if they are equal."""
    if want == got:
        return ''
    out = '\n  %s: expected %s bytes, got %s' % (
        what, [len(f) for f in want], [len(f) for f in got])
    for a, b in zip(want, got):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y),
                      min(len(a), len(b)))
            return out + '\n  first difference at offset %d of\n  %s\n  %s' % (
                at, a[:at + 40].hex(), b[:at + 40].hex())
    return out


def run_rx(rig, args, other):
    """Runs the receive tables.  Returns the number of failures."""
    failures = 0
    before = rig.counters()
    for name, segments, frames, counts in RX[args.group](rig.path, other):
        got = rig.receive(segments, len(frames))
        if rig.reorders and sorted(got) == sorted(frames):
            got = frames
        problem = compare('frames', frames, got)
        after = rig.counters()
        drops = {key: value - before.get(key, 0)
                 for key, value in after.items()
                 if value != before.get(key, 0)}
        before = after
        left = dict(drops)
        for names, n in counts.items():
            if sum(left.pop(key, 0) for key in names.split('|')) != n:
                left['wrong'] = True
        if left:
            problem += '\n  expected counters %s\n  got %s' % (counts, drops)
        failures += bool(problem)
        print('%s: %s%s' % ('FAIL' if problem else 'ok', name, problem))
    return failures


def run_tx(rig, args):
    """Runs the transmit tables.  Returns the number of failures."""
    failures = 0
    idents, sports = set(), set()
    limit = args.mtu - (40 if rig.path.v4 else 60)
    before = rig.counters()
    for name, frame, expected in TX[args.group](limit):
        packets = rig.transmit(frame, len(expected))
        problem = ''
        drops = rig.counters()
        if (drops != before) == bool(expected):
            problem = '\n  counters %s' % drops
        before = drops
        try:
            frames = reassemble(packets)
        except ValueError as e:
            frames, problem = [], '\n  %s' % e
        for want, (got, segs) in zip(expected, frames):
            if got.header() != want.header():
                problem += '\n  expected header %s\n  got %s' % (
                    want.header(), got.header())
            problem += compare('inner', [want.inner], [got.inner])
            if segs[0].tos != getattr(want, 'tos', segs[0].tos):
                problem += '\n  outer TOS %#x' % segs[0].tos
            if segs[0].ident in idents:
                problem += '\n  frame id %#x again' % segs[0].ident
            idents.add(segs[0].ident)
            sports.add(segs[0].sport)
            size = len(got.inner) + STT_LEN if args.whole else limit
            if any(len(seg.data) != size for seg in segs[:-1]) \
                    or len(segs[-1].data) > size:
                problem += '\n  segments of ' + sizes(segs)
        if len(frames) != len(expected):
            problem += '\n  %d frames, not %d' % (len(frames), len(expected))
        failures += bool(problem)
        print('%s: %s%s' % ('FAIL' if problem else 'ok', name, problem))
    return failures


# Golden packets: text that the encoder and the decoder must agree with.

def sizes(segs):
    """Returns the payload sizes of 'segs' as text, such as 2x1460+700."""
    out = []
    for size, group in itertools.groupby(len(seg.data) for seg in segs):
        n = len(list(group))
        out.append('%dx%d' % (n, size) if n > 1 else str(size))
    return '+'.join(out)


def run_decode(args):
    """Prints each STT frame in a file: fields of the first packet's outer
    headers, the STT header's fields, the segments' payload sizes, and the
    length of the inner frame.  With --pcap, writes the frames that tshark can
    reassemble: it takes the segment before a last one of at most 20 bytes for
    the last."""
    packets = []
    for frame, segs in reassemble((p for p in read_pcap(args.group)
                                   if is_stt(p, args.dport)), args.lossy):
        if len(segs) == 1 or len(segs[-1].data) > 20:
            packets += [s.packet for s in segs]
        seg = segs[0]
        family = socket.AF_INET if len(seg.src) == 4 else socket.AF_INET6
        fields = [('tos', seg.tos)] if seg.tos else []
        fields += [('tag', tag) for tag in seg.tags]
        fields += frame.header().items()
        print('%s>%s ttl=%d %s: %s = %d' % (
            socket.inet_ntop(family, seg.src),
            socket.inet_ntop(family, seg.dst), seg.ttl,
            ' '.join('%s=%#x' % field for field in fields),
            sizes(segs), len(frame.inner)))
    if args.pcap:
        write_pcap(args.pcap, packets)


def run_collect(args):
    """Prints the number of a UDP port of this host, then writes the datagrams
    that it receives to a file, until killed."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(('127.0.0.1', 0))
    print(sock.getsockname()[1], flush=True)
    packets = []
    while True:
        data = sock.recv(1 << 16)
        udp = struct.pack('!HHHH', 4739, 4739, 8 + len(data), 0) + data
        packets.append(bytes(12) + b'\x08\0' + ip_header(
            bytes(4), bytes(4), UDP, udp))
        write_pcap(args.group, packets)


def run_golden(args):
    """Checks that decoding each packet of the golden file gives the fields in
    the file, and that encoding these gives the packet."""
    golden = configparser.ConfigParser(delimiters='=', interpolation=None)
    with open(args.group) as f:
        golden.read_file(f)
    failures, packets = 0, []
    for name in golden.sections():
        case = golden[name]
        mine = [bytes.fromhex(''.join(line.split()))
                for line in case['packets'].split('\n\n') if line.strip()]
        number = {key: int(value, 0) for key, value in case.items()
                  if key in Stt.FIELDS}
        frame = Stt(bytes.fromhex(''.join(case['inner'].split())), **number)
        (got, segs), = reassemble(mine)
        first = segs[0]
        path = Path('00:00:00:00:00:01', '00:00:00:00:00:02',
                    case['src'], case['dst'], int(case['sport']))
        again = path.segments(frame, int(case.get('size', '1440')),
                              int(case['id'], 0), tos=int(case.get('tos', '0'),
                                                          0))
        bad = (got.inner != frame.inner or got.header() != frame.header()
               or first.ident != int(case['id'], 0) or again != mine)
        failures += bad
        print('%s: %s' % ('FAIL' if bad else 'ok', name))
        packets += mine
    if args.pcap:
        write_pcap(args.pcap, packets)
    return failures


def main():
    parser = argparse.ArgumentParser(
        description=__doc__.split('\n')[0], usage=__doc__.split('\n\n')[1])
    parser.add_argument('what', choices=('rx', 'tx', 'golden', 'decode',
                                         'encode', 'inner', 'collect'))
    parser.add_argument('group', nargs='?')
    parser.add_argument('--underlay', default='unix:p0.sock')
    parser.add_argument('--vm', default='unix:vm.sock')
    parser.add_argument('--appctl', default='ovs-appctl')
    parser.add_argument('--counters', help='command that prints the counters, '
                        'instead of ovs-appctl stt/show')
    parser.add_argument('--kernel', action='store_true',
                        help='the switch has the kernel datapath')
    parser.add_argument('--ipv6', action='store_true', help='outer IPv6')
    parser.add_argument('--local', help='address of the switch')
    parser.add_argument('--remotes', help='addresses of two senders')
    parser.add_argument('--macs', help='underlay source,destination',
                        default='f8:bc:12:44:34:b6,aa:55:aa:55:00:00')
    parser.add_argument('--mtu', type=int, default=1500)
    parser.add_argument('--whole', action='store_true',
                        help='the underlay device takes TSO')
    parser.add_argument('--lossy', action='store_true',
                        help='decode: incomplete frames are no error')
    parser.add_argument('--dport', type=int, default=7471)
    parser.add_argument('--pcap', help='write packets to this file')
    parser.add_argument('--key', type=lambda s: int(s, 0), default=KEY)
    parser.add_argument('--size', type=int, default=100)
    parser.add_argument('--csum', default='good', choices=('good', 'bad'))
    parser.add_argument('--id', type=lambda s: int(s, 0))
    args = parser.parse_args()

    net = '2001:cafe::' if args.ipv6 else '1.1.2.'
    local = args.local or net + '88'
    remotes = (args.remotes or '%s92,%s93' % (net, net)).split(',')
    path, other = (Path(*args.macs.split(','), remote, local,
                        dport=args.dport) for remote in remotes)
    path.kernel = args.kernel
    failures = 0
    if args.what == 'golden':
        failures = run_golden(args)
    elif args.what == 'decode':
        run_decode(args)
    elif args.what == 'collect':
        run_collect(args)
    elif args.what == 'encode':
        for segment in path.segments(Stt(inner(args.size), key=args.key),
                                     ident=args.id, csum=args.csum):
            print(segment.hex())
    elif args.what == 'inner':
        print(inner(args.size).hex())
    else:
        rig = Rig(args, path)
        failures = (run_rx(rig, args, other) if args.what == 'rx'
                    else run_tx(rig, args))
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main())
