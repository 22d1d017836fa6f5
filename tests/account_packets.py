# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for account.at.

  account_packets.py frame SIZE [FLOW]  prints a frame of SIZE bytes, in hex
  account_packets.py reflect PCAP PORT  has dummy device PORT receive the
                                        packets in PCAP as the peer would send
                                        them back

FLOW is a number that changes the frame's UDP ports.
"""

import sys

from packets import L2, UDP, V4, captured, inject


def frame(size, flow=0):
    """Returns a UDP frame of 'size' bytes."""
    headers = bytes(L2 / V4 / UDP(sport=7000, dport=8000 + flow))
    return bytes(L2 / V4 / UDP(sport=7000, dport=8000 + flow)
                 / bytes(size - len(headers)))


def reflect(packet):
    """Returns 'packet' with its outer addresses exchanged, on which no
    checksum depends."""
    macs = packet[6:12] + packet[:6]
    at, size = (26, 4) if packet[12:14] == b"\x08\0" else (22, 16)
    src, dst = packet[at:at + size], packet[at + size:at + 2 * size]
    return macs + packet[12:at] + dst + src + packet[at + 2 * size:]


def main(command, *args):
    if command == "frame":
        print(frame(*map(int, args)).hex())
    else:
        pcap, port = args
        for packet in captured(pcap):
            inject(port, reflect(packet))


if __name__ == "__main__":
    main(*sys.argv[1:])
