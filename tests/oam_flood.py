# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Asks "ovs-oam serve" much too often.

usage: oam_flood.py PORT REQUESTS IDLE

Opens IDLE connections that say nothing, or only half a request, and has eight
clients make REQUESTS requests for /metrics between them, while ovs-oam asks
its hosts every second.  Prints how many were answered, whether the hosts were
still asked, and whether the connections that say nothing were ended.
"""

import http.client
import re
import socket
import sys
import threading
import time

CLIENTS = 8


def metrics(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/metrics")
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def last_answer(port):
    return float(re.search(r'ovs_oam_last_answer_seconds{host="hv1"} (\S+)',
                           metrics(port)[1])[1])


def main():
    port, requests, idle = map(int, sys.argv[1:])
    before = last_answer(port)
    held = []
    for i in range(idle):
        held.append(socket.create_connection(("127.0.0.1", port)))
        if i % 2:
            held[-1].sendall(b"GET /metrics HTTP/1.1\r\nHost: ")
    good = [0] * CLIENTS

    def ask(me):
        for _ in range(requests // CLIENTS):
            status, text = metrics(port)
            good[me] += status == 200 and text.endswith("\n")
    threads = [threading.Thread(target=ask, args=(i,))
               for i in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("answered: %d" % sum(good))
    # The hosts are asked every second.
    while last_answer(port) <= before:
        time.sleep(.1)
    print("the hosts are still asked")
    for connection in held:
        connection.settimeout(60)
        try:
            while connection.recv(65536):
                pass
        except ConnectionError:
            pass
    print("idle connections have ended: %d" % len(held))


if __name__ == "__main__":
    main()
