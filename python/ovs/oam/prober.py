# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Look at the network between two hosts by "ovs-oam agent" on both."""

import concurrent.futures
import ipaddress
import json
import os
import time

from ovs.oam import collect, underlay, wire

# How long a host waits for a packet of the flow, how long that takes to arrive
# at most, and how long a host waits for probes, in seconds.
_FLOW, _ARRIVAL, _PROBES = 2, .5, 20
# How long routers may take to answer, in ms.  Linux sends an error per second
# to each address, also about packets that it refuses.
_ANSWER, _REFUSAL = 400, 1200


class Prober:
    """Looks at the networks between 'hosts', a dictionary of Host by name.
    Each has 'seconds' to answer."""

    def __init__(self, hosts, seconds):
        self.hosts = hosts
        self.seconds = seconds

    def look(self, leg):
        """Returns the underlay.Finding of the network on 'leg', a
        path.Leg."""
        try:
            return self._look(leg, self._way(leg.sender, leg.tunnel))
        except (collect.HostError, ValueError) as error:
            return underlay.Finding(str(error))

    def look_dry(self, leg):
        """Returns the underlay.Finding of the network on 'leg' for a packet
        that nobody sends.  It may have any source port: if probes with one of
        these are lost, the finding is about that."""
        try:
            way = self._way(leg.sender, leg.tunnel)
            source = way[0].split(",")[0]
            finding = self._probe_dry(leg, way,
                                      underlay.outer(leg.tunnel, source))
            if finding.reached and finding.lost_ports:
                other = self._probe_dry(leg, way, underlay.outer(
                    leg.tunnel, source, finding.lost_ports[0]))
                if not other.reached:
                    return other
                # What was lost before was lost by chance.
                finding = finding._replace(lost_ports=(), ports=None)
            return finding
        except (collect.HostError, ValueError) as error:
            return underlay.Finding(str(error))

    def look_all(self, looks):
        """Returns {index: (findings, findings)} for 'looks', {index:
        underlay.Look}: an underlay.Finding for each port in the direction of
        the Look, and for each in that of the answers, or () if the target
        cannot be asked."""
        with concurrent.futures.ThreadPoolExecutor(len(looks) or 1) as pool:
            return dict(zip(looks, pool.map(self._look_both, looks.values())))

    def _look_both(self, look):
        """Returns what look_all() does for one 'look'."""
        try:
            way = self._way(look.sender, look.tunnel)
            seen = self._leaving(look.sender, way)["flow"]
            if not seen:
                raise collect.HostError("no test packet was seen at a device")
        except (collect.HostError, ValueError) as error:
            return [underlay.Finding("%s: %s" % (look.sender, error))], ()
        outer = seen[0]["outer"]
        there = self._look_paths(look, outer)
        if not look.target:
            return there, ()
        return there, self._look_paths(
            look._replace(sender=look.target, target=look.sender),
            wire.compose(outer.target, outer.source, outer.protocol,
                         outer.ports))

    def _look_paths(self, look, outer):
        """Returns an underlay.Finding for each of the ports of 'look', for
        packets with the headers 'outer'."""
        try:
            answers, errors, arrived = self._exchange(
                look.sender, look.target,
                (outer.source, outer.target, os.urandom(wire.MARKER).hex()),
                outer, _REFUSAL, underlay.paths_probes(look.ports, look.size))
        except collect.HostError as error:
            return [underlay.Finding("%s: %s" % (look.sender, error))]
        return underlay.paths(len(look.ports), answers, errors, arrived)

    def _probe_dry(self, leg, way, outer):
        """Returns the underlay.Finding about packets with the headers
        'outer'."""
        return self._probe(underlay.Finding(sent=""), leg.sender, leg.target,
                           way, outer, True)

    def _way(self, sender, tunnel):
        """Returns the arguments of "agent watch" for the packets that 'sender'
        sends through 'tunnel'.  Raises ValueError."""
        remote = ipaddress.ip_address(tunnel["remote"])
        local = [ipaddress.ip_address(address) for address in
                 ([tunnel["local"]] if "local" in tunnel
                  else self.hosts[sender].vtep)]
        local = [str(address) for address in local
                 if address.version == remote.version]
        if not local:
            raise ValueError("the tunnel's local address is unknown")
        return (",".join(local), str(remote), ",".join(
            needle.hex() for needle in underlay.needles(tunnel)))

    def _look(self, leg, way):
        """Does the work of look() for packets that _way() knows as 'way'.
        Raises collect.HostError."""
        sender, target, lost = leg.sender, leg.target, leg.lost
        arriving = None
        if lost and target:
            arriving = self._watch(target, "in", way, None, _PROBES, 1)
        try:
            sent = self._leaving(sender, way)
            arrived = None
            if arriving:
                time.sleep(_ARRIVAL)
                arrived = _watched(arriving.end())
        finally:
            if arriving:
                arriving.close()
        if not sent["flow"]:
            down = [device for device in leg.devices
                    if device in sent["down"]]
            if down:
                return underlay.Finding(down=down[0])
            if not sent["missed"] and underlay.is_stuck(leg.tunnel["type"],
                                                        sent["others"]):
                return underlay.Finding(stuck=True)
            return underlay.Finding("no packet of the flow was seen at a "
                                    "device")
        left = sent["flow"][0]
        finding = underlay.Finding(sent=left["device"],
                                   length=left["outer"].length)
        if arrived:
            finding = finding._replace(arrived="".join(
                one["device"] for one in arrived["flow"][:1]))
        try:
            return self._probe(finding, sender, target, way, left["outer"],
                               lost and not finding.arrived)
        except collect.HostError as error:
            return finding._replace(problem=str(error))

    def _leaving(self, sender, way):
        """Returns what 'sender' sees of the packets of 'way' that leave it.
        Raises collect.HostError."""
        with self._watch(sender, "out", way, None, _FLOW, 1) as leaving:
            return _watched(leaving.wait())

    def _probe(self, finding, sender, target, way, outer, lost):
        """Returns 'finding' with what probes with the headers 'outer' find
        out.  Raises collect.HostError."""
        probes = underlay.way_probes()
        first = len(probes)
        if lost and target:
            probes += underlay.loss_probes(outer)
        answers, errors, arrived = self._exchange(
            sender, target, way, outer, _REFUSAL if lost else _ANSWER, probes)
        hops, reached, refused = underlay.way(answers, arrived)
        finding = finding._replace(hops=hops, reached=reached,
                                   refused=refused)
        if lost and target:
            whole, mtu, unsent, ports, lost_ports = underlay.loss(
                outer, first, answers, errors, arrived)
            finding = finding._replace(long=whole, mtu=mtu, unsent=unsent,
                                       ports=ports, lost_ports=lost_ports)
        if finding.reached and finding.long is False:
            answers, _, arrived = self._exchange(
                sender, target, way, outer, _REFUSAL,
                underlay.long_probes(outer))
            finding = finding._replace(
                long_hops=underlay.way(answers, arrived)[0])
        return finding

    def _exchange(self, sender, target, way, outer, milliseconds, probes):
        """Has 'sender' send 'probes' with the headers 'outer', and wait
        'milliseconds' for answers.  Returns (answers, errors, indexes of those
        that arrived at 'target', or None), as for underlay.loss().  Raises
        collect.HostError."""
        marker = os.urandom(wire.MARKER)
        words = ("ovs-oam", "agent", "probe", outer.header.hex(),
                 marker.hex(), str(milliseconds),
                 ",".join("%d:%d:%d" % one for one in probes))
        if not target:
            return (*_answers(collect.run(self.hosts[sender], self.seconds,
                                          *words)), None)
        with self._watch(target, "in", way, marker, _PROBES, 0) as watching:
            came_back = _answers(collect.run(self.hosts[sender], self.seconds,
                                             *words))
            return (*came_back, {index for index, _ in
                                 _watched(watching.end())["probes"]})

    def _watch(self, name, direction, way, marker, seconds, count):
        """Starts to watch on host 'name' for packets of 'way', and for those
        with 'marker', if any, that go in 'direction', "in" or "out".  Returns
        a collect.Running.  Raises collect.HostError."""
        running = collect.Running(
            self.hosts[name], self.seconds + seconds, "ovs-oam", "agent",
            "watch", direction, *way,
            (marker or os.urandom(wire.MARKER)).hex(), str(seconds),
            str(count))
        try:
            if running.wait_line() != b"ready":
                raise collect.HostError("not an answer to \"agent watch\"")
        except collect.HostError:
            running.close()
            raise
        return running


