# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for ttl-reply.at, see packets.py.

  ttl_reply_packets.py flood PORT N TOS  has dummy device PORT receive N
                                         packets from one sender, with TTL 1
"""

import geneve_packets
from geneve_packets import rx, tx                         # noqa: F401
from packets import (icmp_error, inject, main,            # noqa: F401
                     L2, V4, V6, U, T)
from scapy.contrib.mpls import MPLS                       # noqa: F401
from scapy.layers.inet import (ICMP, IP, TCP, UDP)        # noqa: F401
from scapy.layers.inet6 import (IPv6, ICMPv6EchoRequest,  # noqa: F401
                                ICMPv6DestUnreach, ICMPv6TimeExceeded,
                                IPv6ExtHdrFragment)
from scapy.layers.l2 import ARP, Dot1Q, Ether             # noqa: F401
from scapy.packet import Raw                              # noqa: F401


def ttl(n, packet):
    """Returns 'packet' with the TTL 'n'."""
    if packet.haslayer(IP):
        packet[IP].ttl = n
    else:
        packet[IPv6].hlim = n
    return packet


def expired(packet):
    """Returns 'packet' with the TTL 1."""
    return ttl(1, packet)


def answer(packet, router=1):
    """Returns the answer of router 'router' to 'packet'."""
    ipv6 = Ether(bytes(packet)).haslayer(IPv6)
    return icmp_error(packet, ICMPv6TimeExceeded() if ipv6
                      else ICMP(type=11, code=0),
                      "10.0.0.%d" % router, "fd00::%d" % router)


def flood(port, n, tos):
    """Has dummy device 'port' receive 'n' packets with the type of service
    'tos'."""
    for _ in range(int(n)):
        inject(port, L2 / IP(src="10.1.0.1", dst="10.1.0.2", ttl=1,
                             tos=int(tos)) / U(1))


if __name__ == "__main__":
    main(globals(), geneve_packets.set_sport, flood=flood)
