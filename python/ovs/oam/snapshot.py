# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The answer of a switch to "account/dump", checked, with sums that never
decrease."""

import functools
import ipaddress
import json
import re
from typing import NamedTuple

from ovs.oam import series
from ovs.oam.series import Series

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
_TENANT = re.compile(r"(0|[1-9][0-9]{0,19})?\Z")
_TEXT_MAX = 255


class SnapshotError(Exception):
    """A text that is not a snapshot.  The message gives the reason."""


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
    """Returns the Snapshot in 'text' (bytes).  Raises SnapshotError."""
    try:
        data = json.loads(text, parse_constant=_constant)
    except RecursionError:
        raise SnapshotError("not JSON: too many levels") from None
    except ValueError as error:
        raise SnapshotError("not JSON: %s" % error) from None
    _check(isinstance(data, dict), "not a JSON object")
    boot = _text(data, "boot", "")
    _check(_UUID.match(boot), "boot is not a UUID")
    return Snapshot(boot, _number(data, "time", ""),
                    _number(data, "uptime", ""), _counters(data))


def _counters(data):
    """Returns the counters in the object 'data', with their sums."""
    counters = {}

    def new(where, name, numbers):
        _check(name not in counters, "%s: the same one twice" % where)
        counters[name] = numbers

    def add(name, numbers):
        counters[name] = series.plus(counters.get(name, series.ZERO), numbers)

    sums = []
    for where, item in _items(data, "cells"):
        port, kind = _port(item, where)
        tenant, remote = _tenant(item, where), _remote(item, where)
        numbers = _numbers(item, where)
        new(where, Series(series.CELL, port, kind, tenant, remote), numbers)
        sums.append((Series(series.TENANT, port, kind, tenant), numbers))
        sums.append((Series(series.REMOTE, port, kind, remote=remote),
                     numbers))
        sums.append((Series(series.PORT, port, kind), numbers))
    for where, item in _items(data, "aged"):
        port, kind = _port(item, where)
        numbers = _numbers(item, where)
        _check(("tenant" in item) != ("remote" in item),
               "%s: needs either tenant or remote" % where)
        if "tenant" in item:
            name = Series(series.TENANT, port, kind, _tenant(item, where))
            sums.append((Series(series.PORT, port, kind), numbers))
        else:
            name = Series(series.REMOTE, port, kind,
                          remote=_remote(item, where))
        new(where, name, numbers)
    for where, item in _items(data, "other"):
        port, kind = _port(item, where)
        numbers = _numbers(item, where)
        new(where, Series(series.OTHER, port, kind), numbers)
        sums.append((Series(series.PORT, port, kind), numbers))
    for where, item in _items(data, "edges"):
        bridge = _text(item, "bridge", where)
        number, domain, point = (
            _number(item, name, where, 2**32 - 1) if name in item else None
            for name in ("set", "domain", "point"))
        numbers = (_number(item, "packets", where),
                   _number(item, "bytes", where), 0, 0, 0)
        _check(number is not None and (domain is None) == (point is None),
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
    _check(all(max(numbers) <= series.MAXIMUM
               for numbers in counters.values()),
           "a sum is above %d" % series.MAXIMUM)
    return counters


def _items(data, name):
    """Yields the place and the value of each object in list 'name' of
    'data'."""
    items = data.get(name)
    _check(isinstance(items, list), "%s is not a list" % name)
    for i, item in enumerate(items):
        where = "%s[%d]" % (name, i)
        _check(isinstance(item, dict), "%s is not an object" % where)
        yield where, item


def _port(item, where):
    return _text(item, "port", where), _text(item, "type", where)


def _tenant(item, where):
    tenant = _text(item, "tenant", where)
    _check(_TENANT.match(tenant) and int(tenant or 0) < 2**64,
           "%s: tenant is not a decimal number of 64 bits" % where)
    return tenant


def _remote(item, where):
    remote = _address(_text(item, "remote", where))
    _check(remote, "%s: remote is not an IP address" % where)
    return remote


@functools.lru_cache(maxsize=65536)
def _address(text):
    """Returns the usual form of the IP address 'text', or None."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None


def _numbers(item, where):
    return tuple(_number(item, name, where) for name in series.FIELDS)


def _number(item, name, where, maximum=series.MAXIMUM):
    """Returns the integer 'name' of the object 'item', which is at 'where'.
    Raises SnapshotError if it is none from 0 to 'maximum'."""
    value = item.get(name)
    # "type", because True is an int, too.
    _check(type(value) is int and 0 <= value <= maximum,
           "%s is not an integer from 0 to %d" % (_member(where, name),
                                                  maximum))
    return value


def _text(item, name, where):
    """Returns the string 'name' of the object 'item', which is at 'where'."""
    value = item.get(name)
    _check(isinstance(value, str) and len(value) <= _TEXT_MAX
           and value.isprintable(),
           "%s is not a string of at most %d printable characters"
           % (_member(where, name), _TEXT_MAX))
    return value


def _member(where, name):
    return "%s: %s" % (where, name) if where else name


def _constant(name):
    raise ValueError("%s is not a number" % name)


def _check(good, message):
    if not good:
        raise SnapshotError(message)