def _watched(text):
    """Returns the object that "agent watch" printed, with the wire.Outer
    'outer' of each packet.  Raises collect.HostError."""
    seen = _object(text)
    try:
        for one in seen["flow"]:
            one["outer"] = wire.parse(bytes.fromhex(one["header"]))
            if not one["outer"] or not isinstance(one["device"], str):
                raise ValueError
            one["outer"] = one["outer"]._replace(
                length=int(one["length"]) & 0xffff)
        seen["probes"] = [(int(index), int(ttl))
                          for index, ttl in seen["probes"]]
        seen["others"] = {int(protocol): int(count)
                          for protocol, count in seen["others"].items()}
        seen["missed"] = int(seen["missed"])
        seen["down"] = list(map(str, seen["down"]))
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        raise collect.HostError("not an answer to \"agent watch\"") from None
    return seen


def _answers(text):
    """Returns {index: (address, ms, reason, MTU)} and {index: error} of what
    "agent probe" printed.  Raises collect.HostError."""
    came_back = _object(text)
    try:
        return ({int(index): (str(address), float(ms),
                              wire.REASONS[wire.REASONS.index(reason)],
                              int(mtu))
                 for index, address, ms, reason, mtu in came_back["answers"]},
                {int(index): str(reason)
                 for index, reason in came_back["errors"]})
    except (KeyError, OverflowError, TypeError, ValueError):
        raise collect.HostError("not an answer to \"agent probe\"") from None


def _object(text):
    """Returns the JSON object 'text'.  Raises collect.HostError."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise collect.HostError("not an answer to \"ovs-oam agent\"")
    return value
