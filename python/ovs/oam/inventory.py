# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The inventory: the hosts, and the commands that reach them."""

import configparser
import ipaddress
import re
import shlex
from typing import NamedTuple, Optional

_OPTIONS = ("vtep", "via", "rundir")
_RUNDIR = re.compile(r"/[A-Za-z0-9_./:+@-]*\Z")


class InventoryError(Exception):
    """An inventory that cannot be read.  The message gives the reason."""


class Host(NamedTuple):
    """A host.  'vtep' are the addresses of its tunnel endpoints.  'via' are
    the first words of a command that runs on it, or None if none can.
    'rundir' is the directory of the switch's sockets, or ""."""
    name: str
    vtep: tuple
    via: Optional[tuple]
    rundir: str = ""


def read(path):
    """Returns (hosts, problems) of the file 'path': a list of Host, and a list
    of messages about sections that are not among them.  Raises
    InventoryError."""
    try:
        with open(path, encoding="utf-8") as file:
            return parse(file.read(), path)
    except OSError as error:
        raise InventoryError("%s: %s" % (path, error.strerror)) from None
    except UnicodeDecodeError:
        raise InventoryError("%s: not UTF-8" % path) from None


def parse(text, path):
    """Parses 'text', called 'path' in messages, as read() does."""
    parser = configparser.ConfigParser(
        delimiters="=", inline_comment_prefixes="#", default_section=None,
        interpolation=None, empty_lines_in_values=False)
    try:
        parser.read_string(text, path)
    except configparser.Error as error:
        # The message of the library already has the path.
        raise InventoryError(" ".join(str(error).split())) from None
    hosts, problems = [], []
    for name in parser.sections():
        try:
            hosts.append(_host(name, parser[name]))
        except ValueError as error:
            problems.append("%s: host %s: %s" % (path, name, error))
    problems += ["%s: %s" % (path, line) for line in _shared(hosts)]
    return hosts, problems


def names(hosts):
    """Returns a dictionary from addresses to names of 'hosts', without
    addresses that two of them have."""
    shared = {address for address, _ in _owners(hosts)}
    return {address: host.name for host in hosts for address in host.vtep
            if address not in shared}


def _host(name, section):
    """Returns the Host of a section.  Raises ValueError."""
    if not name.isprintable() or name != name.strip():
        raise ValueError("the name has characters that cannot be printed")
    for option in section:
        if option not in _OPTIONS:
            raise ValueError("no option \"%s\", only %s"
                             % (option, ", ".join(_OPTIONS)))
    vtep = []
    for word in section.get("vtep", "").split():
        try:
            vtep.append(str(ipaddress.ip_address(word)))
        except ValueError:
            raise ValueError("vtep: \"%s\" is not an IP address"
                             % word) from None
    if not vtep:
        raise ValueError("needs \"vtep = ADDRESS...\"")
    rundir = section.get("rundir", "")
    if rundir and not _RUNDIR.match(rundir):
        raise ValueError("rundir: \"%s\" is not an absolute path of letters, "
                         "digits and _./:+@-" % rundir)
    via = section.get("via", "")
    if not via.isprintable():
        raise ValueError("via: has characters that cannot be printed")
    try:
        words = tuple(shlex.split(via))
    except ValueError as error:
        raise ValueError("via: %s" % error) from None
    return Host(name, tuple(vtep), None if via == "none" else words, rundir)


def _owners(hosts):
    """Yields each address that several 'hosts' have, with their names."""
    owners = {}
    for host in hosts:
        for address in dict.fromkeys(host.vtep):
            owners.setdefault(address, []).append(host.name)
    for address, hosts_of in owners.items():
        if len(hosts_of) > 1:
            yield address, hosts_of


def _shared(hosts):
    """Yields a message for each address that several 'hosts' have."""
    for address, hosts_of in _owners(hosts):
        yield ("hosts %s have the same vtep %s, so remote %s has no name"
               % (" and ".join(hosts_of), address, address))
