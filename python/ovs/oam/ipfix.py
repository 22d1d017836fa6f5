# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""IPFIX messages (RFC 7011) with total counters, over UDP.

Every message has the template of its records, so that a collector needs no
earlier one, and total counters lose nothing when a datagram is lost.  An
observation domain is a host of the record."""

import ipaddress
import socket
import struct

from ovs.oam import series

PORT = 4739
# How often the sums are sent, in s.
INTERVAL = 60
# Larger datagrams would be fragmented.
_MESSAGE_MAX = 1400
_HEADER = struct.Struct("!HHLLL")
_SET = struct.Struct("!HH")
_TEMPLATE_SET = 2
_VARIABLE = 0xffff
# The enterprise of Open vSwitch's own IPFIX exporter, for keys of any size.
_ENTERPRISE = 6876

# Information elements: number, size.
_EXPORTER4, _EXPORTER6 = (130, 4), (131, 16)
_INTERFACE_NAME = (82, _VARIABLE)
_LAYER2_SEGMENT_ID = (351, 8)
_TUNNEL_KEY = (892, _VARIABLE, _ENTERPRISE)
_FLOW_DIRECTION = (61, 1)
_OBSERVATION_POINT = (138, 4)
_OCTETS, _PACKETS, _DROPPED = (85, 8), (86, 8), (135, 8)
_START, _END = (152, 8), (153, 8)

_TUNNEL = (_INTERFACE_NAME, _LAYER2_SEGMENT_ID, _TUNNEL_KEY, _FLOW_DIRECTION,
           _OCTETS, _PACKETS, _DROPPED, _START, _END)
_EDGE = (_INTERFACE_NAME, _LAYER2_SEGMENT_ID, _TUNNEL_KEY, _FLOW_DIRECTION,
         _OBSERVATION_POINT, _OCTETS, _PACKETS, _START, _END)
TEMPLATES = {256: (_EXPORTER4, *_TUNNEL), 257: (_EXPORTER6, *_TUNNEL),
             258: (_EXPORTER4, *_EDGE), 259: (_EXPORTER6, *_EDGE)}

# flowDirection.
_INGRESS, _EGRESS = 0, 1
# The top octet of layer2SegmentId.  Other encapsulations have none.
_ENCAPSULATIONS = {"vxlan": 1, "gre": 2, "ip6gre": 2, "nvgre": 2}


class Exporter:
    """Sends the sums to the collector at 'host' and 'port'."""

    def __init__(self, host, port):
        self._address = (host, port)
        self._socket = None
        # Data records sent of each domain (RFC 7011, section 3.1).
        self._sent = {}
        self._last = 0

    def send(self, view, site):
        """Sends 'view', unless it is too early.  Raises OSError."""
        if view.time - self._last < INTERVAL * 1000:
            return
        self._last = view.time
        try:
            if not self._socket:
                self._socket = _connect(self._address)
            for domain, template, records in _batches(view, site):
                sent = self._sent.get(domain, 0)
                self._socket.send(message(domain, sent, view.time // 1000,
                                          template, records))
                self._sent[domain] = (sent + len(records)) % 2**32
        except OSError:
            # The address of the name may have changed.
            self.close()
            raise

    def close(self):
        if self._socket:
            self._socket.close()
        self._socket, self._sent = None, {}


def message(domain, sequence, seconds, template, records):
    """Returns a message with number 'template' of TEMPLATES and 'records'
    (bytes) that have its form."""
    fields = b"".join(
        struct.pack("!HH", number | (0x8000 if enterprise else 0), size)
        + b"".join(struct.pack("!L", e) for e in enterprise)
        for number, size, *enterprise in TEMPLATES[template])
    sets = _set(_TEMPLATE_SET,
                struct.pack("!HH", template, len(TEMPLATES[template]))
                + fields) + _set(template, b"".join(records))
    return _HEADER.pack(10, _HEADER.size + len(sets), seconds % 2**32,
                        sequence, domain) + sets


def _batches(view, site):
    """Yields (domain, template, records) for each message to send."""
    waiting = {}
    for host, name, numbers in view.sums:
        for template, record in _records(view, site, host, name, numbers):
            place = view.hosts[host].id, template
            batch = waiting.setdefault(place, [])
            # The template takes less than 100 bytes.
            if sum(map(len, batch)) + len(record) > _MESSAGE_MAX - 100:
                yield (*place, batch)
                waiting[place] = batch = []
            batch.append(record)
    for place, batch in waiting.items():
        yield (*place, batch)


def _records(view, site, host, name, numbers):
    """Yields (template, record) for the counter 'name' of 'host'."""
    if name.kind not in (series.TENANT, series.EDGE):
        return
    exporter = ipaddress.ip_address(site.vteps.get(host, ["0.0.0.0"])[0])
    times = struct.pack("!QQ", view.hosts[host].since, view.hosts[host].last)
    second = exporter.version == 6
    if name.kind == series.TENANT:
        key = _key(name.type, name.tenant)
        for direction, packets, octets, dropped in (
                (_INGRESS, series.RX_PACKETS, series.RX_BYTES,
                 numbers[series.RX_DROPPED]),
                (_EGRESS, series.TX_PACKETS, series.TX_BYTES, 0)):
            yield 256 + second, (
                exporter.packed + _string(name.port) + key
                + struct.pack("!BQQQ", direction, numbers[octets],
                              numbers[packets], dropped) + times)
    elif site.direction(name):
        # Egress is out of the tenant's network.
        packets, octets = numbers[:2]
        yield 258 + second, (
            exporter.packed + _string(name.port)
            + _key("", site.tenant(name.domain))
            + struct.pack("!BLQQ", _EGRESS if site.direction(name) == "out"
                          else _INGRESS, name.point, octets, packets)
            + times)


def _key(kind, tenant):
    """Returns layer2SegmentId and tunnelKey of a tenant in tunnels of type
    'kind'.  The former is 0 where it is not defined."""
    number = int(tenant or 0)
    segment = 0
    if kind in _ENCAPSULATIONS and number < 2**24:
        segment = _ENCAPSULATIONS[kind] << 56 | number
    size = 0 if not tenant else 8
    return struct.pack("!QB", segment, size) + number.to_bytes(size, "big")


def _string(text):
    """Returns 'text' with its length (RFC 7011, section 7)."""
    data = text.encode()
    if len(data) < 255:
        return bytes([len(data)]) + data
    return struct.pack("!BH", 255, len(data)) + data


def _set(number, content):
    return _SET.pack(number, _SET.size + len(content)) + content


def _connect(address):
    """Returns a UDP socket connected to 'address'.  Raises OSError."""
    error = OSError("no address")
    for family, kind, proto, _, where in socket.getaddrinfo(
            *address, type=socket.SOCK_DGRAM):
        sock = socket.socket(family, kind, proto)
        try:
            sock.connect(where)
            return sock
        except OSError as e:
            error = e
            sock.close()
    raise error
