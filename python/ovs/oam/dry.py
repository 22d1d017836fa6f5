# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Follow a packet that nobody sends from host to host, by what the tables of
each say, and by probes between them."""

import concurrent.futures
import ipaddress
import threading

from ovs.oam import collect, live, path, prober, trace, underlay

# All reports are about the same packet.
_DIGEST = "dry"
# The time between two packets that are injected, in seconds.
_INJECTION = .5


class Simulator:
    """Follows packets over 'hosts', each of which has 'seconds' to answer.
    Looks at the network between them if 'probes'."""

    def __init__(self, hosts, owners, seconds, probes, control=False):
        """With 'control', the packets have the O bit of Geneve."""
        self.hosts = {host.name: host for host in hosts
                      if host.via is not None}
        self.owners = owners
        self.seconds = seconds
        self.suffix = ",tun_flags=oam" if control else ""
        self.seen = {name: [] for name in self.hosts}   # Reports, by host.
        self.evidence = {}      # Of hosts without a report.
        self.prober = (prober.Prober(self.hosts, seconds) if probes
                       else None)

    def run(self, source, bridge, flow):
        """Follows a packet with the fields 'flow' that enters 'bridge' of host
        'source'.  Returns ([path.Step], path.Verdict).  Raises
        trace.TraceError."""
        ends, legs = self.virtual(source, bridge, flow)
        findings = self._look(legs)
        steps = self._follow(source, findings)[0]
        return steps, self._judge(ends, legs, findings)

    def virtual(self, source, bridge, flow):
        """Returns (ends, legs), of path.follow(), of such a packet.  Raises
        trace.TraceError."""
        trace.check(self.hosts, source, bridge, flow)
        try:
            self._add(source, bridge, flow, None, "")
        except collect.HostError as error:
            raise trace.TraceError("%s: %s" % (source, error)) from None
        while True:
            _, ends, legs = self._follow(source, {})
            silent = [end for end in ends if end.kind == "silent"
                      and end.host not in self.evidence]
            if not silent:
                return ends, legs
            for end in silent:
                self._enter(end)

    def _follow(self, source, findings):
        return path.follow(self.seen, self.owners, source, _DIGEST, False,
                           findings)

    def _add(self, name, bridge, flow, kind, match):
        """Adds the reports of host 'name', as of live.simulate().  Raises
        collect.HostError."""
        reports = live.simulate(self.hosts[name], bridge, flow + self.suffix,
                                kind, self.seconds)
        if not reports:
            raise collect.HostError("no report")
        for report in reports:
            report.update(digest=_DIGEST, match=match)
            self.seen[name].append(report)

    def _enter(self, end):
        """Adds the reports of 'end', a silent host, or the evidence of why
        there are none."""
        reason, no_port = None, False
        try:
            self._add(end.host, "-", self._flow(end), end.tunnel["type"],
                      path.match_of(end.tunnel))
            return
        except live.NoInterface:
            no_port = True
        except collect.HostError as error:
            reason = str(error)
        self.evidence[end.host] = path.Evidence(reason, True, 0, 0, no_port, 0,
                                                None)

    def _flow(self, end):
        """Returns the fields of the packet as 'end', a silent host, receives
        it.  Raises collect.HostError."""
        tunnel = end.tunnel
        if "flow" not in tunnel:
            raise collect.HostError("%s did not tell the fields of the packet"
                                    % end.sender)
        remote = ipaddress.ip_address(tunnel["remote"])
        local = [tunnel["local"]] if "local" in tunnel else [
            str(address) for address in self.hosts[end.sender].vtep
            if ipaddress.ip_address(address).version == remote.version]
        field = "tun_" if remote.version == 4 else "tun_ipv6_"
        fields = ["%ssrc=%s" % (field, address) for address in local[:1]]
        fields.append("%sdst=%s" % (field, remote))
        if "key" in tunnel:
            fields.append("tun_id=" + tunnel["key"])
        return ",".join([*fields, tunnel["flow"]])

    def _look(self, legs):
        """Returns the findings about 'legs', by name."""
        if not self.prober or not legs:
            return {}
        with concurrent.futures.ThreadPoolExecutor(len(legs)) as pool:
            return dict(zip([leg.name() for leg in legs],
                            pool.map(self.prober.look_dry, legs)))

    def _judge(self, ends, legs, findings):
        """Returns the verdict.  What probes find counts if the tables deliver
        the packet."""
        verdict = path.judge(ends, self.evidence, 0)
        if verdict.kind != "DELIVERED":
            return verdict
        for leg in legs:
            finding = findings.get(leg.name())
            if finding and underlay.is_lossy(finding):
                return path.Verdict(*underlay.describe(finding, leg.sender,
                                                       leg.target))
        return verdict


class Injector:
    """Has 'host' send packets with the fields 'flow' as if they had entered
    'bridge'.  It has 'seconds' to answer."""

    def __init__(self, host, bridge, flow, seconds):
        self.arguments = host, bridge, flow, seconds
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.error = None

    def start(self):
        """Sends the first packet.  Raises trace.TraceError."""
        self._send()
        self.check()
        self.thread.start()

    def stop(self):
        """Sends no more packets."""
        self.ended.set()
        if self.thread.is_alive():
            self.thread.join()

    def check(self):
        """Raises trace.TraceError if a packet was refused."""
        if self.error:
            raise trace.TraceError("%s: %s" % (self.arguments[0].name,
                                               self.error))

    def _run(self):
        while not self.error and not self.ended.wait(_INJECTION):
            self._send()

    def _send(self):
        try:
            live.inject(*self.arguments)
        except collect.HostError as error:
            self.error = error


def inject(tracer, source, bridge, flow, wait):
    """Follows packets with the fields 'flow' that enter 'bridge' of host
    'source', and that no tenant sends, by 'tracer', a trace.Tracer.  Returns
    as its run() does.  Raises trace.TraceError, also if a tenant might get the
    packets."""
    simulator = Simulator(tracer.hosts.values(), tracer.owners, tracer.seconds,
                          False, True)
    ends, legs = simulator.virtual(source, bridge, flow)
    for leg in legs:
        _check(leg)
    for name, known in simulator.evidence.items():
        if known.reason:
            raise trace.TraceError("%s does not answer, and may give the "
                                   "packets to a tenant: %s"
                                   % (name, known.reason))
    for end in ends:
        if end.kind == "left":
            raise trace.TraceError("the packets would return to %s"
                                   % end.host)
    tracer.injector = Injector(tracer.hosts[source], bridge, flow,
                               tracer.seconds)
    return tracer.run(source, bridge, flow, wait)


def _check(leg):
    """Raises trace.TraceError if packets with the O bit may reach a tenant
    behind 'leg'."""
    if leg.target is None:
        raise trace.TraceError(
            "%s cannot be asked, and may give the packets to a tenant"
            % leg.tunnel["remote"])
    if leg.tunnel["type"] != "geneve":
        raise trace.TraceError(
            "%s would send the packets by type %s: only Geneve has a bit that "
            "keeps them from tenants; use --dry"
            % (leg.sender, leg.tunnel["type"]))
    if leg.tunnel.get("oam") is not True:
        raise trace.TraceError(
            "%s would send the packets without the bit that keeps them from "
            "tenants, for example because they pass a patch port; use --dry"
            % leg.sender)
