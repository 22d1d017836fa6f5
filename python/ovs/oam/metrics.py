# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Prometheus' text format, version 0.0.4.

Counters are sums of the record, which continue over restarts of the switches.
Gauges are about the last answers."""

from ovs.oam import series

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_TUNNEL = {series.TENANT: ("tenant", "tenant"),
           series.REMOTE: ("remote", "remote"),
           series.OTHER: ("other", None)}
_WHAT = {series.RX_PACKETS: ("rx_packets", "Frames received"),
         series.RX_BYTES: ("rx_bytes", "Bytes of frames received"),
         series.RX_DROPPED: ("rx_dropped_packets",
                             "Frames received that flows dropped"),
         series.TX_PACKETS: ("tx_packets", "Frames sent"),
         series.TX_BYTES: ("tx_bytes", "Bytes of frames sent")}
_OF = {"tenant": "tunnels by port and tenant",
       "remote": "tunnels by port and remote",
       "other": "tunnels without an account of their own",
       "pair": "tunnels by port, tenant and remote"}
_OF_EDGE = {"edge": "", "edge_other": " without a counter of their own"}


def text(view, site, pairs=False):
    """Returns 'view' as text (bytes): the sums by tenant and by remote or,
    with 'pairs', the sums by both."""
    families = _Families()
    if pairs:
        for host, name, numbers in view.sums:
            if name.kind == series.CELL:
                families.tunnel("pair", numbers, host=host, port=name.port,
                                type=name.type, tenant=name.tenant,
                                remote=name.remote)
        return families.text()
    families.add("ovs_oam_record_ok", "gauge",
                 "Whether the record could be written",
                 int(view.problem is None))
    for name, host in view.hosts.items():
        if host.up is not None:
            families.add("ovs_oam_up", "gauge",
                         "Whether the host has answered", int(host.up),
                         host=name)
        if host.last:
            families.add("ovs_oam_restarts_total", "counter",
                         "Restarts of ovs-vswitchd on record", host.restarts,
                         host=name)
            families.add("ovs_oam_last_answer_seconds", "gauge",
                         "Time of the last answer", host.last / 1000,
                         host=name)
        for session in view.sessions.get(name, ()):
            families.session(session, host=name, port=session.port,
                             remote=session.remote)
    for host, name, numbers in view.sums:
        if name.kind in _TUNNEL:
            kind, label = _TUNNEL[name.kind]
            labels = {label: getattr(name, label)} if label else {}
            families.tunnel(kind, numbers, host=host, port=name.port,
                            type=name.type, **labels)
        elif name.kind == series.EDGE:
            families.edge("edge", numbers, host=host, bridge=name.port,
                          set=str(name.set), domain=str(name.domain),
                          point=str(name.point),
                          direction=site.direction(name),
                          tenant=site.tenant(name.domain))
        elif name.kind == series.EDGE_OTHER:
            families.edge("edge_other", numbers, host=host, bridge=name.port,
                          set=str(name.set))
    return families.text()


class _Families:
    """Collects lines, grouped by metric."""

    def __init__(self):
        self._lines = {}

    def add(self, metric, kind, about, value, /, **labels):
        """Adds a line for 'metric', of type 'kind', with 'labels'."""
        if metric not in self._lines:
            self._lines[metric] = ["# HELP %s %s.\n# TYPE %s %s\n"
                                   % (metric, about, metric, kind)]
        words = ",".join('%s="%s"' % (name, _escape(label))
                         for name, label in labels.items())
        self._lines[metric].append("%s%s %s\n" % (
            metric, "{%s}" % words if words else "", value))

    def tunnel(self, kind, numbers, **labels):
        """Adds a line for each of the 'numbers' of a counter of 'kind'."""
        for place, (name, about) in _WHAT.items():
            self.add("ovs_%s_%s_total" % (kind, name), "counter",
                     "%s, %s" % (about, _OF[kind]), numbers[place], **labels)

    def edge(self, kind, numbers, **labels):
        """Adds the lines of a counter of 'kind' at the edge."""
        for name, about, place in (("packets", "Frames", series.PACKETS),
                                   ("bytes", "Bytes", series.BYTES)):
            self.add("ovs_%s_%s_total" % (kind, name), "counter",
                     "%s counted by sample actions%s"
                     % (about, _OF_EDGE[kind]), numbers[place], **labels)

    def session(self, session, **labels):
        """Adds the lines of 'session'."""
        def add(metric, about, value, /, **more):
            self.add("ovs_oam_" + metric, "gauge", about, value, **labels,
                     **more)

        if session.state != "unknown":
            add("session_up", "Whether a path to the remote works",
                int(session.state != "down"))
            if session.mtu:
                add("device_mtu_bytes", "MTU of the device that sends",
                    session.mtu)
                add("mtu_bytes", "Longest IP packet that passes all paths",
                    session.longest())
        states = [path.state for path in session.paths]
        for state in ("up", "down", "unknown"):
            add("paths", "Paths to the remote", states.count(state),
                state=state)
        # Paths whose source port is not known share a line.
        for port in dict.fromkeys(path.port for path in session.paths):
            paths = [path for path in session.paths if path.port == port]
            where = {"source_port": str(port or "")}
            if "unknown" not in [path.state for path in paths]:
                add("path_up", "Whether the path works",
                    int(all(path.state == "up" for path in paths)), **where)
            add("probes_sent_2m",
                "Test packets sent by the path in the last two minutes",
                sum(path.sent for path in paths), **where)
            add("probes_lost_2m",
                "Test packets of these that were lost",
                sum(path.lost for path in paths), **where)
        if session.rtt:
            add("rtt_seconds", "Round-trip time", session.rtt / 1e6)
        for one in session.tenants:
            if one.state in ("lost", "dropped"):
                add("tenant_fault", "1 if frames of the tenant are lost, or "
                    "all dropped by flows of the remote", 1,
                    tenant=one.tenant, kind=one.state)

    def text(self):
        return "".join("".join(lines)
                       for lines in self._lines.values()).encode()


def _escape(label):
    return (label.replace("\\", "\\\\").replace("\n", "\\n")
            .replace('"', '\\"'))
