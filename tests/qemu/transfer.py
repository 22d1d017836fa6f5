# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Send random bytes by TCP from one network namespace to another.

usage: transfer.py FROM TO ADDRESS BYTES

ADDRESS is an address of namespace TO.  Fails unless all bytes arrive
unchanged.
"""

import os
import socket
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))
from netns import inside        # noqa: E402

PORT = 5000
TIMEOUT = 60


def receive(server, received):
    """Accepts a connection, and appends its data to 'received'."""
    with server.accept()[0] as connection:
        connection.settimeout(TIMEOUT)
        while data := connection.recv(1 << 20):
            received += data


def main():
    source, sink, address, size = sys.argv[1:]
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    sent, received = os.urandom(int(size)), bytearray()
    server = inside(sink, socket.socket, family)
    server.settimeout(TIMEOUT)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, PORT))
    server.listen()
    thread = threading.Thread(target=receive, args=(server, received))
    thread.start()
    client = inside(source, socket.socket, family)
    client.settimeout(TIMEOUT)
    client.connect((address, PORT))
    client.sendall(sent)
    client.shutdown(socket.SHUT_WR)
    thread.join()
    if received != sent:
        same = len(os.path.commonprefix([sent, bytes(received)]))
        sys.exit('%d of %d bytes arrived, of which the first %d are right'
                 % (len(received), len(sent), same))


if __name__ == '__main__':
    main()
