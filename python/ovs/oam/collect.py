# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Poll the hosts in parallel, each with a time limit."""

import concurrent.futures
import os
import re
import selectors
import signal
import subprocess
import time
from typing import NamedTuple, Optional

from ovs.oam import checked, session, snapshot
from ovs.oam.snapshot import Snapshot

# The longest answer: 65,536 cells are 15 MB.
_ANSWER_MAX = 64 * 1024 * 1024
_ERROR_MAX = 4096
# How many hosts are asked at the same time.
_WORKERS = 32
# How far the clock of a host may be off, in s, without a message.
_CLOCK_LIMIT = 60


# What a switch without sessions says.
_NO_COMMAND = '"oam/show" is not a valid command'

# What no shell on the way to a host changes.
_SAFE = re.compile(r"[A-Za-z0-9_,=./:+-]+\Z")


class HostError(Exception):
    """A host did not answer, or not with counters.  The message gives the
    reason."""


class Answer(NamedTuple):
    """The answer of a host: a Snapshot and a tuple of Sessions, or None where
    it was not asked or did not answer, and its problem or None.  A switch that
    has no sessions has no problem.  'time' is the time of arrival in ms, by
    this machine's clock."""
    host: str
    time: int
    snapshot: Optional[Snapshot] = None
    problem: Optional[str] = None
    sessions: Optional[tuple] = None


def gather(ask, hosts, seconds):
    """Yields the Answer of 'ask', one of the functions below, of each of
    'hosts' except those with "via = none", in order of arrival.  Each question
    to a host has 'seconds' for its answer."""
    hosts = [host for host in hosts if host.via is not None]
    if not hosts:
        return
    with concurrent.futures.ThreadPoolExecutor(
            min(_WORKERS, len(hosts))) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(ask, host, seconds) for host in hosts]):
            yield done.result()


def ask_counters(host, seconds):
    """Returns the Answer of 'host' with a Snapshot."""
    answer, problem = None, None
    try:
        answer = snapshot.parse(appctl(host, seconds, "account/dump"))
    except (HostError, checked.AnswerError) as error:
        problem = "%s: %s" % (host.name, error)
    now = time.time_ns() // 1000000
    if answer:
        ahead = (answer.time - now) / 1000
        if abs(ahead) > _CLOCK_LIMIT:
            problem = ("%s: its clock is %d s %s; this machine's is used"
                       % (host.name, abs(ahead),
                          "ahead" if ahead > 0 else "behind"))
    return Answer(host.name, now, answer, problem)


def ask_sessions(host, seconds):
    """Returns the Answer of 'host' with Sessions."""
    sessions, problem = None, None
    try:
        sessions = session.parse(appctl(host, seconds, "oam/show"))
    except (HostError, checked.AnswerError) as error:
        if not str(error).startswith(_NO_COMMAND):
            problem = "%s: %s" % (host.name, error)
    return Answer(host.name, time.time_ns() // 1000000, None, problem,
                  sessions)


def ask_all(host, seconds):
    """Returns the Answer of 'host' with a Snapshot and Sessions."""
    answer = ask_counters(host, seconds)
    if not answer.snapshot:
        return answer
    more = ask_sessions(host, seconds)
    return answer._replace(
        problem=answer.problem or more.problem and more.problem
        + " (oam/show)", sessions=more.sessions)


def is_safe(text):
    """Returns whether 'text' passes every shell on the way to a host."""
    return bool(_SAFE.match(text))


def appctl(host, seconds, *words):
    """Returns the output, as bytes, of the command 'words' of the switch of
    'host', which has 'seconds' to answer.  Raises HostError, also if a word,
    which may be from another host, is not safe."""
    for word in words:
        if not is_safe(word):
            raise HostError("not safe to send: %s" % printable(word))
    environment = ["env", "OVS_RUNDIR=" + host.rundir] if host.rundir else []
    return run(host, seconds, *environment, "ovs-appctl",
               "--timeout=%d" % max(1, seconds), "--format", "json", *words)


def run(host, seconds, *words):
    """Returns the output, as bytes, of the command 'words' on 'host', which
    has 'seconds' to end.  Raises HostError."""
    with Running(host, seconds, *words, stdin=subprocess.DEVNULL) as running:
        return running.wait()


class Running:
    """A command that runs on a host, and has 'seconds' to end."""

    def __init__(self, host, seconds, *words, stdin=subprocess.PIPE):
        """Starts the command 'words' on 'host'.  Raises HostError."""
        argv = [*host.via, *words]
        self.name = argv[0]
        self.seconds = seconds
        self.deadline = time.monotonic() + seconds
        try:
            # In a session of its own it has no terminal to ask for passwords
            # at, and close() reaches its children.
            self.process = subprocess.Popen(
                argv, stdin=stdin, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, start_new_session=True)
        except OSError as error:
            raise HostError("%s: %s" % (argv[0], error.strerror)) from None
        except UnicodeError as error:
            raise HostError("via: %s" % error) from None
        self.got = {self.process.stdout: bytearray(),
                    self.process.stderr: bytearray()}
        self.open = set(self.got)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def wait_line(self):
        """Returns the first line of output, which wait() will not.  Raises
        HostError."""
        output = self.got[self.process.stdout]
        while b"\n" not in output:
            if self.process.stdout not in self.open:
                self.wait()
                raise HostError("%s: no answer" % self.name)
            self._read()
        line, _, rest = output.partition(b"\n")
        output[:] = rest
        return bytes(line)

    def end(self):
        """Ends the standard input, and returns as wait() does."""
        self.process.stdin.close()
        return self.wait()

    def wait(self):
        """Returns the output at the end.  Raises HostError, also if that takes
        too long or prints too much."""
        while self.open:
            self._read()
        try:
            status = self.process.wait(max(0, self.deadline
                                           - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise HostError("no answer in %g s" % self.seconds) from None
        output, errors = map(bytes, self.got.values())
        if status:
            lines = errors.decode(errors="replace").split("\n")
            lines = [line for line in lines if line.strip()]
            # ovs-appctl prints the switch's message in front of its own.
            if len(lines) > 1 and lines[-1].endswith(
                    "server returned an error"):
                del lines[-1]
            raise HostError(printable(lines[-1]) if lines else
                            "%s: exit status %d" % (self.name, status))
        return output

    def close(self):
        """Ends the command and its children, if they run.  Does not wait for a
        process of another user, for example under sudo."""
        if self.process.poll() is None:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(1)
            except (OSError, subprocess.TimeoutExpired):
                pass
        for pipe in (self.process.stdin, *self.got):
            if pipe:
                pipe.close()

    def _read(self):
        """Reads what the command prints next.  Raises HostError."""
        with selectors.DefaultSelector() as selector:
            for pipe in self.open:
                selector.register(pipe, selectors.EVENT_READ)
            left = self.deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
        if not ready:
            raise HostError("no answer in %g s" % self.seconds)
        for key, _ in ready:
            data = os.read(key.fd, 65536)
            if not data:
                self.open.remove(key.fileobj)
            self.got[key.fileobj] += data
        if len(self.got[self.process.stdout]) > _ANSWER_MAX:
            raise HostError("an answer longer than %d bytes" % _ANSWER_MAX)
        del self.got[self.process.stderr][:-_ERROR_MAX]


def printable(text):
    """Returns 'text' with escapes for characters that are not printable."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
