# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for nvgre.at, see packets.py."""

from packets import (HERE, PEER, main, outer_tx,          # noqa: F401
                     L2, V4, V6, T, U)
from scapy.layers.inet import IP, UDP                     # noqa: F401
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop   # noqa: F401
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether, GRE  # noqa: F401
from scapy.packet import Raw

# FlowID of the packet that is compared.  The switch chooses it.
flow_id = None


def nvgre(src, dst, payload, family, vsid, flow, ip, gre):
    """Returns 'payload' in NVGRE, from host 'src' to 'dst'.  'ip' and 'gre'
    are fields with other values than usual."""
    return (outer_tx(family, src, dst, 47, ip)
            / GRE(**{"proto": 0x6558, "key_present": 1,
                     "key": vsid << 8 | flow, **gre}) / payload)


def rx(payload, family=4, vsid=0x123456, flow=0xa5, ip={}, **gre):
    """Returns 'payload' in NVGRE from the peer to the switch."""
    return nvgre(PEER, HERE, payload, family, vsid, flow, ip, gre)


def tx(payload, family=4, vsid=0x123456, ip={}):
    """Returns 'payload' in NVGRE from the switch to the peer."""
    return nvgre(HERE, PEER, payload, family, vsid, flow_id, ip, {})


def cut(size, family=4):
    """Returns a packet of the peer with 'size' bytes behind the IP header."""
    packet = rx(L2 / V4 / U(9), family)
    gre = bytes(packet.getlayer(GRE))
    packet.getlayer(1).remove_payload()
    return packet / Raw(gre[:size])


def set_flow_id(packet):
    """Sets 'flow_id' to the FlowID of 'packet'."""
    global flow_id

    gre = Ether(packet).getlayer(GRE)
    flow_id = gre.key & 0xff if gre else None


if __name__ == "__main__":
    main(globals(), set_flow_id)
