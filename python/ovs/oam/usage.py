# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The table of usage by tenant and remote."""

import json
import time

from ovs.oam import series
from ovs.oam.view import directed


def count(view, site, tenant=None, remote=None, host=None, since=None,
          before=None):
    """Returns the usage as a dictionary of lists and dictionaries, for JSON.

    'tenant', 'remote' and 'host' exclude all others, unless they are None.
    'since' is a time in ms, and 'before' the result of Record.sums_at() for
    it.  Without them, everything on record counts."""
    usage = _Usage(site)
    for name, key, numbers in view.sums:
        if host not in (None, name):
            continue
        if since is not None and view.hosts[name].first <= since:
            numbers = series.minus(numbers,
                                   before.get((name, key), series.ZERO))
        if any(numbers):
            usage.add(name, key, numbers, tenant, remote)
    hosts = {name: state for name, state in view.hosts.items()
             if host in (None, name)}
    return {"time": view.time, "since": since,
            "hosts": [_host(name, state, since)
                      for name, state in hosts.items()],
            "tenants": usage.tenants(),
            "remotes": usage.remotes() if tenant is None else [],
            "other": usage.other if tenant is remote is None else [],
            "edges": usage.edges if tenant is remote is None else []}


class _Usage:
    """The sums for count()."""

    def __init__(self, site):
        self.site = site
        self._tenants, self._pairs, self._remotes, self._edge = {}, {}, {}, {}
        self.other, self.edges = [], []

    def add(self, host, key, numbers, tenant, remote):
        """Adds the 'numbers' of the counter 'key' of 'host', if it is of
        'tenant' and 'remote', where None means any."""
        def add(sums, place):
            sums[place] = series.plus(sums.get(place, series.ZERO), numbers)

        if key.kind == series.TENANT:
            if remote is None and tenant in (None, key.tenant):
                add(self._tenants, key.tenant)
        elif key.kind == series.CELL and tenant in (None, key.tenant) \
                and remote in (None, key.remote):
            add(self._pairs, (key.tenant, key.remote))
        elif key.kind == series.REMOTE and remote in (None, key.remote):
            add(self._remotes, key.remote)
        elif key.kind == series.OTHER:
            self.other.append({"host": host, "port": key.port,
                               "type": key.type, **_directions(numbers)})
        elif key.kind == series.EDGE and remote is None:
            owner = self.site.tenant(key.domain)
            if self.site.direction(key):
                numbers = directed(self.site, key, numbers)
                if tenant in (None, owner):
                    add(self._edge, owner)
            else:
                self._add_other_edge(host, key, numbers, key.domain, key.point)
        elif key.kind == series.EDGE_OTHER:
            self._add_other_edge(host, key, numbers, None, None)

    def _add_other_edge(self, host, key, numbers, domain, point):
        """Adds a counter at the edge that has no direction."""
        self.edges.append({"host": host, "bridge": key.port, "set": key.set,
                           "domain": domain, "point": point,
                           "packets": numbers[series.PACKETS],
                           "bytes": numbers[series.BYTES]})

    def tenants(self):
        """Returns the list of tenants, each with its remotes."""
        remotes = {}
        for (tenant, remote), numbers in self._pairs.items():
            remotes.setdefault(tenant, {})[remote] = numbers
        found = []
        for tenant in sorted({*self._edge, *remotes, *self._tenants},
                             key=lambda key: (len(key), key)):
            item = {"tenant": tenant, "edge": None, "tunnels": None,
                    "remotes": self._named(remotes.get(tenant, {}))}
            if tenant in self._edge:
                item["edge"] = _directions(self._edge[tenant])
                del item["edge"]["dropped_packets"]
            # With a filter by remote, there are only pairs.
            tunnels = self._tenants.get(tenant) or _total(
                remotes.get(tenant, {}).values())
            if tunnels:
                item["tunnels"] = _directions(tunnels)
            found.append(item)
        return found

    def remotes(self):
        """Returns the list of remotes."""
        return self._named(self._remotes)

    def _named(self, remotes):
        return [{"remote": remote, "name": self.site.names.get(remote),
                 **_directions(numbers)}
                for remote, numbers in sorted(remotes.items())]


