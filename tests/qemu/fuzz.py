# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Send mutated STT segments.

usage: fuzz.py NAMESPACE/DEVICE MAC SECONDS SEED

Sends from DEVICE to MAC, the address of 10.9.0.1 and fd09::1.  The same SEED
gives the same packets."""

import os
import random
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..'))
from stt_cases import KEY, P4T, P4U, P6T, P6U, Raw          # noqa: E402
from stt_wire import (IPV4, L4TCP, PARTIAL, TCP, UDP, V_BIT, VERIFIED, Path,
                      Stt, arp, hop_by_hop, inner)          # noqa: E402


def make_frames():
    """Returns inner frames of many kinds, with the offload fields of the STT
    header for them."""
    frames = [(arp(), 0, 0), (b'\x50' * 14, 0, 0)]
    for ip, tcp, udp, l4ofs in (4, P4T, P4U, 34), (6, P6T, P6U, 54):
        for size in 1, 100, 1000, 4000, 9000, 30000:
            frames += [(inner(size, TCP, ip, csum='partial'), tcp, l4ofs),
                       (inner(size, UDP, ip, csum='partial'), udp, l4ofs),
                       (inner(size, TCP, ip), 0, 0)]
    frames.append((inner(5000, TCP, 6, csum='partial', ext=hop_by_hop(64)),
                   P6T, 118))
    return frames


def make_case(rng, frames, path):
    """Returns the segments of one frame, with random errors."""
    frame, flags, l4ofs = rng.choice(frames)
    mss = rng.choice((0, 0, 1, 47, 48, 500, 1400, 65535)) if flags & L4TCP \
        else 0
    stt = Stt(frame, key=KEY, flags=flags, l4ofs=l4ofs, mss=mss)
    if rng.random() < .3:
        field, value = rng.choice((
            ('version', rng.randrange(256)), ('flags', rng.randrange(256)),
            ('flags', rng.choice((PARTIAL, VERIFIED | PARTIAL, IPV4))),
            ('l4ofs', rng.randrange(256)), ('mss', rng.randrange(65536)),
            ('tci', V_BIT | rng.randrange(65536)),
            ('reserved', rng.randrange(256))))
        setattr(stt, field, value)
    data = bytearray(stt.pack())
    if rng.random() < .2:
        for _ in range(rng.randrange(1, 9)):
            data[rng.randrange(min(len(data), 200))] = rng.randrange(256)
    if rng.random() < .1:
        del data[rng.randrange(1, len(data)):]
    data = bytes(data)

    how = {}
    if rng.random() < .2:
        how = rng.choice(({'doff': rng.randrange(16)}, {'csum': 'bad'},
                          {'tos': rng.randrange(256)},
                          {'flags': rng.randrange(256)},
                          {'options': bytes(4 * rng.randrange(11))},
                          {'ttl': rng.randrange(256)}))
    ident = path.ident() if rng.random() < .9 else rng.randrange(4)
    size = rng.choice((1448, 1448, 1448, 1440, 700, 100, 8900))
    segments = []
    for offset in range(0, len(data), size):
        piece = data[offset:offset + size]
        total = len(data)
        if rng.random() < .05:
            total = rng.choice((0, 17, 32, total - 1, total + 1, 65535))
        if rng.random() < .05:
            offset = rng.choice((0, 1, 18, offset + 1, max(offset - 1, 0),
                                 rng.randrange(65536)))
        if rng.random() < .05:
            piece = piece[:rng.randrange(len(piece) + 1)]
        segments.append(path.segment(piece, ident, total & 0xffff,
                                     offset & 0xffff, **how))

    # Lose, duplicate, reorder, truncate and corrupt some.
    out = []
    for segment in segments:
        chance = rng.random()
        if chance < .03:
            continue
        if chance < .06:
            segment = segment[:rng.randrange(14, len(segment) + 1)]
        elif chance < .1:
            segment = bytearray(segment)
            segment[rng.randrange(14, min(len(segment), 100))] = \
                rng.randrange(256)
            segment = bytes(segment)
        out += [segment] * (2 if rng.random() < .05 else 1)
    if rng.random() < .3:
        rng.shuffle(out)
    return out


def main():
    where, mac, seconds, seed = sys.argv[1:]
    rng = random.Random(int(seed))
    device = Raw(where)
    paths = [Path('02:00:00:00:00:02', mac, src, dst)
             for src, dst in (('10.9.0.2', '10.9.0.1'),
                              ('fd09::2', 'fd09::1'))]
    frames = make_frames()
    waiting, n_cases, n_segments = [], 0, 0
    end = time.monotonic() + int(seconds)
    while time.monotonic() < end:
        segments = make_case(rng, frames, rng.choice(paths))
        # Some frames are interleaved with others.
        waiting.append(segments)
        n_cases += 1
        while len(waiting) > 8:
            i = rng.randrange(len(waiting))
            n = rng.randrange(1, 20)
            for segment in waiting[i][:n]:
                try:
                    device.sock.send(segment)
                    n_segments += 1
                except OSError:         # Longer than the MTU, or no room.
                    pass
            del waiting[i][:n]
            if not waiting[i]:
                del waiting[i]
    print('%d frames, %d segments' % (n_cases, n_segments))


if __name__ == '__main__':
    main()
