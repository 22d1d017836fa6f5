# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for underlay.at, see packets.py."""

from geneve_packets import rx, set_sport                  # noqa: F401
from packets import L2, V4, U, main                       # noqa: F401
from scapy.layers.inet import IP                          # noqa: F401
from scapy.layers.inet6 import (IPv6, ICMPv6ND_NA,
                                ICMPv6NDOptDstLLAddr)
from scapy.layers.l2 import ARP, Dot1Q, Ether             # noqa: F401

# MAC addresses of the switch, and of hosts on the underlay.
HERE = "aa:55:aa:55:00:00"
A, B = "f8:bc:12:44:34:aa", "f8:bc:12:44:34:bb"
EVERYBODY = "ff:ff:ff:ff:ff:ff"


def arp(mac, src, dst, to=HERE, op=2):
    """Returns the ARP message that 'src' is at 'mac', to 'dst'."""
    return (Ether(src=mac, dst=to)
            / ARP(op=op, hwsrc=mac, psrc=src, pdst=dst,
                  hwdst=to if op == 2 else "00:00:00:00:00:00"))


def garp(mac, address, op=1):
    """Returns a gratuitous ARP message."""
    return arp(mac, address, address, EVERYBODY, op)


def na(mac, target, dst, to=HERE, src=None, hlim=255, tlla=True, **flags):
    """Returns a neighbor advertisement that 'target' is at 'mac'."""
    packet = (Ether(src=mac, dst=to)
              / IPv6(src=src or target, dst=dst, hlim=hlim)
              / ICMPv6ND_NA(tgt=target, **{"R": 0, "S": 1, "O": 1, **flags}))
    return packet / ICMPv6NDOptDstLLAddr(lladdr=mac) if tlla else packet


def una(mac, target, **args):
    """Returns an unsolicited neighbor advertisement."""
    return na(mac, target, "ff02::1", "33:33:00:00:00:01",
              **{"S": 0, **args})


if __name__ == "__main__":
    main(globals(), set_sport)
