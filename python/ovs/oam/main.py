# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The command line of ovs-oam(8)."""

import argparse
import calendar
import ipaddress
import json
import os
import re
import shlex
import signal
import socket
import sys
import threading
import time

import ovs.dirs
import ovs.version
from ovs.oam import (access, agent, collect, dry, health, inventory, ipfix,
                     path, poller, prober, server, trace, usage, view, wire)
from ovs.oam.record import Busy, Record, RecordError

_UNITS = {"m": 60, "h": 3600, "d": 86400}
_DATES = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S",
          "%Y-%m-%dT%H:%M:%SZ")


class UsageError(Exception):
    """A wrong command line.  Its message says why."""


def main():
    """Runs the command.  Returns its exit status."""
    # Whatever the locale, names that it cannot print are no error.
    sys.stdout.reconfigure(errors="backslashreplace")
    arguments = _parser().parse_args()
    try:
        return arguments.run(arguments)
    except (UsageError, inventory.InventoryError, access.AccessError,
            RecordError, trace.TraceError, agent.AgentError) as error:
        _say(str(error))
    except BrokenPipeError:
        # So that Python does not fail again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    return 1


def _parser():
    parser = argparse.ArgumentParser(
        prog="ovs-oam", description="Usage of tenants, the way of a packet, "
        "and what is wrong, over all hosts.",
        epilog="ovs-oam(8) explains it.", allow_abbrev=False)
    parser.add_argument("-V", "--version", action="version",
                        version="ovs-oam (Open vSwitch) %s"
                        % ovs.version.VERSION)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _usage_parser(commands)
    _serve_parser(commands)
    _trace_parser(commands)
    _health_parser(commands)
    _agent_parser(commands)
    return parser


def _command(commands, name, run, about):
    """Adds the command 'name' and returns its parser, which has the options
    that all commands have."""
    parser = commands.add_parser(name, help=about, description=about,
                                 allow_abbrev=False)
    parser.set_defaults(run=run)
    parser.add_argument("--hosts", metavar="FILE",
                        help="inventory of the hosts")
    parser.add_argument("--timeout", metavar="SECONDS", type=_seconds,
                        default=10, help="how long to wait for a host "
                        "(default: %(default)s)")
    return parser


def _counting_command(commands, name, run, about):
    """Adds the command 'name', which counts, and returns its parser."""
    parser = _command(commands, name, run, about)
    parser.add_argument("--record", metavar="FILE",
                        default=os.path.join(ovs.dirs.DBDIR, "oam.db"),
                        help="the record (default: %(default)s)")
    parser.add_argument("--edge-set", metavar="N", type=_u32, default=900,
                        help="collector set that counts at the edge "
                        "(default: %(default)s)")
    parser.add_argument("--edge-out", metavar="POINT", type=_u32, default=1,
                        help="its point for packets out of a tenant's network "
                        "(default: %(default)s)")
    parser.add_argument("--edge-in", metavar="POINT", type=_u32, default=2,
                        help="its point for packets into it (default: "
                        "%(default)s)")
    parser.add_argument("--edge-tenant", metavar="DOMAIN=TENANT", default=[],
                        type=_edge_tenant, action="append",
                        help="the tenant of a domain, if it is another number")
    return parser


def _usage_parser(commands):
    parser = _counting_command(
        commands, "usage", _usage,
        "Poll the hosts, and print usage by tenant and remote.")
    parser.add_argument("--vni", metavar="N", dest="tenant", type=_tenant,
                        help="only the tenant with this key")
    parser.add_argument("--remote", metavar="ADDRESS", type=_address,
                        help="only tunnels to and from there")
    parser.add_argument("--host", metavar="NAME", help="only this host")
    times = parser.add_mutually_exclusive_group()
    times.add_argument("--since", metavar="TIME", type=_date,
                       help="only since then, for example 2026-11-01")
    times.add_argument("--last", metavar="LENGTH", type=_length,
                       help="only the last, for example, 24h, 30d or 15m")
    parser.add_argument("--bytes", action="store_true",
                        help="print bytes, not KiB and so on")
    parser.add_argument("--json", action="store_true",
                        help="print JSON, with exact numbers")


