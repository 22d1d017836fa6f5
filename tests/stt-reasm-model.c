/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* A naive model of lib/overlay/encap/stt-reasm.c: a frame is 65,536 flags that
 * tell which bytes were received, and everything else is a search through all
 * frames.  stt_reasm_compare() converts its input to a sequence of operations,
 * does them on a reassembler and on the model, and aborts if the two differ in
 * a verdict, a frame, a counter or the memory used. */

#include <config.h>
#undef NDEBUG

#include "stt-reasm-model.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

#define MAX_LEN 65536
#define MAX_RANGES 128
#define FIRST_CAPACITY 2048

/* The model's frames have one of 'N_KEYS' keys.  One more key is for frames of
 * a single segment. */
#define N_KEYS 12
#define OTHER_KEY N_KEYS

/* The keys have this number of different sources. */
#define N_SOURCES 4
#define NO_SOURCE N_SOURCES

enum { FRAMES, BYTES };

struct model_frame {
    bool exists;
    uint32_t total;
    uint32_t capacity;
    uint64_t used;
    long long int used_msec;
    uint8_t tos, ttl;
    uint16_t flags;
    bool ce;
    uint8_t data[MAX_LEN];
    bool have[MAX_LEN];
};

struct model {
    struct stt_reasm *reasm;
    uint64_t overhead;          /* Memory for a frame beyond its buffer. */

    long long int now;
    uint64_t clock;
    struct stt_reasm_limits limits;
    struct stt_reasm_stats stats;
    struct model_frame frames[N_KEYS + 1];
    size_t heavy[2];            /* By FRAMES and BYTES. */
};

/* The input, and a generator of pseudo-random data and header fields. */
struct input {
    const uint8_t *p, *end;
    uint32_t noise;
};

/* Returns a number from 0 to 'n' - 1 from the input, or 0 at its end. */
static uint32_t
get(struct input *in, uint32_t n)
{
    uint32_t x = 0;

    for (uint32_t max = n - 1; max && in->p < in->end; max >>= 8) {
        x = (x << 8) | *in->p++;
    }
    return x % n;
}

/* Returns a pseudo-random byte. */
static uint8_t
noise(struct input *in)
{
    in->noise = in->noise * 1664525 + 1013904223;
    return in->noise >> 24;
}

/* Returns key number 'i': each differs from key 0 in one member, or in a part
 * of one. */
static struct stt_reasm_key
make_key(size_t i)
{
    static int domains[2];
    struct stt_reasm_key key = {
        .domain = &domains[0],
        .sport = htons(40000),
        .dport = htons(7471),
        .frame_id = htonl(0x01020304),
    };

    memset(&key.src, 0x20, sizeof key.src);
    memset(&key.dst, 0x30, sizeof key.dst);
    switch (i) {
    case 0:
        break;
    case 1:
        key.domain = &domains[1];
        break;
    case 2:
        key.src.s6_addr[0] ^= 1;
        break;
    case 3:
        key.src.s6_addr[15] ^= 0x80;
        break;
    case 4:
        key.dst.s6_addr[0] ^= 0x80;
        break;
    case 5:
        key.dst.s6_addr[15] ^= 1;
        break;
    case 6:
        key.sport = htons(40001);
        break;
    case 7:
        key.dport = htons(7472);
        break;
    case 8:
        key.frame_id = htonl(0x01020305);
        break;
    case 9:
        key.frame_id = htonl(0x81020304);
        break;
    case 10:
        /* The ports have the same sum as those of key 0. */
        key.sport = htons(40001);
        key.dport = htons(7470);
        break;
    case 11:
        /* Source and destination exchanged. */
        memset(&key.src, 0x30, sizeof key.src);
        memset(&key.dst, 0x20, sizeof key.dst);
        break;
    case OTHER_KEY:
        key.frame_id = htonl(0xffffffff);
        break;
    default:
        OVS_NOT_REACHED();
    }
    return key;
}

static uint32_t
model_headroom(uint32_t total)
{
    return total + STT_REASM_HEADROOM <= UINT16_MAX
           ? STT_REASM_HEADROOM : (UINT16_MAX - total) & ~15;
}

/* Returns the memory, in bytes, for a frame of 'total' bytes of which
 * 'capacity' bytes have room. */
static uint64_t
model_memory(const struct model *m, uint32_t total, uint32_t capacity)
{
    return m->overhead + model_headroom(total) + capacity;
}

static void
model_remove(struct model *m, struct model_frame *f)
{
    ovs_assert(f->exists);
    f->exists = false;
    m->stats.bytes -= model_memory(m, f->total, f->capacity);
    m->stats.frames--;
}

