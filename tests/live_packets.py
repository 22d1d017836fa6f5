# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Packets for live.at.

  live_packets.py frame SIZE PORT    prints a UDP frame of SIZE bytes to that
                                     port, in hex; its data depend on the port
  live_packets.py icmp               prints an ICMP frame
  live_packets.py all                prints a UDP frame to each address in
                                     10.1.0.0/24
"""

import sys

from scapy.layers.inet import ICMP

from packets import IP, L2, U, V4


def frame(size, port):
    """Returns a UDP frame of 'size' bytes to 'port'."""
    headers = L2 / V4 / U(port)
    data = b"%d" % port
    return bytes(headers / data.ljust(size - len(headers), b"x"))


def main(command, *args):
    if command == "frame":
        print(frame(*map(int, args)).hex())
    elif command == "icmp":
        print(bytes(L2 / V4 / ICMP()).hex())
    else:
        for i in range(256):
            print(bytes(L2 / IP(src="10.1.0.1", dst="10.1.0.%d" % i)
                        / U(8001)).hex())


if __name__ == "__main__":
    main(*sys.argv[1:])
