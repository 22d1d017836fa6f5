# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The headers of packets between hosts, as bytes: those of tunnels, probes
with the same headers, and the errors of routers about them.  Nothing here
sends or receives."""

import ipaddress
import struct
from typing import NamedTuple, Optional

TCP, UDP = 6, 17
_ACK = 0x10
# The longest header before that of layer 4, and how much of layer 4 is kept.
_IPV4, _IPV6 = 20, 40
_KEPT = {TCP: 20, UDP: 8}

_TTL = 64

# What every tunnel type takes for an invalid header: version or flags of 0
# where these are not valid, or a length of 0.
_INVALID = bytes(24)
MARKER = 8
# The lengths of probes.
SIZE_MIN, SIZE_MAX = _IPV6 + 20 + len(_INVALID) + MARKER + 2, 9216

# Types of ICMP and ICMPv6: destination unreachable, packet too big, time
# exceeded.
_ERRORS = {4: (3, 3, 11), 6: (1, 2, 3)}
_TOO_BIG = {4: (3, 4), 6: (2, 0)}
# Why a packet was not delivered, by the code of destination unreachable; by
# any other one, it is REFUSED.
EXPIRED, REFUSED, NO_HOST, NO_ROUTE = "expired", "refused", "host", "route"
_UNREACHABLE = {4: {0: NO_ROUTE, 1: NO_HOST, 6: NO_ROUTE, 7: NO_HOST},
                6: {0: NO_ROUTE, 3: NO_HOST}}
REASONS = EXPIRED, REFUSED, NO_HOST, NO_ROUTE


class Outer(NamedTuple):
    """The outer headers of a packet.  'header' has the IP header, without
    options, and the beginning of layer 4; 'length' is that of the whole
    packet; 'ports' are those of TCP or UDP, or None."""
    version: int
    source: str
    target: str
    protocol: int
    ttl: int
    length: int
    ports: Optional[tuple]
    header: bytes


# The index of what has no marker.
FLOW = -1


class IcmpError(NamedTuple):
    """An error about a probe, or a packet of the flow itself, with the index
    FLOW.  'mtu' is not 0 if that was too long, otherwise 'reason' is one of
    REASONS."""
    index: int
    reason: str
    mtu: int


def parse(packet):
    """Returns the Outer of 'packet', which begins with an IP header, or None
    if it is cut or malformed."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= _IPV4:
        size = (packet[0] & 15) * 4
        length, protocol, ttl = (int.from_bytes(packet[2:4], "big"),
                                 packet[9], packet[8])
        addresses, ip = packet[12:20], packet[:_IPV4]
        if size < _IPV4 or int.from_bytes(packet[6:8], "big") & 0x1fff:
            return None
    elif version == 6 and len(packet) >= _IPV6:
        size = _IPV6
        length, protocol, ttl = (
            _IPV6 + int.from_bytes(packet[4:6], "big"), packet[6], packet[7])
        addresses, ip = packet[8:40], packet[:_IPV6]
    else:
        return None
    rest = packet[size:size + _KEPT.get(protocol, 0)]
    if len(rest) < _KEPT.get(protocol, 0):
        return None
    half = len(addresses) // 2
    return Outer(version, str(ipaddress.ip_address(addresses[:half])),
                 str(ipaddress.ip_address(addresses[half:])), protocol, ttl,
                 length, struct.unpack(">HH", rest[:4]) if rest else None,
                 ip + rest)


def compose(source, target, protocol, ports):
    """Returns the Outer of a packet between two addresses, with the ports of
    TCP or UDP, or None."""
    source, target = map(ipaddress.ip_address, (source, target))
    rest = struct.pack(">HH", *ports).ljust(_KEPT[protocol], b"\0") \
        if ports else b""
    addresses = source.packed + target.packed
    if source.version == 4:
        header = struct.pack(">BBHHHBBH", 0x45, 0, _IPV4 + len(rest), 0,
                             0x4000, _TTL, protocol, 0) + addresses
    else:
        header = struct.pack(">LHBB", 6 << 28, len(rest), protocol,
                             _TTL) + addresses
    return parse(header + rest)


