# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The record: sums of counters over restarts of the switches, and samples of
them, in an SQLite database.

A snapshot is recorded in one transaction.  A sum grows by the difference from
the last snapshot of the same boot, and by the entire value of a counter in a
new boot.  So nothing is counted twice, and a lost snapshot loses nothing: the
next one includes it.

A sample is the sum at the end of a minute, if it has changed.  Old samples are
thinned, see LEVELS.  The last one in each span of time stays, so that the sum
at the end of each span is exact."""

import collections
import contextlib
import fcntl
import os
import pathlib
import sqlite3

from ovs.oam import series
from ovs.oam.series import Series

# Up to this age, in minutes, one sample stays for each span of so many
# minutes: 1 minute for 3 hours, 10 minutes for 3 days, 1 hour for 62 days, and
# then 1 day for ever.  Spans begin at multiples since 1970, in UTC.
LEVELS = ((3 * 60, 1), (3 * 24 * 60, 10), (62 * 24 * 60, 60), (None, 24 * 60))

_APPLICATION = 0x4f414d31
_VERSION = 1
_SCHEMA = """
CREATE TABLE host (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    -- Times in ms: the beginning of the sums, the first and last snapshot.
    since INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    boot TEXT NOT NULL, uptime INTEGER NOT NULL, restarts INTEGER NOT NULL,
    snapshots INTEGER NOT NULL);