/* Returns the source of key number 'k'. */
static size_t
model_source(size_t k)
{
    return k == 2 ? 1 : k == 3 ? 2 : k == 11 ? 3 : 0;
}

/* Returns how much of 'resource', FRAMES or BYTES, 'source' uses. */
static uint64_t
model_used(const struct model *m, size_t source, int resource)
{
    uint64_t used = 0;

    for (size_t i = 0; i <= N_KEYS; i++) {
        const struct model_frame *f = &m->frames[i];

        if (f->exists && model_source(i) == source) {
            used += (resource == FRAMES
                     ? 1 : model_memory(m, f->total, f->capacity));
        }
    }
    return used;
}

/* Returns the least recently used frame of 'source', or NULL if it has
 * none. */
static struct model_frame *
model_oldest(struct model *m, size_t source)
{
    struct model_frame *oldest = NULL;

    for (size_t i = 0; i <= N_KEYS; i++) {
        struct model_frame *f = &m->frames[i];

        if (f->exists && model_source(i) == source) {
            ovs_assert(!oldest || f->used != oldest->used);
            if (!oldest || f->used < oldest->used) {
                oldest = f;
            }
        }
    }
    return oldest;
}

/* Returns the source other than 'except' that uses most of 'resource', or
 * NO_SOURCE.  Of several, it is the source of the least recently used
 * frame. */
static size_t
model_heavy(struct model *m, int resource, size_t except)
{
    size_t heavy = NO_SOURCE;

    for (size_t i = 0; i < N_SOURCES; i++) {
        uint64_t used = model_used(m, i, resource);
        uint64_t max = model_used(m, heavy, resource);

        if (i != except
            && (used > max
                || (used && used == max
                    && model_oldest(m, i)->used
                       < model_oldest(m, heavy)->used))) {
            heavy = i;
        }
    }
    return heavy;
}

/* Discards a frame so that 'source' gets some of 'resource', for a frame that
 * it already has if 'grows'.  Returns false if there are no frames. */
static bool
model_evict(struct model *m, size_t source, bool grows, int resource)
{
    size_t except = (grows && model_used(m, source, FRAMES) == 1
                     ? source : NO_SOURCE);
    size_t heavy = m->heavy[resource];
    uint64_t share, n = 0;

    for (size_t i = 0; i < N_SOURCES; i++) {
        n += model_oldest(m, i) != NULL;
    }
    if (!n) {
        return false;
    }
    if (model_used(m, source, resource) > model_used(m, heavy, resource)) {
        heavy = source;
    }
    share = (resource == FRAMES ? m->limits.max_frames
             : m->limits.max_bytes) / n;
    if (!model_oldest(m, heavy) || heavy == except
        || model_used(m, heavy, resource) < share - share / 8) {
        heavy = model_heavy(m, resource, except);
        ovs_assert(heavy != NO_SOURCE);
    }
    m->heavy[resource] = heavy;
    model_remove(m, model_oldest(m, heavy));
    m->stats.n[STT_REASM_RX_EVICTED]++;
    return true;
}

/* Adds 'bytes' and 'frames', 0 or 1, to the memory used, and discards frames
 * so that 'source' gets them.  Returns false if that is impossible. */
static bool
model_make_room(struct model *m, size_t source, uint64_t bytes,
                uint32_t frames)
{
    while (m->stats.bytes + bytes > m->limits.max_bytes
           || m->stats.frames + frames > m->limits.max_frames) {
        int resource = (m->stats.frames + frames > m->limits.max_frames
                        ? FRAMES : BYTES);

        if (!model_evict(m, source, !frames, resource)) {
            return false;
        }
    }
    m->stats.bytes += bytes;
    m->stats.frames += frames;
    return true;
}

/* Discards 'f' if it has expired. */
static void
model_expire(struct model *m, struct model_frame *f)
{
    if (f->exists && m->now >= f->used_msec + m->limits.timeout) {
        model_remove(m, f);
        m->stats.n[STT_REASM_RX_EXPIRED]++;
    }
}

/* Returns the offset of the first flag at or after 'start' in the 'n' flags in
 * 'have' that is 'value', or 'n' if there is none. */
static size_t
find_flag(const bool have[], size_t start, size_t n, bool value)
{
    const bool *p = memchr(have + start, value, n - start);

    return p ? p - have : n;
}

