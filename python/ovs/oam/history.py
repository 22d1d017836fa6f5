# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Rates over time, from the samples."""

from typing import NamedTuple

from ovs.oam import series
from ovs.oam.view import directed


class Span(NamedTuple):
    """A length of time: 'title', number of 'steps', minutes of a 'step'."""
    title: str
    steps: int
    step: int

    def start(self, now):
        """Returns the first minute of the span that ends with the last full
        step before 'now', in minutes."""
        return now // self.step * self.step - self.steps * self.step


SPANS = (Span("1 hour", 60, 1), Span("24 hours", 144, 10),
         Span("30 days", 360, 120))


class History(NamedTuple):
    """The increments in each step of a span: lists of tuples of numbers for
    tunnels and for the edge, or None where nothing is known.  'gaps' has true
    for each step in which a host did not answer.  'start' is the first
    minute."""
    span: Span
    start: int
    tunnels: list
    edge: list
    gaps: list


def read(record, site, now, span, tenant=None):
    """Returns the History of 'tenant', or of the whole site, in the Span
    'span' before 'now', in minutes.  Raises record.RecordError."""
    start = span.start(now)
    if tenant is None:
        tunnels = record.samples(series.PORT, start)
        edge = record.samples(series.EDGES, start)
    else:
        tunnels = record.samples(series.TENANT, start, tenant)
        edge = record.samples(series.EDGE, start, site.domains(tenant))
    hosts = record.hosts()
    known, gaps = _answered(hosts, record.answers(start), start, span)

    def total(sampled, convert):
        steps = [series.ZERO] * span.steps
        for host, name, samples in sampled:
            for i, numbers in enumerate(_steps(samples, start, span,
                                               hosts[host].first // 60000)):
                if numbers:
                    steps[i] = series.plus(steps[i], convert(name, numbers))
        return _spread(steps, known, gaps)

    return History(span, start, total(tunnels, lambda name, numbers: numbers),
                   total((e for e in edge if site.direction(e[1])),
                         lambda name, numbers: directed(site, name, numbers)),
                   gaps)


def _answered(hosts, answers, start, span):
    """Returns two lists of booleans for the steps: whether any of 'hosts' was
    on record, and whether one of these did not answer."""
    known, gaps = [], []
    for i in range(span.steps):
        first = start + i * span.step
        minutes = range(first, first + span.step)
        there = [name for name, host in hosts.items()
                 if host.first // 60000 <= minutes[-1]
                 and host.last // 60000 >= minutes[0]]
        known.append(bool(there))
        gaps.append(any(answers.get(name, set()).isdisjoint(minutes)
                        for name in there))
    return known, gaps


def _spread(steps, known, gaps):
    """Returns 'steps' with the numbers of each gap, and of the step behind it,
    distributed evenly, and None for steps that are not 'known'."""
    steps = [numbers if there else None
             for numbers, there in zip(steps, known)]
    begin = None
    for i, gap in enumerate(gaps):
        if gap and begin is None:
            begin = i
        elif not gap and begin is not None:
            count = i - begin + 1
            total = series.ZERO
            for numbers in steps[begin:i + 1]:
                total = series.plus(total, numbers or series.ZERO)
            # Integers with exactly this total.
            steps[begin:i + 1] = [
                tuple(n * (j + 1) // count - n * j // count for n in total)
                for j in range(count)]
            begin = None
    return steps


def _steps(samples, start, span, first):
    """Returns the increment of a counter with 'samples' in each step, or None
    for no increment.  Numbers from before the minute 'first', that of the
    host's first answer, belong to no step."""
    steps = [None] * span.steps
    before = samples[0][1] if samples and samples[0][0] <= max(
        start - 1, first) else series.ZERO
    for minute, numbers in samples:
        place = (minute - start) // span.step
        if 0 <= place < span.steps:
            more = series.minus(numbers, before)
            steps[place] = series.plus(steps[place] or series.ZERO, more)
        if minute >= start:
            before = numbers
    return steps
