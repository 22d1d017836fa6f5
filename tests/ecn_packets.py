# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for tnl-ecn.at, see packets.py.

  ecn_packets.py received TYPE FAMILY KINDS   has "p0" receive tunnel packets
                                              with each combination of inner
                                              and outer ECN, and prints the
                                              ECN of the packets that "vm"
                                              sends
  ecn_packets.py sent FAMILY KINDS            has "vm" receive packets with
                                              each ECN, and prints the outer
                                              ECN of the packets that "p0"
                                              sends

TYPE is the type of the tunnel, FAMILY 4 or 6, KINDS a comma-separated list of
inner packets, see KIND.  Each packet is sent twice, so that the datapath flows
of all others exist the second time.
"""

import struct
import sys
import time

import packets
from packets import L2, captured, inject, outer
from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Dot1Q, GRE
from scapy.packet import Raw

import stt_wire

KEY = 0x1234
MARK = b"ECN mark "             # Before the kind and numbers of a packet.
INNER_DSCP, OUTER_DSCP = 0x28, 0x48


def v4(ecn):
    return IP(src="10.1.0.1", dst="10.1.0.2", tos=INNER_DSCP | ecn)


def v6(ecn):
    return IPv6(src="fd01::1", dst="fd01::2", tc=INNER_DSCP | ecn)


U = UDP(sport=7000, dport=9)

# Inner packets with 'ecn'.  Those without IP ignore it.
KIND = {
    "v4": lambda ecn: L2 / v4(ecn) / U,
    "v6": lambda ecn: L2 / v6(ecn) / U,
    "tag4": lambda ecn: L2 / Dot1Q(vlan=100) / v4(ecn) / U,
    "tag6": lambda ecn: L2 / Dot1Q(vlan=100) / v6(ecn) / U,
    "arp": lambda ecn: L2 / ARP(psrc="10.1.0.1", pdst="10.1.0.2"),
    "l3v4": lambda ecn: v4(ecn) / U,
    "l3v6": lambda ecn: v6(ecn) / U,
}

PROTO = {"l3v4": 0x0800, "l3v6": 0x86dd}


def encapsulate(type_, family, kind, tos, inner):
    """Returns 'inner', bytes, in a tunnel of type 'type_', from the peer."""
    type_ = type_.replace("-l3", "")
    proto = PROTO.get(kind, 0x6558)
    l3 = outer(family, tos=tos)
    if type_ == "stt":
        return bytes(packets.stt(KEY, inner, family, tos=tos))
    elif type_ == "l2tpv3":
        return bytes(packets.l2tpv3(KEY, inner, family, tos=tos))
    elif type_ == "vxlan":
        return bytes(packets.vxlan(KEY, Raw(inner), family, tos=tos))
    elif type_ == "nvgre":
        l4 = GRE(proto=0x6558, key_present=1, key=KEY << 8 | 0xa5)
    elif type_ in ("gre", "ip6gre"):
        l4 = GRE(proto=proto, key_present=1, key=KEY)
    elif type_ == "l2tpv3-ip":
        l3.lastlayer().setfieldval("proto" if family == 4 else "nh", 115)
        l4 = Raw(struct.pack("!L", KEY))
    elif type_ == "etherip":
        l3.lastlayer().setfieldval("proto" if family == 4 else "nh", 97)
        l4 = EtherIP()
    elif type_ == "geneve":
        l4 = UDP(sport=5000, dport=6081) / GENEVE(vni=KEY, proto=proto)
    return bytes(l3 / l4 / Raw(inner))


def mark(kind, *numbers):
    """Returns a payload that tells a packet from others."""
    return MARK + b"%s %d %d." % (kind.encode(), *numbers)


def sent(pcap):
    """Yields packets of file 'pcap' with the kind and numbers of their
    mark."""
    for packet in captured(pcap):
        at = packet.find(MARK)
        if at >= 0:
            text = packet[at + len(MARK):packet.index(b".", at)].split()
            yield packet, (text[0].decode(), int(text[1]), int(text[2]))


def await_packets(pcap, last):
    """Waits until 'pcap' has the packet with the kind and numbers in 'last'
    twice."""
    for _ in range(300):
        if [what for _, what in sent(pcap)].count(last) == 2:
            return
        time.sleep(.1)
    sys.exit("%s: no second packet %s" % (pcap, last))


def tos_of(packet):
    """Returns the TOS of the outermost IP header in 'packet'."""
    at = 14
    if packet[12:14] == b"\x81\x00":
        at += 4
    version = packet[at] >> 4
    assert version in (4, 6), packet.hex()
    if version == 4:
        assert stt_wire.ones_sum(packet[at:at + 20]) == 0xffff, packet.hex()
        return packet[at + 1]
    return (packet[at] << 4 | packet[at + 1] >> 4) & 0xff


def summarize(seen, key):
    """Returns the results of the two packets of 'key', in one word."""
    results = seen.get(key, [])
    if not results:
        return "drop"
    assert len(results) == 2 and len(set(results)) == 1, (key, results)
    return results[0]


def received(type_, family, kinds):
    family = int(family)
    cases = [(kind, inner, outer_ecn) for kind in kinds.split(",")
             for inner in range(4) for outer_ecn in range(4)]
    # The last one is never dropped.
    for kind, inner, ecn in cases[::-1] + cases:
        frame = bytes(KIND[kind](inner) / mark(kind, inner, ecn))
        inject("p0", encapsulate(type_, family, kind, OUTER_DSCP | ecn, frame))
    await_packets("vm-tx.pcap", cases[-1])

    seen = {}
    for packet, key in sent("vm-tx.pcap"):
        result = "pass"
        if key[0] != "arp":
            tos = tos_of(packet)
            assert tos & ~3 == INNER_DSCP, "inner TOS is %#x" % tos
            result = str(tos & 3)
        seen.setdefault(key, []).append(result)
    for kind in kinds.split(","):
        for inner in range(4):
            print(kind, "%d:" % inner,
                  *(summarize(seen, (kind, inner, ecn)) for ecn in range(4)))


def sends(family, kinds):
    version = 0x0800 if family == "4" else 0x86dd
    cases = [(kind, inner, 0) for kind in kinds.split(",")
             for inner in range(4)]
    for kind, inner, _ in cases[::-1] + cases:
        # The switch takes the Ethernet header away.
        frame = KIND[kind.replace("l3", "")](inner) / mark(kind, inner, 0)
        inject("vm", bytes(frame))
    await_packets("p0-tx.pcap", cases[-1])

    seen = {}
    for packet, key in sent("p0-tx.pcap"):
        assert packet[12:14] == struct.pack("!H", version), packet.hex()
        tos = tos_of(packet)
        assert tos & ~3 == OUTER_DSCP, "outer TOS is %#x" % tos
        seen.setdefault(key, []).append(str(tos & 3))
    for kind in kinds.split(","):
        print(kind + ":", *(summarize(seen, (kind, inner, 0))
                            for inner in range(4)))


if __name__ == "__main__":
    {"received": received, "sent": sends}[sys.argv[1]](*sys.argv[2:])