def _serve_parser(commands):
    parser = _counting_command(
        commands, "serve", _serve,
        "Poll the hosts, keep the record, and serve it.")
    parser.add_argument("--interval", metavar="SECONDS", type=_seconds,
                        default=10, help="how often to poll the hosts "
                        "(default: %(default)s)")
    parser.add_argument("--listen", metavar="ADDRESS:PORT",
                        default="127.0.0.1:9475",
                        help="where to serve (default: %(default)s)")
    parser.add_argument("--certificate", metavar="FILE",
                        help="certificate for TLS")
    parser.add_argument("--private-key", metavar="FILE", help="its key")
    parser.add_argument("--token-file", metavar="FILE",
                        help="file with the token that requests must have")
    parser.add_argument("--ipfix", metavar="HOST:PORT", type=_collector,
                        help="send IPFIX to this collector")
    parser.add_argument("--textfile", metavar="FILE",
                        help="write metrics there for the node exporter")
    parser.add_argument("--once", action="store_true",
                        help="poll once, write --textfile and --ipfix, and "
                        "exit")


def _trace_parser(commands):
    parser = _command(commands, "trace", _trace,
                      "Follow a packet that a tenant sends from host to host.")
    parser.add_argument("host", metavar="HOST",
                        help="where the packet enters")
    parser.add_argument("bridge", metavar="BRIDGE", help="and the bridge")
    parser.add_argument("match", metavar="MATCH",
                        help="which packet, as for ovs-ofctl, for example "
                        "in_port=vm1,tcp,tp_dst=443")
    parser.add_argument("--wait", metavar="SECONDS", type=_seconds,
                        default=30, help="how long to wait for packets "
                        "(default: %(default)s)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--dry", action="store_true",
                     help="wait for no packet: tell from the tables what "
                     "would happen to one with the fields MATCH")
    how.add_argument("--inject", action="store_true",
                     help="send packets with the fields MATCH, which reach "
                     "no tenant; over Geneve only")
    parser.add_argument("--no-probes", action="store_true",
                        help="send no probes between the hosts")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _health_parser(commands):
    parser = _command(commands, "health", _health,
                      "Say what is wrong between the hosts, and where.")
    parser.add_argument("host", metavar="HOST", nargs="*",
                        help="ask only these hosts")
    parser.add_argument("--no-probes", action="store_true",
                        help="send no probes between the hosts")
    parser.add_argument("--json", action="store_true", help="print JSON")


def _agent_parser(commands):
    parser = commands.add_parser(
        "agent", help="(used by \"trace\" and \"health\" on the hosts)",
        allow_abbrev=False,
        description="Look at the network between two hosts.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    parser = commands.add_parser(
        "watch", allow_abbrev=False, help="capture headers of a flow",
        description="Capture headers of packets from SOURCE to TARGET that "
        "contain all NEEDLEs, and probes with MARKER.")
    parser.set_defaults(run=_watch)
    parser.add_argument("direction", choices=("in", "out"))
    parser.add_argument("sources", metavar="SOURCE[,SOURCE]...",
                        type=lambda text: list(map(_address,
                                                   text.split(","))))
    parser.add_argument("target", metavar="TARGET", type=_address)
    parser.add_argument("needles", metavar="NEEDLE[,NEEDLE]...", type=_needles)
    parser.add_argument("marker", metavar="MARKER", type=_marker)
    parser.add_argument("seconds", metavar="SECONDS", type=_seconds)
    parser.add_argument("count", metavar="COUNT", type=_u32)
    parser = commands.add_parser(
        "probe", allow_abbrev=False, help="send probes",
        description="Send PROBEs with the headers HEADER.")
    parser.set_defaults(run=_probe)
    parser.add_argument("header", metavar="HEADER", type=_hex)
    parser.add_argument("marker", metavar="MARKER", type=_marker)
    parser.add_argument("milliseconds", metavar="MILLISECONDS", type=_seconds)
    parser.add_argument("probes", metavar="TTL:SIZE:PORT[,TTL:SIZE:PORT]...",
                        type=_probes)


def _watch(arguments):
    agent.watch(arguments.direction == "in", arguments.sources,
                arguments.target, arguments.needles, arguments.marker,
                arguments.seconds, arguments.count)
    return 0


def _probe(arguments):
    agent.probe(arguments.header, arguments.marker, arguments.milliseconds,
                arguments.probes)
    return 0


