# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""What "ovs-oam trace" runs on a host to look at the network below it:
captures of packets between two hosts, and probes with the headers of such a
packet."""

import ctypes
import fcntl
import ipaddress
import json
import select
import socket
import struct
import sys
import time

from ovs.oam import wire

# Not in Python's module "socket".
_ETH_P_ALL, _ETH_P_8021Q, _SO_ATTACH_FILTER = 3, 0x8100, 26
_PACKET_STATISTICS, _SOL_PACKET = 6, 263
_SIOCGIFMTU, _SIOCGIFFLAGS, _IFF_RUNNING = 0x8921, 0x8913, 0x40

# The length of a VLAN header.  Linux removes it, but not from packets that the
# switch sends with one; whether it skips that depends on its version.
_VLAN = 4

# As many bytes of a packet as are looked at: the longest Geneve options, and
# the headers on both sides of them.
_CAPTURE = 512
_BUFFER = 4 * 1024 * 1024

# The time from one probe to the next, that after which unanswered ones are sent
# again, and that to look at packets at the end, in seconds.
_GAP, _AGAIN, _GRACE = .001, .1, .05
PROBES_MAX = 64


class AgentError(Exception):
    """What cannot be done here.  The message gives the reason."""


def watch(incoming, sources, target, needles, marker, seconds, count):
    """Prints "ready", then, after 'seconds', or at the end of the standard
    input, or as soon as it has seen 'count' packets that contain 'needles' if
    that is not 0, what it has seen of the packets from 'sources' to 'target'
    that came in, if 'incoming', or left: an object with

      flow    packets with 'needles', by device: the last one's headers
      probes  probes with 'marker': their index and TTL
      others  how many other packets, by protocol
      missed  how many packets it could not look at
      down    devices that have no link, or are not up"""
    flow, probes, others = {}, {}, {}
    with _packet_socket(sources, target) as sock:
        print("ready", flush=True)
        end = time.monotonic() + seconds
        inputs = [sock, sys.stdin]
        seen = 0
        while not seen or seen != count:
            left = end - time.monotonic()
            ready = select.select(inputs, [], [], left)[0] if left > 0 else []
            if not ready:
                break
            if sys.stdin in ready:
                # Look at what has arrived by now.
                inputs.remove(sys.stdin)
                end = min(end, time.monotonic() + _GRACE)
            if sock not in ready:
                continue
            packet, address = sock.recvfrom(_CAPTURE)
            packet, outer = _find(packet, sources, target)
            if not outer or incoming == (
                    address[2] == socket.PACKET_OUTGOING):
                continue
            index = wire.index_of(packet, marker)
            if index is not None:
                probes[index] = outer.ttl
            elif wire.contains(packet[_skip(packet):], needles):
                seen += 1
                flow[address[0]] = outer
            else:
                others[outer.protocol] = others.get(outer.protocol, 0) + 1
        missed = struct.unpack("=II", sock.getsockopt(
            _SOL_PACKET, _PACKET_STATISTICS, 8))[1]
        # A packet that the device will segment is longer than its MTU.
        packets = [{"device": device, "header": outer.header.hex(),
                    "length": min(outer.length, _mtu(sock, device))}
                   for device, outer in flow.items()]
        down = [device for _, device in socket.if_nameindex()
                if not _flags(sock, device) & _IFF_RUNNING]
    json.dump({"flow": packets, "probes": sorted(probes.items()),
               "others": others, "missed": missed, "down": down}, sys.stdout)


def probe(header, marker, milliseconds, probes):
    """Sends 'probes', (TTL, size, source port) each, with the headers
    'header', and prints the answers that come until 'milliseconds' after that:
    an object with

      answers  index, or wire.FLOW for what the host sends itself; address,
               time in ms, one of wire.REASONS, MTU
      errors   index and reason of probes that this host refuses to send"""
    outer = wire.parse(header)
    if not outer:
        raise AgentError("malformed header")
    packets = [wire.probe(outer, index, ttl, size, port, marker)
               for index, (ttl, size, port) in enumerate(probes)]
    answers, errors = {}, {}
    family = socket.AF_INET if outer.version == 4 else socket.AF_INET6
    icmp = (socket.IPPROTO_ICMP if outer.version == 4
            else socket.IPPROTO_ICMPV6)
    with _local(outer.source, family, icmp) as receiver, socket.socket(
            family, socket.SOCK_RAW, socket.IPPROTO_RAW) as sender:
        times = {wire.FLOW: time.monotonic()}
        for wait in _AGAIN, milliseconds / 1000:
            for index, packet in enumerate(packets):
                if index in answers or index in errors:
                    continue
                times[index] = time.monotonic()
                try:
                    sender.sendto(packet, (outer.target, 0))
                except OSError as error:
                    errors[index] = error.strerror
                _receive(receiver, outer, marker, times, answers, _GAP)
            _receive(receiver, outer, marker, times, answers, wait)
    json.dump({"answers": [[index, *answer]
                           for index, answer in sorted(answers.items())],
               "errors": sorted(errors.items())}, sys.stdout)


def _find(packet, sources, target):
    """Returns 'packet' without a VLAN header, and its wire.Outer, or None if
    it is not from one of 'sources' to 'target'."""
    for begin in 0, _VLAN:
        outer = wire.parse(packet[begin:])
        if outer and outer.source in sources and outer.target == target:
            return packet[begin:], outer
    return packet, None


def _receive(receiver, outer, marker, times, answers, seconds):
    """Adds to 'answers' what 'receiver' gets in 'seconds' to the probes whose
    'times' of sending are known."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([receiver], [], [], left)[0]:
            return
        message, address = receiver.recvfrom(_CAPTURE)
        error = wire.error(message, outer, marker, PROBES_MAX)
        if error and error.index in times and error.index not in answers:
            answers[error.index] = (
                address[0], round((time.monotonic() - times[error.index])
                                  * 1000, 3), error.reason, error.mtu)


