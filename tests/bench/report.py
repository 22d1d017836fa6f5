# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Output of the results of benchmarks: results.json, results.png and a
table."""

import json
import os
import subprocess

from harness import BENCHES, OUT, ROUNDS


def save(results, names):
    """Writes results.json with the 'results' of the benchmarks 'names' and its
    earlier results of others, and draws the plot."""
    path = OUT + '/results.json'
    kept = {}
    if os.path.exists(path):
        with open(path) as f:
            kept = {r['name']: r for r in json.load(f)
                    if r['name'] not in names}
    kept.update((r['name'], r) for r in results)
    kept = [kept[name] for name in BENCHES if name in kept]
    with open(path, 'w') as f:
        json.dump(kept, f, indent=2)
        f.write('\n')
    if kept:
        plot(kept)


def plot(results):
    """Draws the medians with their ranges, and the goals, as a PNG."""
    script = ["""
set terminal pngcairo size 1100,%d font "sans,11"
set output "%s/results.png"
set title "Ratios: median of %d rounds or more, and range"
set logscale x
set autoscale x
set xtics (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)
set yrange [%g:-0.7]
set grid x
set key outside bottom horizontal
set lmargin 34
$data << END""" % (160 + 45 * len(results), OUT, ROUNDS,
                   len(results) - .3)]
    for i, r in enumerate(results):
        relation, limit = r['goal'].split()
        script.append('%d %s %s %s %s "%s"' % (
            i, r['median'], r['min'], r['max'], limit,
            '%s (%s)' % (r['name'], r['goal'])))
    script.append("""END
plot $data using 2:1:3:4:ytic(6) with xerrorbars pt 7 lw 2 title "measured", \
     $data using 5:1 with points pt 2 ps 1.5 lw 2 title "goal", \
     $data using 2:($1-0.3):(sprintf("%.3f", $2)) with labels notitle
""")
    subprocess.run(['gnuplot'], input='\n'.join(script), text=True,
                   check=True)


def show(results):
    """Prints a table of 'results'."""
    print('\n%-29s %8s %8s %8s %8s' % ('ratio', 'median', 'min', 'max',
                                       'goal'))
    for r in results:
        print('%-29s %8.3f %8.3f %8.3f %8s  %s' % (
            r['name'], r['median'], r['min'], r['max'], r['goal'],
            'met' if r['met'] else 'NOT MET'))
    print('\nresults.json and results.png are in _build/bench.')