def _trace(arguments):
    hosts = _hosts(arguments)
    owners = inventory.names(hosts)
    where = arguments.host, arguments.bridge, arguments.match
    if arguments.dry:
        steps, verdict = dry.Simulator(hosts, owners, arguments.timeout,
                                       not arguments.no_probes).run(*where)
    else:
        tracer = trace.Tracer(hosts, owners, arguments.timeout,
                              not arguments.no_probes)
        steps, verdict = (
            dry.inject(tracer, *where, arguments.wait) if arguments.inject
            else tracer.run(*where, arguments.wait))
    if arguments.json:
        print(json.dumps({"steps": [step._asdict() for step in steps],
                          "verdict": verdict._asdict()}, indent=2))
    else:
        sys.stdout.write(trace.table(steps, verdict))
    sys.stdout.flush()
    return path.STATUS[verdict.kind]


def _health(arguments):
    hosts = {host.name: host for host in _hosts(arguments)}
    for name in arguments.host:
        if name not in hosts or hosts[name].via is None:
            raise UsageError("no host \"%s\" to ask in the inventory" % name)
    site = health.Site(
        collect.gather(collect.ask_sessions,
                       [hosts[name] for name
                        in dict.fromkeys(arguments.host) or hosts],
                       arguments.timeout), hosts)
    looks = {} if arguments.no_probes else site.looks()
    verdicts = site.judge(
        looks, prober.Prober(hosts, arguments.timeout).look_all(looks),
        shlex.join(["ovs-oam", "trace", *(["--hosts", arguments.hosts]
                                          if arguments.hosts else [])]))
    if arguments.json:
        print(json.dumps({
            "verdicts": [verdict._asdict() for verdict in verdicts],
            "notes": site.notes()}, indent=2))
    else:
        sys.stdout.write(health.table(verdicts, site.notes()))
    sys.stdout.flush()
    return path.STATUS[verdicts[0].kind] if verdicts else 0


