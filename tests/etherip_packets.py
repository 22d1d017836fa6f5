# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for etherip.at, see packets.py.

  etherip_packets.py decode PCAP  prints its packets as Scapy decodes them
"""

from packets import (HERE, PEER, captured, main, outer_tx,  # noqa: F401
                     L2, V4, V6, T, U)
from scapy.contrib.etherip import EtherIP
from scapy.layers.inet import IP, TCP, UDP                # noqa: F401
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop   # noqa: F401
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether     # noqa: F401
from scapy.packet import Raw, bind_layers

PROTO = 97

bind_layers(IPv6, EtherIP, nh=PROTO)


def etherip(src, dst, payload, family, ip, header):
    """Returns 'payload' in EtherIP, from host 'src' to 'dst'.  'ip' and
    'header' are fields with other values than usual."""
    return (outer_tx(family, src, dst, PROTO, ip) / EtherIP(**header)
            / payload)


def rx(payload, family=4, ip={}, **header):
    """Returns 'payload' in EtherIP from the peer to the switch."""
    return etherip(PEER, HERE, payload, family, ip, header)


def tx(payload, family=4, ip={}):
    """Returns 'payload' in EtherIP from the switch to the peer."""
    return etherip(HERE, PEER, payload, family, ip, {})


def cut(size, family=4):
    """Returns a packet of the peer with 'size' bytes behind the IP header."""
    packet = rx(L2 / V4 / U(9), family)
    rest = bytes(packet.getlayer(EtherIP))
    packet.getlayer(1).remove_payload()
    return packet / Raw(rest[:size])


def decode(pcap):
    """Prints the headers of the packets in file 'pcap', which carry TCP, and
    whether the checksums of TCP and of the outer IP header are right."""
    for data in captured(pcap):
        packet = Ether(data)
        header = packet[EtherIP]
        tcp = header.payload[TCP]
        size = len(tcp.payload)
        sums = tcp.chksum, getattr(packet.payload, "chksum", None)
        del tcp.chksum
        if sums[1] is not None:
            del packet.payload.chksum
        again = Ether(bytes(packet))
        print(type(packet.payload).__name__, header.version, header.reserved,
              type(header.payload.payload).__name__, tcp.seq, size, tcp.flags,
              sums == (again[EtherIP].payload[TCP].chksum,
                       getattr(again.payload, "chksum", None)))


if __name__ == "__main__":
    main(globals(), decode=decode)
