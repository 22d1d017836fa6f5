# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Prints an answer to "account/dump" with given numbers.

usage: oam_dump.py BOOT UPTIME [LINE...]

BOOT is a number that becomes a UUID, UPTIME is in seconds.  Each LINE is

  cell PORT TYPE TENANT REMOTE NUMBER...
  aged-tenant PORT TYPE TENANT NUMBER...
  aged-remote PORT TYPE REMOTE NUMBER...
  other PORT TYPE NUMBER...
  edge BRIDGE SET DOMAIN POINT PACKETS BYTES
  edge-other BRIDGE SET PACKETS BYTES

where NUMBER... are five: rx_packets, rx_bytes, rx_dropped, tx_packets,
tx_bytes.  A TENANT of "-" is the empty string.  The variable AHEAD moves the
clock by so many seconds."""

import json
import os
import sys
import time

NUMBERS = ("rx_packets", "rx_bytes", "rx_dropped", "tx_packets", "tx_bytes")
FORMS = {"cell": ("cells", ("port", "type", "tenant", "remote", *NUMBERS)),
         "aged-tenant": ("aged", ("port", "type", "tenant", *NUMBERS)),
         "aged-remote": ("aged", ("port", "type", "remote", *NUMBERS)),
         "other": ("other", ("port", "type", *NUMBERS)),
         "edge": ("edges", ("bridge", "set", "domain", "point", "packets",
                            "bytes")),
         "edge-other": ("edges", ("bridge", "set", "packets", "bytes"))}
TEXTS = ("port", "type", "tenant", "remote", "bridge")


def dump(boot, uptime, lines, ahead=0):
    """Returns the answer as an object.  'lines' are lists of words."""
    answer = {"boot": "00000000-0000-4000-8000-%012d" % boot,
              "time": int((time.time() + ahead) * 1000), "uptime": uptime,
              "cells": [], "aged": [], "other": [], "edges": []}
    for kind, *words in lines:
        place, names = FORMS[kind]
        answer[place].append({
            name: word.replace("-", "") if name == "tenant"
            else word if name in TEXTS else int(word)
            for name, word in zip(names, words, strict=True)})
    return answer


if __name__ == "__main__":
    print(json.dumps(dump(int(sys.argv[1]), int(sys.argv[2]) * 1000,
                          [line.split() for line in sys.argv[3:]],
                          int(os.environ.get("AHEAD", 0)))))