/* Returns the number of ranges of true flags in the 'n' flags in 'have'. */
static size_t
count_ranges(const bool have[], size_t n)
{
    size_t n_ranges = 0;

    for (size_t i = find_flag(have, 0, n, true); i < n;
         i = find_flag(have, find_flag(have, i, n, false), n, true)) {
        n_ranges++;
    }
    return n_ranges;
}

/* Adds 'seg', which has key 'k', to the model.  Returns what stt_reasm_add()
 * must return for it. */
static enum stt_reasm_verdict
model_add(struct model *m, size_t k, const struct stt_segment *seg)
{
    struct model_frame *f = &m->frames[k];
    size_t end = (size_t) seg->offset + seg->len;
    uint32_t capacity;
    size_t n_had = 0;

    if (!seg->len || end > seg->total || seg->total < 32) {
        return STT_REASM_RX_LENGTH;
    }
    model_expire(m, f);
    if (f->exists) {
        if (seg->total != f->total) {
            return STT_REASM_RX_TOTAL_MISMATCH;
        }
        for (size_t i = seg->offset; i < end; i++) {
            n_had += f->have[i];
        }
        if (n_had) {
            return (n_had == seg->len
                    ? STT_REASM_RX_DUPLICATE : STT_REASM_RX_OVERLAP);
        }
        memset(f->have + seg->offset, true, seg->len);
        if (count_ranges(f->have, f->total) > MAX_RANGES) {
            memset(f->have + seg->offset, false, seg->len);
            return STT_REASM_RX_FRAGMENTS;
        }
        memset(f->have + seg->offset, false, seg->len);
    }
    if (!seg->offset && *(const uint8_t *) seg->data) {
        if (f->exists) {
            model_remove(m, f);
        }
        return STT_REASM_RX_VERSION;
    }

    capacity = seg->total;
    if (!f->exists) {
        capacity = MIN(capacity, ROUND_UP(end, FIRST_CAPACITY));
    }
    if (!f->exists || end > f->capacity) {
        if (model_memory(m, seg->total, seg->total) > m->limits.max_bytes) {
            return STT_REASM_RX_NO_ROOM;
        }
    }
    if (!f->exists) {
        if (!model_make_room(m, model_source(k),
                             model_memory(m, seg->total, capacity), 1)) {
            return STT_REASM_RX_NO_ROOM;
        }
        m->clock++;
        f->exists = true;
        f->total = seg->total;
        f->capacity = capacity;
        f->ce = false;
        memset(f->have, false, sizeof f->have);
    } else if (end > f->capacity) {
        if (m->stats.bytes + capacity - f->capacity > m->limits.max_bytes) {
            f->used = ++m->clock;
        }
        ovs_assert(model_make_room(m, model_source(k),
                                   capacity - f->capacity, 0));
        ovs_assert(f->exists);
        f->capacity = capacity;
    }

    f->used = m->clock;
    f->used_msec = m->now;
    memcpy(f->data + seg->offset, seg->data, seg->len);
    memset(f->have + seg->offset, true, seg->len);
    f->ce = f->ce || (seg->tos & 3) == 3;
    if (!seg->offset) {
        f->tos = seg->tos;
        f->ttl = seg->ttl;
        f->flags = seg->flags;
    }
    if (find_flag(f->have, 0, f->total, false) < f->total) {
        return STT_REASM_QUEUED;
    }
    model_remove(m, f);
    return STT_REASM_COMPLETE;
}

/* Asserts that the reassembler and the model have the same statistics, within
 * the limits. */
static void
check_stats(struct model *m)
{
    struct stt_reasm_stats stats;

    stt_reasm_get_stats(m->reasm, &stats);
    ovs_assert(stats.bytes == m->stats.bytes);
    ovs_assert(stats.frames == m->stats.frames);
    ovs_assert(stats.bytes <= m->limits.max_bytes);
    ovs_assert(stats.frames <= m->limits.max_frames);
    for (size_t i = 0; i < STT_REASM_N_COUNTERS; i++) {
        ovs_assert(stats.n[i] == m->stats.n[i]);
    }
}

/* Adds one segment with key 'k' to the reassembler and to the model, and
 * compares the results. */
