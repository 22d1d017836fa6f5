# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""What is wrong at a site, and who is guilty, from the sessions of all its
hosts and from probes.  Nothing here asks a host."""

import collections
import ipaddress
from typing import NamedTuple, Optional

from ovs.oam import collect, inventory, path, underlay
from ovs.oam.session import Session

# How many pairs of hosts are looked at, of these with the same host, and paths
# of a pair, with faults and without.  A router may answer no more than 6
# probes of a host, and then one per second.
_LOOKS, _OF_HOST, _BAD, _GOOD = 32, 2, 2, 1
# How many verdicts, or words in a line, are about the same.
_MANY = 8
# A vote for a link that is less is none.
_DOUBT = .001

# The addresses in all test packets.
_FRAME = "nw_src=127.0.0.1,nw_dst=127.0.0.1"

# Faults of paths, as in a verdict.
_LOST = {"down": "packets from %s are lost",
         "loss": "some packets from or to %s are lost",
         "mtu": "long packets from %s are lost"}


class Test(NamedTuple):
    """A Session of 'host' with the host 'remote', an address if it has no
    name."""
    host: str
    remote: str
    session: Session

    def bad(self, fault):
        """Returns the paths that have 'fault'."""
        return [one for one in self.session.paths if one.fault() == fault]

    def good(self):
        """Returns the paths that have lost nothing."""
        return [one for one in self.session.paths if one.is_good()]

    def ports(self, paths, n):
        """Returns at most 'n' source ports of 'paths', 0 if there are no
        ports."""
        if len(self.session.paths) > 1:
            paths = [one for one in paths if one.port]
        return [one.port for one in paths[::-(-len(paths) // n) or 1]]


class Suspicion(NamedTuple):
    """A 'fault' of paths between two hosts, as session.Path.fault() calls it.
    Of the 'tests' between them, the first has the most such paths."""
    fault: str
    tests: list

    def __str__(self):
        test = self.tests[0]
        bad = test.bad(self.fault)
        what = "nothing passes"
        if self.fault == "loss":
            what = "%d of %d test packets were lost on" % (
                sum(one.lost for one in bad), sum(one.sent for one in bad))
        elif self.fault == "mtu":
            what = ("no IP packet longer than %d passes"
                    % min(one.mtu for one in bad))
        ports = _some(one.port for one in bad if one.port)
        tenants = {tenant.tenant for test in self.tests
                   for tenant in test.session.tenants}
        return "between %s and %s, %s: %s %d of %d paths%s%s" % (
            test.host, test.remote, test.session.type, what, len(bad),
            len(test.session.paths),
            " (source ports %s)" % ports if ports else "",
            "; hits " + _count(len(tenants), "tenant") if tenants else "")


class Way(NamedTuple):
    """The 'links' that packets of a path cross, pairs of neighbors: the last
    one with None if they were lost behind a router.  The part 'lost' of 'sent'
    packets was lost.  'index' is that of the suspicion, if any was."""
    links: list
    lost: float
    sent: int
    index: Optional[int] = None


class Site:
    """What 'answers', the Answers of collect.ask_sessions() of some of
    'hosts', a dictionary of inventory.Host by name, say."""

    def __init__(self, answers, hosts):
        answers = sorted(answers, key=lambda answer: answer.host)
        owners = inventory.names(hosts.values())
        self.hosts = hosts
        self.n_asked = len(answers)
        self.silent = {answer.host:
                       answer.problem.removeprefix(answer.host + ": ")
                       for answer in answers if answer.problem}
        self.idle = [answer.host for answer in answers
                     if not answer.problem and not answer.sessions]
        self.tests = [Test(answer.host, owners.get(session.remote,
                                                   session.remote), session)
                      for answer in answers
                      for session in answer.sessions or ()]
        self.up = {test[:2] for test in self.tests
                   if test.session.state in ("up", "degraded")}
        self.down = {test[:2] for test in self.tests
                     if test.session.state == "down"} - self.up
        self.dead, self.unexplained = self._find_dead()
        self.suspicions = self._find_suspicions()

    def looks(self):
        """Returns {index: underlay.Look} of suspicions to look at."""
        looks = {}
        used = collections.Counter()
        for index, (fault, tests) in enumerate(self.suspicions):
            test = tests[0]
            ports = test.ports(test.bad(fault), _BAD)
            if ports and max(used[end] for end in test[:2]) < _OF_HOST \
                    and len(looks) < _LOOKS:
                used.update(test[:2])
                looks[index] = underlay.Look(
                    test.host,
                    test.remote if self._can_ask(test.remote) else None,
                    {"type": test.session.type, "frame": _FRAME,
                     "remote": test.session.remote},
                    (*ports, *test.ports(test.good(), _GOOD)),
                    test.session.mtu if fault == "mtu" else underlay.SHORT)
        return looks

    def judge(self, looks, found, command):
        """Returns a list of path.Verdict, the worst first.  'found' is what
        Prober.look_all() has found for 'looks'.  'command' is the command line
        of a trace without its arguments, for hints."""
        if self._is_cut():
            return [path.Verdict("PHYSICAL", (
                "no host reaches another: the network between them",))]
        verdicts = [*self._judge_hosts(), *self._judge_network(looks, found),
                    *self._judge_tenants(command)]
        if not verdicts and not self.tests:
            return [path.Verdict("NO PACKET",
                                 ("no host sends test packets",))]
        return sorted(verdicts, reverse=True,
                      key=lambda verdict: path.STATUS[verdict.kind])

    def notes(self):
        """Returns lines that are no verdicts, with a summary at the end."""
        notes = ["%s: test packets are not sent" % host for host in self.idle]
        unknown = ["%s to %s" % test[:2] for test in self.tests
                   if test.session.state == "unknown"]
        if unknown:
            notes.append("no test packet was ever answered: "
                         + _some(unknown))
        states = collections.Counter(test.session.state
                                     for test in self.tests)
        return [*notes, ", ".join([
            _count(self.n_asked, "host"),
            _count(len(self.tests), "session"),
            *("%s %s" % (n if len(states) > 1 else "all", state)
              for state, n in sorted(states.items(), reverse=True))])]

    def _can_ask(self, name):
        """Returns whether something can be run on the host 'name'."""
        return name in self.hosts and name not in self.silent \
            and self.hosts[name].via is not None

    def _find_dead(self):
        """Returns {host: (n, m)} of hosts that none of 'n' others reach, or
        that reach none of 'm' others, at least 2, if no other host explains
        that; and the pairs of 'down' that no host explains."""
        pairs = collections.defaultdict(set)
        for pair in self.down:
            for end in pair:
                pairs[end].add(pair)
        reaching, reached = map(set, zip(*self.up)) if self.up else ((), ())
        explained = {pair for pair in self.down for end in pair
                     if end in self.silent and end not in reached}
        dead = {}
        for name in sorted(pairs, key=lambda name: (-len(pairs[name]), name)):
            left = pairs[name] - explained
            n = sum(remote == name for _, remote in left)
            m = sum(host == name for host, _ in left)
            n = n if n > 1 and name not in reached else 0
            m = m if m > 1 and name not in reaching else 0
            if n or m:
                dead[name] = n, m
                explained |= left
        return dead, self.down - explained

    def _is_cut(self):
        """Returns whether no host reaches another, and not because of one of
        them."""
        return bool(self.dead) and not self.up and not self.silent \
            and (len(self.dead) > 1 or bool(self.unexplained))

    def _find_suspicions(self):
        """Returns the Suspicions that no host explains, the worst first."""
        tests = collections.defaultdict(list)
        explained = self.down - self.unexplained
        for test in self.tests:
            if test[:2] in explained:
                continue
            for fault in {one.fault() for one in test.session.paths} - {""}:
                tests[fault, test.session.type,
                      *sorted(test[:2])].append(test)
        return sorted(
            (Suspicion(fault, sorted(of, key=lambda t: -len(t.bad(fault))))
             for (fault, *_), of in sorted(tests.items())),
            key=lambda one: -len(one.tests[0].bad(one.fault)))

    def _judge_hosts(self):
        """Yields the verdicts on hosts."""
        for name, reason in self.silent.items():
            lines = ["%s: does not answer: %s" % (name, reason)]
            users = {pair for pair in self.up | self.down if pair[1] == name}
            if users & self.up:
                lines.append("%d of %s that use it reach it" % (
                    len(users & self.up), _count(len(users), "host")))
            elif users:
                lines.append("no host reaches it, of " + _count(len(users),
                                                                "host"))
            yield path.Verdict("HOST", tuple(lines))
        for name, (n, m) in self.dead.items():
            lines = []
            if n:
                lines.append("no host reaches it, of %d" % n)
            if m:
                lines.append("reaches nobody, of %d: its uplink, route or "
                             "neighbor" % m)
            yield path.Verdict("HOST", (
                "%s: %s" % (name, lines[0]), *lines[1:]))

    def _judge_network(self, looks, found):
        """Yields the verdicts on paths between hosts."""
        for fault in _LOST:
            left = {index: suspicion for index, suspicion
                    in enumerate(self.suspicions) if suspicion.fault == fault}
            ways = [way for index, look in looks.items() if index in left
                    for way in self._ways(index, look, *found[index])]
            places = collections.defaultdict(list)
            for links, guilty in blame(ways):
                senders = tuple(dict.fromkeys(way.links[0][0]
                                              for way in guilty))
                of = tuple(sorted({way.index for way in guilty}))
                places[senders, of].append(_place(links, senders))
            for (senders, of), where in places.items():
                yield path.Verdict("PHYSICAL", (
                    "%s %s" % (_LOST[fault] % _some(senders),
                               " and ".join(where)),
                    *_lines(str(left[index]) for index in of)))
            for index in {index for _, of in places for index in of}:
                del left[index]
            for index in sorted(left)[:_MANY]:
                yield self._judge_pair(left[index], *found.get(index, ()))
            if len(left) > _MANY:
                yield path.Verdict("PHYSICAL", (
                    _LOST[fault] % "%d more pairs of hosts"
                    % (len(left) - _MANY),))

    def _ways(self, index, look, there, back):
        """Yields the Ways of the paths of 'look', of suspicion 'index', from
        the findings in both directions."""
        fault, tests = self.suspicions[index]
        test = tests[0]
        paths = {one.port: one for one in test.session.paths}
        for i, port in enumerate(look.ports):
            one = paths.get(port, test.session.paths[0])
            parts = [(ends, findings[i]) for ends, findings
                     in ((test[:2], there), (test[1::-1], back))
                     if i < len(findings) and not findings[i].problem]
            whole = [link for ends, finding in parts
                     for link in _links(finding, *ends)]
            if one.fault() != fault:
                yield Way(whole, 0, max(1, one.sent))
            elif fault == "loss":
                yield Way(whole, one.lost / one.sent, one.sent, index)
            else:
                for (host, remote), finding in parts:
                    crossed = _links(finding, host, remote)
                    if finding.reached is False:
                        crossed = _links(finding, host, None)
                        yield Way(crossed[:-1], 0, 1)
                    yield Way(crossed, int(not finding.reached), 1, index)

    def _judge_pair(self, suspicion, there=(), back=()):
        """Returns the verdict on 'suspicion', for which no link is guilty by
        the findings in both directions."""
        test = suspicion.tests[0]
        findings = [*there, *back]
        problems = [one.problem for one in findings if one.problem]
        if problems:
            return path.Verdict("PHYSICAL", (str(suspicion),
                                             "not probed: " + problems[0]))
        if not back or suspicion.fault == "loss" \
                or not all(one.reached for one in findings):
            return path.Verdict("PHYSICAL", (str(suspicion),))
        if test.session.state == "down":
            return path.Verdict("HOST", (
                "%s or %s: probes arrive there, test packets are not answered:"
                " a firewall or the switch" % test[:2], str(suspicion)))
        return path.Verdict("PHYSICAL", (
            str(suspicion), "probes with the same outer headers arrive"))

    def _judge_tenants(self, command):
        """Yields the verdicts on tenants."""
        faults = collections.defaultdict(list)
        for test in self.tests:
            for tenant in test.session.tenants:
                if test[:2] in self.up and tenant.state in ("lost", "dropped"):
                    faults[test.remote, tenant.tenant, tenant.state].append(
                        (test, tenant))
        for (remote, key, state), of in sorted(faults.items()):
            tenants = [tenant for _, tenant in of]
            what = "of %d frames, %s received none" % (
                sum(tenant.sent for tenant in tenants), remote)
            if state == "dropped":
                what = "flows of %s dropped %d of %d frames" % (
                    remote, sum(tenant.dropped for tenant in tenants),
                    sum(tenant.received for tenant in tenants))
            yield path.Verdict("VIRTUAL", (
                "%s to %s, key %s: %s" % (_some(test.host for test, _ in of),
                                          remote, key or "none", what),
                *(self._hint(of[0][0], key, command)
                  if state == "dropped" else ())))

    def _hint(self, test, key, command):
        """Yields a line with a trace of the packets of the tenant 'key' that
        arrive at the remote of 'test', if there is one for just these."""
        remote = ipaddress.ip_address(test.session.remote)
        sources = [address for address in self.hosts[test.host].vtep
                   if ipaddress.ip_address(address).version == remote.version]
        if key and len(sources) == 1 and self._can_ask(test.remote) \
                and collect.is_safe(test.remote):
            yield "see: %s %s - tun_id=%s,%s=%s" % (
                command, test.remote, key,
                "tun_src" if remote.version == 4 else "tun_ipv6_src",
                sources[0])


def blame(ways):
    """Yields (links, ways): links that are guilty of the loss on these of
    'ways'.

    A way with loss has a vote, which its links share.  Ways without loss take
    from a link as likely as it is that they would have met its loss.  Links
    with less than half of the most votes are not guilty: a router did not
    answer, so that ways seem to cross other links."""
    sent = collections.Counter()
    passed = set()
    for way in ways:
        if way.lost:
            passed.update(_name(link) for link in way.links[:-2])
        else:
            sent.update({_name(link): way.sent for link in way.links})
    # What was lost behind a router that others passed may have come farther,
    # where routers did not answer.
    left = [way for way in ways if way.lost and way.links
            and (way.links[-1][1] or way.links[-1][0] not in passed)]
    least = _DOUBT
    while left:
        votes = _votes(left, sent)
        top = max(votes, key=votes.get)
        guilty = [way for way in left
                  if top in map(_name, way.links)]
        votes = _votes(guilty, sent)
        least = max(least, votes[top] / 2)
        if votes[top] <= least:
            return
        links = {_name(link): link for way in guilty for link in way.links}
        yield [links[name] for name, n in votes.items() if n > least], guilty
        left = [way for way in left if way not in guilty]


def _votes(ways, sent):
    """Returns the votes of 'ways' with loss by names of links.  'sent' is how
    many packets the ways without loss sent by these."""
    votes = collections.Counter()
    for way in ways:
        for name in map(_name, way.links):
            votes[name] += (1 - way.lost) ** sent[name] / len(way.links)
    return votes


def _name(link):
    """Returns what tells 'link' from others: the address of its far end, which
    a router has for each of its links."""
    return link[1] or link


def table(verdicts, notes):
    """Returns 'verdicts' and 'notes' as text for people."""
    lines = []
    for kind, (first, *more) in verdicts:
        lines.append("%s%s %s" % (kind, "" if kind == "HOST" else ":", first))
        lines += ["  " + line for line in more]
    return "".join(collect.printable(line) + "\n" for line in lines + notes)


def _links(finding, host, end):
    """Returns the links from 'host' by the hops of 'finding' to 'end'.  It
    leaves out routers that do not answer."""
    nodes = [host, *(address for address, _ in finding.hops if address)]
    if finding.refused and finding.refused[0] != nodes[-1]:
        nodes.append(finding.refused[0])
    return list(zip(nodes, [*nodes[1:], end]))


def _place(links, senders):
    """Returns where 'links' of packets from 'senders' are, as text: at a
    router that several have in common, between two routers, or behind one."""
    places = []
    while links:
        nodes = collections.Counter(node for link in links for node in link
                                    if node)
        router, n = nodes.most_common(1)[0]
        if n > 1:
            places.append("at %s" % router)
            links = [link for link in links if router not in link]
            continue
        near, far = links.pop(0)
        places.append("between %s and %s" % (near, far) if far
                      else "before any router answers" if near in senders
                      else "behind %s, the last that answers" % near)
    return " or ".join(places)


def _lines(lines):
    """Returns 'lines', but no more than there is room for."""
    lines = list(lines)
    more = len(lines) - _MANY
    return [*lines[:_MANY], *(["and %d more" % more] if more > 0 else [])]


def _some(words):
    """Returns 'words' as text, without repetitions, but no more than there is
    room for."""
    return ", ".join(_lines(dict.fromkeys(map(str, words))))


def _count(n, what):
    return "%d %s%s" % (n, what, "" if n == 1 else "s")
