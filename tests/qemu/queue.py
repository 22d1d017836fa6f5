# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Accept all packets of a netfilter queue.

usage: queue.py NUMBER

NUMBER is the number of the queue.  Runs until a signal ends it."""

import os
import socket
import struct
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from link import NLM_F_REQUEST, attribute, attributes     # noqa: E402

NETLINK_NETFILTER, SOL_NETLINK, NETLINK_NO_ENOBUFS = 12, 270, 5
PACKET, VERDICT, CONFIG = 0x300, 0x301, 0x302
NFQA_CFG_CMD, NFQA_CFG_PARAMS, NFQA_CFG_QUEUE_MAXLEN = 1, 2, 3
NFQA_PACKET_HDR, NFQA_VERDICT_HDR = 1, 2
NFQNL_CFG_CMD_BIND, NFQNL_COPY_META, NF_ACCEPT = 1, 1, 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    queue = int(sys.argv[1])
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW,
                         NETLINK_NETFILTER)
    sock.setsockopt(SOL_NETLINK, NETLINK_NO_ENOBUFS, 1)

    def send(kind, payload):
        sock.send(struct.pack('=LHHLLBBH', 20 + len(payload), kind,
                              NLM_F_REQUEST, 0, 0, socket.AF_UNSPEC, 0,
                              socket.htons(queue)) + payload)

    send(CONFIG, attribute(NFQA_CFG_CMD,
                           struct.pack('!BBH', NFQNL_CFG_CMD_BIND, 0, 0)))
    send(CONFIG, attribute(NFQA_CFG_PARAMS,
                           struct.pack('!LB', 0, NFQNL_COPY_META)))
    send(CONFIG, attribute(NFQA_CFG_QUEUE_MAXLEN, struct.pack('!L', 4096)))
    while True:
        data = sock.recv(1 << 16)
        while data:
            size, kind = struct.unpack_from('=LH', data)
            if kind == PACKET:
                header = attributes(data[20:size])[NFQA_PACKET_HDR]
                send(VERDICT, attribute(NFQA_VERDICT_HDR, struct.pack(
                    '!L', NF_ACCEPT) + header[:4]))
            data = data[(size + 3) & ~3:]


if __name__ == '__main__':
    main()
