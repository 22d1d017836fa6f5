# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The way of a packet over several hosts, from the reports of live traces, and
the verdict on it.  Nothing here asks a host."""

import re
from typing import NamedTuple, Optional

from ovs.oam import underlay

# The exit status of each kind of verdict.  1 and 2 are for errors.
STATUS = {"DELIVERED": 0, "VIRTUAL": 3, "PHYSICAL": 4, "HOST": 5,
          "NO PACKET": 6}

_RULE = re.compile(r" *(\d+)\. (.*)\Z")


class Step(NamedTuple):
    """A line of the way.  'plane' is "virtual" or "physical"."""
    plane: str
    where: str
    what: str


class End(NamedTuple):
    """Where a way ends, by 'kind':

      "port"     'host' gave the packet to 'port', or would have by the action
                 'text' if it had no O bit
      "control"  'host' gave the packet to its controller, by the rule 'text'
      "dropped"  'host' dropped it, see 'text'
      "stale"    'host' did something else than its tables say
      "left"     it left for 'remote', a host of which nothing is known, or,
                 with a 'text', for a host where it was before
      "silent"   'host' has no report of it yet; it left 'sender' for 'remote'
      "pending"  'host' has not reported the next part of the way yet

    'tunnel' is the report of the tunnel through which it left, if any."""
    kind: str
    host: str
    port: str = ""
    text: str = ""
    remote: str = ""
    sender: str = ""
    tunnel: Optional[dict] = None


class Leg(NamedTuple):
    """A part of a way between two hosts: 'sender' sent the packet through
    'tunnel', of a report, by one of 'devices', to the host 'target', or None
    if that cannot be asked.  'lost' if that has not got it."""
    sender: str
    target: Optional[str]
    tunnel: dict
    devices: tuple
    lost: bool

    def name(self):
        """Returns what tells it from others."""
        return (self.sender, self.tunnel["remote"], self.tunnel.get("key"),
                self.tunnel["frame"])


class Verdict(NamedTuple):
    """'kind' is a key of STATUS, 'lines' say what is so."""
    kind: str
    lines: tuple


def match_of(tunnel):
    """Returns the OpenFlow match of what 'tunnel', of a report, has sent, at
    the other end."""
    match = tunnel["frame"]
    if "local" in tunnel:
        match = "%s=%s,%s" % ("tun_ipv6_src" if ":" in tunnel["local"]
                              else "tun_src", tunnel["local"], match)
    if "key" in tunnel:
        match = "tun_id=%s,%s" % (tunnel["key"], match)
    return match


def follow(seen, owners, host, digest, loose, findings):
    """Returns (steps, ends, legs): lists of Step, End and Leg of the packet
    with 'digest' that entered at 'host'.  'seen' has the reports of each host
    by name, with the 'match' of their session; 'owners' has the names of the
    hosts by the addresses of their tunnels.  If 'loose', another packet of the
    same flow does at hosts that have not seen this one.  'findings' has an
    underlay.Finding of legs, by name."""
    steps, ends, legs = [], [], []
    visited = set()

    def visit(name, digest):
        """Adds what 'name' did."""
        visited.add(name)
        parts = [report for report in seen.get(name, ())
                 if report["digest"] == digest]
        for report in parts:
            _add_steps(steps, name, report)
            if report["stale"]:
                ends.append(End("stale", name))
            _visit_outputs(name, report, parts, digest)

    def _visit_outputs(name, report, parts, digest):
        """Adds what became of the packet after 'report' of 'name', one of
        'parts'."""
        going, expired = False, ""
        for output in report["outputs"]:
            if "output" in output:
                ends.append(End("port", name, str(output["output"])))
                steps.append(Step("virtual", name,
                                  "output to %s" % output["output"]))
            elif "controller" in output:
                ends.append(End("control", name,
                                text=_last_rule(report["trace"])))
            elif "bond" in output:
                ends.append(End("port", name, "a port of a bond"))
            elif "tunnel_pop" in output:
                ends.append(End("port", name, "a tunnel port"))
            elif "recirc" in output and not any(
                    part["recirc"] == output["recirc"] for part in parts):
                ends.append(End("pending", name))
            elif "ttl_reply" in output or "ttl_expired" in output:
                expired = "its TTL expires, "
            going |= not {"meter", "ttl_reply", "ttl_expired"} & set(output)
        devices = tuple(str(output["underlay"])
                        for output in report["outputs"]
                        if "underlay" in output)
        for tunnel in report["tunnels"]:
            _visit_tunnel(name, tunnel, devices, digest)
        withheld = _withheld(report["trace"])
        if withheld:
            ends.append(End("port", name, text=withheld))
            steps.append(Step("virtual", name,
                              "withheld from tenants (O bit)"))
        elif report.get("error") or not going:
            text = expired + (report.get("error")
                              or _last_rule(report["trace"]))
            ends.append(End("dropped", name, text=text))
            steps.append(Step("virtual", name, "DROPPED"))

    def _visit_tunnel(name, tunnel, devices, digest):
        """Adds the way through 'tunnel' of 'name', by one of 'devices'."""
        remote = tunnel["remote"]
        key = tunnel.get("key")
        steps.append(Step("physical", name, "%s %s > %s%s" % (
            tunnel["type"], tunnel.get("local", name), remote,
            ", key " + key if key else "")))
        target = owners.get(remote)
        leg = Leg(name, target if target in seen else None, tunnel, devices,
                  False)
        _add_hops(steps, name, findings.get(leg.name()))
        legs.append(leg)
        if leg.target is None:
            ends.append(End("left", target or remote, remote=remote,
                            sender=name, tunnel=tunnel))
        elif target in visited:
            ends.append(End("left", target, text="again", remote=remote,
                            sender=name, tunnel=tunnel))
        else:
            _visit_next(target, End("silent", target, remote=remote,
                                    sender=name, tunnel=tunnel), digest)

    def _visit_next(name, silent, digest):
        """Adds what 'name' did, or the End 'silent' if it has not seen the
        packet."""
        if any(report["digest"] == digest for report in seen[name]):
            visit(name, digest)
            return
        others = [report["digest"] for report in seen[name]
                  if report["match"] == match_of(silent.tunnel)
                  and not report["recirc"]] if loose else []
        if others:
            steps.append(Step("physical", name,
                              "here another packet of the same flow"))
            visit(name, others[-1])
        else:
            ends.append(silent)
            legs[-1] = legs[-1]._replace(lost=True)

    visit(host, digest)
    return steps, ends, legs


def is_complete(ends):
    """Returns whether nothing more can be learned about a way with 'ends'."""
    return bool(ends) and not any(end.kind in ("silent", "pending")
                                  for end in ends)


def _add_steps(steps, name, report):
    """Adds the steps of 'report' of host 'name'."""
    where = "%s %s" % (name, report["bridge"])
    if not report["recirc"]:
        steps.append(Step("virtual", where, "in %s, %d bytes: %s" % (
            report["in_port"], report["length"], _brief(report["flow"]))))
    _add_nodes(steps, name, where, report["trace"])
    if report["stale"]:
        steps.append(Step(
            "virtual", where,
            "the datapath does something else than the tables say"))


def _add_hops(steps, name, finding):
    """Adds what 'finding', an underlay.Finding or None, has about the way of a
    packet from host 'name'."""
    if finding is None:
        return
    if finding.sent:
        steps.append(Step("physical", name, "out of %s, %d bytes"
                          % (finding.sent, finding.length)))
    if finding.problem:
        steps.append(Step("physical", name, "not probed: "
                          + finding.problem))
    for address, ms in finding.hops:
        steps.append(Step("physical", address or "?", "%.2f ms" % ms
                          if address else "no answer"))


def _add_nodes(steps, name, where, nodes):
    """Adds the tables and actions of 'nodes'."""
    for node in nodes:
        text = node["text"].strip()
        inner = where
        if node["type"] == "bridge":
            bridge = re.match(r'bridge\("(.*)"\)\Z', text)
            inner = "%s %s" % (name, bridge[1]) if bridge else where
        elif node["type"] == "table":
            rule = _RULE.match(node["text"])
            steps.append(Step("virtual", where, "table %s: %s" % (
                rule[1], rule[2]) if rule else text))
        elif node["type"] == "action":
            steps.append(Step("virtual", where, "  " + text))
        elif node["type"] in ("warning", "error"):
            steps.append(Step("virtual", where, "  ! " + text))
        _add_nodes(steps, name, inner, node.get("nodes", []))


def _withheld(nodes):
    """Returns the action in 'nodes' that gives a packet with Geneve's O bit to
    nobody, or "" if there is none."""
    action = ""
    for node in nodes:
        if node["type"] == "action":
            action = node["text"].strip()
        elif node["type"] == "warning" and "OAM packets" in node["text"]:
            return action
        found = _withheld(node.get("nodes", []))
        if found:
            return found
    return ""


def _last_rule(nodes):
    """Returns the text of the last table in 'nodes'."""
    last = ""
    for node in nodes:
        rule = _RULE.match(node["text"])
        if node["type"] == "table" and rule:
            last = "table %s: %s" % (rule[1], rule[2])
        last = _last_rule(node.get("nodes", [])) or last
    return last


def _brief(flow):
    """Returns the addresses and ports in 'flow', as Open vSwitch prints it."""
    fields = dict(field.partition("=")[::2] for field in flow.split(","))
    source = fields.get("nw_src") or fields.get("ipv6_src") \
        or fields.get("arp_spa") or fields.get("dl_src", "?")
    target = fields.get("nw_dst") or fields.get("ipv6_dst") \
        or fields.get("arp_tpa") or fields.get("dl_dst", "?")
    if "tp_src" in fields:
        source, target = ("%s:%s" % pair for pair in (
            (source, fields["tp_src"]), (target, fields["tp_dst"])))
    return "%s %s > %s" % (flow.partition(",")[0], source, target)


class Evidence(NamedTuple):
    """What is known about a silent host: 'reason' why it did not answer, or
    None; whether it was 'armed' when the packet left; how many 'packets' of
    the sender's tunnels it received since it was armed 'seconds' ago;
    'no_port', whether it had no interface for such packets meanwhile; how many
    'tenants' use these tunnels; and the underlay.Finding about the network in
    between, or None."""
    reason: Optional[str]
    armed: bool
    packets: int
    seconds: float
    no_port: bool
    tenants: int
    finding: Optional[underlay.Finding]


def judge(ends, evidence, waited):
    """Returns the Verdict on a packet whose way has 'ends', after 'waited'
    seconds.  'evidence' has an Evidence of each silent host by name."""
    if not ends:
        return Verdict("NO PACKET", ("no packet matched in %d s" % waited,))
    for end in ends:
        if end.kind == "stale":
            return Verdict("HOST", (
                "host %s: the datapath does something else than the tables "
                "say" % end.host,))
    for end in ends:
        if end.kind == "silent":
            return _judge_silent(end, evidence[end.host])
    for end in ends:
        if end.kind == "dropped":
            return Verdict("VIRTUAL", (
                "host %s: dropped" % end.host, end.text))
    if all(end.kind == "control" for end in ends):
        return Verdict("VIRTUAL", (
            "host %s: sent to the controller only" % ends[0].host,
            ends[0].text))
    lines = []
    for end in ends:
        if end.kind == "control":
            lines.append("host %s: output to the controller" % end.host)
        elif end.kind == "port" and end.text:
            lines.append("host %s: withheld from tenants at %s"
                         % (end.host, end.text))
        elif end.kind == "port":
            lines.append("host %s: output to %s" % (end.host, end.port))
        elif end.kind == "left":
            lines.append("host %s: sent to %s, %s" % (
                end.sender, end.host, "where it was before" if end.text
                else "which cannot be asked"))
        else:
            return Verdict("HOST", (
                "host %s: did not report the rest of the way" % end.host,))
    return Verdict("DELIVERED", tuple(dict.fromkeys(lines)))


def _judge_silent(end, known):
    """Returns the Verdict on a packet that left for a silent host."""
    if known.reason:
        return Verdict("HOST", ("host %s does not answer: %s"
                                % (end.host, known.reason),))
    if not known.armed:
        return Verdict("NO PACKET", (
            "no other packet came after host %s had been told to look for them"
            % end.host,))
    if known.no_port:
        key = end.tunnel.get("key")
        return Verdict("VIRTUAL", (
            "host %s: no interface for packets of type %s with %s from %s"
            % (end.host, end.tunnel["type"], "key " + key if key else "no key",
               end.sender),))
    kind, lines = underlay.describe(known.finding, end.sender, end.host) or (
        "PHYSICAL", ["between %s and %s: %s saw none of these packets in %d s"
                     % (end.sender, end.host, end.host, known.seconds)])
    if known.packets:
        lines.append("%d other packets from %s arrived there meanwhile"
                     % (known.packets, end.sender))
    elif kind == "PHYSICAL":
        lines.append("nothing else from %s arrived there either"
                     % end.sender)
    if known.tenants:
        lines.append("tenants with tunnels from %s to %s: %d"
                     % (end.sender, end.host, known.tenants))
    return Verdict(kind, tuple(lines))