static void
do_segment(struct model *m, struct input *in, size_t k, uint32_t total,
           uint32_t offset, uint32_t len, uint8_t version)
{
    struct model_frame *f = &m->frames[k];
    struct stt_segment seg = {
        .key = make_key(k),
        .total = total,
        .offset = offset,
        .len = len,
        .tos = noise(in) % 16 ? 2 : noise(in),
        .ttl = noise(in),
        .flags = noise(in),
    };
    struct stt_frame frame = { .base = NULL };
    enum stt_reasm_verdict verdict;
    uint8_t *data = xmalloc(MAX(1, seg.len));

    for (size_t i = 0; i < seg.len; i++) {
        data[i] = noise(in);
    }
    if (!seg.offset) {
        data[0] = version;
    }
    seg.data = data;

    verdict = model_add(m, k, &seg);
    m->stats.n[verdict]++;
    ovs_assert(stt_reasm_add(m->reasm, &seg, m->now, &frame) == verdict);
    free(data);

    if (verdict == STT_REASM_COMPLETE) {
        ovs_assert(frame.headroom == model_headroom(f->total));
        ovs_assert(frame.len == f->total);
        ovs_assert(frame.allocated == frame.headroom + frame.len);
        ovs_assert(frame.tos == (f->ce ? f->tos | 3 : f->tos));
        ovs_assert(frame.ttl == f->ttl);
        ovs_assert(frame.flags == f->flags);
        ovs_assert(!memcmp((uint8_t *) frame.base + frame.headroom, f->data,
                           f->total));
        free(frame.base);
    } else {
        ovs_assert(!frame.base);
    }
}

/* Creates a frame if another frame than 'k' was used at the clock's current
 * value.  Only new frames advance the reassembler's clock, and it defines no
 * order between frames used at the same value. */
static void
advance_clock(struct model *m, struct input *in, size_t k)
{
    for (size_t i = 0; i < N_KEYS; i++) {
        struct model_frame *f = &m->frames[i];

        if (i != k && f->exists && f->used == m->clock) {
            do_segment(m, in, OTHER_KEY, 32, 0, 32, 0);
            break;
        }
    }
}

/* Returns the length of a new frame, chosen by the input. */
static uint32_t
get_total(struct input *in)
{
    switch (get(in, 8)) {
    case 0:
        return 32;
    case 1:
        return 33 + get(in, 256);
    case 2:
        return 1400 + get(in, 256);
    case 3:
        return FIRST_CAPACITY - 8 + get(in, 16);
    case 4:
        return UINT16_MAX - get(in, 256);
    case 5:
        return 32 + get(in, UINT16_MAX - 32);
    default:
        return 200 + get(in, 4096);
    }
}

/* Returns a length from 1 to 'max'. */
static uint32_t
get_len(struct input *in, uint32_t max)
{
    switch (get(in, 4)) {
    case 0:
        return 1 + get(in, MIN(max, 64));
    case 1:
        return 1 + get(in, max);
    case 2:
        return MIN(max, 1460);
    default:
        return max;
    }
}

/* Sets limits, chosen by the input, for the reassembler and the model. */
static void
set_limits(struct model *m, struct input *in)
{
    switch (get(in, 4)) {
    case 0:
        m->limits.max_bytes = get(in, 4) * 70000;
        break;
    case 1:
        m->limits.max_bytes = m->overhead + get(in, 65536) * 8;
        break;
    default:
        m->limits.max_bytes = STT_REASM_MAX_BYTES;
        break;
    }
    m->limits.max_frames = get(in, 2) ? get(in, 8) : 65536;
    m->limits.timeout = 1 + get(in, 256) * 4;
    stt_reasm_set_limits(m->reasm, &m->limits);
    while (m->stats.bytes > m->limits.max_bytes
           || m->stats.frames > m->limits.max_frames) {
        model_evict(m, NO_SOURCE, false,
                    m->stats.frames > m->limits.max_frames ? FRAMES : BYTES);
    }
}

