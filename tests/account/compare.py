# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Compare the accounts of the hosts of account.sh to the packets on the
underlay.

usage: compare.py DIRECTORY

DIRECTORY has the captures p1.pcap to p3.pcap, and the accounts of each host
before and after, before.h1 and so on.  Prints a line for each host, tenant and
remote, with the numbers of both, and exits with 1 if any differ.
"""

import collections
import json
import os
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TOP)

import account_wire                                           # noqa: E402
import wire                                                   # noqa: E402

MEMBERS = ('tx_packets', 'tx_bytes', 'rx_packets', 'rx_bytes')


def read_wire(directory):
    """Returns {(host address, tenant, remote): [numbers, by MEMBERS]} from the
    captures."""
    found = collections.defaultdict(lambda: [0] * len(MEMBERS))
    for n in 1, 2, 3:
        for packet in wire.read_pcap('%s/p%d.pcap' % (directory, n)):
            _, vni, src, dst, length = account_wire.decode(packet)
            for key, at in ((src, vni, dst), 0), ((dst, vni, src), 2):
                found[key][at] += 1
                found[key][at + 1] += length
    return found


def read_accounts(directory):
    """Returns the same from the accounts."""
    found = collections.defaultdict(lambda: [0] * len(MEMBERS))
    for n in 1, 2, 3:
        for name, sign in ('before', -1), ('after', 1):
            with open('%s/%s.h%d' % (directory, name, n)) as f:
                for cell in json.load(f)['cells']:
                    key = ('10.9.0.%d' % n, int(cell['tenant']),
                           cell['remote'])
                    for i, member in enumerate(MEMBERS):
                        found[key][i] += sign * cell[member]
    return found


def main(directory):
    on_wire, accounts = read_wire(directory), read_accounts(directory)
    good = bool(on_wire)
    print('HOST      TENANT  REMOTE         SENT BYTES  RECEIVED BYTES'
          '  ON THE WIRE')
    for key in sorted(set(on_wire) | set(accounts)):
        same = on_wire[key] == accounts[key]
        good &= same
        print('%-9s %6d  %-9s %15d %15d  %s' % (
            *key, accounts[key][1], accounts[key][3],
            'the same' if same else on_wire[key]))
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
