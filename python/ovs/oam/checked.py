# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""JSON that hosts have answered, checked."""

import functools
import ipaddress
import json
import re

from ovs.oam import series

_TEXT_MAX = 255
_TENANT = re.compile(r"(0|[1-9][0-9]{0,19})?\Z")


class AnswerError(Exception):
    """An answer that is not as it should be.  The message gives the
    reason."""


def load(text):
    """Returns the JSON value 'text' (bytes).  Raises AnswerError."""
    try:
        return json.loads(text, parse_constant=_constant)
    except RecursionError:
        raise AnswerError("not JSON: too many levels") from None
    except ValueError as error:
        raise AnswerError("not JSON: %s" % error) from None


def check(good, message):
    """Raises AnswerError with 'message' unless 'good'."""
    if not good:
        raise AnswerError(message)


def objects(value, name):
    """Yields the place and the value of each object in the list 'value', which
    is called 'name'."""
    check(isinstance(value, list), "%s is not a list" % name)
    for i, item in enumerate(value):
        where = "%s[%d]" % (name, i)
        check(isinstance(item, dict), "%s is not an object" % where)
        yield where, item


def number(item, name, where, maximum=series.MAXIMUM):
    """Returns the integer 'name' of the object 'item', which is at 'where'.
    Raises AnswerError if it is none from 0 to 'maximum'."""
    value = item.get(name)
    # "type", because True is an int, too.
    check(type(value) is int and 0 <= value <= maximum,
          "%s is not an integer from 0 to %d" % (_member(where, name),
                                                 maximum))
    return value


def text(item, name, where):
    """Returns the string 'name' of the object 'item', which is at 'where'."""
    value = item.get(name)
    check(isinstance(value, str) and len(value) <= _TEXT_MAX
          and value.isprintable(),
          "%s is not a string of at most %d printable characters"
          % (_member(where, name), _TEXT_MAX))
    return value


def remote(item, where):
    """Returns the usual form of the IP address "remote" of the object 'item',
    which is at 'where'."""
    value = _address(text(item, "remote", where))
    check(value, "%s: remote is not an IP address" % where)
    return value


def tenant(item, where):
    """Returns the key of a tenant, "" if it has none, which is "tenant" of the
    object 'item' at 'where'."""
    value = text(item, "tenant", where)
    check(_TENANT.match(value) and int(value or 0) < 2**64,
          "%s: tenant is not a decimal number of 64 bits" % where)
    return value


@functools.lru_cache(maxsize=65536)
def _address(value):
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        return None


def _member(where, name):
    return "%s: %s" % (where, name) if where else name


def _constant(name):
    raise ValueError("%s is not a number" % name)
