# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Compares the record of ovs-oam with a simple model, in random sequences.

usage: oam_record.py FILE SEED STEPS

The switch of the model counts by tenant, remote and both, forgets cells, and
is restarted.  Its snapshots come late, twice, or not at all.  Some are
recorded by a process that ends between two statements of SQLite, after which
the record must be as before or as after, and is the same after a repetition.
"""

import json
import os
import random
import sys

import oam_dump
from ovs.oam import record, series, snapshot
from ovs.oam.series import Series

TENANTS = ("", "1", "5001", str(2**64 - 1))
REMOTES = ("192.0.2.2", "2001:db8::2", "192.0.2.3")
PORTS = (("stt0", "stt"), ("vx<0>", "vxlan"))


class Switch:
    """A switch that counts at random."""

    def __init__(self, rng):
        self.rng, self.boot = rng, 0
        self.start()

    def start(self):
        """Starts it again."""
        self.boot, self.uptime = self.boot + 1, self.rng.randrange(1, 5000)
        self.cells, self.aged, self.other, self.edges = {}, {}, {}, {}

    def count(self):
        """Counts random packets, and forgets random cells."""
        rng = self.rng
        self.uptime += rng.randrange(1, 5000)
        for _ in range(rng.randrange(6)):
            port = rng.choice(PORTS)
            more = tuple(rng.choice((0, 1, rng.randrange(2**40)))
                         for _ in series.FIELDS)
            if rng.random() < .1:
                self._add(self.other, port, more)
            else:
                self._add(self.cells, (*port, rng.choice(TENANTS),
                                       rng.choice(REMOTES)), more)
        if rng.random() < .5:
            place = ("br-int", 900, rng.randrange(3), rng.randrange(1, 3))
            self._add(self.edges, rng.choice((place, place[:2])),
                      (rng.randrange(9), rng.randrange(99), 0, 0, 0))
        for cell in list(self.cells):
            if rng.random() < .05:
                numbers = self.cells.pop(cell)
                self._add(self.aged, ("tenant", *cell[:3]), numbers)
                self._add(self.aged, ("remote", *cell[:2], cell[3]), numbers)

    def answer(self):
        """Returns its answer to "account/dump"."""
        lines = [["cell", *cell[:2], cell[2] or "-", cell[3],
                  *map(str, numbers)] for cell, numbers in self.cells.items()]
        lines += [["aged-" + kind, *port, who or "-", *map(str, numbers)]
                  for (kind, *port, who), numbers in self.aged.items()]
        lines += [["other", *port, *map(str, numbers)]
                  for port, numbers in self.other.items()]
        lines += [["edge" if len(place) > 2 else "edge-other",
                   *map(str, place), *map(str, numbers[:2])]
                  for place, numbers in self.edges.items()]
        return oam_dump.dump(self.boot, self.uptime, lines)

    def sums(self):
        """Returns the sums of this boot by Series, without cells."""
        sums = {}
        for (*port, tenant, remote), numbers in self.cells.items():
            self._add(sums, Series(series.TENANT, *port, tenant), numbers)
            self._add(sums, Series(series.REMOTE, *port, remote=remote),
                      numbers)
            self._add(sums, Series(series.PORT, *port), numbers)
        for (kind, *port, who), numbers in self.aged.items():
            if kind == "tenant":
                self._add(sums, Series(series.TENANT, *port, who), numbers)
                self._add(sums, Series(series.PORT, *port), numbers)
            else:
                self._add(sums, Series(series.REMOTE, *port, remote=who),
                          numbers)
        for port, numbers in self.other.items():
            self._add(sums, Series(series.OTHER, *port), numbers)
            self._add(sums, Series(series.PORT, *port), numbers)
        for (bridge, set_, *rest), numbers in self.edges.items():
            if not rest:
                self._add(sums, Series(series.EDGE_OTHER, bridge, set=set_),
                          numbers)
                continue
            domain, point = rest
            self._add(sums, Series(series.EDGE, bridge, set=set_,
                                   domain=domain, point=point), numbers)
            self._add(sums, Series(series.EDGES, bridge, set=set_,
                                   point=point), numbers)
        return sums

    @staticmethod
    def _add(sums, place, numbers):
        sums[place] = tuple(a + b for a, b in zip(
            sums.get(place, series.ZERO), numbers))


def recorded(path):
    """Returns the sums in the record 'path', without cells, and checks that
    cells are not more than the sums of their tenants."""
    with record.Record(path, write=False) as db:
        sums = {name: numbers for _, name, numbers in db.sums()}
    cells = {}
    for name, numbers in sums.items():
        if name.kind == series.CELL:
            Switch._add(cells, name._replace(kind=series.TENANT, remote=""),
                        numbers)
    for name, numbers in cells.items():
        assert all(a <= b for a, b in zip(numbers, sums[name])), name
    return {name: numbers for name, numbers in sums.items()
            if name.kind != series.CELL and any(numbers)}


def crash(path, snap, now, statements):
    """Records 'snap' in a process that ends before statement number
    'statements' of SQLite, if there are so many.  Returns its exit status: 1
    if it ended early."""
    child = os.fork()
    if not child:
        db = record.Record(path, write=True)
        left = [statements]

        def count(_):
            left[0] -= 1
            if left[0] < 0:
                os._exit(1)
        db._db.set_trace_callback(count)
        db.add("hv1", snap, now)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main():
    path, seed, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    switch = Switch(rng)
    before, expected, last, now = {}, {}, {}, 10**12
    old = []
    done = {"crash": 0, "after": 0, "restart": 0, "repeat": 0, "late": 0}
    db = record.Record(path, write=True)
    for step in range(steps):
        now += rng.randrange(-20000, 100000)
        switch.count()
        if rng.random() < .1:
            switch.start()
            before = expected
            done["restart"] += 1
            switch.count()
        snap = snapshot.parse(json.dumps(switch.answer()).encode())
        expected = dict(before)
        for name, numbers in switch.sums().items():
            Switch._add(expected, name, numbers)
        expected = {name: numbers for name, numbers in expected.items()
                    if any(numbers)}
        if rng.random() < .2:
            db.close()
            status = crash(path, snap, now, rng.randrange(40))
            found = recorded(path)
            assert found == (last if status else expected) \
                or status and found == expected, (step, found, expected)
            done["crash" if status else "after"] += 1
            db = record.Record(path, write=True)
        assert db.add("hv1", snap, now) == [], step
        if rng.random() < .2:
            assert db.add("hv1", snap, now) == [], step
            done["repeat"] += 1
        if old and rng.random() < .2:
            assert db.add("hv1", rng.choice(old), now) == [], step
            done["late"] += 1
        old = [*old[-9:], snap]
        if rng.random() < .05:
            db.thin(now)
        assert recorded(path) == expected, step
        last = expected
    assert all(done.values()), done
    db.close()
    print("seed %d: %d steps agree with the model" % (seed, steps))


if __name__ == "__main__":
    main()
