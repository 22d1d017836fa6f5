# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Checks pages of ovs-oam.

  oam_page.py text FILE POLICY   prints the text of the page in FILE
  oam_page.py history FILE       compares the plots of a page with the packets
                                 that a made-up switch has counted; FILE gets
                                 the record

Both fail if the page has a script, or anything from outside, or a style sheet
that the Content-Security-Policy POLICY does not allow.
"""

import base64
import hashlib
import html.parser
import json
import re
import sys

import oam_dump
from ovs.oam import page, record, snapshot, view

# Elements that a page may have, and attributes that may refer to something.
ELEMENTS = set("html meta title style h1 h2 h3 p b a span div table tr th td "
               "svg path line rect text".split())
# The possible tops of plots.
TOPS = [factor * 10**n for n in range(12) for factor in (1, 2, 5)]
LINK = re.compile(r"(\.\./|tenant/[0-9]*)\Z")


class Parser(html.parser.HTMLParser):
    """Collects the text in 'text', a line for each row of a table and each
    other element that has some, and the paths of plots in 'paths', as lists of
    (class, d) by title."""

    def __init__(self, policy):
        super().__init__()
        self.policy, self.element, self.text = policy, None, []
        self.row = None
        self.paths = {}

    def handle_starttag(self, tag, attrs):
        assert tag in ELEMENTS, tag
        for name, value in attrs:
            assert name not in ("style", "src", "xlink:href"), name
            assert not name.startswith("on"), name
            assert name != "href" or LINK.match(value), value
        self.element = tag
        attrs = dict(attrs)
        if tag == "tr":
            self.row = []
        if tag == "svg":
            self.title = attrs["aria-label"]
            self.paths[self.title] = []
        if tag == "path":
            self.paths[self.title].append((attrs["class"], attrs["d"]))

    def handle_endtag(self, tag):
        if tag == "tr":
            self.text.append(" | ".join(self.row))
            self.row = None

    def handle_data(self, data):
        if self.element == "style" and data.strip():
            digest = base64.b64encode(hashlib.sha256(data.encode()).digest())
            assert "'sha256-%s'" % digest.decode() in self.policy
            assert "url" not in data and "@import" not in data
        elif data.strip():
            lines = self.text if self.row is None else self.row
            lines.append(" ".join(data.split()))


def parse(text, policy):
    parser = Parser(policy)
    parser.feed(text)
    parser.close()
    return parser


def rates(path):
    """Returns the levels of a path from a plot, as parts of its height."""
    return [(176 - float(y)) / 166
            for y in re.findall(r"[ML][0-9.]+ ([0-9.]+)H", path)]


def answer(db, host, boot, age, minute, lines):
    """Records an answer of 'host' at 'minute', 'age' minutes after an
    arbitrary time."""
    snap = oam_dump.dump(boot, age * 60000 + 10**10, lines)
    db.add(host, snapshot.parse(json.dumps(snap).encode()),
           minute * 60000 + 30000)


def history(path):
    """Records 31 days of a made-up switch in file 'path', and compares the
    plots with its numbers."""
    # 12:00 UTC, so that spans of all lengths begin then.
    now = 20000 * 24 * 60 + 12 * 60
    site = view.Site({}, {})

    def add(minute):
        """Returns the bytes into the tenant's network in 'minute'."""
        return 1000 + minute % 7 * 100

    total = 0
    with record.Record(path, write=True) as db:
        db._db.execute("PRAGMA synchronous = OFF")
        for minute in range(now - 31 * 24 * 60, now):
            total += add(minute)
            # A second host, with answers in other minutes, and a third one
            # that was there for a week.
            recent = minute >= now - 180
            if recent or minute % 10 == 4:
                answer(db, "hv2", 2, minute - now, minute, [])
            if minute < now - 24 * 24 * 60 and minute % 10 == 4:
                answer(db, "old", 3, minute - now, minute, [])
            # Nothing in the 10 minutes before the last 20.
            if now - 30 <= minute < now - 20:
                continue
            # As often as the shortest plot needs it.
            if recent or minute % 10 == 9:
                answer(db, "hv1", 1, minute - now, minute, [
                    ["edge", "br0", "900", "1", "2", "0", str(total)],
                    ["cell", "t", "stt", "1", "192.0.2.2", "0",
                     str(2 * total), "0", "0", "0"]])
        db.thin(now * 60000)
        seen = view.read(db, now * 60000)
        made = page.tenant(db, seen, site, view.tenants(seen, site), "1")
    plots = parse(made.decode(), page.POLICY).paths
    for span, steps, step in (("1 hour", 60, 1), ("24 hours", 144, 10),
                              ("30 days", 360, 120)):
        want = []
        for i in range(steps):
            first = now - (steps - i) * step
            minutes = range(first, first + step)
            want.append(sum(map(add, minutes)) * 8 / 60 / step)
        # Counts of the gap, and of the step behind it, are distributed.
        gap = {1: range(30, 41), 10: range(141, 143)}.get(step, ())
        mean = sum(want[i] for i in gap) / max(1, len(gap))
        want = [mean if i in gap else n for i, n in enumerate(want)]
        for title, factor in (("Edge", 1), ("Tunnels, all hosts", 2)):
            paths = [rates(d) for name, d in plots["%s, %s" % (title, span)]
                     if name == "in"]
            top = min(n for n in TOPS if n >= factor * max(want))
            got, = paths
            assert len(got) == steps
            for a, b in zip(got, want):
                # A tenth of a unit of the picture.
                assert abs(a - factor * b / top) < .1 / 166, (span, a, b)
    print("the plots have what was counted")


if __name__ == "__main__":
    if sys.argv[1] == "history":
        history(sys.argv[2])
    else:
        with open(sys.argv[2], encoding="utf-8") as file:
            print("\n".join(parse(file.read(), sys.argv[3]).text))
