# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The name of a counter, and the numbers that it has."""

from typing import NamedTuple

# The members of a cell of "account/dump", in the order of the tuples here.
# A counter at the edge has packets and bytes, and three zeros.
FIELDS = ("rx_packets", "rx_bytes", "rx_dropped", "tx_packets", "tx_bytes")
ZERO = (0,) * len(FIELDS)
RX_PACKETS, RX_BYTES, RX_DROPPED, TX_PACKETS, TX_BYTES = range(len(FIELDS))
PACKETS, BYTES = 0, 1

# Numbers must fit in the signed 64 bits of SQLite.
MAXIMUM = 2**63 - 1

# Kinds.  A counter is the sum over all members that its kind does not have.
# Except for CELL, it never decreases while a switch runs.  A cell can
# disappear, and start from zero when it appears again.
CELL = "cell"           # port, type, tenant, remote
TENANT = "tenant"       # port, type, tenant
REMOTE = "remote"       # port, type, remote
OTHER = "other"         # port, type: packets whose cells had no room
PORT = "port"           # port, type: all of the above
EDGE = "edge"           # bridge, set, domain, point
EDGES = "edges"         # bridge, set, point: all domains
EDGE_OTHER = "edge-other"       # bridge, set: counters that had no room


class Series(NamedTuple):
    """The name of a counter of one host.

    'kind' is one of the above.  'port' is the bridge for a counter at the
    edge.  'tenant' is the key in decimal, "" if packets have none.  Members
    that the kind does not have are "" or 0."""
    kind: str
    port: str
    type: str = ""
    tenant: str = ""
    remote: str = ""
    set: int = 0
    domain: int = 0
    point: int = 0


def plus(a, b):
    """Returns the sum of two tuples of numbers."""
    return tuple(map(int.__add__, a, b))


def minus(a, b):
    """Returns the difference of two tuples of numbers."""
    return tuple(map(int.__sub__, a, b))
