# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""The pages of the site and of a tenant: one file each, without scripts or
references to other files."""

import base64
import hashlib
import html
import urllib.parse

from ovs.oam import history, plot, series
from ovs.oam.usage import date, size

# How many tenants the page of the site lists.
_TENANTS_MAX = 200
_REFRESH = 60

_STYLE = """
body { font: 16px/1.4 sans-serif; margin: 0 auto; padding: 0 12px 24px;
       max-width: 760px; color: #222; background: #fff; }
h1 { font-size: 1.4em; } h2 { font-size: 1.1em; margin: 1.4em 0 .2em; }
h3 { font-size: 1em; margin: 1em 0 0; font-weight: normal; }
svg { width: 100%; height: auto; display: block; }
svg text { font-size: 12px; fill: #555; }
.grid { stroke: #ddd; } .gap { fill: #eee; }
path { fill: none; stroke-width: 1.6; }
.in { stroke: #0b6; } .out { stroke: #15c; } .dropped { stroke: #d22; }
b.in { color: #084; } b.out { color: #15c; } b.dropped { color: #b11; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 3px 8px; text-align: right; white-space: nowrap;
         border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; white-space: normal;
         overflow-wrap: anywhere; min-width: 5em; }
.bad { color: #b11; } p { margin: .4em 0; }
@media (prefers-color-scheme: dark) {
 body { color: #ddd; background: #181818; } svg text { fill: #aaa; }
 .grid { stroke: #444; } .gap { fill: #333; } a { color: #8bf; }
 th, td { border-color: #444; } .bad, b.dropped { color: #f77; }
 b.in { color: #4d9; } b.out { color: #8af; } .out { stroke: #58f; } }
"""

# Content-Security-Policy: this style sheet only.
POLICY = ("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; "
          "form-action 'none'; frame-ancestors 'none'"
          % base64.b64encode(hashlib.sha256(_STYLE.encode()).digest())
          .decode())


def tenant(record, seen, site, tenants, name):
    """Returns the page (bytes) of tenant 'name', one of 'tenants', at the time
    of View 'seen'.  'tenants' are from view.tenants().  Raises
    record.RecordError."""
    tunnels, edge = tenants[name]
    remotes = {}
    for _, key, numbers in seen.sums:
        if key.kind == series.CELL and key.tenant == name:
            remotes[key.remote] = series.plus(
                remotes.get(key.remote, series.ZERO), numbers)
    rows = [("edge", *_columns(edge), "-"),
            ("tunnels, all", *_columns(tunnels), tunnels[series.RX_DROPPED])]
    rows += [(" ".join(filter(None, (remote, site.names.get(remote)))),
              *_columns(numbers), numbers[series.RX_DROPPED])
             for remote, numbers in sorted(remotes.items())]
    return _page("Tenant %s" % (name or "without key"), seen,
                 '<p><a href="../">All tenants</a></p>\n'
                 + _table(("", "in", "out", "dropped frames"),
                          [[_text(cell) for cell in row] for row in rows])
                 + _plots(record, seen, site, name) + _hosts(seen))


def whole(record, seen, site, tenants):
    """Returns the page (bytes) of the site with 'tenants', at the time of View
    'seen'.  Raises record.RecordError."""
    largest = sorted(tenants, key=lambda name: (_weight(tenants[name]), name),
                     reverse=True)
    rows = []
    for name in largest[:_TENANTS_MAX]:
        tunnels, edge = tenants[name]
        rows.append(['<a href="tenant/%s">%s</a>'
                     % (urllib.parse.quote(name), _text(name or "(no key)")),
                     *map(_text, (*_columns(edge), *_columns(tunnels),
                                  tunnels[series.RX_DROPPED]))])
    more = ""
    if len(largest) > _TENANTS_MAX:
        more = "<p>and %d tenants with less</p>\n" % (len(largest)
                                                      - _TENANTS_MAX)
    return _page("Site", seen, _table(
        ("tenant", "edge in", "edge out", "tunnels in", "tunnels out",
         "dropped frames"), rows)
        + more + _plots(record, seen, site, None) + _hosts(seen))


def _weight(numbers):
    """Returns the sort key of tenants: bytes at the edge, then in tunnels."""
    tunnels, edge = numbers
    return (edge[series.RX_BYTES] + edge[series.TX_BYTES],
            tunnels[series.RX_BYTES] + tunnels[series.TX_BYTES])


def _columns(numbers):
    return size(numbers[series.RX_BYTES]), size(numbers[series.TX_BYTES])


def _plots(record, seen, site, name):
    """Returns the plots of tenant 'name', or of the site if it is None."""
    parts = []
    for span in history.SPANS:
        past = history.read(record, site, seen.time // 60000, span, name)
        parts.append("<h2>%s</h2>\n" % span.title)
        for title, steps in (("Edge", past.edge),
                             ("Tunnels, all hosts", past.tunnels)):
            parts.append(_plot(past, title, steps, "bit/s", 8, (
                ("in", series.RX_BYTES), ("out", series.TX_BYTES))))
        parts.append(_plot(past, "Dropped by flows", past.tunnels,
                           "frames/s", 1, (("dropped", series.RX_DROPPED),)))
    return "".join(parts)


def _plot(past, title, steps, unit, factor, lines):
    """Returns a plot of the numbers of 'lines' (class, place) in 'steps', with
    their maxima and totals."""
    seconds = past.span.step * 60
    drawn, words = [], []
    for name, place in lines:
        rates = [None if numbers is None
                 else numbers[place] * factor / seconds for numbers in steps]
        total = sum(numbers[place] for numbers in steps if numbers)
        drawn.append((name, rates))
        words.append('<b class="%s">%s</b> at most %s, in all %s'
                     % (name, name, plot.scaled(
                         max((r for r in rates if r is not None), default=0),
                         unit),
                        size(total) if factor == 8 else "%d frames" % total))
    about = "%s, %s" % (title, past.span.title)
    return "<h3>%s: %s</h3>\n%s" % (
        _text(title), "; ".join(words),
        plot.svg(about, drawn, past.gaps, past.start, past.span.step, unit))


def _hosts(seen):
    """Returns the table of hosts."""
    rows = []
    for name, host in sorted(seen.hosts.items()):
        if host.problem:
            state = '<span class="bad">%s</span>' % _text(host.problem)
        else:
            state = "answers" if host.up else "not asked"
        rows.append([_text(name), state,
                     _text(date(host.since) if host.last else "-"),
                     _text(host.restarts)])
    problem = ""
    if seen.problem:
        problem = '<p class="bad">%s</p>\n' % _text(seen.problem)
    return "<h2>Hosts</h2>\n" + problem + _table(
        ("host", "state", "counted since", "restarts"), rows)


def _table(head, rows):
    """Returns a table with the words 'head' on top of 'rows', which are lists
    of HTML."""
    return ('<div class="scroll"><table>\n<tr>%s</tr>\n%s</table></div>\n'
            % ("".join("<th>%s</th>" % _text(word) for word in head),
               "".join("<tr>%s</tr>\n"
                       % "".join("<td>%s</td>" % cell for cell in row)
                       for row in rows)))


def _page(title, seen, body):
    """Returns a page (bytes) of HTML."""
    return ("""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="%d">
<title>%s</title>
<style>%s</style>
<h1>%s</h1>
<p>As of %s.  Times are UTC.  Bytes do not include tunnel headers.</p>
%s</html>
""" % (_REFRESH, _text(title), _STYLE, _text(title), date(seen.time),
       body)).encode()


def _text(value):
    return html.escape(str(value))
