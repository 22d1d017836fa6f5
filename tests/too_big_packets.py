# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for tnl-too-big.at, see packets.py.

  too_big_packets.py flood PORT N TOS  has dummy device PORT receive N packets
                                       from N senders, 600 bytes long
"""

import geneve_packets
from packets import (HERE, PEER, appctl, icmp_error,      # noqa: F401
                     inject, main, outer_tx, L2, V4, V6, U, T)
from scapy.layers.inet import (ICMP, IP, IPerror, TCP,    # noqa: F401
                               UDP, UDPerror)
from scapy.layers.inet6 import (IPv6, ICMPv6EchoRequest,  # noqa: F401
                                ICMPv6DestUnreach, ICMPv6PacketTooBig,
                                IPv6ExtHdrFragment)
from scapy.layers.l2 import ARP, Dot1Q, Ether             # noqa: F401
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw


def size(n, packet):
    """Returns 'packet' with a payload that makes its IP packet 'n' bytes
    long."""
    ip = packet.getlayer(IP) or packet.getlayer(IPv6)
    return packet / Raw(b"x" * (n - len(ip)))


def error(mtu, packet):
    """Returns the ICMP error for 'packet'."""
    ipv6 = Ether(bytes(packet)).haslayer(IPv6)
    return icmp_error(packet, ICMPv6PacketTooBig(mtu=mtu) if ipv6
                      else ICMP(type=3, code=4, nexthopmtu=mtu))


def tx(packet):
    """Returns 'packet' in VXLAN, as the switch sends it to the peer."""
    return (outer_tx(4, HERE, PEER, 17, {})
            / UDP(sport=geneve_packets.sport, dport=4789, chksum=0)
            / VXLAN(vni=0x7b, flags="Instance") / packet)


def flood(port, n, tos):
    """Has dummy device 'port' receive 'n' packets of 600 bytes, with the type
    of service 'tos', each from another sender.  The device holds 100 packets
    for the switch; returns when the switch has taken the last ones."""
    n, tos = int(n), int(tos)
    packets = []
    for first in range(0, n, 100):
        if packets:
            appctl("netdev-dummy/receive", port, *packets)
        packets = []
        for i in range(first, min(first + 100, n)):
            packets += ["eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),"
                        "eth_type(0x0800),ipv4(src=10.%d.%d.%d,dst=10.1.0.2,"
                        "proto=17,tos=%d,ttl=64,frag=no),udp(src=1,dst=2)"
                        % (tos, i // 256, i % 256, tos), "--len", "600"]
    inject(port, *packets)


if __name__ == "__main__":
    main(globals(), geneve_packets.set_sport, flood=flood)
