# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Live traces of the switches of several hosts: "live/start" and so on."""

import json
import re
from typing import NamedTuple

from ovs.oam import collect

# Packets that a session reports, copies per second, and seconds until it ends
# by itself, if this program cannot end it.
COUNT, RATE, TIMEOUT = 100, 10, 300

_RX_NO_PORT = re.compile(
    r"(?:\S+ \(.*\): \d+ packets|  others), the last (\d+) s ago from (\S+) "
    r"to \S+, (?:key (\d+)|no key)\Z")


class NoInterface(collect.HostError):
    """A host has no tunnel port that receives a packet."""


class Session(NamedTuple):
    """A session on a Host, for packets that enter 'bridge' and match
    'match'."""
    host: object
    number: int
    bridge: str
    match: str


def start(host, bridge, match, seconds):
    """Starts a session on 'host' for packets that enter 'bridge', or any if it
    is "-", and match the OpenFlow match 'match'.  Returns the Session.  Raises
    collect.HostError."""
    answer = _ask(host, seconds, "live/start", bridge, match,
                  "count=%d" % COUNT, "rate=%d" % RATE, "timeout=%d" % TIMEOUT)
    # Until then, packets may have no copies.
    collect.appctl(host, seconds, "revalidator/wait")
    return Session(host, _integer(answer[0], "id"), bridge, match)


def show(session, seconds):
    """Returns (active, reports) of 'session': whether it takes more packets,
    and its reports, dictionaries as "live/show" prints them.  Raises
    collect.HostError."""
    answer = _ask(session.host, seconds, "live/show", str(session.number))
    return (answer[0].get("state") == "active",
            _reports(answer[0], "live/show"))


def stop(session, seconds):
    """Ends 'session'.  Raises collect.HostError."""
    collect.appctl(session.host, seconds, "live/stop", str(session.number))


def simulate(host, bridge, flow, kind, seconds):
    """Returns the reports of 'host' about a packet with the fields 'flow' that
    enters 'bridge', or the tunnel port of type 'kind' that receives it if that
    is not None.  Raises NoInterface if there is none, or another
    collect.HostError."""
    words = [bridge, flow] if kind is None else ["-", flow, kind]
    try:
        answer = _ask(host, seconds, "live/simulate", *words)
    except collect.HostError as error:
        if kind is not None and str(error).startswith("no interface "):
            raise NoInterface(str(error)) from None
        raise
    return _reports(answer[0], "live/simulate")


def inject(host, bridge, flow, seconds):
    """Has 'host' send a packet with the fields 'flow' as if it had entered
    'bridge'.  Raises collect.HostError, also if it would reach other ports
    than Geneve tunnels."""
    collect.appctl(host, seconds, "live/inject", bridge, flow)


def no_port(host, seconds):
    """Yields (seconds, address of the sender, key or None) for the last packet
    of each kind that 'host' has no interface for.  Raises
    collect.HostError."""
    answer = _json(collect.appctl(host, seconds, "tnl/rx_no_port"))
    text = answer.get("reply") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise collect.HostError("not an answer to \"tnl/rx_no_port\"")
    for match in map(_RX_NO_PORT.match, text.splitlines()):
        if match:
            yield int(match[1]), match[2], match[3]


def _json(text):
    """Returns the value of 'text', or None if it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _ask(host, seconds, *words):
    """Returns the answer to a command that prints an array of sessions."""
    answer = _json(collect.appctl(host, seconds, *words))
    if not isinstance(answer, list) or not answer \
            or not isinstance(answer[0], dict):
        raise collect.HostError("not an answer to \"%s\"" % words[0])
    return answer


def _reports(session, command):
    """Returns the reports of 'session', in the answer to 'command'.  Raises
    collect.HostError."""
    reports = session.get("reports")
    if not isinstance(reports, list) or not all(map(_is_report, reports)):
        raise collect.HostError("not an answer to \"%s\"" % command)
    return reports


def _integer(session, name):
    if not isinstance(session.get(name), int):
        raise collect.HostError("a session without \"%s\"" % name)
    return session[name]


def _is_report(report):
    """Returns whether 'report' has the members that this program uses."""
    return (isinstance(report, dict)
            and all(isinstance(report.get(name), kind) for name, kind in (
                ("digest", str), ("bridge", str), ("in_port", str),
                ("flow", str), ("recirc", int), ("length", int),
                ("stale", bool)))
            and isinstance(report.get("error", ""), str)
            and _are_nodes(report.get("trace"))
            and all(isinstance(report.get(name), list)
                    and all(isinstance(one, dict) for one in report[name])
                    for name in ("outputs", "tunnels"))
            and all(isinstance(tunnel.get(name, ""), str)
                    for tunnel in report["tunnels"]
                    for name in ("port", "type", "key", "local", "remote",
                                 "frame", "flow"))
            and all(isinstance(tunnel.get("dst_port", 0), int)
                    and 0 <= tunnel.get("dst_port", 0) <= 65535
                    for tunnel in report["tunnels"])
            and all(name in tunnel for tunnel in report["tunnels"]
                    for name in ("port", "type", "remote", "frame")))


def _are_nodes(nodes):
    return (isinstance(nodes, list)
            and all(isinstance(node, dict)
                    and isinstance(node.get("type"), str)
                    and isinstance(node.get("text"), str)
                    and _are_nodes(node.get("nodes", [])) for node in nodes))
