# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The loop that polls the hosts, records their answers and publishes the
sums."""

import os
import tempfile
import threading
import time

from ovs.oam import collect, metrics, view
from ovs.oam.record import RecordError

# How often samples that are too many are removed, in s.
_THIN_INTERVAL = 3600


class Log:
    """Prints each problem once, and once when it is over, by 'say'.  'count'
    is the number of messages."""

    def __init__(self, say):
        self._say = say
        self._problems = {}
        self.count = 0

    def state(self, subject, problem, over):
        """Notes that 'subject' has 'problem' now, or None.  'over' is the
        message for its end."""
        before = self._problems.get(subject)
        self._problems[subject] = problem
        message = problem if problem != before else None
        if before and not problem:
            message = over
        if message:
            self.count += 1
            self._say(message)


class Poller:
    """Polls 'hosts' by 'ask', a function of collect, each for at most
    'seconds', writes to 'record' and calls each of 'sinks', pairs of a name
    and a function, with the View.  An OSError of the function is a problem of
    that name."""

    def __init__(self, ask, hosts, seconds, record, log, sinks):
        self._question = ask, hosts, seconds
        self._record, self._log, self._sinks = record, log, sinks
        self._thinned = time.monotonic()

    def run(self, interval, stop):
        """Polls every 'interval' seconds until the Event 'stop' is set."""
        due = time.monotonic()
        while not stop.is_set():
            self.poll()
            due = max(due + interval, time.monotonic())
            stop.wait(due - time.monotonic())

    def poll(self):
        """Polls once.  Returns the View, or None if the record cannot be
        read."""
        answers = []
        failed = None
        for answer in collect.gather(*self._question):
            if answer.snapshot:
                try:
                    answer = self._add(answer)
                except RecordError as error:
                    failed = str(error)
            self._log.state(answer.host, answer.problem,
                            "%s: answers well again" % answer.host)
            answers.append(answer)
        try:
            self._thin()
            now = view.read(self._record, time.time_ns() // 1000000, answers,
                            failed)
        except RecordError as error:
            failed, now = str(error), None
        self._log.state("record", failed,
                        "the record can be written again; nothing is missing "
                        "from switches that were not restarted meanwhile")
        if now:
            self._publish(now)
        return now

    def _add(self, answer):
        """Records an Answer.  Returns it with its problems.  Raises
        RecordError."""
        problems = self._record.add(answer.host, answer.snapshot, answer.time)
        if answer.problem:
            problems.insert(0, answer.problem)
        return answer._replace(problem="; ".join(problems) or None)

    def _thin(self):
        if time.monotonic() - self._thinned >= _THIN_INTERVAL:
            self._thinned = time.monotonic()
            self._record.thin(time.time_ns() // 1000000)

    def _publish(self, now):
        for name, sink in self._sinks:
            try:
                sink(now)
                problem = None
            except OSError as error:
                problem = "%s: %s" % (name, error.strerror or error)
            self._log.state(name, problem, "%s: works again" % name)


def write_textfile(path, now, site):
    """Replaces the file 'path' atomically by one with the metrics of View
    'now'.  Raises OSError."""
    directory, name = os.path.split(path)
    handle, new = tempfile.mkstemp(dir=directory or ".", prefix="." + name)
    try:
        with open(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(metrics.text(now, site))
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def in_thread(server):
    """Runs 'server' in a thread."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
