# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for geneve.at, see packets.py."""

from packets import (HERE, PEER, main, outer_tx,                # noqa: F401
                     L2, V4, V6, T, U)
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.layers.inet import (IP, UDP, TCP, ICMP, IPerror,   # noqa: F401
                               IPOption, UDPerror)
from scapy.layers.inet6 import (IPv6, ICMPv6PacketTooBig,     # noqa: F401
                                IPerror6, IPv6ExtHdrFragment,
                                IPv6ExtHdrHopByHop)
from scapy.layers.l2 import ARP, Dot1Q, Ether                 # noqa: F401
from scapy.packet import Raw                                  # noqa: F401

PROTO = {Ether: 0x6558, IP: 0x0800, IPv6: 0x86dd}

ZERO = "00:00:00:00:00:00"


def gwlb(endpoint, attachment, cookie):
    """Returns the options of a gateway load balancer of AWS."""
    return [GeneveOptions(classid=0x108, type=i, data=value.to_bytes(size,
                                                                    "big"))
            for i, value, size in ((1, endpoint, 8), (2, attachment, 8),
                                   (3, cookie, 4))]


# UDP source port of the packet that is compared.  The switch chooses it.
sport = None


def geneve(src, dst, payload, family, udp, ip, header):
    """Returns 'payload' in Geneve, from host 'src' to 'dst'.  'udp', 'ip' and
    'header' are fields with other values than usual."""
    header = {"vni": 0x7b, "proto": PROTO.get(type(payload), 0x6558),
              **header}
    return (outer_tx(family, src, dst, 17, ip) / UDP(dport=6081, **udp)
            / GENEVE(**header) / payload)


def rx(payload, family=4, ip={}, sport=50000, **header):
    """Returns 'payload' in Geneve from the peer to the switch."""
    return geneve(PEER, HERE, payload, family, {"sport": sport}, ip, header)


def tx(payload, family=4, ip={}, csum=False, **header):
    """Returns 'payload' in Geneve from the switch to the peer, with a UDP
    checksum if 'csum'."""
    udp = {"sport": sport}
    if not csum:
        udp["chksum"] = 0
    return geneve(HERE, PEER, payload, family, udp, ip, header)


def set_sport(packet):
    """Sets 'sport' to the UDP source port of 'packet'."""
    global sport

    l4 = 14 + (20 if packet[12:14] == b"\x08\x00" else 40)
    sport = int.from_bytes(packet[l4:l4 + 2], "big")


if __name__ == "__main__":
    main(globals(), set_sport)
