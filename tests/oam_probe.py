# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Checks the headers of probes of "ovs-oam trace", ovs.oam.wire, with Scapy.

  oam_probe.py check   makes probes and errors about them, prints "ok" for each
                       that is right
  oam_probe.py fuzz N  parses N mutated packets
"""

import random
import sys

from ovs.oam import wire
from scapy.all import (ICMP, IP, TCP, UDP, ICMPv6DestUnreach,
                       ICMPv6PacketTooBig, ICMPv6TimeExceeded, IPv6, Raw)

MARKER = bytes.fromhex("0102d1e2f3a4b5c6")
LAYERS = {"udp": UDP(sport=50000, dport=6081, chksum=0),
          "tcp": TCP(sport=50000, dport=7471, flags="A"), "gre": Raw(b"g" * 8),
          "l2tpv3": Raw(b"l" * 8), "etherip": Raw(b"\x30\0")}
NUMBERS = {"udp": 17, "tcp": 6, "gre": 47, "l2tpv3": 115, "etherip": 97}


def packet(version, name):
    """Returns a packet of a tunnel, with 1000 bytes inside."""
    if version == 4:
        outer = IP(src="192.0.2.1", dst="192.0.2.2", tos=0x28, id=7,
                   proto=NUMBERS[name])
    else:
        outer = IPv6(src="2001:db8::1", dst="2001:db8::2", tc=0x28, fl=0x12345,
                     nh=NUMBERS[name])
    return bytes(outer / LAYERS[name] / Raw(bytes(range(250)) * 4))


def must(condition, what):
    if not condition:
        print("wrong: %s" % what)


def check_probe(version, name, size, port):
    """Checks a probe of 'size' bytes from 'port'.  Returns (Outer, probe)."""
    outer = wire.parse(packet(version, name))
    probe = wire.probe(outer, 5, 9, size, port, MARKER)
    # Linux adds the checksum of the IPv4 header.
    parsed = (IP if version == 4 else IPv6)(probe)
    must(len(probe) == size, "size")
    if version == 4:
        must((parsed.ttl, parsed.len, parsed.tos, parsed.src, parsed.dst,
              str(parsed.flags), parsed.id)
             == (9, size, 0x28, "192.0.2.1", "192.0.2.2", "DF", 0x0107),
             parsed.summary())
    else:
        must((parsed.hlim, parsed.plen, parsed.tc, parsed.fl, parsed.src,
              parsed.dst) == (9, size - 40, 0x28, 0x12345, "2001:db8::1",
                              "2001:db8::2"), parsed.summary())
    if name in ("udp", "tcp"):
        layer = parsed[UDP if name == "udp" else TCP]
        must((layer.sport, layer.dport)
             == (port or 50000, 6081 if name == "udp" else 7471), "ports")
        must(bytes(layer.payload)[:24] == bytes(24), "tunnel header")
        checksum = layer.chksum
        del layer.chksum
        must((IP if version == 4 else IPv6)(bytes(parsed))[
            UDP if name == "udp" else TCP].chksum == checksum, "checksum")
    else:
        must(probe[20 if version == 4 else 40:][:24] == bytes(24),
             "tunnel header")
    must(wire.index_of(probe, MARKER) == 5, "index")
    return outer, probe


def check_errors(version, outer, probe):
    """Checks errors about 'probe', and about a packet of the flow."""
    own = packet(version, "udp")
    other = packet(version, "gre" if outer.protocol != 47 else "udp")
    if version == 4:
        def answer(kind, code, mtu, quoted):
            return bytes(IP(src="198.51.100.1", dst="192.0.2.1")
                         / ICMP(type=kind, code=code, nexthopmtu=mtu)
                         / Raw(quoted))
        kinds = [(11, 0, 0, "expired"), (3, 4, 1400, "refused"),
                 (3, 13, 0, "refused"), (3, 1, 0, "host"), (3, 0, 0, "route")]
    else:
        layers = {3: ICMPv6TimeExceeded, 2: ICMPv6PacketTooBig,
                  1: ICMPv6DestUnreach}

        def answer(kind, code, mtu, quoted):
            header = layers[kind](code=code)
            if mtu:
                header.mtu = mtu
            return bytes(header / Raw(quoted))
        kinds = [(3, 0, 0, "expired"), (2, 0, 1400, "refused"),
                 (1, 1, 0, "refused"), (1, 3, 0, "host"), (1, 0, 0, "route")]
    for kind, code, mtu, reason in kinds:
        for quoted in (probe, probe[:wire.SIZE_MIN],
                       probe[:28] if version == 4 else probe):
            must(wire.error(answer(kind, code, mtu, quoted), outer, MARKER, 64)
                 == wire.IcmpError(5, reason, mtu), "error %d" % kind)
        if outer.protocol == 17:
            must(wire.error(answer(kind, code, mtu, own), outer, MARKER, 64)
                 == wire.IcmpError(wire.FLOW, reason, mtu), "flow %d" % kind)
        must(wire.error(answer(kind, code, mtu, other), outer, MARKER, 64)
             is None, "other packet")
    must(wire.error(bytes(IP() / ICMP(type=0) / Raw(probe)) if version == 4
                    else b"\x81" + answer(1, 0, 0, probe)[1:], outer, MARKER,
                    64) is None, "answer to ping")


def check():
    for version in 4, 6:
        for name in LAYERS:
            for size in wire.SIZE_MIN, 128, 1499, wire.SIZE_MAX:
                for port in 0, 50001:
                    outer, probe = check_probe(version, name, size, port)
            check_errors(version, outer, check_probe(version, name, 128, 0)[1])
            print("ok %s over IPv%d" % (name, version))


def fuzz(count):
    """Mutates and cuts packets and errors.  The parsers must not fail, and
    accept nothing that they cannot use."""
    seed = random.randrange(1 << 32)
    chance = random.Random(seed)
    outers = [wire.parse(packet(version, name))
              for version in (4, 6) for name in LAYERS]
    try:
        for _ in range(count):
            outer = chance.choice(outers)
            data = bytearray(wire.probe(outer, 5, 9, 128, 0, MARKER))
            if chance.random() < .5:
                kind = bytes([chance.choice((1, 2, 3, 11)), chance.randrange(
                    16), 0, 0, 0, 0, 5, 120])
                data = bytearray(bytes(IP()) if outer.version == 4
                                 else b"") + kind + data
            for _ in range(chance.randrange(6)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            data = bytes(data[:chance.randrange(len(data) + 1)])
            parsed = wire.parse(data)
            if parsed:
                wire.probe(parsed, 1, 1, wire.SIZE_MIN, 1, MARKER)
            wire.error(data, outer, MARKER, 64)
            wire.contains(data, [b"\1\2", b"\3"])
            wire.index_of(data, MARKER)
    except Exception:
        print("seed %d, packet %s" % (seed, data.hex()))
        raise


if sys.argv[1] == "check":
    check()
else:
    fuzz(int(sys.argv[2]))