def _mtu(sock, device):
    """Returns the MTU of 'device', or a large number if it is not there."""
    return _query(sock, device, _SIOCGIFMTU, "i", 65535)


def _flags(sock, device):
    """Returns the flags of 'device', or 0 if it is not there."""
    return _query(sock, device, _SIOCGIFFLAGS, "H", 0)


def _query(sock, device, request, form, default):
    """Returns what ioctl 'request' says of 'device', in the format 'form', or
    'default' if that fails."""
    try:
        answer = fcntl.ioctl(sock, request,
                             struct.pack("16s24x", device.encode()))
        return struct.unpack_from(form, answer, 16)[0]
    except OSError:
        return default


def _skip(packet):
    """Returns the length of the IP header of 'packet', which needles do not
    match."""
    return (packet[0] & 15) * 4 if packet[0] >> 4 == 4 else 40


def _local(source, family, protocol):
    """Returns a raw socket for 'protocol' that is bound to 'source': so that
    nobody sends from an address that is not this host's.  Raises
    AgentError."""
    sock = _socket(family, socket.SOCK_RAW, protocol)
    try:
        sock.bind((source, 0))
    except OSError as error:
        sock.close()
        raise AgentError("%s: %s" % (source, error.strerror)) from None
    return sock


def _packet_socket(sources, target):
    """Returns a packet socket that gets what any device sends and receives
    from one of 'sources', and maybe others, to 'target'.  Raises
    AgentError."""
    sock = _socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                   socket.htons(_ETH_P_ALL))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    _attach(sock, _filter(sources, target))
    # What came before it had the filter.
    while select.select([sock], [], [], 0)[0]:
        sock.recv(1)
    return sock


def _socket(*arguments):
    try:
        return socket.socket(*arguments)
    except OSError as error:
        raise AgentError("no raw socket: %s" % error.strerror) from None


def _filter(sources, target):
    """Returns a program of classic BPF for IP packets to 'target', and from
    'sources' if that is one, also behind a VLAN header."""
    target = ipaddress.ip_address(target)
    at, size = (12, 4) if target.version == 4 else (8, 16)
    tests = [(0x50, 0, 0xf0, target.version << 4)]      # ldb [x]; and 0xf0
    addresses = [(at + size, target.packed)]
    if len(sources) == 1:
        addresses.append((at, ipaddress.ip_address(sources[0]).packed))
    for at, address in addresses:
        words = struct.unpack(">%dI" % (len(address) // 4), address)
        tests += [(0x40, at + 4 * i, 0xffffffff, word)  # ld [x + at + 4 * i]
                  for i, word in enumerate(words)]
    program = []
    for i, (load, offset, mask, value) in enumerate(tests):
        to_end = 3 * (len(tests) - i) - 2
        program += [(load, 0, 0, offset), (0x54, 0, 0, mask),
                    (0x15, 0, to_end, value)]
    accept, reject = (0x06, 0, 0, 0x40000), (0x06, 0, 0, 0)     # ret
    return [*program, accept,
            (0x28, 0, 0, 0xfffff000),                   # ldh [protocol]
            (0x15, 1, 0, _ETH_P_8021Q), reject,
            (0x01, 0, 0, _VLAN),                        # ldx 4
            *program, accept, reject]


def _attach(sock, program):
    """Attaches the classic BPF 'program' to 'sock'."""
    code = ctypes.create_string_buffer(b"".join(
        struct.pack("=HBBI", *instruction) for instruction in program))
    sock.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack(
        "@HP", len(program), ctypes.addressof(code)))
