# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The answer of a switch to "account/dump", checked, with sums that never
decrease."""

import re
from typing import NamedTuple

from ovs.oam import checked, series
from ovs.oam.series import Series

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")


class Snapshot(NamedTuple):
    """The counters of a switch at one time.

    'boot' changes when the switch is started.  'time' is its wall clock and
    'uptime' the time since its start, in ms.  'counters' maps Series to tuples
    of numbers."""
    boot: str
    time: int
    uptime: int
    counters: dict


def parse(text):
    """Returns the Snapshot in 'text' (bytes).  Raises
    checked.AnswerError."""
    data = checked.load(text)
    checked.check(isinstance(data, dict), "not a JSON object")
    boot = checked.text(data, "boot", "")
    checked.check(_UUID.match(boot), "boot is not a UUID")
    return Snapshot(boot, checked.number(data, "time", ""),
                    checked.number(data, "uptime", ""), _counters(data))


def _counters(data):
    """Returns the counters in the object 'data', with their sums."""
    counters = {}

    def new(where, name, numbers):
        checked.check(name not in counters, "%s: the same one twice" % where)
        counters[name] = numbers

    def add(name, numbers):
        counters[name] = series.plus(counters.get(name, series.ZERO), numbers)

    sums = []
    for where, item in checked.objects(data.get("cells"), "cells"):
        port, kind = _port(item, where)
        tenant = checked.tenant(item, where)
        remote = checked.remote(item, where)
        numbers = _numbers(item, where)
        new(where, Series(series.CELL, port, kind, tenant, remote), numbers)
        sums.append((Series(series.TENANT, port, kind, tenant), numbers))
        sums.append((Series(series.REMOTE, port, kind, remote=remote),
                     numbers))
        sums.append((Series(series.PORT, port, kind), numbers))
    for where, item in checked.objects(data.get("aged"), "aged"):
        port, kind = _port(item, where)
        numbers = _numbers(item, where)
        checked.check(("tenant" in item) != ("remote" in item),
                      "%s: needs either tenant or remote" % where)
        if "tenant" in item:
            name = Series(series.TENANT, port, kind,
                          checked.tenant(item, where))
            sums.append((Series(series.PORT, port, kind), numbers))
        else:
            name = Series(series.REMOTE, port, kind,
                          remote=checked.remote(item, where))
        new(where, name, numbers)
    for where, item in checked.objects(data.get("other"), "other"):
        port, kind = _port(item, where)
        numbers = _numbers(item, where)
        new(where, Series(series.OTHER, port, kind), numbers)
        sums.append((Series(series.PORT, port, kind), numbers))
    for where, item in checked.objects(data.get("edges"), "edges"):
        bridge = checked.text(item, "bridge", where)
        number, domain, point = (
            checked.number(item, name, where, 2**32 - 1) if name in item
            else None for name in ("set", "domain", "point"))
        numbers = (checked.number(item, "packets", where),
                   checked.number(item, "bytes", where), 0, 0, 0)
        checked.check(
            number is not None and (domain is None) == (point is None),
            "%s: needs set, and both domain and point or neither" % where)
        if domain is None:
            new(where, Series(series.EDGE_OTHER, bridge, set=number), numbers)
        else:
            new(where, Series(series.EDGE, bridge, set=number, domain=domain,
                              point=point), numbers)
            sums.append((Series(series.EDGES, bridge, set=number,
                                point=point), numbers))
    for name, numbers in sums:
        add(name, numbers)
    checked.check(all(max(numbers) <= series.MAXIMUM
                      for numbers in counters.values()),
                  "a sum is above %d" % series.MAXIMUM)
    return counters


def _port(item, where):
    return (checked.text(item, "port", where),
            checked.text(item, "type", where))


def _numbers(item, where):
    return tuple(checked.number(item, name, where)
                 for name in series.FIELDS)
