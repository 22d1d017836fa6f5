# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for fdb.at, see packets.py."""

from packets import HERE, PEER, U, V4, inject, main, outer, outer_tx
from scapy.layers.inet import UDP
from scapy.layers.l2 import Dot1Q, Ether
from scapy.layers.vxlan import VXLAN

# The group.
GROUP = {4: {"mac": "01:00:5e:01:01:64", 4: "239.129.1.100"},
         6: {"mac": "33:33:00:01:01:00", 6: "ff05::1:100"}}

ALL = "ff:ff:ff:ff:ff:ff"

# UDP source port of the packet that is compared.  The switch chooses it.
sport = None


def M(n):
    """Returns MAC address 'n'."""
    return "02:00:00:00:%02x:%02x" % divmod(n, 256)


def frame(src, dst, vlan=None):
    """Returns a frame from MAC address 'src' to 'dst', numbers or text, in
    'vlan'."""
    src, dst = (M(m) if isinstance(m, int) else m for m in (src, dst))
    tag = Dot1Q(vlan=vlan) if vlan else b""
    eth = Ether(src=src, dst=dst)
    return (eth / tag if vlan else eth) / V4 / U(1)


def remote(n):
    """Returns the remote endpoint with the addresses 1.1.2.'n' and
    2001:cafe::'n'."""
    return {"mac": PEER["mac"], 4: "1.1.2.%d" % n, 6: "2001:cafe::%d" % n}


def target(to, family):
    """Returns the host that 'to' means: a number for remote(), or a host."""
    return (remote(to) if isinstance(to, int)
            else to[family] if to is GROUP else to)


def rx(n, payload, family=4, to=HERE, key=100):
    """Returns 'payload' in VXLAN from remote endpoint 'n' to 'to'."""
    return (outer(family, target(n, family), target(to, family))
            / UDP(sport=5000, dport=4789)
            / VXLAN(vni=key, flags="Instance") / payload)


def tx(to, payload, family=4, key=100):
    """Returns 'payload' in VXLAN as the switch sends it to 'to'."""
    udp = {"chksum": 0} if family == 4 else {}
    return (outer_tx(family, HERE, target(to, family), 17, {})
            / UDP(sport=sport, dport=4789, **udp)
            / VXLAN(vni=key, flags="Instance") / payload)


def set_sport(packet):
    """Sets 'sport' to the UDP source port of 'packet'."""
    global sport
    offset = 34 if packet[12:14] == b"\x08\x00" else 54
    sport = int.from_bytes(packet[offset:offset + 2], "big")


def many(n, first, count):
    """Has p0 receive from remote endpoint 'n' frames with 'count' MAC
    addresses from 'first' on."""
    for i in range(int(first), int(first) + int(count)):
        inject("p0", rx(int(n), frame(i, 1)))


if __name__ == "__main__":
    main(globals(), set_sport, many=many)
