# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Poll the hosts in parallel, each with a time limit."""

import concurrent.futures
import os
import selectors
import signal
import subprocess
import time
from typing import NamedTuple, Optional

from ovs.oam import snapshot

# The longest answer: 65,536 cells are 15 MB.
_ANSWER_MAX = 64 * 1024 * 1024
_ERROR_MAX = 4096
# How many hosts are asked at the same time.
_WORKERS = 32
# How far the clock of a host may be off, in s, without a message.
_CLOCK_LIMIT = 60


class HostError(Exception):
    """A host did not answer, or not with counters.  The message gives the
    reason."""


class Answer(NamedTuple):
    """The answer of a host: a Snapshot, or None and the problem.  A Snapshot
    can have a problem, too.  'time' is the time of arrival in ms, by this
    machine's clock."""
    host: str
    time: int
    snapshot: Optional[snapshot.Snapshot]
    problem: Optional[str]


def gather(hosts, seconds):
    """Yields an Answer of each of 'hosts' except those with "via = none", in
    order of arrival.  Each host has 'seconds' to answer."""
    hosts = [host for host in hosts if host.via is not None]
    if not hosts:
        return
    with concurrent.futures.ThreadPoolExecutor(
            min(_WORKERS, len(hosts))) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(_ask, host, seconds) for host in hosts]):
            yield done.result()


def appctl(host, seconds, *words):
    """Returns the output, as bytes, of the command 'words' of the switch of
    'host', which has 'seconds' to answer.  Raises HostError."""
    environment = ["env", "OVS_RUNDIR=" + host.rundir] if host.rundir else []
    return _run([*host.via, *environment, "ovs-appctl",
                 "--timeout=%d" % max(1, seconds), "--format", "json", *words],
                seconds)


def _ask(host, seconds):
    """Returns the Answer of 'host'."""
    try:
        answer = snapshot.parse(appctl(host, seconds, "account/dump"))
        problem = None
    except (HostError, snapshot.SnapshotError) as error:
        answer, problem = None, "%s: %s" % (host.name, error)
    now = time.time_ns() // 1000000
    if answer:
        ahead = (answer.time - now) / 1000
        if abs(ahead) > _CLOCK_LIMIT:
            problem = ("%s: its clock is %d s %s; this machine's is used"
                       % (host.name, abs(ahead),
                          "ahead" if ahead > 0 else "behind"))
    return Answer(host.name, now, answer, problem)


def _run(argv, seconds):
    """Returns the output of the command 'argv'.  Raises HostError, also if it
    takes more than 'seconds' or prints too much."""
    try:
        # In a session of its own it has no terminal to ask for passwords at,
        # and _kill() reaches its children.
        process = subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        raise HostError("%s: %s" % (argv[0], error.strerror)) from None
    except UnicodeError as error:
        raise HostError("via: %s" % error) from None
    deadline = time.monotonic() + seconds
    try:
        output, errors = _read(process, deadline)
        status = process.wait(max(0, deadline - time.monotonic()))
    except (TimeoutError, subprocess.TimeoutExpired):
        _kill(process)
        raise HostError("no answer in %g s" % seconds) from None
    except HostError:
        _kill(process)
        raise
    finally:
        process.stdout.close()
        process.stderr.close()
    if status:
        lines = errors.decode(errors="replace").split("\n")
        lines = [line for line in lines if line.strip()]
        # ovs-appctl prints the switch's message in front of its own.
        if len(lines) > 1 and lines[-1].endswith("server returned an error"):
            del lines[-1]
        raise HostError(printable(lines[-1]) if lines else
                        "%s: exit status %d" % (argv[0], status))
    return output


def _read(process, deadline):
    """Returns the standard output and error of 'process' up to their ends.
    Raises TimeoutError, HostError."""
    got = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as selector:
        for pipe in got:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            left = deadline - time.monotonic()
            ready = selector.select(left) if left > 0 else []
            if not ready:
                raise TimeoutError
            for key, _ in ready:
                data = os.read(key.fd, 65536)
                if not data:
                    selector.unregister(key.fileobj)
                got[key.fileobj] += data
            if len(got[process.stdout]) > _ANSWER_MAX:
                raise HostError("an answer longer than %d bytes"
                                % _ANSWER_MAX)
            del got[process.stderr][:-_ERROR_MAX]
    return bytes(got[process.stdout]), bytes(got[process.stderr])


def _kill(process):
    """Ends 'process' and its children.  Does not wait for a process of another
    user, for example under sudo."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(1)
    except (OSError, subprocess.TimeoutExpired):
        pass


def printable(text):
    """Returns 'text' with escapes for characters that are not printable."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
