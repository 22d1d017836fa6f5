# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Make and show links of the kind "stt", whose options "ip link" does not know.

usage: link.py add NAME [OPTION VALUE]... [-- COMMAND]...
       link.py show NAME [-- COMMAND]...

The options, named after the attributes in include/linux/if_stt.h, are port,
collect_metadata (whose VALUE is ignored), id, remote, local, ttl and tos.  An
attribute's number is an option as well; its VALUE is in hex.  "show" prints
the kernel's attributes in the same form.  If the kernel refuses a command,
prints its error and its message, continues, and fails in the end."""

import ipaddress
import os
import socket
import struct
import sys

RTM_NEWLINK, RTM_GETLINK = 16, 18
NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE = 1, 4, 0x200, 0x400
NLMSG_ERROR, NLMSGERR_ATTR_MSG = 2, 1
SOL_NETLINK, NETLINK_EXT_ACK = 270, 11
IFLA_IFNAME, IFLA_LINKINFO, IFLA_INFO_KIND, IFLA_INFO_DATA = 3, 18, 1, 2

# The name of each attribute, its number over IPv4 and over IPv6, and its
# struct format ("!": network byte order, "=": the host's), or "ip".
ATTRIBUTES = [('port', 1, 1, '!H'), ('collect_metadata', 2, 2, ''),
              ('id', 3, 3, '=Q'), ('remote', 4, 5, 'ip'),
              ('local', 6, 7, 'ip'), ('ttl', 8, 8, '=B'), ('tos', 9, 9, '=B')]


class Refused(Exception):
    pass


def attribute(kind, data):
    return struct.pack('=HH', 4 + len(data), kind) + data + bytes(
        -len(data) % 4)


def attributes(data):
    """Returns a dict of the attributes in 'data'."""
    out = {}
    while len(data) >= 4:
        size, kind = struct.unpack_from('=HH', data)
        out[kind & 0x3fff] = data[4:size]
        data = data[(size + 3) & ~3:]
    return out


def option(name, value):
    """Returns the attribute for option 'name'."""
    if name.isdigit():
        return attribute(int(name), bytes.fromhex(value))
    for known, kind4, kind6, form in ATTRIBUTES:
        if name == known and form == 'ip':
            ip = ipaddress.ip_address(value)
            return attribute(kind4 if ip.version == 4 else kind6, ip.packed)
        elif name == known:
            return attribute(kind4, struct.pack(form, int(value, 0))
                             if form else b'')
    sys.exit(__doc__)


def request(kind, flags, payload):
    """Sends a request and returns the reply, without its headers."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW) as sock:
        sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        sock.send(struct.pack('=LHHLL', 16 + len(payload), kind,
                              NLM_F_REQUEST | flags, 1, 0) + payload)
        reply = sock.recv(1 << 16)
    size, kind, flags = struct.unpack_from('=LHH', reply)
    if kind != NLMSG_ERROR:
        return reply[32:size]
    error = -struct.unpack_from('=l', reply, 16)[0]
    if error:
        # The error message may repeat the request before its attributes.
        echoed = 16 if flags & 0x100 else struct.unpack_from(
            '=L', reply, 20)[0]
        message = attributes(reply[20 + echoed:size]).get(
            NLMSGERR_ATTR_MSG, b'').rstrip(b'\0').decode()
        raise Refused('%s: %s' % (os.strerror(error), message))
    return b''


def do(command, name, *options):
    """Executes one command."""
    link = bytes(16) + attribute(IFLA_IFNAME, name.encode() + b'\0')
    if command == 'add':
        data = b''.join(option(*pair) for pair in
                        zip(options[::2], options[1::2]))
        link += attribute(IFLA_LINKINFO, attribute(IFLA_INFO_KIND, b'stt')
                          + attribute(IFLA_INFO_DATA, data))
        request(RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, link)
        return
    info = attributes(attributes(request(RTM_GETLINK, 0, link))[IFLA_LINKINFO])
    data = attributes(info[IFLA_INFO_DATA])
    out = [info[IFLA_INFO_KIND].rstrip(b'\0').decode()]
    for name, kind4, kind6, form in ATTRIBUTES:
        value = data.get(kind4, data.get(kind6))
        if value is None:
            continue
        elif form == 'ip':
            value = ipaddress.ip_address(value)
        else:
            value = struct.unpack(form, value)[0] if form else ''
        out.append(('%s %s' % (name, value)).rstrip())
    print(' '.join(out))


def main():
    status, words = 0, sys.argv[1:] + ['--']
    while words:
        n = words.index('--')
        try:
            do(*words[:n])
        except Refused as error:
            print(error)
            status = 1
        del words[:n + 1]
    sys.exit(status)


if __name__ == '__main__':
    main()
