# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for geneve.at, made by Scapy, which shares nothing with the switch.

  geneve_packets.py send PORT FILE    has dummy device PORT receive them
  geneve_packets.py expect PCAP FILE  checks that PCAP has them, and no others

FILE has a packet in each line, as a Python expression; empty lines and those
that start with # do not count.  Besides Scapy's classes, expressions can use
rx(), tx() and the names of headers below.
"""

import os
import subprocess
import sys

from scapy.config import conf
conf.ipv6_enabled = True
from scapy.contrib.geneve import GENEVE, GeneveOptions        # noqa: E402
from scapy.layers.inet import (IP, UDP, TCP, ICMP, IPerror,   # noqa: E402
                               IPOption, UDPerror)
from scapy.layers.inet6 import (IPv6, ICMPv6PacketTooBig,     # noqa: E402
                                IPerror6, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Dot1Q, Ether                 # noqa: E402
from scapy.packet import Raw                                  # noqa: E402
from scapy.utils import RawPcapReader                         # noqa: E402

HERE = {"mac": "aa:55:aa:55:00:00", 4: "1.1.2.88", 6: "2001:cafe::88"}
PEER = {"mac": "f8:bc:12:44:34:b6", 4: "1.1.2.92", 6: "2001:cafe::92"}
PROTO = {Ether: 0x6558, IP: 0x0800, IPv6: 0x86dd}

# The usual headers of an inner packet.
L2 = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
ZERO = "00:00:00:00:00:00"
V4 = IP(src="10.1.0.1", dst="10.1.0.2")
V6 = IPv6(src="fd01::1", dst="fd01::2")

def U(dport):
    """Returns a UDP header, from a port that decoders know nothing of."""
    return UDP(sport=7000, dport=dport)


def T(dport):
    """Returns a TCP header, from a port that decoders know nothing of."""
    return TCP(sport=7000, dport=dport, seq=1, ack=1, flags="PA")


def gwlb(endpoint, attachment, cookie):
    """Returns the options of a gateway load balancer of AWS."""
    return [GeneveOptions(classid=0x108, type=i, data=value.to_bytes(size,
                                                                    "big"))
            for i, value, size in ((1, endpoint, 8), (2, attachment, 8),
                                   (3, cookie, 4))]


# UDP source port of the packet that is compared: the switch hashes it.
sport = None


def geneve(src, dst, payload, family, udp, ip, header):
    """Returns 'payload' in Geneve, from host 'src' to 'dst'.  'udp', 'ip' and
    'header' are fields that are not as usual."""
    header = {"vni": 0x7b, "proto": PROTO.get(type(payload), 0x6558),
              **header}
    if family == 4:
        l3 = IP(src=src[4], dst=dst[4], **{"id": 0, "flags": "DF", **ip})
    else:
        l3 = IPv6(src=src[6], dst=dst[6], **ip)
    return (Ether(src=src["mac"], dst=dst["mac"]) / l3
            / UDP(dport=6081, **udp) / GENEVE(**header) / payload)


def rx(payload, family=4, ip={}, sport=50000, **header):
    """What the peer sends to the switch."""
    return geneve(PEER, HERE, payload, family, {"sport": sport}, ip, header)


def tx(payload, family=4, ip={}, csum=False, **header):
    """What the switch sends to the peer, with a UDP checksum or not."""
    udp = {"sport": sport}
    if not csum:
        udp["chksum"] = 0
    return geneve(HERE, PEER, payload, family, udp, ip, header)


def read(name):
    """Returns the expressions in file 'name'."""
    with open(name) as f:
        return [line for line in map(str.strip, f)
                if line and not line.startswith("#")]


def send(port, name, scope=globals()):
    """Has dummy device 'port' receive the packets in file 'name', whose
    expressions use the names in 'scope'."""
    for expression in read(name):
        packet = bytes(eval(expression, scope))
        subprocess.run(["ovs-appctl", "netdev-dummy/receive", port,
                        packet.hex()], check=True)


def set_sport(packet):
    """Takes over the UDP source port of 'packet'."""
    global sport

    l4 = 14 + (20 if packet[12:14] == b"\x08\x00" else 40)
    sport = int.from_bytes(packet[l4:l4 + 2], "big")


def expect(pcap, name, scope=globals(), learn=set_sport):
    """Returns true if file 'pcap' has the packets in file 'name', whose
    expressions use the names in 'scope'.  'learn' takes over from a packet
    what cannot be foretold."""
    got = []
    if os.path.getsize(pcap):
        got = [bytes(packet) for packet, _ in RawPcapReader(pcap)]
    expressions = read(name)
    good = len(got) == len(expressions)
    if not good:
        print("%d packets instead of %d" % (len(got), len(expressions)))
    for expression, packet in zip(expressions, got):
        learn(packet)
        want = bytes(eval(expression, scope))
        if packet != want:
            print("%s\ngot  %s\nwant %s" % (expression, packet.hex(),
                                            want.hex()))
            good = False
    return good


if __name__ == "__main__":
    if sys.argv[1] == "send":
        send(*sys.argv[2:])
    else:
        sys.exit(not expect(*sys.argv[2:]))