def _usage(arguments):
    hosts, site = _site(arguments)
    log = poller.Log(_say)
    now = None
    try:
        with Record(arguments.record, write=True) as record:
            now = poller.Poller(collect.ask_counters, hosts,
                                arguments.timeout, record, log, ()).poll()
    except Busy:
        # "ovs-oam serve" writes it, every few seconds.
        pass
    with Record(arguments.record, write=False) as record:
        now = now or view.read(record, time.time_ns() // 1000000)
        if arguments.host not in (None, *now.hosts):
            raise UsageError("no host \"%s\" on record" % arguments.host)
        since = arguments.since
        if arguments.last:
            since = now.time - arguments.last * 1000
        if since is not None:
            # Samples are sums at the end of a minute.
            since -= since % 60000
        before = record.sums_at(since) if since is not None else None
    counted = usage.count(now, site, arguments.tenant, arguments.remote,
                          arguments.host, since, before)
    if arguments.json:
        sys.stdout.write(usage.to_json(counted))
    else:
        sys.stdout.write(usage.table(counted, arguments.bytes))
    sys.stdout.flush()
    return 1 if log.count else 0


def _serve(arguments):
    hosts, site = _site(arguments)
    may = access.check(arguments.listen, arguments.certificate,
                       arguments.private_key, arguments.token_file)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Record(arguments.record, write=True) as record:
        sinks = []
        if arguments.textfile:
            sinks.append((arguments.textfile,
                          lambda now: poller.write_textfile(
                              arguments.textfile, now, site)))
        if arguments.ipfix:
            exporter = ipfix.Exporter(*arguments.ipfix)
            sinks.append(("IPFIX to %s port %d" % arguments.ipfix,
                          lambda now: exporter.send(now, site)))
        log = poller.Log(_say)
        question = collect.ask_all, hosts, arguments.timeout
        if arguments.once:
            poller.Poller(*question, record, log, sinks).poll()
            return 1 if log.count else 0
        content = server.Content(
            site, lambda: Record(arguments.record, write=False), RecordError)
        sinks.append(("metrics", content.publish))
        try:
            listener = server.Server(may, content)
        except OSError as error:
            raise UsageError("%s: %s" % (arguments.listen,
                                         error.strerror)) from None
        poller.in_thread(listener)
        _say("serving at %s://%s/" % ("https" if may.tls else "http",
                                      _where(listener.server_address)))
        poller.Poller(*question, record, log, sinks).run(arguments.interval,
                                                         stop)
        listener.shutdown()
        listener.server_close()
    return 0


def _hosts(arguments):
    """Returns the hosts of the inventory.  Raises
    inventory.InventoryError."""
    name = arguments.hosts or os.path.join(ovs.dirs.DBDIR, "oam.hosts")
    if not arguments.hosts and not os.path.exists(name):
        return [inventory.Host(socket.gethostname(), (), ())]
    hosts, problems = inventory.read(name)
    for problem in problems:
        _say(problem)
    return hosts


def _site(arguments):
    """Returns (hosts, Site) as the options and the inventory say.  Raises
    UsageError, inventory.InventoryError."""
    if arguments.edge_in == arguments.edge_out:
        raise UsageError("--edge-in and --edge-out are the same point")
    hosts = _hosts(arguments)
    return hosts, view.Site(
        inventory.names(hosts),
        {host.name: host.vtep for host in hosts if host.vtep},
        arguments.edge_set, arguments.edge_out, arguments.edge_in,
        dict(arguments.edge_tenant))


def _say(message):
    print("ovs-oam: %s" % message, file=sys.stderr, flush=True)


def _where(address):
    """Returns the address of a socket as in a URL."""
    host, port = address[:2]
    return ("[%s]:%d" if ":" in host else "%s:%d") % (host, port)


def _argument(message):
    return argparse.ArgumentTypeError(message)


def _seconds(text):
    if not re.match(r"[1-9][0-9]{0,4}\Z", text):
        raise _argument("\"%s\" is not a number of seconds from 1 to 99999"
                        % text)
    return int(text)


def _u32(text):
    if not re.match(r"[0-9]{1,10}\Z", text) or int(text) >= 2**32:
        raise _argument("\"%s\" is not a number of 32 bits" % text)
    return int(text)


def _hex(text):
    if not re.match(r"([0-9a-f]{2})+\Z", text):
        raise _argument("\"%s\" is not hexadecimal" % text)
    return bytes.fromhex(text)


def _needles(text):
    return [_hex(word) for word in text.split(",")]


def _marker(text):
    if len(_hex(text)) != wire.MARKER:
        raise _argument("\"%s\" is not %d bytes" % (text, wire.MARKER))
    return _hex(text)


def _probes(text):
    probes = []
    for word in text.split(","):
        match = re.match(r"([0-9]{1,3}):([0-9]{1,5}):([0-9]{1,5})\Z", word)
        ttl, size, port = map(int, match.groups()) if match else (0, 0, 0)
        if not (0 < ttl < 256 and port < 65536
                and wire.SIZE_MIN <= size <= wire.SIZE_MAX):
            raise _argument("\"%s\" is not TTL:SIZE:PORT" % word)
        probes.append((ttl, size, port))
    if len(probes) > agent.PROBES_MAX:
        raise _argument("more than %d probes" % agent.PROBES_MAX)
    return probes


def _tenant(text):
    if not re.match(r"([0-9]{1,20})?\Z", text) or int(text or 0) >= 2**64:
        raise _argument("\"%s\" is not a number of 64 bits" % text)
    return str(int(text)) if text else ""


def _edge_tenant(text):
    domain, equal, tenant = text.partition("=")
    if not equal:
        raise _argument("\"%s\" is not DOMAIN=TENANT" % text)
    return _u32(domain), _tenant(tenant)


def _address(text):
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise _argument("\"%s\" is not an IP address" % text) from None


def _length(text):
    match = re.match(r"([1-9][0-9]{0,4})([mhd])\Z", text)
    if not match:
        raise _argument("\"%s\" is not a length such as 15m, 24h or 30d"
                        % text)
    return int(match[1]) * _UNITS[match[2]]


def _date(text):
    for form in _DATES:
        try:
            return calendar.timegm(time.strptime(text, form)) * 1000
        except ValueError:
            pass
    raise _argument("\"%s\" is not a time such as 2026-11-01 or \"2026-11-01 "
                    "12:00\", in UTC" % text)


def _collector(text):
    host, colon, port = text.rpartition(":")
    if not colon:
        host, port = text, str(ipfix.PORT)
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not re.match(r"[0-9]{1,5}\Z", port) \
            or not 0 < int(port) < 65536:
        raise _argument("\"%s\" is not HOST or HOST:PORT" % text)
    return host, int(port)
