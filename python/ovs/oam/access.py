# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Access to the HTTP server: only this machine, or TLS and a token."""

import hmac
import ipaddress
import ssl
from typing import NamedTuple, Optional

_TOKEN_MIN = 16
_TOKEN_MAX = 4096


class AccessError(Exception):
    """Settings that are unsafe or cannot be used.  The message gives the
    reason."""


class Access(NamedTuple):
    """The address to listen at, as (address, port), the TLS settings or None,
    and the token that requests need, or None."""
    address: tuple
    tls: Optional[ssl.SSLContext]
    token: Optional[bytes]

    def may(self, authorization, host):
        """Returns whether a request may be answered whose headers
        "Authorization" and "Host" are these, or None."""
        if self.token is None:
            # DNS rebinding: a page of another site, in a browser on this
            # machine, can reach this server, but under the site's name.
            return _is_literal(host)
        kind, _, token = (authorization or "").partition(" ")
        # In constant time.
        return hmac.compare_digest(
            token.strip().encode("latin-1", "replace"), self.token) \
            and kind.lower() == "bearer"


def check(listen, certificate=None, key=None, token_file=None):
    """Returns the Access for the address 'listen', the files of a certificate
    and its private key, and a file that has the token.  Raises AccessError."""
    address, port = parse(listen)
    if bool(certificate) != bool(key):
        raise AccessError("TLS needs both --certificate and --private-key")
    if not address.is_loopback and not (certificate and token_file):
        raise AccessError(
            "%s is not a loopback address: it needs --certificate, "
            "--private-key and --token-file" % address)
    tls = token = None
    if certificate:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            tls.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise AccessError("%s, %s: %s" % (certificate, key,
                                              error)) from None
    if token_file:
        token = _read_token(token_file)
    return Access((str(address), port), tls, token)


def parse(text):
    """Returns (address, port) of "ADDRESS:PORT" or "[ADDRESS]:PORT".  Raises
    AccessError."""
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        address = None
    if not address or not port.isascii() or not port.isdigit() \
            or int(port) > 65535:
        raise AccessError("\"%s\" is not ADDRESS:PORT or [ADDRESS]:PORT"
                          % text)
    return address, int(port)


def _read_token(path):
    """Returns the token in the file 'path'.  Raises AccessError."""
    try:
        with open(path, "rb") as file:
            token = file.read(_TOKEN_MAX + 1).strip()
    except OSError as error:
        raise AccessError("%s: %s" % (path, error.strerror)) from None
    if not _TOKEN_MIN <= len(token) <= _TOKEN_MAX \
            or not all(0x21 <= c <= 0x7e for c in token):
        raise AccessError("%s: a token has %d to %d characters of ASCII "
                          "without blanks" % (path, _TOKEN_MIN, _TOKEN_MAX))
    return token


def _is_literal(host):
    """Returns whether the header "Host" is an address or "localhost"."""
    name = (host or "localhost").strip()
    if name.startswith("["):
        name = name[1:].partition("]")[0]
    elif name.count(":") == 1:
        name = name.partition(":")[0]
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() == "localhost"
    return True
