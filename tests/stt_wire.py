# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""An encoder and a decoder of STT, for tests.

Written from draft-davie-stt-08 alone, independently of the switch, so that the
two can find each other's mistakes.  "Section" in comments means a section of
the draft.

    Ethernet / IPv4 or IPv6 / TCP-like header / STT header / inner Ethernet
                              `-- each segment   `-- segment at offset 0 only
"""

import struct

from wire import (ETH_8021AD, ETH_8021Q, ETH_ARP, ETH_IP, ETH_IP6,  # noqa: F401
                  ICMP, ICMP6, TCP, UDP, hop_by_hop, ip_bytes, ip_header,
                  l4_sum, mac, ones_sum, pseudo, tcp_header)

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))
CE = 3                          # Congestion experienced, in the ECN field.

STT_PORT = 7471
STT_LEN = 18                    # Section 3.1.
VERIFIED, PARTIAL, IPV4, L4TCP = 1, 2, 4, 8     # Section 3.1, figure 4.
V_BIT = 0x1000


# Inner frames.

A = {'mac': mac('50:54:00:00:00:0a'), 4: ip_bytes('10.0.0.1'),
     6: ip_bytes('fc00::1')}
B = {'mac': mac('50:54:00:00:00:0b'), 4: ip_bytes('10.0.0.2'),
     6: ip_bytes('fc00::2')}


def inner(size=64, proto=UDP, ip=4, tos=0, tags=(), csum='good', ext=b'',
          flags=ACK | PSH, options=b'', seed=0, src=A, dst=B):
    """Returns an Ethernet frame from 'src' to 'dst' with 'size' bytes of
    payload (a pattern that 'seed' changes) in TCP or UDP.  'tags' are pairs of
    TPID and TCI, outermost first."""
    data = bytes((i * 7 + i // 256 + seed) & 0xff for i in range(size))
    a, b = src[ip], dst[ip]
    if proto == TCP:
        seg = tcp_header(1000, 2000, 0x01020304, 0x05060708, flags, 512,
                         options=options) + data
        seg = l4_sum(a, b, TCP, seg, 16, csum)
    else:
        seg = struct.pack('!HHHH', 1000, 2000, 8 + size, 0) + data
        seg = l4_sum(a, b, UDP, seg, 6, csum)
    return (dst['mac'] + src['mac']
            + b''.join(struct.pack('!HH', *tag) for tag in tags)
            + struct.pack('!H', ETH_IP if ip == 4 else ETH_IP6)
            + ip_header(a, b, proto, seg, tos=tos, ident=0x1234, ext=ext))


def arp(src=A, dst=B):
    """Returns an ARP request from 'src' for 'dst', 42 bytes."""
    return (b'\xff' * 6 + src['mac'] + struct.pack(
        '!HHHBBH', ETH_ARP, 1, ETH_IP, 6, 4, 1) + src['mac'] + src[4]
        + bytes(6) + dst[4])


def l3_offset(frame):
    """Returns the offset of the L3 header in Ethernet 'frame'."""
    at = 12
    while struct.unpack_from('!H', frame, at)[0] in (ETH_8021Q, ETH_8021AD):
        at += 4
    return at + 2


def tcp_cut(frame, mss, csum='good', once=0):
    """Segments the TCP 'frame' (no IPv6 extension headers) into frames of at
    most 'mss' bytes of payload, like TSO.  Only the first has the TCP flags
    'once'."""
    l3 = l3_offset(frame)
    v4 = frame[l3] >> 4 == 4
    l4 = l3 + ((frame[l3] & 0xf) * 4 if v4 else 40)
    options = frame[l3 + 20:l4] if v4 else b''
    body = l4 + (frame[l4 + 12] >> 4) * 4
    addresses = frame[l3 + 12:l3 + 20] if v4 else frame[l3 + 8:l3 + 40]
    half = len(addresses) // 2
    src, dst = addresses[:half], addresses[half:]
    tos = frame[l3 + 1] if v4 else (
        struct.unpack_from('!L', frame, l3)[0] >> 20) & 0xff
    out = []
    for at in range(0, len(frame) - body, mss):
        seg = bytearray(frame[l4:body] + frame[body + at:body + at + mss])
        seq = struct.unpack_from('!L', seg, 4)[0]
        struct.pack_into('!L', seg, 4, (seq + at) & 0xffffffff)
        if body + at + mss < len(frame):
            seg[13] &= ~(PSH | FIN)
        if at:
            seg[13] &= ~once
        seg = l4_sum(src, dst, TCP, bytes(seg), 16, csum)
        out.append(frame[:l3] + ip_header(
            src, dst, TCP, seg, tos=tos, ident=0x1234 + at // mss,
            ext=options))
    return out


# STT frames and segments.

class Stt:
    """An STT frame: the fields of its header (section 3.1) and 'inner'."""

    FORMAT = '!BBBBHHQH'
    FIELDS = ('version', 'flags', 'l4ofs', 'reserved', 'mss', 'tci', 'key',
              'pad')

    def __init__(self, inner, **fields):
        self.inner = inner
        for name in self.FIELDS:
            setattr(self, name, fields.pop(name, 0))
        assert not fields, fields

    def pack(self):
        return struct.pack(self.FORMAT, *(getattr(self, name)
                                          for name in self.FIELDS)
                           ) + self.inner

    @classmethod
    def unpack(cls, data):
        values = struct.unpack_from(cls.FORMAT, data)
        return cls(data[STT_LEN:], **dict(zip(cls.FIELDS, values)))

    def header(self):
        """Returns the fields that are not zero, for comparison."""
        return {name: getattr(self, name) for name in self.FIELDS
                if getattr(self, name)}


class Path:
    """The Ethernet and IP addresses, and the ports, of segments."""

    def __init__(self, src_mac, dst_mac, src, dst, sport=40000,
                 dport=STT_PORT):
        self.macs = mac(dst_mac) + mac(src_mac)
        self.src, self.dst = ip_bytes(src), ip_bytes(dst)
        self.sport, self.dport = sport, dport
        self.v4 = len(self.src) == 4
        self.next_id = 1

    def ident(self):
        """Returns a new frame ID."""
        self.next_id += 1
        return self.next_id

    def ip(self, payload, **how):
        """Returns 'payload' behind an Ethernet and an IP header."""
        return (self.macs + struct.pack('!H', ETH_IP if self.v4 else ETH_IP6)
                + ip_header(self.src, self.dst, TCP, payload, **how))

    def segment(self, data, ident, total, offset, flags=ACK, window=0, urg=0,
                options=b'', doff=None, csum='good', pad=0, **ip):
        """Returns a packet that carries 'data', at 'offset' in the frame
        'ident' of 'total' bytes (section 3.2), with 'pad' bytes of Ethernet
        padding.  'doff' overrides the TCP data offset, in 32-bit words."""
        seg = tcp_header(self.sport, self.dport, total << 16 | offset, ident,
                         flags, window, urg, options) + data
        if doff is not None:
            seg = seg[:12] + bytes([doff << 4]) + seg[13:]
        seg = l4_sum(self.src, self.dst, TCP, seg, 16, csum)
        return self.ip(seg, **ip) + bytes(pad)

    def pieces(self, frame, cuts, ident=None, **how):
        """Returns the segments of 'frame' (an Stt, or bytes) that start at the
        offsets 'cuts'."""
        data = frame if isinstance(frame, bytes) else frame.pack()
        ident = self.ident() if ident is None else ident
        ends = list(cuts[1:]) + [len(data)]
        return [self.segment(data[a:b], ident, len(data), a, **{
            'flags': ACK | PSH if b == len(data) else ACK, **how})
            for a, b in zip(cuts, ends)]

    def segments(self, frame, size=1448, ident=None, **how):
        """Returns 'frame' in segments of at most 'size' bytes."""
        data = frame if isinstance(frame, bytes) else frame.pack()
        return self.pieces(data, range(0, len(data), size), ident, **how)


class Segment:
    """A received packet, decoded.  'errors' lists violations of TCP or the
    draft."""

    def __init__(self, packet):
        self.packet, self.errors, self.tags = packet, [], []
        kind = struct.unpack_from('!H', packet, 12)[0]
        while kind == ETH_8021Q:
            self.tags += struct.unpack_from('!H', packet, 14)
            packet = packet[:12] + packet[16:]
            kind = struct.unpack_from('!H', packet, 12)[0]
        if kind == ETH_IP:
            head = packet[14:34]
            size, self.ip_id, self.frag = struct.unpack_from('!HHH', head, 2)
            self.tos, self.ttl, proto = head[1], head[8], head[9]
            self.src, self.dst = head[12:16], head[16:20]
            if head[0] != 0x45 or ones_sum(head) != 0xffff:
                self.errors.append('IPv4 header')
            seg = packet[34:14 + size]
        elif kind == ETH_IP6:
            word, size, proto, self.ttl = struct.unpack_from(
                '!LHBB', packet, 14)
            self.tos, self.frag = (word >> 20) & 0xff, None
            self.src, self.dst = packet[22:38], packet[38:54]
            seg = packet[54:54 + size]
        else:
            raise ValueError('not IP')
        if proto != TCP:
            raise ValueError('not TCP')
        (self.sport, self.dport, seq, self.ident, doff, self.flags, window,
         _, urg) = struct.unpack_from('!HHLLBBHHH', seg)
        self.total, self.offset = seq >> 16, seq & 0xffff
        self.data = seg[20:]
        if ones_sum(pseudo(self.src, self.dst, TCP, len(seg)) + seg) != 0xffff:
            self.errors.append('TCP checksum')
        for bad, what in ((doff != 5 << 4, 'data offset'), (window, 'window'),
                          (urg, 'urgent pointer'),
                          (self.flags & ~PSH != ACK, 'TCP flags'),
                          (not self.data, 'empty'),
                          (self.offset + len(self.data) > self.total,
                           'beyond the frame')):
            if bad:
                self.errors.append(what)
        if bool(self.flags & PSH) != (self.offset + len(self.data)
                                      == self.total):
            self.errors.append('PSH')


def reassemble(packets, lossy=False):
    """Returns the pairs (Stt, its Segments) of the complete frames in
    'packets' in order of their first packet.  Raises ValueError on packets
    that the draft does not allow and, unless 'lossy', on an incomplete
    frame."""
    frames = {}
    for packet in packets:
        seg = Segment(packet)
        if seg.errors:
            raise ValueError('%s in %s' % (', '.join(seg.errors),
                                           packet.hex()))
        frames.setdefault((seg.src, seg.dst, seg.ident), []).append(seg)
    out = []
    for segs in frames.values():
        first, data = segs[0], b''
        for seg in sorted(segs, key=lambda s: s.offset):
            if (seg.total, seg.sport, seg.dport) != (first.total, first.sport,
                                                     first.dport):
                raise ValueError('changed header in frame %#x' % seg.ident)
            if seg.offset < len(data):
                raise ValueError('overlap in frame %#x' % seg.ident)
            if seg.offset == len(data):
                data += seg.data
        if len(data) == first.total:
            out.append((Stt.unpack(data), segs))
        elif not lossy:
            raise ValueError('frame %#x: %d bytes of %d'
                             % (first.ident, len(data), first.total))
    return out
