# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""A plot of rates over time as SVG, and its numbers as text."""

import html
import time

# Sizes in units of the picture, which is as wide as the page allows.
_WIDTH, _HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 96, 8, 10, 24


def svg(title, lines, gaps, start, step, unit):
    """Returns a plot.

    'lines' is a list of (class, list of numbers), all of the same length,
    where None means that nothing is known.  'gaps' is a list of booleans of
    this length: those that are true get a gray background.  'start' is the
    first minute and 'step' the number of minutes between numbers.  'unit' is
    for the numbers, as for scaled()."""
    count = len(gaps)
    top = _nice(max((n for _, numbers in lines for n in numbers
                     if n is not None), default=0))
    parts = ['<svg viewBox="0 0 %d %d" role="img" aria-label="%s">\n'
             % (_WIDTH, _HEIGHT, html.escape(title))]
    for i, gap in enumerate(gaps):
        if gap:
            parts.append('<rect class="gap" x="%.1f" y="%d" width="%.1f" '
                         'height="%d"/>\n'
                         % (_x(i, count), _TOP,
                            _x(i + 1, count) - _x(i, count) + .1,
                            _HEIGHT - _TOP - _BOTTOM))
    for part in range(3):
        y = _y(top * part / 2, top)
        parts.append('<line class="grid" x1="%d" y1="%.1f" x2="%d" y2="%.1f"/>'
                     '\n<text x="%d" y="%.1f" text-anchor="end">%s</text>\n'
                     % (_LEFT, y, _WIDTH - _RIGHT, y, _LEFT - 6, y + 4,
                        html.escape(scaled(top * part / 2, unit))))
    for part in range(4):
        at = count * part / 4
        parts.append('<text x="%.1f" y="%d">%s</text>\n'
                     % (_x(at, count), _HEIGHT - 6,
                        _clock(start + at * step, count * step)))
    for name, numbers in lines:
        parts += ['<path class="%s" d="%s"/>\n' % (html.escape(name), path)
                  for path in _paths(numbers, top)]
    parts.append("</svg>\n")
    return "".join(parts)


def scaled(value, unit):
    """Returns 'value' with three digits and a prefix in front of 'unit', such
    as "1.50 Mbit/s"."""
    for prefix in ("", "k", "M", "G", "T", "P"):
        if value < 999.5 or prefix == "P":
            break
        value /= 1000
    digits = 0 if value >= 99.95 or not value else 1 if value >= 9.995 else 2
    return "%.*f %s%s" % (digits, value, prefix, unit)


def _paths(numbers, top):
    """Yields the path of each run of numbers without None: a level for each
    number."""
    path = ""
    for i, number in enumerate([*numbers, None]):
        if number is None:
            if path:
                yield path
            path = ""
        else:
            y = _y(number, top)
            path += "%s%.1f %.1fH%.1f" % ("L" if path else "M",
                                          _x(i, len(numbers)), y,
                                          _x(i + 1, len(numbers)))


def _x(i, count):
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * i / count


def _y(number, top):
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * number / top


def _nice(number):
    """Returns the smallest of .1, .2, .5, 1, 2... that is not below
    'number'."""
    nice = .1
    while True:
        for factor in (1, 2, 5):
            if nice * factor >= number:
                return nice * factor
        nice *= 10


def _clock(minute, length):
    """Returns the time at 'minute' on an axis of 'length' minutes."""
    return time.strftime("%H:%M" if length <= 24 * 60 else "%d %b",
                         time.gmtime(minute * 60))
