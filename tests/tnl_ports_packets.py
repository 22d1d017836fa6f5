# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for tnl-ports.at, made by Scapy and stt_wire.py, which share nothing
with the switch.

  tnl_ports_packets.py send PORT FILE    has dummy device PORT receive them
  tnl_ports_packets.py expect PCAP FILE  checks that PCAP has them, and no
                                         others
  tnl_ports_packets.py batch PORT FILE   has it receive all of them at once
  tnl_ports_packets.py sorted PCAP FILE...
                                         like expect, in any order

FILE is as for geneve_packets.py, with the functions below.  All take the
number of a packet, which is in the inner one, and an address family.
"""

import struct
import subprocess
import sys

from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether, GRE
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw
from scapy.utils import RawPcapReader

import geneve_packets
import stt_wire
from geneve_packets import HERE, L2, PEER, V4, U


def inner(number):
    """The inner packet."""
    return L2 / V4 / U(number)


def outer(family):
    """Headers from the peer to the switch."""
    l3 = (IP(src=PEER[4], dst=HERE[4]) if family == 4
          else IPv6(src=PEER[6], dst=HERE[6]))
    return Ether(src=PEER["mac"], dst=HERE["mac"]) / l3


def geneve(number, dport=6081, key=5, family=4):
    packet = geneve_packets.rx(inner(number), family, vni=key)
    packet.getlayer(UDP).dport = dport
    return packet


def vxlan(number, dport=4789, key=5, family=4):
    return (outer(family) / UDP(sport=5001, dport=dport)
            / VXLAN(vni=key, flags="Instance") / inner(number))


def l2tpv3(number, dport=1701, key=5, family=4):
    """Over UDP, without a cookie (RFC 3931, section 4.1.2.1)."""
    return (outer(family) / UDP(sport=1701, dport=dport)
            / Raw(struct.pack("!HHL", 3, 0, key) + bytes(inner(number))))


def stt(number, key=5):
    path = stt_wire.Path(PEER["mac"], HERE["mac"], PEER[4], HERE[4])
    packet, = path.segments(stt_wire.Stt(bytes(inner(number)), key=key))
    return Raw(packet)


def gre(number, key=None, family=4, **header):
    """Transparent Ethernet bridging in GRE (RFC 2784, RFC 2890)."""
    if key is not None:
        header.update(key_present=1, key=key)
    return outer(family) / GRE(proto=0x6558, **header) / inner(number)


def nvgre(number, key=0x1000, family=4):
    """RFC 7637, with FlowID 1."""
    return gre(number, key << 8 | 1, family)


def erspan(number, key=5, family=4):
    """ERSPAN type II: session ID 'key', index 3."""
    return (outer(family)
            / GRE(proto=0x88be, seqnum_present=1, sequence_number=number)
            / Raw(struct.pack("!HHL", 0x1000, key, 3)) / inner(number))


def came_out(port, packet):
    """What leaves the switch if 'packet()', one of the above, came out of the
    tunnel of OpenFlow port 'port'."""
    frame = Ether(bytes(packet())[-len(inner(0)):])
    frame.src = "02:00:00:00:01:%02x" % port
    return frame


def batch(port, name):
    """Has dummy device 'port' receive the packets in file 'name' at once."""
    packets = [bytes(eval(e)).hex() for e in geneve_packets.read(name)]
    subprocess.run(["ovs-appctl", "netdev-dummy/receive", port, *packets],
                   check=True)


def expect_sorted(pcap, *names):
    """Returns true if file 'pcap' has the packets in the files 'names', in
    some order."""
    want = sorted(bytes(eval(e)) for name in names
                  for e in geneve_packets.read(name))
    got = sorted(bytes(packet) for packet, _ in RawPcapReader(pcap))
    for packet in got:
        print(packet.hex())
    return got == want


if __name__ == "__main__":
    if sys.argv[1] == "send":
        geneve_packets.send(*sys.argv[2:], globals())
    elif sys.argv[1] == "batch":
        batch(*sys.argv[2:])
    elif sys.argv[1] == "sorted":
        sys.exit(not expect_sorted(*sys.argv[2:]))
    else:
        sys.exit(not geneve_packets.expect(*sys.argv[2:], globals(),
                                           lambda packet: None))
