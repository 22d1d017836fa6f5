# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for tnl-ports.at, see packets.py.

  tnl_ports_packets.py batch PORT FILE    has PORT receive all packets at once
  tnl_ports_packets.py sorted PCAP FILE...
                                          like expect, in any order

All functions below take the number of a packet, which is in the inner packet,
and an address family.
"""

import struct
import sys

import geneve_packets
import packets
from packets import L2, V4, U, captured, inject, main, outer, read
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether, GRE
from scapy.packet import Raw


def inner(number):
    """Returns the inner packet."""
    return L2 / V4 / U(number)


def geneve(number, dport=6081, key=5, family=4):
    packet = geneve_packets.rx(inner(number), family, vni=key)
    packet.getlayer(UDP).dport = dport
    return packet


def vxlan(number, dport=4789, key=5, family=4):
    return packets.vxlan(key, inner(number), family, 5001, dport)


def l2tpv3(number, dport=1701, key=5, family=4):
    return packets.l2tpv3(key, inner(number), family, dport)


def stt(number, key=5):
    return packets.stt(key, inner(number))


def gre(number, key=None, family=4, **header):
    """Returns transparent Ethernet bridging in GRE (RFC 2784, RFC 2890)."""
    if key is not None:
        header.update(key_present=1, key=key)
    return outer(family) / GRE(proto=0x6558, **header) / inner(number)


def nvgre(number, key=0x1000, family=4):
    """Returns NVGRE (RFC 7637), with FlowID 1."""
    return gre(number, key << 8 | 1, family)


def erspan(number, key=5, family=4):
    """Returns ERSPAN type II: session ID 'key', index 3."""
    return (outer(family)
            / GRE(proto=0x88be, seqnum_present=1, sequence_number=number)
            / Raw(struct.pack("!HHL", 0x1000, key, 3)) / inner(number))


def came_out(port, packet):
    """Returns the frame that leaves the switch if 'packet()', one of the
    above, came out of the tunnel of OpenFlow port 'port'."""
    frame = Ether(bytes(packet())[-len(inner(0)):])
    frame.src = "02:00:00:00:01:%02x" % port
    return frame


def batch(port, name):
    """Has dummy device 'port' receive the packets in file 'name' at once."""
    inject(port, *(eval(e) for e in read(name)))


def expect_sorted(pcap, *names):
    """Exits with an error unless file 'pcap' has the packets in the files
    'names', in any order."""
    want = sorted(bytes(eval(e)) for name in names for e in read(name))
    got = sorted(captured(pcap))
    for packet in got:
        print(packet.hex())
    sys.exit(got != want)


if __name__ == "__main__":
    main(globals(), batch=batch, sorted=expect_sorted)