CREATE TABLE boot (
    boot TEXT NOT NULL PRIMARY KEY, host INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE counter (
    id INTEGER PRIMARY KEY,
    host INTEGER NOT NULL,
    kind TEXT NOT NULL, port TEXT NOT NULL, type TEXT NOT NULL,
    tenant TEXT NOT NULL, remote TEXT NOT NULL,
    "set" INTEGER NOT NULL, domain INTEGER NOT NULL, point INTEGER NOT NULL,
    -- The last numbers of the switch, and its restarts until then.
    restarts INTEGER NOT NULL,
    b0 INTEGER, b1 INTEGER, b2 INTEGER, b3 INTEGER, b4 INTEGER,
    -- The sums.
    s0 INTEGER, s1 INTEGER, s2 INTEGER, s3 INTEGER, s4 INTEGER,
    UNIQUE (host, kind, port, type, tenant, remote, "set", domain, point));
CREATE TABLE sample (
    counter INTEGER NOT NULL, minute INTEGER NOT NULL,
    s0 INTEGER, s1 INTEGER, s2 INTEGER, s3 INTEGER, s4 INTEGER,
    PRIMARY KEY (counter, minute)) WITHOUT ROWID;
-- The minutes in which a host has answered.
CREATE TABLE answer (
    host INTEGER NOT NULL, minute INTEGER NOT NULL,
    PRIMARY KEY (host, minute)) WITHOUT ROWID;
"""
_NAME = 'kind, port, type, tenant, remote, "set", domain, point'
_COUNTER = _NAME + ", restarts, b0, b1, b2, b3, b4, s0, s1, s2, s3, s4"
# Columns of a name, and where numbers begin behind a host and a name.
_N_NAME = len(Series._fields)
_SPLIT = 1 + _N_NAME


class RecordError(Exception):
    """A record that cannot be read or written.  The message gives the
    reason."""


class Busy(RecordError):
    """Another process writes the record."""


class Host(collections.namedtuple(
        "Host", "id since first last boot uptime restarts snapshots")):
    """A row of the table of that name."""


class Counter:
    """A counter of a host: its row, the last numbers of the switch and the
    number of restarts until then, and the sum."""
    __slots__ = ("id", "restarts", "base", "sum")

    def __init__(self, row_id, restarts, base, total):
        self.id, self.restarts = row_id, restarts
        self.base, self.sum = base, total


class Record:
    """The record in file 'path', which is created if there is none.

    There is one writer at a time: with 'write', raises Busy if another process
    is it.  Raises RecordError."""

    def __init__(self, path, write):
        self.path = path
        self._lock = None
        self._counters = {}     # Of each host's name, as on the disk.
        if write:
            self._lock = self._take_lock()
        try:
            self._db = self._open(write)
        except (sqlite3.Error, RecordError) as error:
            self._unlock()
            raise self._error(error) from None

    def close(self):
        self._db.close()
        self._unlock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def add(self, name, snap, now):
        """Records Snapshot 'snap' of the host 'name', received at 'now', in
        ms.  Returns a list of messages about wrong numbers in it.  Raises
        RecordError, and then leaves the record as it was."""
        try:
            with self._transaction():
                changes, problems = self._add(name, snap, now)
        except (sqlite3.Error, OverflowError) as error:
            self._counters.pop(name, None)
            raise self._error(error) from None
        # Only after the commit.
        if changes:
            self._counters[name].update(changes)
        return problems

    def thin(self, now):
        """Thins the samples by LEVELS at time 'now', in ms.  Raises
        RecordError."""
        newest = now // 60000
        try:
            for (age, _), (_, span) in zip(LEVELS, LEVELS[1:]):
                with self._transaction():
                    self._thin(newest - age, span)
        except sqlite3.Error as error:
            raise self._error(error) from None

    def hosts(self):
        """Returns a dictionary from names to Hosts.  Raises RecordError."""
        with self._errors():
            return {row[0]: Host(*row[1:]) for row in self._db.execute(
                "SELECT name, id, since, first, last, boot, uptime, restarts,"
                " snapshots FROM host ORDER BY name")}

    def sums(self):
        """Returns a list of (host's name, Series, numbers) of all counters.
        Raises RecordError."""
        with self._errors():
            return [(row[0], Series(*row[1:_SPLIT]), row[_SPLIT:])
                    for row in self._db.execute(
                        "SELECT name, %s, s0, s1, s2, s3, s4"
                        " FROM counter JOIN host ON host = host.id"
                        " ORDER BY counter.id" % _NAME)]

    def sums_at(self, time):
        """Returns a dictionary from (host's name, Series) to the sum at
        'time', in ms.  A counter without samples by then is not in it.  The
        sum is exact if 'time' is the end of a span of LEVELS.  Otherwise it is
        the sum at the end of the span before.  Raises RecordError."""
        with self._errors():
            return {(row[0], Series(*row[1:_SPLIT])): row[_SPLIT:]
                    for row in self._db.execute(
                        "SELECT name, %s, s.s0, s.s1, s.s2, s.s3, s.s4"
                        " FROM counter JOIN host ON host = host.id"
                        " JOIN sample s ON counter = counter.id AND minute ="
                        " (SELECT max(minute) FROM sample m"
                        "  WHERE m.counter = counter.id AND minute < ?)"
                        % _NAME, (time // 60000,))}

    def samples(self, kind, start, tenant=None):
        """Yields (host's name, Series, [(minute, numbers)...]) of each counter
        of 'kind', and of 'tenant' if given: its samples from minute 'start'
        on, and the last one before.  For counters at the edge, 'tenant' is a
        list of domains.  Raises RecordError."""
        where, values = "kind = ?", [kind]
        if kind == series.EDGE and tenant is not None:
            where += " AND domain IN (%s)" % ", ".join("?" * len(tenant))
            values += tenant
        elif tenant is not None:
            where += " AND tenant = ?"
            values.append(tenant)
        with self._errors():
            for counter, name, *row in self._db.execute(
                    "SELECT counter.id, name, %s FROM counter"
                    " JOIN host ON host = host.id WHERE %s" % (_NAME, where),
                    values).fetchall():
                yield name, Series(*row), [
                    (minute, tuple(numbers)) for minute, *numbers
                    in self._db.execute(
                        "SELECT minute, s0, s1, s2, s3, s4 FROM sample"
                        " WHERE counter = ? AND minute >= coalesce("
                        " (SELECT max(minute) FROM sample WHERE counter = ?"
                        "  AND minute < ?), 0) ORDER BY minute",
                        (counter, counter, start))]

    def answers(self, start):
        """Returns a dictionary from names of hosts to the sets of minutes from
        'start' on in which they answered, as far as LEVELS keep them.  Raises
        RecordError."""
        found = {}
        with self._errors():
            for name, minute in self._db.execute(
                    "SELECT name, minute FROM answer"
                    " JOIN host ON host = host.id WHERE minute >= ?",
                    (start,)):
                found.setdefault(name, set()).add(minute)
        return found

    def _add(self, name, snap, now):
        """Records a snapshot, inside of a transaction, for add().  Returns the
        Counters that changed and a list of messages."""
        host = self._host(name)
        owner = self._owner(snap.boot)
        if owner not in (None, name):
            return {}, ["%s: is the same switch as %s, not recorded again"
                        % (name, owner)]
        if host is None:
            host = self._new_host(name, snap, now)
        elif snap.boot == host.boot:
            if snap.uptime < host.uptime:
                return {}, []
        elif owner:
            return {}, []
        else:
            host = host._replace(boot=snap.boot, restarts=host.restarts + 1)
            self._db.execute("INSERT INTO boot VALUES (?, ?)",
                             (snap.boot, host.id))
        # This machine's clock may have been set back.
        host = host._replace(last=max(now, host.last), uptime=snap.uptime,
                             snapshots=host.snapshots + 1)
        minute = host.last // 60000
        self._db.execute(
            "UPDATE host SET last = ?, boot = ?, uptime = ?, restarts = ?,"
            " snapshots = ? WHERE id = ?",
            (host.last, host.boot, host.uptime, host.restarts, host.snapshots,
             host.id))
        self._db.execute("INSERT OR IGNORE INTO answer VALUES (?, ?)",
                         (host.id, minute))

        old = self._counters_of(name, host.id)
        changes, back = {}, []
        for key, numbers in snap.counters.items():
            counter = old.get(key)
            if counter is None:
                changes[key] = self._new_counter(host, key, numbers)
            elif counter.restarts != host.restarts:
                changes[key] = Counter(counter.id, host.restarts, numbers,
                                       series.plus(counter.sum, numbers))
            elif counter.base != numbers:
                more = series.minus(numbers, counter.base)
                if min(more) < 0 and key.kind == series.CELL:
                    more = numbers
                elif min(more) < 0:
                    back.append(key)
                    more = tuple(max(0, n) for n in more)
                changes[key] = Counter(counter.id, host.restarts, numbers,
                                       series.plus(counter.sum, more))
        self._db.executemany(
            "UPDATE counter SET restarts = ?, b0 = ?, b1 = ?, b2 = ?, b3 = ?,"
            " b4 = ?, s0 = ?, s1 = ?, s2 = ?, s3 = ?, s4 = ? WHERE id = ?",
            [(c.restarts, *c.base, *c.sum, c.id) for c in changes.values()])
        self._db.executemany(
            "INSERT OR REPLACE INTO sample VALUES (?, ?, ?, ?, ?, ?, ?)",
            [(c.id, minute, *c.sum) for c in changes.values()])
        return changes, ["%s: %d counters went back, such as %s"
                         % (name, len(back), _describe(back[0]))
                         ] if back else []

    def _host(self, name):
        """Returns the Host 'name', or None."""
        row = self._db.execute(
            "SELECT id, since, first, last, boot, uptime, restarts, snapshots"
            " FROM host WHERE name = ?", (name,)).fetchone()
        return Host(*row) if row else None

    def _owner(self, boot):
        """Returns the name of the host that was started as 'boot', or
        None."""
        row = self._db.execute(
            "SELECT name FROM boot JOIN host ON host = host.id"
            " WHERE boot.boot = ?", (boot,)).fetchone()
        return row[0] if row else None

    def _new_host(self, name, snap, now):
        """Adds the host 'name' and returns its Host."""
        since = max(0, now - snap.uptime)
        cursor = self._db.execute(
            "INSERT INTO host VALUES (NULL, ?, ?, ?, ?, ?, ?, 0, 0)",
            (name, since, now, now, snap.boot, snap.uptime))
        self._db.execute("INSERT INTO boot VALUES (?, ?)",
                         (snap.boot, cursor.lastrowid))
        return Host(cursor.lastrowid, since, now, now, snap.boot, snap.uptime,
                    0, 0)

    def _new_counter(self, host, key, numbers):
        """Adds the counter 'key' of 'host' and returns its Counter."""
        cursor = self._db.execute(
            "INSERT INTO counter (host, %s) VALUES (%s)"
            % (_COUNTER, ", ".join("?" * (1 + _N_NAME + 11))),
            (host.id, *key, host.restarts, *numbers, *numbers))
        return Counter(cursor.lastrowid, host.restarts, numbers, numbers)

    def _counters_of(self, name, host):
        """Returns the dictionary from Series to Counters of the host 'name'
        with row 'host', from the disk when it is needed first."""
        if name not in self._counters:
            self._counters[name] = {
                Series(*row[:_N_NAME]): Counter(
                    counter, row[_N_NAME], tuple(row[_N_NAME + 1:_N_NAME + 6]),
                    tuple(row[_N_NAME + 6:]))
                for counter, *row in self._db.execute(
                    "SELECT id, %s FROM counter WHERE host = ?" % _COUNTER,
                    (host,))}
        return self._counters[name]

    def _thin(self, end, span):
        """Removes all samples before the minute 'end', rounded down to 'span'
        minutes, but the last in each span, and each counter's first one, from
        which its sum began."""
        end -= end % span
        self._db.execute(
            "DELETE FROM sample AS s WHERE minute < :end AND EXISTS ("
            " SELECT 1 FROM sample WHERE counter = s.counter"
            " AND minute > s.minute"
            " AND minute < (s.minute / :span + 1) * :span)"
            " AND EXISTS (SELECT 1 FROM sample WHERE counter = s.counter"
            " AND minute < s.minute)", {"end": end, "span": span})
        self._db.execute(
            "DELETE FROM answer AS a WHERE minute < :end AND EXISTS ("
            " SELECT 1 FROM answer WHERE host = a.host AND minute > a.minute"
            " AND minute < (a.minute / :span + 1) * :span)",
            {"end": end, "span": span})

    def _take_lock(self):
        """Returns a file that is locked until it is closed."""
        try:
            lock = open(self.path + ".lock", "a", encoding="utf-8")
        except OSError as error:
            raise RecordError("%s.lock: %s"
                              % (self.path, error.strerror)) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            raise Busy("%s: another ovs-oam writes it" % self.path) from None
        return lock

    def _unlock(self):
        if self._lock:
            self._lock.close()

    def _open(self, write):
        """Returns the open database.  Raises RecordError, sqlite3.Error."""
        if write:
            old = os.umask(0o077)
            try:
                db = sqlite3.connect(self.path, isolation_level=None)
            finally:
                os.umask(old)
        elif not os.path.exists(self.path):
            raise RecordError("there is no record yet")
        else:
            db = sqlite3.connect(
                pathlib.Path(self.path).absolute().as_uri() + "?mode=ro",
                isolation_level=None, uri=True)
        try:
            db.execute("PRAGMA synchronous = FULL")
            self._check(db, write)
        except (sqlite3.Error, RecordError):
            db.close()
            raise
        return db

    def _check(self, db, write):
        """Makes the tables if the database is new, and raises RecordError if
        it is not a record of this version."""
        application, = db.execute("PRAGMA application_id").fetchone()
        version, = db.execute("PRAGMA user_version").fetchone()
        if not application and write and not db.execute(
                "SELECT 1 FROM sqlite_master").fetchone():
            db.executescript(
                "BEGIN IMMEDIATE;\n%s\nPRAGMA application_id = %d;\n"
                "PRAGMA user_version = %d;\nCOMMIT;"
                % (_SCHEMA, _APPLICATION, _VERSION))
        elif application != _APPLICATION:
            raise RecordError("not a record of ovs-oam")
        elif version != _VERSION:
            raise RecordError("a record of version %d; this ovs-oam knows %d"
                              % (version, _VERSION))

    @contextlib.contextmanager
    def _transaction(self):
        """A context that commits at its end, or rolls back at an error."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite itself rolls back after some errors.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    @contextlib.contextmanager
    def _errors(self):
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from None

    def _error(self, error):
        """Returns the RecordError for 'error'."""
        if isinstance(error, Busy):
            return error
        if isinstance(error, OverflowError):
            error = "a sum would be above %d" % series.MAXIMUM
        return RecordError("%s: %s" % (self.path, error))


def _describe(key):
    """Returns the parts of the Series 'key' that are not empty."""
    return ", ".join("%s %s" % (name, value)
                     for name, value in zip(key._fields, key) if value)
