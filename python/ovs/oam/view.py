# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The sums of all hosts at one time, in memory."""

from typing import NamedTuple, Optional

from ovs.oam import series


class Site(NamedTuple):
    """The inventory and the meaning of counters at the edge.

    'names' maps addresses of tunnel endpoints to names of hosts, 'vteps' the
    names to lists of addresses.  Counters of set 'edge_set' count packets out
    of a tenant's network at point 'edge_out', and packets into it at
    'edge_in'.  'edge_tenants' maps domains to tenants where they differ."""
    names: dict
    vteps: dict
    edge_set: int = 900
    edge_out: int = 1
    edge_in: int = 2
    edge_tenants: dict = {}

    def direction(self, name):
        """Returns "in" or "out" for a counter at the edge, "" if it means
        neither."""
        if name.set != self.edge_set:
            return ""
        return {self.edge_out: "out", self.edge_in: "in"}.get(name.point, "")

    def tenant(self, domain):
        """Returns the tenant of a domain."""
        return self.edge_tenants.get(domain, str(domain))

    def domains(self, tenant):
        """Returns a list of the domains of 'tenant'."""
        own = [d for d, t in self.edge_tenants.items() if t == tenant]
        if tenant and int(tenant) < 2**32:
            if self.tenant(int(tenant)) == tenant:
                own.append(int(tenant))
        return own


class HostState(NamedTuple):
    """A host: its number on record; the beginning of its sums, its first and
    its last snapshot, in ms; its restarts; whether it answered the last poll,
    or None without a poll; and its problem, or None."""
    id: int
    since: int
    first: int
    last: int
    restarts: int
    up: Optional[bool]
    problem: Optional[str]


class View(NamedTuple):
    """'hosts' maps names to HostState.  'sums' is a list of (host's name,
    Series, numbers).  'time' is in ms.  'problem' is the error of the last
    write to the record, or None.  'sessions' maps names of hosts to the
    Sessions in their last answer."""
    time: int
    hosts: dict
    sums: list
    problem: Optional[str]
    sessions: dict


def read(record, time, answers=(), problem=None):
    """Returns the View of 'record' at 'time'.  'answers' are those of the last
    poll, and 'problem' is the error when they were recorded, or None.  Raises
    record.RecordError."""
    # In this order, because another process may add a host meanwhile.
    sums = record.sums()
    asked = {answer.host: answer for answer in answers}
    hosts = {}
    for name, host in record.hosts().items():
        answer = asked.get(name)
        hosts[name] = HostState(
            host.id, host.since, host.first, host.last, host.restarts,
            answer and answer.snapshot is not None, answer and answer.problem)
    for name, answer in asked.items():
        if name not in hosts:
            hosts[name] = HostState(0, 0, 0, 0, 0, False, answer.problem)
    return View(time, hosts, sums, problem,
                {answer.host: answer.sessions for answer in answers
                 if answer.sessions})


def tenants(view, site):
    """Returns a dictionary from tenants to (numbers in tunnels, numbers at the
    edge) over all hosts.  The latter are as directed() returns them."""
    found = {}
    for _, name, numbers in view.sums:
        if name.kind == series.TENANT:
            tunnels, edge = found.get(name.tenant, (series.ZERO,) * 2)
            found[name.tenant] = series.plus(tunnels, numbers), edge
        elif name.kind == series.EDGE and site.direction(name):
            tenant = site.tenant(name.domain)
            tunnels, edge = found.get(tenant, (series.ZERO,) * 2)
            found[tenant] = tunnels, series.plus(
                edge, directed(site, name, numbers))
    return found


def directed(site, name, numbers):
    """Returns the numbers of a counter at the edge in the places of received
    packets if its direction is in, and of sent packets if it is out."""
    packets, octets = numbers[:2]
    if site.direction(name) == "in":
        return packets, octets, 0, 0, 0
    return 0, 0, 0, packets, octets
