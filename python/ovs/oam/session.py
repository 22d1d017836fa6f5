# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The answer of a switch to "oam/show", checked: sessions of test packets."""

from typing import NamedTuple

from ovs.oam import checked

_STATES = ("unknown", "up", "degraded", "down")
_PATH_STATES = ("unknown", "up", "down")
_PATHS_MAX = 64
_TENANT_STATES = ("unknown", "ok", "lost", "dropped")

# A path loses packets if at least this many, and this part, was lost in the
# last two minutes.  ovs-vswitchd says the same.
_LOSS_MIN, _LOSS_PART = 3, .02


class Path(NamedTuple):
    """A path: the outer source port 'port', or 0 if that is not known or if
    there is none.  Of 'sent' test packets 'lost' were lost in the last two
    minutes.  'mtu' is the longest IP packet that passes, or 0 if the path
    passes all."""
    port: int
    state: str
    sent: int
    lost: int
    mtu: int

    def fault(self):
        """Returns "down", "loss", "mtu", or "" if it has no fault that is
        known."""
        if self.state != "up":
            return "down" if self.state == "down" else ""
        if self.lost >= max(_LOSS_MIN, _LOSS_PART * self.sent):
            return "loss"
        return "mtu" if self.mtu else ""

    def is_good(self):
        """Returns whether it has lost nothing."""
        return self.state == "up" and not self.lost and not self.mtu


class Tenant(NamedTuple):
    """What becomes of a tenant's frames, by 'state': "lost" if of those 'sent'
    the remote received none, "dropped" if its flows dropped 'dropped' of those
    'received'."""
    tenant: str
    state: str
    sent: int
    received: int
    dropped: int


class Session(NamedTuple):
    """The test packets that a switch sends by 'port', of 'type', to 'remote'.
    'rtt' is in us, 'mtu' that of the device that sends them, each 0 if not
    known."""
    port: str
    type: str
    remote: str
    state: str
    rtt: int
    mtu: int
    paths: tuple
    tenants: tuple

    def longest(self):
        """Returns the longest IP packet that passes all paths, or 0 if that is
        not known."""
        return min([self.mtu] + [path.mtu for path in self.paths if path.mtu])


def parse(text):
    """Returns the Sessions in 'text' (bytes), a tuple.  Raises
    checked.AnswerError."""
    sessions = {}
    for where, item in checked.objects(checked.load(text), "sessions"):
        session = _session(item, where)
        sessions[session.port, session.remote] = session
    return tuple(sessions.values())


def _session(item, where):
    """Returns the Session of the object 'item', which is at 'where'."""
    return Session(
        checked.text(item, "port", where), checked.text(item, "type", where),
        checked.remote(item, where), _state(item, where, _STATES),
        _optional(item, "rtt_us", where),
        _optional(item, "mtu", where, 65535),
        _paths(item.get("paths"), where + ".paths"),
        _tenants(item.get("tenants"), where + ".tenants"))


def _paths(value, name):
    paths = tuple(_path(*one) for one in checked.objects(value, name))
    checked.check(len(paths) <= _PATHS_MAX, "%s has more than %d paths"
                  % (name, _PATHS_MAX))
    return paths


def _path(where, item):
    sent = checked.number(item, "sent", where)
    return Path(_optional(item, "source_port", where, 65535),
                _state(item, where, _PATH_STATES), sent,
                checked.number(item, "lost", where, sent),
                _optional(item, "mtu", where, 65535))


def _tenants(value, name):
    tenants = {}
    for where, item in checked.objects(value, name):
        tenant = checked.tenant(item, where)
        tenants[tenant] = Tenant(tenant, _state(item, where, _TENANT_STATES),
                                 *(_optional(item, number, where) for number
                                   in ("sent", "received", "dropped")))
    return tuple(tenants.values())


def _state(item, where, states):
    state = checked.text(item, "state", where)
    checked.check(state in states, "%s: state is not one of %s"
                  % (where, ", ".join(states)))
    return state


def _optional(item, name, where, *maximum):
    """Returns the integer 'name' of the object 'item', or 0 without one."""
    return checked.number(item, name, where, *maximum) if name in item else 0