/* Does one operation, chosen by the input. */
static void
do_operation(struct model *m, struct input *in)
{
    size_t k = get(in, N_KEYS);
    struct model_frame *f = &m->frames[k];
    uint32_t total, first, last, n;
    uint8_t op = get(in, 20);

    advance_clock(m, in, k);

    /* All missing bytes of the frame are from 'first' to 'last' - 1, where
     * others may have been received. */
    total = f->exists ? f->total : get_total(in);
    first = 0;
    last = total;
    if (f->exists) {
        first = find_flag(f->have, 0, total, false);
        while (f->have[last - 1]) {
            last--;
        }
    }

    switch (op) {
    case 0: case 1: case 2: case 3: case 4:
        /* Into the first gap, from its start. */
        n = last - first;
        if (f->exists) {
            n = find_flag(f->have, first, last, true) - first;
        }
        do_segment(m, in, k, total, first, get_len(in, n), 0);
        break;

    case 5: case 6: case 7:
        /* Into the last gap, to its end. */
        for (n = 1; last - n > first && !(f->exists && f->have[last - n - 1]);
             ) {
            n++;
        }
        n = get_len(in, n);
        do_segment(m, in, k, total, last - n, n, 0);
        break;

    case 8: case 9: case 10:
        /* Anywhere. */
        first = get(in, total);
        do_segment(m, in, k, total, first, get_len(in, total - first), 0);
        break;

    case 11:
        /* Bytes received before, with or without others. */
        if (f->exists) {
            first = find_flag(f->have, get(in, total), total, true);
            if (first == total) {
                first = find_flag(f->have, 0, total, true);
            }
        }
        n = get_len(in, total - first);
        do_segment(m, in, k, total, first, n, 0);
        break;

    case 12:
        /* Another total. */
        total = get(in, 2) ? total + 1 + get(in, 16) : total - 1 - get(in, 16);
        do_segment(m, in, k, total & UINT16_MAX, first, 1, 0);
        break;

    case 13:
        /* Bad lengths. */
        if (get(in, 2)) {
            do_segment(m, in, k, total, get(in, total), 0, 0);
        } else {
            first = get(in, 65536);
            do_segment(m, in, k, get(in, 2) ? total : get(in, 36), first,
                       get(in, 65536), 0);
        }
        break;

    case 14:
        /* Another version. */
        do_segment(m, in, k, total, 0, get_len(in, total), 1 + get(in, 255));
        break;

    case 15:
        /* Many gaps. */
        first = get(in, 1024);
        n = 2 + get(in, 8);
        for (size_t i = 0; i < MAX_RANGES + 4; i++) {
            last = first + i * n;
            if (last < total) {
                do_segment(m, in, k, total, last, 1 + i % (n - 1), 0);
            }
        }
        break;

    case 16:
        m->now += get(in, 2) ? get(in, 16) : get(in, 65536) % 1100;
        if (get(in, 2)) {
            stt_reasm_run(m->reasm, m->now);
            for (size_t i = 0; i < N_KEYS; i++) {
                model_expire(m, &m->frames[i]);
            }
        }
        break;

    case 17: {
        const void *domain = make_key(get(in, 8) ? 1 : 0).domain;

        stt_reasm_flush(m->reasm, domain);
        for (size_t i = 0; i < N_KEYS; i++) {
            if (m->frames[i].exists && make_key(i).domain == domain) {
                model_remove(m, &m->frames[i]);
                m->stats.n[STT_REASM_RX_FLUSHED]++;
            }
        }
        break;
    }

    case 18:
        set_limits(m, in);
        break;

    case 19:
        /* The whole frame. */
        do_segment(m, in, k, total, 0, total, 0);
        break;
    }
    check_stats(m);
}

/* Returns the memory for a frame beyond its buffer, in bytes. */
static uint64_t
measure_overhead(struct stt_reasm *reasm)
{
    uint8_t byte = 0;
    struct stt_segment seg = {
        .key = make_key(OTHER_KEY), .total = 1000, .len = 1, .data = &byte
    };
    struct stt_reasm_stats stats;
    struct stt_frame frame;

    ovs_assert(stt_reasm_add(reasm, &seg, 0, &frame) == STT_REASM_QUEUED);
    stt_reasm_get_stats(reasm, &stats);
    ovs_assert(stats.frames == 1);
    ovs_assert(stats.bytes > STT_REASM_HEADROOM + 1000);
    return stats.bytes - STT_REASM_HEADROOM - 1000;
}

/* Compares a reassembler with the model for a sequence of operations made from
 * the 'size' bytes in 'data', and adds their counters to 'n'. */
void
stt_reasm_compare(const uint8_t *data, size_t size,
                  uint64_t n[STT_REASM_N_COUNTERS])
{
    struct input in = { data, data + size, size };
    struct model *m = xzalloc(sizeof *m);

    m->reasm = stt_reasm_create();
    m->overhead = measure_overhead(m->reasm);
    stt_reasm_destroy(m->reasm);

    m->reasm = stt_reasm_create();
    m->now = 1000000;
    m->heavy[FRAMES] = m->heavy[BYTES] = NO_SOURCE;
    stt_reasm_get_limits(m->reasm, &m->limits);
    ovs_assert(m->limits.max_bytes == STT_REASM_MAX_BYTES
               && m->limits.max_frames == STT_REASM_MAX_FRAMES
               && m->limits.timeout == STT_REASM_TIMEOUT);
    set_limits(m, &in);
    while (in.p < in.end) {
        do_operation(m, &in);
    }
    for (size_t i = 0; i < STT_REASM_N_COUNTERS; i++) {
        n[i] += m->stats.n[i];
    }
    stt_reasm_destroy(m->reasm);
    free(m);
}
