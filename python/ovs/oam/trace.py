# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Follow a packet from host to host by live traces."""

import concurrent.futures
import functools
import time

from ovs.oam import checked, collect, live, path, prober, series, snapshot

# How long a packet takes to the next host at most, with the time that a switch
# takes to translate a copy, and how often hosts are asked, in seconds.
_ARRIVAL, _INTERVAL = 2, 0.2


_TITLE = path.Step("PLANE", "WHERE", "WHAT")


class TraceError(Exception):
    """A trace that cannot be started.  The message gives the reason."""


class Tracer:
    """Follows packets over 'hosts', each of which has 'seconds' to answer.
    Looks at the network between them if 'probes'."""

    def __init__(self, hosts, owners, seconds, probes):
        self.hosts = {host.name: host for host in hosts
                      if host.via is not None}
        self.owners = owners
        self.seconds = seconds
        self.injector = None    # Sends packets, if no tenant does.
        self.sessions = []      # Those that take packets.
        self.ended = []         # (host, reports) of the others.
        self.matches = set()    # (host, match) that have a session.
        self.seen = {name: [] for name in self.hosts}   # Reports, by host.
        self.armed = {}         # (time, counters), by host.
        self.before = {}        # Packets before that, by host.
        self.reasons = {}       # Why a host does not answer.
        self.prober = (prober.Prober(self.hosts, seconds) if probes
                       else None)

    def run(self, source, bridge, match, wait):
        """Follows a packet that enters 'bridge' of host 'source' and matches
        'match', for at most 'wait' seconds.  Returns ([path.Step],
        path.Verdict).  Raises TraceError."""
        check(self.hosts, source, bridge, match)
        begin = time.monotonic()
        try:
            try:
                self._start(source, bridge, match)
            except collect.HostError as error:
                raise TraceError("%s: %s" % (source, error)) from None
            if self.injector:
                self.injector.start()
            digest, follow = self._follow(source, begin + wait)
            _, ends, legs = follow({})
            waited = time.monotonic() - begin
            evidence = {end.host: self._evidence(end, digest) for end in ends
                        if end.kind == "silent"}
            findings = self._look(legs)
            for leg in legs:
                if leg.target in evidence:
                    evidence[leg.target] = evidence[leg.target]._replace(
                        finding=findings.get(leg.name()))
            return follow(findings)[0], path.judge(ends, evidence, waited)
        finally:
            if self.injector:
                self.injector.stop()
            for session in self.sessions:
                self._stop(session)

    def _start(self, name, bridge, match):
        """Starts a session on host 'name'.  Raises collect.HostError."""
        self.matches.add((name, match))
        self.sessions.append(live.start(self.hosts[name], bridge, match,
                                        self.seconds))

    def _stop(self, session):
        try:
            live.stop(session, self.seconds)
        except collect.HostError:
            pass

    def _arm(self, source, end):
        """Starts a session for packets of 'end', a silent host, if there is
        none."""
        match = path.match_of(end.tunnel)
        if (end.host, match) in self.matches or end.host in self.reasons:
            return
        try:
            if end.host not in self.armed:
                self.armed[end.host] = (time.monotonic(),
                                        self._counters(end.host))
            self._start(end.host, "-", match)
        except collect.HostError as error:
            self.reasons[end.host] = str(error)
        # What has left so far may have come too early.
        time.sleep(_INTERVAL)
        self._poll(source)
        self.before[end.host] = {report["digest"]
                                 for report in self.seen[source]}

    def _poll(self, source):
        """Gets the reports of all sessions.  Replaces those that take no more
        packets.  The trace begins at host 'source'."""
        seen = {name: [] for name in self.hosts}
        for name, reports in self.ended:
            seen[name] += reports
        for session in list(self.sessions):
            name = session.host.name
            try:
                active, reports = live.show(session, self.seconds)
                for report in reports:
                    report["match"] = session.match
                    # The copy of an injected packet has no O bit.
                    report["stale"] &= not self.injector or name != source
                seen[name] += reports
                if not active:
                    self._stop(session)
                    self.sessions.remove(session)
                    self.ended.append((name, reports))
                    self._start(name, session.bridge, session.match)
            except collect.HostError as error:
                self.reasons[name] = str(error)
        self.seen = seen

    def _follow(self, source, deadline):
        """Returns (digest, function) of the packet that is known best: given
        findings, the function returns as path.follow() does."""
        best = None, lambda findings: ([], [], [])
        first = {}              # When packets were first seen.
        while True:
            if self.injector:
                self.injector.check()
            self._poll(source)
            now = time.monotonic()
            for digest in dict.fromkeys(report["digest"]
                                        for report in self.seen[source]):
                first.setdefault(digest, now)
                late = now > first[digest] + _ARRIVAL
                follow = functools.partial(path.follow, self.seen, self.owners,
                                           source, digest, late)
                best = digest, follow
                _, ends, _ = follow({})
                if path.is_complete(ends) or (
                        late and self._is_lost(ends, digest)):
                    return best
                for end in ends:
                    if end.kind == "silent":
                        self._arm(source, end)
            if time.monotonic() >= deadline:
                return best
            time.sleep(_INTERVAL)

    def _look(self, legs):
        """Returns the findings about 'legs', by name."""
        if not self.prober or not legs:
            return {}
        with concurrent.futures.ThreadPoolExecutor(len(legs)) as pool:
            return dict(zip(
                [leg.name() for leg in legs],
                pool.map(self.prober.look, legs)))

    def _is_fresh(self, host, digest):
        """Returns whether 'host' was armed when the packet left."""
        return host in self.before and digest not in self.before[host]

    def _is_lost(self, ends, digest):
        """Returns whether a packet with 'ends', which left long ago, should
        have arrived at each silent host."""
        silent = [end for end in ends if end.kind == "silent"]
        return bool(silent) and all(
            end.host in self.reasons or self._is_fresh(end.host, digest)
            for end in silent)

    def _snapshot(self, name):
        """Returns the counters of host 'name'.  Raises collect.HostError."""
        try:
            return snapshot.parse(collect.appctl(
                self.hosts[name], self.seconds, "account/dump")).counters
        except checked.AnswerError as error:
            raise collect.HostError(str(error)) from None

    def _counters(self, name):
        """Returns {remote: packets received} of host 'name'.  Raises
        collect.HostError."""
        received = {}
        for one, numbers in self._snapshot(name).items():
            if one.kind == series.REMOTE:
                received[one.remote] = (received.get(one.remote, 0)
                                        + numbers[series.RX_PACKETS])
        return received

    def _tenants(self, name, remote):
        """Returns the number of tenants of which host 'name' has sent to
        'remote', or 0 if that is not known."""
        try:
            return len({one.tenant
                        for one, numbers in self._snapshot(name).items()
                        if one.kind == series.CELL and one.remote == remote
                        and numbers[series.TX_PACKETS]})
        except collect.HostError:
            return 0

    def _evidence(self, end, digest):
        """Returns the path.Evidence of 'end', a silent host, for the packet
        with 'digest'."""
        reason = self.reasons.get(end.host)
        since, before = self.armed.get(end.host, (time.monotonic(), None))
        packets, no_port = 0, False
        if not reason and before is not None:
            try:
                after = self._counters(end.host)
                packets = sum(after.get(address, 0) - before.get(address, 0)
                              for address, owner in self.owners.items()
                              if owner == end.sender)
                no_port = self._has_no_port(end, time.monotonic() - since)
            except collect.HostError as error:
                reason = str(error)
        return path.Evidence(reason, self._is_fresh(end.host, digest),
                             packets, time.monotonic() - since, no_port,
                             self._tenants(end.sender, end.remote), None)

    def _has_no_port(self, end, seconds):
        """Returns whether 'end', a silent host, has had no interface in the
        last 'seconds' for packets with the key and from the sender of those
        that it should have got.  Raises collect.HostError."""
        return any(ago <= seconds and key == end.tunnel.get("key")
                   and self.owners.get(source, end.sender) == end.sender
                   for ago, source, key in live.no_port(self.hosts[end.host],
                                                        self.seconds))


def check(hosts, source, bridge, match):
    """Raises TraceError unless 'source' is one of 'hosts', and 'bridge' and
    'match' can be sent there."""
    if source not in hosts:
        raise TraceError("no host \"%s\" to ask in the inventory" % source)
    for word in bridge, match:
        if not collect.is_safe(word):
            raise TraceError("\"%s\" has characters other than letters, "
                             "digits and _,=./:+-" % word)


def table(steps, verdict):
    """Returns 'steps' and 'verdict' as text for people."""
    lines = []
    if steps:
        width = max(len(step.where) for step in steps + [_TITLE])
        for i, step in enumerate([_TITLE] + steps):
            lines.append("%3s  %-8s  %-*s  %s" % (
                i or "#", step.plane.upper() if step.plane == "physical"
                else step.plane, width, step.where, step.what))
        lines.append("")
    lines.append("VERDICT  %s: %s" % (verdict.kind, verdict.lines[0]))
    lines += ["         " + line for line in verdict.lines[1:]]
    return "".join(collect.printable(line).rstrip() + "\n" for line in lines)