def _total(items):
    """Returns the sum of all numbers in 'items', or None without any."""
    total = None
    for numbers in items:
        total = series.plus(total or series.ZERO, numbers)
    return total


def _directions(numbers):
    return {"in_packets": numbers[series.RX_PACKETS],
            "in_bytes": numbers[series.RX_BYTES],
            "out_packets": numbers[series.TX_PACKETS],
            "out_bytes": numbers[series.TX_BYTES],
            "dropped_packets": numbers[series.RX_DROPPED]}


def _host(name, state, since):
    """Returns the information about a host.  If 'since' is before its first
    snapshot, its numbers begin with its start."""
    begin = state.since if since is None or state.first > since else since
    return {"host": name, "since": begin, "last": state.last,
            "restarts": state.restarts, "up": state.up,
            "problem": state.problem}


def table(usage, exact):
    """Returns 'usage', of count(), as text.  If 'exact', bytes have no larger
    units."""
    lines = []
    for item in usage["tenants"]:
        name = item["tenant"] or "(no key)"
        lines += [_line("TENANT " + name, "in", "out", "dropped")]
        if item["edge"]:
            lines.append(_numbers("  edge (charged)", item["edge"], exact))
        if item["tunnels"]:
            lines.append(_numbers("  tunnels, all", item["tunnels"], exact))
            lines += _remotes(item, exact)
        lines.append("")
    if usage["remotes"]:
        lines.append(_line("REMOTE", "in", "out", "dropped"))
        lines += [_numbers("  " + _remote(item), item, exact)
                  for item in usage["remotes"]]
        lines.append("")
    if usage["other"]:
        lines.append(_line("NO ROOM (account-max)", "in", "out", "dropped"))
        lines += [_numbers("  %s %s" % (item["host"], item["port"]), item,
                           exact) for item in usage["other"]]
        lines.append("")
    if usage["edges"]:
        lines.append(_line("OTHER COUNTERS", "packets", "bytes", ""))
        lines += [_line("  " + _edge(item), str(item["packets"]),
                        size(item["bytes"], exact), "")
                  for item in usage["edges"]]
        lines.append("")
    lines += [_host_line(host) for host in usage["hosts"]]
    return "".join(line.rstrip() + "\n" for line in lines)


def to_json(usage):
    """Returns 'usage', of count(), as JSON."""
    return json.dumps(usage, indent=2) + "\n"


def size(octets, exact=False):
    """Returns a number of bytes as text, unless 'exact' in the largest unit
    that makes it at least 1."""
    if exact:
        return str(octets)
    if octets < 1024:
        return "%d B" % octets
    value, unit = octets, -1
    while value >= 1024 and unit < 5:
        value, unit = value / 1024, unit + 1
    return "%.1f %siB" % (value, "KMGTPE"[unit])


def date(time_ms):
    """Returns a time in ms as text."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time_ms / 1000))


def _remotes(item, exact):
    """Returns the lines of the remotes of a tenant.  Numbers of cells after
    the last snapshot that had them are in the last line."""
    lines = [_numbers("    " + _remote(remote), remote, exact)
             for remote in item["remotes"]]
    rest = {name: number - sum(remote[name] for remote in item["remotes"])
            for name, number in item["tunnels"].items()}
    if any(rest.values()):
        lines.append(_numbers("    remotes that have gone", rest, exact))
    return lines


def _edge(item):
    form = "%(host)s %(bridge)s set %(set)d domain %(domain)d point %(point)d"
    if item["domain"] is None:
        form = "%(host)s %(bridge)s set %(set)d, no room"
    return form % item


def _remote(item):
    return " ".join(filter(None, (item["remote"], item["name"])))


def _numbers(title, item, exact):
    return _line(title, size(item["in_bytes"], exact),
                 size(item["out_bytes"], exact),
                 str(item.get("dropped_packets", "-")))


def _line(title, *columns):
    return "%-36s" % title + "".join(" %13s" % column for column in columns)


def _host_line(host):
    if not host["last"]:
        return "host %s: %s" % (host["host"], "not on record")
    return ("host %s: since %s, %d restart%s of ovs-vswitchd, last heard of "
            "%s" % (host["host"], date(host["since"]), host["restarts"],
                    "" if host["restarts"] == 1 else "s", date(host["last"])))
