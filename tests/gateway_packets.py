# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for gateway.at, see packets.py.

  gateway_packets.py show PCAP  prints a line for each packet in PCAP
"""

import struct

import etherip_packets
import geneve_packets
import nvgre_packets
import packets
import stt_wire
from packets import L2, V4, U, captured, main
from scapy.contrib.etherip import EtherIP
from scapy.contrib.geneve import GENEVE, GeneveOptions
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Dot1Q, Ether, GRE
from scapy.layers.vxlan import VXLAN

INNER = L2 / V4 / U(9) / ("gateway" * 20)


def etherip(vlan):
    """Returns INNER in EtherIP, with a tag."""
    return etherip_packets.rx(Ether(src=L2.src, dst=L2.dst)
                              / Dot1Q(vlan=vlan) / INNER.payload)


def geneve(vni, option=None):
    """Returns INNER in Geneve, with the option of class 0x102 and type 7 and
    the value 'option', hex digits."""
    options = []
    if option is not None:
        options = [GeneveOptions(classid=0x102, type=7,
                                 data=bytes.fromhex(option))]
    return geneve_packets.rx(INNER, vni=vni, options=options)


def l2tpv3(session):
    """Returns INNER in L2TPv3."""
    return packets.l2tpv3(session, INNER)


def nvgre(vsid):
    """Returns INNER in NVGRE."""
    return nvgre_packets.rx(INNER, vsid=vsid)


def stt(key):
    """Returns INNER in STT."""
    return packets.stt(key, INNER)


def vxlan(vni):
    """Returns INNER in VXLAN."""
    return packets.vxlan(vni, INNER)


def describe(packet):
    """Returns the fields of the tunnel header of 'packet' as text, and the
    inner frame as bytes."""
    ether = Ether(packet)
    if TCP in ether and ether[IP].proto == 6:
        (frame, _), = stt_wire.reassemble([packet])
        return "stt 0x%016x" % frame.key, frame.inner
    elif EtherIP in ether:
        frame = ether[EtherIP].payload
        inner = Ether(src=frame.src, dst=frame.dst) / frame[Dot1Q].payload
        return "etherip vlan %d" % frame[Dot1Q].vlan, bytes(inner)
    elif GRE in ether:
        return ("nvgre 0x%06x" % (ether[GRE].key >> 8),
                bytes(ether[GRE].payload))
    elif ether[UDP].dport == 1701:
        flags, zero, session = struct.unpack_from("!HHL", packet, 42)
        assert (flags, zero) == (3, 0)
        return "l2tpv3 0x%08x" % session, packet[50:]
    elif ether[UDP].dport == 4789:
        vx = VXLAN(bytes(ether[UDP].payload))
        return "vxlan 0x%06x" % vx.vni, bytes(vx.payload)
    gnv = GENEVE(bytes(ether[UDP].payload))
    return " ".join(["geneve 0x%06x" % gnv.vni]
                    + ["%x:%x:%s" % (o.classid, o.type, o.data.hex())
                       for o in gnv.options]), bytes(gnv.payload)


def show(pcap):
    for packet in captured(pcap):
        text, inner = describe(packet)
        print(text if inner == bytes(INNER) else text + ": " + inner.hex())


if __name__ == "__main__":
    main(globals(), show=show)
