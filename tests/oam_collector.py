# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""An IPFIX collector that only listens.

usage: oam_collector.py PCAP COUNT

Prints the UDP port where it listens, receives COUNT datagrams, and writes them
to PCAP as packets to port 4739.
"""

import socket
import sys

from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import wrpcap


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)
        print(sock.getsockname()[1], flush=True)
        wrpcap(sys.argv[1], [
            Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
            / IP(src="127.0.0.1", dst="127.0.0.1")
            / UDP(sport=50000, dport=4739) / sock.recv(65535)
            for _ in range(int(sys.argv[2]))])


if __name__ == "__main__":
    main()
