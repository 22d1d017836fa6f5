# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Network namespaces.  (From version 3.12 on, Python has os.setns.)"""

import ctypes


def inside(name, function, *args):
    """Calls 'function' with 'args' in the network namespace 'name', which "ip
    netns" has made, and returns its result.  A socket belongs to the namespace
    that it is made in.  Raises OSError."""
    libc = ctypes.CDLL(None, use_errno=True)

    def enter(namespace):
        if libc.setns(namespace.fileno(), 0):
            raise OSError(ctypes.get_errno(), 'cannot enter ' + namespace.name)

    with open('/proc/thread-self/ns/net') as here, \
         open('/run/netns/' + name) as there:
        enter(there)
        try:
            return function(*args)
        finally:
            enter(here)