def contains(packet, needles):
    """Returns whether 'packet' has all of 'needles', one after the other."""
    at = 0
    for needle in needles:
        at = packet.find(needle, at)
        if at < 0:
            return False
        at += len(needle)
    return True


def probe(outer, index, ttl, size, port, marker):
    """Returns a probe of 'size' bytes with the headers of 'outer', but 'ttl',
    and with the source port 'port' unless that is 0.  No tunnel takes it.
    'index', from 0 to 65535, and 'marker' tell it from others."""
    kept = _KEPT.get(outer.protocol, 0)
    ip = bytearray(outer.header[:-kept] if kept else outer.header)
    payload = (_INVALID + marker + struct.pack(">H", index)).ljust(
        size - len(ip) - kept, b"\0")
    if outer.version == 4:
        # "Don't fragment".  Linux adds the checksum.
        ip[2:8] = struct.pack(">HHH", size, _identification(marker, index),
                              0x4000)
        ip[8] = ttl
    else:
        ip[4:6] = struct.pack(">H", size - _IPV6)
        ip[7] = ttl
    if not kept:
        return bytes(ip) + payload
    source, target = outer.ports
    source = port or source
    if outer.protocol == UDP:
        check = 6
        head = bytearray(struct.pack(">HHHH", source, target,
                                     kept + len(payload), 0))
    else:
        check = 16
        head = bytearray(struct.pack(">HHIIBBHHH", source, target, 0, 0,
                                     kept << 2, _ACK, 65535, 0, 0))
    addresses = ip[12:20] if outer.version == 4 else ip[8:40]
    pseudo = bytes(addresses) + struct.pack(">II", kept + len(payload),
                                            outer.protocol)
    head[check:check + 2] = _checksum(pseudo + head + payload)
    return bytes(ip + head) + payload


def index_of(packet, marker):
    """Returns the index of 'packet', a probe with 'marker', or None."""
    at = packet.find(marker)
    index = packet[at + len(marker):at + len(marker) + 2]
    return struct.unpack(">H", index)[0] if at >= 0 and len(index) == 2 \
        else None


def error(message, outer, marker, count):
    """Returns the IcmpError in 'message', from an ICMP socket for the version
    of 'outer', about one of 'count' probes with 'marker', or about a packet
    with the headers 'outer', or None."""
    if outer.version == 4:
        message = message[(message[0] & 15) * 4:] if message else b""
    kind, quoted = tuple(message[:2]), message[8:]
    size = (quoted[0] & 15) * 4 if outer.version == 4 and quoted else _IPV6
    if len(quoted) < size + 4 or kind[0] not in _ERRORS[outer.version]:
        return None
    addresses, protocol = ((slice(12, 20), 9) if outer.version == 4
                           else (slice(8, 40), 6))
    if quoted[addresses] != outer.header[addresses] \
            or quoted[protocol] != outer.protocol \
            or outer.ports and quoted[size + 2:size + 4] \
            != outer.ports[1].to_bytes(2, "big"):
        return None
    index = index_of(quoted, marker)
    if index is None:
        index = FLOW
        if outer.version == 4 and len(quoted) <= size + 8:
            # A router that quotes no more than it must.
            number = (int.from_bytes(quoted[4:6], "big")
                      - _identification(marker, 0)) & 0xffff
            index = number if number < count else FLOW
    mtu = 0
    if kind == _TOO_BIG[outer.version]:
        mtu = int.from_bytes(message[6:8] if outer.version == 4
                             else message[4:8], "big")
    unreachable, _, expired = _ERRORS[outer.version]
    reason = EXPIRED if kind[0] == expired else REFUSED
    if kind[0] == unreachable:
        reason = _UNREACHABLE[outer.version].get(kind[1], REFUSED)
    return IcmpError(index, reason, mtu)


def _identification(marker, index):
    """Returns the IPv4 identification of the probe 'index'."""
    return (int.from_bytes(marker[:2], "big") + index) & 0xffff


def _checksum(data):
    """Returns the Internet checksum of 'data', as for UDP: never 0."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(">%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack(">H", (total ^ 0xffff) or 0xffff)
