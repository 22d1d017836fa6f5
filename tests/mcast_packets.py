# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for mcast.at, see packets.py.

TYPE(KEY, PAYLOAD, FAMILY, ...) returns PAYLOAD in the tunnel of that type.  By
default the peer sends it to GROUP."""

from packets import HERE, PEER, L2, V4, U, main, outer, outer_tx  # noqa: F401
from scapy.contrib.geneve import GENEVE
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether, GRE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

import stt_wire

# Groups, and what else packets are sent to and from: see outer().  Their MAC
# addresses are those of RFC 1112, section 6.4, and RFC 2464, section 7.
GROUP = {4: {"mac": "01:00:5e:01:01:64", 4: "239.129.1.100"},
         6: {"mac": "33:33:00:01:01:00", 6: "ff05::1:100"}}
OTHER = {4: {"mac": "01:00:5e:01:01:65", 4: "239.129.1.101"},
         6: {"mac": "33:33:00:01:01:01", 6: "ff05::1:101"}}

# The inner frame: a broadcast.
FRAME = Ether(src=L2.src, dst="ff:ff:ff:ff:ff:ff") / V4 / U(1)

# UDP source port of the packet that is compared.  The switch chooses it.
sport = None


def sender(mac=PEER["mac"], **address):
    """Returns a host with address 'ip4' or 'ip6'."""
    return {"mac": mac, 4: address.get("ip4"), 6: address.get("ip6")}


def vxlan(key, payload, family=4, group=GROUP, sender=PEER):
    return (outer(family, sender, group[family]) / UDP(sport=5000, dport=4789)
            / VXLAN(vni=key, flags="Instance") / payload)


def geneve(key, payload, family=4):
    return (outer(family, PEER, GROUP[family]) / UDP(sport=5000, dport=6081)
            / GENEVE(vni=key, proto=0x6558) / payload)


def stt(key, payload, family=4):
    group = GROUP[family]
    path = stt_wire.Path(PEER["mac"], group["mac"], PEER[family],
                         group[family])
    packet, = path.segments(stt_wire.Stt(bytes(payload), key=key))
    return Raw(packet)


def gre(key, payload, family=4):
    return (outer(family, PEER, GROUP[family])
            / GRE(proto=0x6558, key_present=1, key=key) / payload)


def nvgre(key, payload, family=4):
    return gre(key << 8 | 1, payload, family)


def came_out(port):
    """Returns FRAME as it comes out of the tunnel of OpenFlow port 'port', see
    mcast.at."""
    frame = FRAME.copy()
    frame.src = "02:00:00:00:00:%02x" % port
    return frame


def tx(key, payload, family=4, source=HERE):
    """Returns 'payload' in VXLAN, as the switch sends it to GROUP."""
    udp = {"chksum": 0} if family == 4 else {}
    return (outer_tx(family, source, GROUP[family], 17, {})
            / UDP(sport=sport, dport=4789, **udp)
            / VXLAN(vni=key, flags="Instance") / payload)


def set_sport(packet):
    """Sets 'sport' to the UDP source port of 'packet'."""
    global sport
    offset = 34 if packet[12:14] == b"\x08\x00" else 54
    sport = int.from_bytes(packet[offset:offset + 2], "big")


if __name__ == "__main__":
    main(globals(), set_sport)
