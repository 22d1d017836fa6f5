# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Counts the frames of tenants on the underlay, independently of the switch.

  oam_wire.py wire PCAP ADDRESS   counts frames to and from ADDRESS in PCAP
  oam_wire.py usage               prints the counts in the output of "ovs-oam
                                  usage --json" on standard input

Prints a line for each tenant and remote: frames and bytes in, frames and bytes
out.
"""

import json
import socket
import struct
import sys

import stt_wire
from wire import ETH_IP, TCP, UDP, read_pcap

GRE, ETHERIP = 47, 97
STT, L2TPV3, VXLAN, GENEVE = 7471, 1701, 4789, 6081


def udp(segment):
    """Returns (key, length of the frame) of a tunnel over UDP, or None."""
    port, = struct.unpack_from("!H", segment, 2)
    data = segment[8:]
    if port == VXLAN:
        assert data[:4] == b"\x08\0\0\0"                # RFC 7348.
        return int.from_bytes(data[4:7], "big"), len(data) - 8
    if port == GENEVE:
        assert data[2:4] == b"\x65\x58"                 # RFC 8926.
        return (int.from_bytes(data[4:7], "big"),
                len(data) - 8 - 4 * (data[0] & 0x3f))
    if port == L2TPV3:
        assert data[:4] == b"\0\x03\0\0"                # RFC 3931.
        return int.from_bytes(data[4:8], "big"), len(data) - 8
    return None


def frames(packets):
    """Yields (source, destination, key, length) of each frame in the
    'packets' of the underlay."""
    segments = []
    for packet in packets:
        if struct.unpack_from("!H", packet, 12)[0] != ETH_IP:
            continue
        size, _, fragment = struct.unpack_from("!HHH", packet, 16)
        assert packet[14] == 0x45 and not fragment & 0x3fff
        proto, ends = packet[23], (packet[26:30], packet[30:34])
        inside = packet[34:14 + size]
        if proto == UDP:
            found = udp(inside)
            if found:
                yield (*ends, *found)
        elif proto == GRE and inside[:4] == b"\x20\0\x65\x58":  # RFC 7637.
            yield (*ends, int.from_bytes(inside[4:7], "big"), len(inside) - 8)
        elif proto == ETHERIP:                                  # RFC 3378.
            yield (*ends, "", len(inside) - 2)
        elif proto == TCP and struct.unpack_from("!H", inside, 2)[0] == STT:
            segments.append(packet)
    for stt, pieces in stt_wire.reassemble(segments):
        yield (pieces[0].src, pieces[0].dst, stt.key,
               len(stt.inner) + (4 if stt.tci else 0))


def wire(path, here):
    """Returns the counts to and from the address 'here' in a capture."""
    counts = {}
    for src, dst, key, size in frames(read_pcap(path)):
        for address, remote, place in ((dst, src, 0), (src, dst, 2)):
            if address == socket.inet_aton(here):
                count = counts.setdefault(
                    (str(key), socket.inet_ntoa(remote)), [0] * 4)
                count[place] += 1
                count[place + 1] += size
    return counts


def usage(text):
    """Returns the counts of ovs-oam."""
    return {(tenant["tenant"], remote["remote"]):
            [remote[name] for name in ("in_packets", "in_bytes",
                                       "out_packets", "out_bytes")]
            for tenant in json.loads(text)["tenants"]
            for remote in tenant["remotes"]}


def main():
    if sys.argv[1] == "wire":
        counts = wire(sys.argv[2], sys.argv[3])
    else:
        counts = usage(sys.stdin.read())
    for (tenant, remote), count in sorted(counts.items()):
        print(tenant or "-", remote, *count)


if __name__ == "__main__":
    main()
