# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""What captures and probes say about the network between two hosts.  Nothing
here asks a host."""

import ipaddress
from typing import NamedTuple, Optional

from ovs.oam import wire

# The probes of a way: one for each TTL, some with other source ports, some as
# long as the packet.  A router may not count what is longer than SHORT.
HOPS, PORTS, LONG, SHORT = 16, 16, 3, 128
_TTL = 64
_PORT_MIN, _PORT_STEP = 49152, 1021

# The width of keys in the headers of a type, in bytes, and its protocols.
_KEYS = {"geneve": 3, "vxlan": 3, "nvgre": 3, "stt": 8, "gre": 4, "l2tpv3": 4,
         "gtpu": 4}
_PROTOCOLS = {"stt": (6,), "gre": (47,), "ip6gre": (47,), "nvgre": (47,),
              "erspan": (47,), "ip6erspan": (47,), "l2tpv3": (17, 115),
              "etherip": (97,)}
_UDP = (17,)

# What a router does that does not forward a packet.
_REASONS = {wire.REFUSED: "refuses them",
            wire.NO_HOST: "does not find the host they are for",
            wire.NO_ROUTE: "has no route for them"}


class Finding(NamedTuple):
    """The network between two hosts, as one flow meets it.

    'problem' says why no more is known, if so.  'sent' is the device by
    which packets of the flow left, 'arrived' that by which they arrived, ""
    if none did, None if that is not known.  If none left, 'down' is the
    device by which they should, if that has no link, and 'stuck' says that
    other packets of the tunnel's type left.  'hops' are routers
    (address or None, ms).  'reached' says whether probes arrived, 'long'
    whether those did that are as long as the packet, of 'length' bytes;
    'long_hops' how far these came otherwise.  'mtu' is (address, MTU) from a
    router, 'unsent' why the sender did not send such long probes.  'refused'
    is (address, one of wire.REASONS) of a router that did not forward probes.
    'ports' are the numbers of other source ports with which a probe arrived,
    and of all, 'lost_ports' those with which none did."""
    problem: str = ""
    sent: Optional[str] = None
    down: str = ""
    stuck: bool = False
    arrived: Optional[str] = None
    hops: tuple = ()
    reached: Optional[bool] = None
    length: int = 0
    long: Optional[bool] = None
    long_hops: tuple = ()
    mtu: Optional[tuple] = None
    unsent: Optional[str] = None
    refused: Optional[tuple] = None
    ports: Optional[tuple] = None
    lost_ports: tuple = ()


class Look(NamedTuple):
    """Paths to look at: packets that 'sender' sends through 'tunnel' to the
    host 'target', or None if that cannot be asked, of 'size' bytes and from
    each of 'ports', 0 for that of the next packet of the tunnel."""
    sender: str
    target: Optional[str]
    tunnel: dict
    ports: tuple
    size: int


def needles(tunnel):
    """Returns the bytes by which a packet of 'tunnel', of a report, is known,
    in order: its key, and its frame's addresses and ports.  Raises
    ValueError."""
    fields = dict(field.partition("=")[::2]
                  for field in tunnel["frame"].split(","))
    found = []
    for source, target in (("nw_src", "nw_dst"), ("ipv6_src", "ipv6_dst")):
        if source in fields and target in fields:
            found.append(b"".join(ipaddress.ip_address(fields[name]).packed
                                  for name in (source, target)))
    if "dl_src" in fields and "dl_dst" in fields:
        found.append(b"".join(bytes.fromhex(fields[name].replace(":", ""))
                              for name in ("dl_dst", "dl_src")))
    if "tp_src" in fields and "tp_dst" in fields:
        found.append(b"".join((int(fields[name]) & 0xffff).to_bytes(2, "big")
                              for name in ("tp_src", "tp_dst")))
    if not found:
        raise ValueError("no address in \"%s\"" % tunnel["frame"])
    width = _KEYS.get(tunnel["type"])
    if width and "key" in tunnel:
        found.insert(0, (int(tunnel["key"]) & (1 << 8 * width) - 1).to_bytes(
            width, "big"))
    return found


def outer(tunnel, source, source_port=_PORT_MIN):
    """Returns the wire.Outer of what 'tunnel', of a report, sends from the
    address 'source', with 'source_port' if it has ports.  Raises
    ValueError."""
    port = tunnel.get("dst_port")
    protocols = _PROTOCOLS.get(tunnel["type"], _UDP)
    protocol = protocols[0] if port else protocols[-1]
    if protocol in (wire.TCP, wire.UDP) and not port:
        raise ValueError("no probes for type %s" % tunnel["type"])
    return wire.compose(source, tunnel["remote"], protocol,
                        (source_port, port)
                        if protocol in (wire.TCP, wire.UDP) else None)


def is_stuck(kind, others):
    """Returns whether 'others', numbers of packets by protocol, has some that
    may be of tunnels of type 'kind'."""
    return any(others.get(protocol)
               for protocol in _PROTOCOLS.get(kind, _UDP))


def way_probes():
    """Returns the probes, (TTL, size, source port), that find the hops."""
    return [(ttl, SHORT, 0) for ttl in range(1, HOPS + 1)]


def paths_probes(ports, size):
    """Returns the probes of 'size' bytes, or as long as one can be, that find
    the hops from each of 'ports'."""
    return [(ttl, min(size, wire.SIZE_MAX), port)
            for port in ports for ttl in range(1, HOPS + 1)]


def paths(n, answers, errors, arrived):
    """Returns a Finding for each of the 'n' ports of paths_probes(), from what
    came back, as for loss()."""
    findings = []
    for first in range(0, n * HOPS, HOPS):
        own = range(first, first + HOPS)
        hops, reached, refused = way(
            {index - first: answers[index] for index in own
             if index in answers},
            None if arrived is None else
            {index - first for index in arrived if index in own})
        findings.append(Finding(
            next((errors[index] for index in own if index in errors), ""),
            hops=hops, reached=reached, refused=refused))
    return findings


def loss_probes(outer):
    """Returns the probes that find out more about a loss, for a packet with
    the wire.Outer 'outer'."""
    probes = [(_TTL, _length(outer), 0)] * LONG if outer.length > SHORT else []
    if outer.ports:
        probes += [(_TTL, SHORT, _PORT_MIN + i * _PORT_STEP)
                   for i in range(PORTS)]
    return probes


def long_probes(outer):
    """Returns the probes that find how far packets of the length of 'outer'
    come."""
    return [(ttl, _length(outer), 0) for ttl in range(1, HOPS + 1)]


def _length(outer):
    """Returns the length of a probe that is as long as the packet with the
    headers 'outer', if there is one."""
    return min(outer.length, wire.SIZE_MAX)


def way(answers, arrived):
    """Returns (hops, reached, refused), as in a Finding, from what came back
    for way_probes() or long_probes(): 'answers' is {index: (address, ms,
    reason, MTU)}, 'arrived' the indexes of probes that arrived, or None if
    that is not known."""
    hops = []
    nothing = None, 0, wire.EXPIRED, 0
    address, _, reason, mtu = answers.get(wire.FLOW, nothing)
    refused = None
    if reason != wire.EXPIRED and not mtu:
        refused = address, reason
    for index in range(HOPS):
        if arrived and index in arrived:
            break
        address, ms, reason, mtu = answers.get(index, nothing)
        if reason != wire.EXPIRED:
            refused = refused if mtu else (address, reason)
            break
        hops.append((address, ms))
    reached = None if arrived is None else any(
        index in arrived for index in range(HOPS))
    while hops and not reached and hops[-1][0] is None:
        hops.pop()
    return tuple(hops), reached, refused


def loss(outer, first, answers, errors, arrived):
    """Returns (long, mtu, unsent, ports, lost_ports), as in a Finding, from
    what came back for loss_probes(), whose indexes begin at 'first'.  'errors'
    are {index: reason} of those that were not sent."""
    known_long, mtu, ports, lost = None, None, None, ()
    probes = loss_probes(outer)
    n = len(probes)
    n_long = LONG if outer.length > SHORT else 0
    if n_long:
        known_long = any(first + i in arrived for i in range(n_long))
        for index in (wire.FLOW, *range(first, first + n_long)):
            address, _, _, limit = answers.get(index, ("", 0, "", 0))
            if limit:
                mtu = (address, limit)
    if n > n_long:
        lost = tuple(probes[i][2] for i in range(n_long, n)
                     if first + i not in arrived)
        ports = n - n_long - len(lost), n - n_long
    return (known_long, mtu, errors.get(first) if n_long else None, ports,
            lost)


def is_lossy(finding):
    """Returns whether probes of 'finding' were lost that should have arrived
    as the others."""
    return (finding.reached is False or bool(finding.refused)
            or bool(finding.lost_ports))


def describe(finding, sender, target):
    """Returns (kind, lines) of the verdict on packets of a flow that 'sender'
    sent and the switch of 'target' did not get, or None if 'finding' does not
    tell."""
    if finding is None:
        return None
    if finding.down:
        return "HOST", ["host %s: %s has no link" % (sender, finding.down)]
    if finding.stuck:
        return "HOST", [
            "host %s: its switch sends them, but none leaves by a device"
            % sender]
    if finding.sent is None:
        return None
    if finding.arrived:
        return "HOST", [
            "host %s: they arrive at %s, but its switch takes none"
            % (target, finding.arrived)]
    lines = ["between %s and %s: %s" % (
        sender, target, "they leave by %s and do not arrive" % finding.sent
        if finding.sent else "probes do not arrive")]
    if finding.reached and finding.long is False:
        lines += _describe_long(finding)
    elif finding.refused:
        address, reason = finding.refused
        lines.append("%s %s" % (address, _REASONS[reason]))
    elif finding.reached:
        lines.append("probes with the same outer headers and length arrive")
    elif finding.reached is False:
        lines.append(_behind(finding.hops))
    if finding.ports:
        lines.append("with other source ports, %d of %d probes arrive"
                     % finding.ports)
    return "PHYSICAL", lines


def _describe_long(finding):
    """Returns lines about packets that are too long."""
    lines = ["packets of %d bytes are lost, of %d bytes not: the MTU"
             % (finding.length, SHORT)]
    if finding.mtu:
        lines.append("%s says that the MTU is %d" % finding.mtu)
    elif finding.unsent:
        lines.append("the sender says: %s" % finding.unsent)
    else:
        lines.append(_behind(finding.long_hops))
    return lines


def _behind(hops):
    """Returns a line about packets that are lost behind 'hops'."""
    if not hops:
        return "lost before any router answers"
    return "lost behind %s, the last router that answers" % hops[-1][0]
