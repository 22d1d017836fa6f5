/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>
#undef NDEBUG

#include "overlay/encap/stt-reasm.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "ovstest.h"
#include "packets.h"
#include "random.h"
#include "stt-reasm-model.h"
#include "timeval.h"
#include "util.h"

/* Fills the 'len' bytes at 'data' with the bytes at 'offset' of the frame that
 * 'id' identifies.  Byte 0 of a frame is the STT version 0. */
static void
fill_data(uint8_t *data, uint32_t id, size_t offset, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t pos = offset + i;

        data[i] = pos ? id + pos * 7 + (pos >> 8) : 0;
    }
}

/* Returns true if 'frame' has 'total' bytes, and those of fill_data(). */
static bool
check_frame(const struct stt_frame *frame, uint32_t id, size_t total)
{
    uint8_t *expected = xmalloc(total);
    bool ok;

    fill_data(expected, id, 0, total);
    ok = (frame->len == total
          && frame->allocated == frame->headroom + frame->len
          && !memcmp((uint8_t *) frame->base + frame->headroom, expected,
                     total));
    free(expected);
    return ok;
}

/* Prints the counters of 'reasm' that are not 0. */
static void
print_counters(struct stt_reasm *reasm)
{
    struct stt_reasm_stats stats;

    stt_reasm_get_stats(reasm, &stats);
    for (int i = 0; i < STT_REASM_N_COUNTERS; i++) {
        if (stats.n[i]) {
            printf("%s: %"PRIu64"\n", stt_reasm_counter_name(i), stats.n[i]);
        }
    }
}

/* "script": a test in textual form, see usage(). */

struct script {
    struct stt_reasm *reasm;
    uint64_t overhead;          /* Memory for a frame beyond its buffer. */
    long long int now;
};

static const char script_domains[10];

/* Parses the key at the start of 's', and stores it in 'key'.  Returns the
 * rest of 's'. */
static const char *
parse_key(const char *s, struct stt_reasm_key *key)
{
    *key = (struct stt_reasm_key) {
        .domain = &script_domains[1],
        .sport = htons(40001),
        .dport = htons(7471),
        .frame_id = htonl(*s++),
    };
    in6_addr_set_mapped_ipv4(&key->src, htonl(0xac1f0101));
    in6_addr_set_mapped_ipv4(&key->dst, htonl(0xac1f0102));
    for (; *s && *s != ':'; s += 2) {
        int n = s[1] - '0';

        ovs_assert(n >= 0 && n <= 9);
        switch (*s) {
        case 's': in6_addr_set_mapped_ipv4(&key->src, htonl(n)); break;
        case 'd': in6_addr_set_mapped_ipv4(&key->dst, htonl(n)); break;
        case 'p': key->sport = htons(n); break;
        case 'q': key->dport = htons(n); break;
        case 'i': key->domain = &script_domains[n]; break;
        default: ovs_fatal(0, "%s: bad key", s);
        }
    }
    return s;
}

/* Adds the segment, or the segments, in 's', and prints the result of the last
 * one. */
static void
script_segment(struct script *script, const char *s)
{
    struct stt_segment seg = { .ttl = 64 };
    unsigned int offset, len, total;
    unsigned int tos = 0, ttl = 64, flags = 0, version = 0, repeat = 1;
    unsigned int ids = 0, sources = 0;
    enum stt_reasm_verdict verdict = STT_REASM_N_COUNTERS;
    struct stt_frame frame;
    uint8_t *data;
    int n = 0;

    s = parse_key(s, &seg.key);
    if (sscanf(s, ":%u+%u/%u%n", &offset, &len, &total, &n) != 3) {
        ovs_fatal(0, "%s: bad segment", s);
    }
    for (s += n; *s; s += n) {
        n = 0;
        if (!(sscanf(s, ",tos=%i%n", &tos, &n) == 1
              || sscanf(s, ",ttl=%i%n", &ttl, &n) == 1
              || sscanf(s, ",flags=%i%n", &flags, &n) == 1
              || sscanf(s, ",version=%i%n", &version, &n) == 1
              || sscanf(s, ",repeat=%i%n", &repeat, &n) == 1
              || sscanf(s, ",ids=%i%n", &ids, &n) == 1
              || sscanf(s, ",sources=%i%n", &sources, &n) == 1)) {
            ovs_fatal(0, "%s: bad member", s);
        }
    }

    data = xmalloc(len + 1);
    seg.total = total;
    seg.len = len;
    seg.tos = tos;
    seg.ttl = ttl;
    seg.flags = flags;
    seg.data = data;
    for (unsigned int i = 0; i < MAX(repeat, ids); i++) {
        if (ids) {
            if (sources) {
                in6_addr_set_mapped_ipv4(&seg.key.src,
                                         htonl(0x0a000000 + i % sources));
            }
            seg.key.frame_id = htonl(UINT16_MAX + i);
            seg.offset = offset;
        } else {
            seg.offset = offset + i * 2 * len;
        }
        fill_data(data, ntohl(seg.key.frame_id), seg.offset, len);
        if (!seg.offset) {
            data[0] = version;
        }
        verdict = stt_reasm_add(script->reasm, &seg, script->now, &frame);
    }
    free(data);

    if (verdict == STT_REASM_COMPLETE) {
        printf("complete, %u bytes after %u, tos %#x, ttl %u, flags %#x%s\n",
               frame.len, frame.headroom, frame.tos, frame.ttl, frame.flags,
               check_frame(&frame, ntohl(seg.key.frame_id), total)
               ? "" : ", WRONG DATA");
        free(frame.base);
    } else {
        printf("%s\n", stt_reasm_counter_name(verdict));
    }
}

/* Prints the number of frames in reassembly, and the size of their buffers. */
static void
script_held(const struct script *script)
{
    struct stt_reasm_stats stats;

    stt_reasm_get_stats(script->reasm, &stats);
    printf("%"PRIu32" frames, buffers of %"PRIu64" bytes\n", stats.frames,
           stats.bytes - stats.frames * script->overhead);
}

/* Returns the memory for a frame beyond its buffer, in bytes. */
static uint64_t
measure_overhead(void)
{
    struct stt_reasm *reasm = stt_reasm_create();
    struct stt_segment seg = { .total = 1000, .len = 1, .data = "" };
    struct stt_reasm_stats stats;
    struct stt_frame frame;

    ovs_assert(stt_reasm_add(reasm, &seg, 0, &frame) == STT_REASM_QUEUED);
    stt_reasm_get_stats(reasm, &stats);
    stt_reasm_destroy(reasm);
    return stats.bytes - STT_REASM_HEADROOM - 1000;
}

static void
cmd_script(struct ovs_cmdl_context *ctx)
{
    struct script script = {
        .reasm = stt_reasm_create(),
        .overhead = measure_overhead(),
        .now = 1000,
    };
    struct stt_reasm_limits limits;

    stt_reasm_get_limits(script.reasm, &limits);
    for (int i = 1; i < ctx->argc; i++) {
        const char *s = ctx->argv[i];
        unsigned int x, y;

        printf("%s: ", s);
        if (strchr(s, ':')) {
            script_segment(&script, s);
        } else if (!strcmp(s, "held")) {
            script_held(&script);
        } else if (!strcmp(s, "run")) {
            stt_reasm_run(script.reasm, script.now);
            script_held(&script);
        } else if (sscanf(s, "flush=%u", &x) == 1) {
            stt_reasm_flush(script.reasm, &script_domains[x]);
            script_held(&script);
        } else {
            if (sscanf(s, "time+%u", &x) == 1) {
                script.now += x;
            } else if (sscanf(s, "frames=%u", &x) == 1) {
                limits.max_frames = x;
            } else if (sscanf(s, "timeout=%u", &x) == 1) {
                limits.timeout = x;
            } else if (sscanf(s, "memory=%u*%u", &x, &y) == 2) {
                limits.max_bytes = x * (script.overhead + STT_REASM_HEADROOM
                                        + y);
            } else {
                ovs_fatal(0, "%s: bad operation", s);
            }
            stt_reasm_set_limits(script.reasm, &limits);
            script_held(&script);
        }
    }
    print_counters(script.reasm);
    stt_reasm_destroy(script.reasm);
}

/* "random": comparison with the model. */

static void
cmd_random(struct ovs_cmdl_context *ctx)
{
    uint32_t seed = ctx->argc > 1 ? strtoul(ctx->argv[1], NULL, 0) : 1;
    unsigned int n = ctx->argc > 2 ? atoi(ctx->argv[2]) : 1000;
    uint64_t counters[STT_REASM_N_COUNTERS] = { 0 };
    uint8_t data[2048];

    printf("seed %"PRIu32", %u sequences\n", seed, n);
    fflush(stdout);
    for (unsigned int i = 0; i < n; i++) {
        size_t size;

        random_set_seed(seed + i ? seed + i : 1);
        size = 32 + random_range(sizeof data - 32);
        random_bytes(data, size);
        stt_reasm_compare(data, size, counters);
    }
    for (int i = 0; i < STT_REASM_N_COUNTERS; i++) {
        printf("%s: %s\n", stt_reasm_counter_name(i),
               counters[i] >= n / 10 ? "many" : counters[i] ? "few" : "none");
    }
}

/* "stress": the segments of each frame come from several threads. */

enum { N_THREADS = 4, N_STRESS_FRAMES = 2000, MAX_SEGMENTS = 40 };

struct stress {
    struct stt_reasm *reasm;
    struct stt_reasm_limits limits;
    uint32_t id;                /* Of the first frame. */
    uint32_t totals[N_STRESS_FRAMES];
    atomic_count completed[N_STRESS_FRAMES];
    atomic_count n_segments;
    atomic_bool exit;
};

struct stress_thread {
    struct stress *stress;
    unsigned int index;
};

/* Sends the segments of each frame for which (frame + segment) % N_THREADS is
 * the thread's index.  Each thread takes the frames of a window in another
 * order. */
static void *
stress_thread(void *thread_)
{
    const struct stress_thread *thread = thread_;
    struct stress *stress = thread->stress;
    uint8_t *data = xmalloc(UINT16_MAX);
    enum { WINDOW = 50 };

    for (size_t i = 0; i < N_STRESS_FRAMES; i++) {
        size_t w = i % WINDOW;
        size_t j = i - w + (thread->index % 2 ? WINDOW - 1 - w : w);
        uint32_t total = stress->totals[j];
        uint32_t size = DIV_ROUND_UP(total, MAX_SEGMENTS);

        for (size_t k = 0; k * size < total; k++) {
            struct stt_segment seg = {
                .key.frame_id = htonl(stress->id + j),
                .total = total,
                .offset = k * size,
                .len = MIN(size, total - k * size),
                .data = data,
            };
            enum stt_reasm_verdict verdict;
            struct stt_frame frame;

            if ((j + k) % N_THREADS != thread->index) {
                continue;
            }
            fill_data(data, stress->id + j, seg.offset, seg.len);
            verdict = stt_reasm_add(stress->reasm, &seg, 0, &frame);
            atomic_count_inc(&stress->n_segments);
            if (verdict == STT_REASM_COMPLETE) {
                ovs_assert(check_frame(&frame, stress->id + j, total));
                free(frame.base);
                atomic_count_inc(&stress->completed[j]);
            } else {
                ovs_assert(verdict == STT_REASM_QUEUED);
            }
        }
    }
    free(data);
    return NULL;
}

/* Calls the other functions of the reassembler until the test ends. */
static void *
stress_control(void *stress_)
{
    struct stress *stress = stress_;
    bool done;

    do {
        struct stt_reasm_stats stats;

        stt_reasm_get_stats(stress->reasm, &stats);
        ovs_assert(stats.bytes <= stress->limits.max_bytes);
        ovs_assert(stats.frames <= stress->limits.max_frames);
        stt_reasm_run(stress->reasm, 1);
        stt_reasm_flush(stress->reasm, stress);
        stt_reasm_set_limits(stress->reasm, &stress->limits);
        atomic_read(&stress->exit, &done);
    } while (!done);
    return NULL;
}

/* Sends N_STRESS_FRAMES frames from N_THREADS threads, while another one calls
 * the other functions, and checks the counters. */
static void
stress_round(struct stt_reasm *reasm, uint32_t round,
             const struct stt_reasm_limits *limits)
{
    struct stress *stress = xzalloc(sizeof *stress);
    struct stress_thread threads[N_THREADS];
    pthread_t pthreads[N_THREADS], control;
    struct stt_reasm_stats before, after;
    uint64_t n = 0;

    stress->reasm = reasm;
    stress->limits = *limits;
    stress->id = round * N_STRESS_FRAMES;
    for (size_t i = 0; i < N_STRESS_FRAMES; i++) {
        stress->totals[i] = random_range(4)
                            ? MAX_SEGMENTS + random_range(4000)
                            : UINT16_MAX - random_range(40000);
    }
    atomic_init(&stress->exit, false);
    stt_reasm_set_limits(reasm, limits);
    stt_reasm_get_stats(reasm, &before);

    control = ovs_thread_create("control", stress_control, stress);
    for (size_t i = 0; i < N_THREADS; i++) {
        threads[i] = (struct stress_thread) { stress, i };
        pthreads[i] = ovs_thread_create("stress", stress_thread, &threads[i]);
    }
    for (size_t i = 0; i < N_THREADS; i++) {
        xpthread_join(pthreads[i], NULL);
    }
    atomic_store(&stress->exit, true);
    xpthread_join(control, NULL);

    /* The remaining frames lack segments that were evicted. */
    stt_reasm_flush(reasm, NULL);
    stt_reasm_get_stats(reasm, &after);
    ovs_assert(!after.bytes && !after.frames);
    for (size_t i = 0; i < STT_REASM_N_COUNTERS; i++) {
        after.n[i] -= before.n[i];
    }
    ovs_assert(!after.n[STT_REASM_RX_EXPIRED]);
    ovs_assert(after.n[STT_REASM_QUEUED] + after.n[STT_REASM_COMPLETE]
               == atomic_count_get(&stress->n_segments));
    for (size_t i = 0; i < N_STRESS_FRAMES; i++) {
        ovs_assert(atomic_count_get(&stress->completed[i]) <= 1);
        n += atomic_count_get(&stress->completed[i]);
    }
    ovs_assert(n == after.n[STT_REASM_COMPLETE]);
    if (limits->max_frames >= N_STRESS_FRAMES) {
        ovs_assert(n == N_STRESS_FRAMES);
    } else {
        ovs_assert(after.n[STT_REASM_RX_EVICTED]);
    }
    free(stress);
}

static void
cmd_stress(struct ovs_cmdl_context *ctx)
{
    static const struct stt_reasm_limits ample = {
        .max_bytes = N_STRESS_FRAMES * UINT64_C(70000),
        .max_frames = N_STRESS_FRAMES,
        .timeout = 1000
    };
    static const struct stt_reasm_limits tight = {
        .max_bytes = 20 * UINT64_C(70000),
        .max_frames = 45,
        .timeout = 1000
    };
    unsigned int n = ctx->argc > 1 ? atoi(ctx->argv[1]) : 1;
    struct stt_reasm *reasm = stt_reasm_create();

    random_set_seed(1);
    for (unsigned int i = 0; i < n; i++) {
        stress_round(reasm, 2 * i, &ample);
        stress_round(reasm, 2 * i + 1, &tight);
    }
    stt_reasm_destroy(reasm);
    printf("ok\n");
}

/* "benchmark". */

struct benchmark {
    struct stt_reasm *reasm;
    uint32_t n_frames;          /* In flight. */
    uint32_t segs_per_frame;
    uint32_t seg_len;
    uint8_t *data;
};

/* Adds segment number 'segment' of frame number 'frame'. */
static void
benchmark_segment(struct benchmark *b, uint32_t frame, uint32_t segment)
{
    struct stt_segment seg = {
        .key.frame_id = htonl(frame),
        .total = b->segs_per_frame * b->seg_len,
        .offset = segment * b->seg_len,
        .len = b->seg_len,
        .data = b->data,
    };
    struct stt_frame f;

    if (stt_reasm_add(b->reasm, &seg, 0, &f) == STT_REASM_COMPLETE) {
        free(f.base);
    }
}

/* Sends about 'n' segments, with 'b->n_frames' frames incomplete all the time.
 * At the start, frame 'i' of these has 1 + 'i' % ('b->segs_per_frame' - 1)
 * segments.  Each frame gets its next segment in turn; after a segment that
 * completes a frame, the first one of a new frame follows.  Returns the number
 * of segments sent.  Not inlined, for valgrind's
 * --toggle-collect='benchmark_steady*'. */
static uint32_t __attribute__((noinline))
benchmark_steady(struct benchmark *b, uint32_t n)
{
    uint32_t *sent = xmalloc(b->n_frames * sizeof *sent);
    uint32_t *ids = xmalloc(b->n_frames * sizeof *ids);
    uint32_t next_id = b->n_frames;
    uint32_t n_sent = 0;

    for (uint32_t i = 0; i < b->n_frames; i++) {
        sent[i] = 1 + i % (b->segs_per_frame - 1);
        ids[i] = i;
    }
    for (uint32_t i = 0; n_sent < n; i = i + 1 < b->n_frames ? i + 1 : 0) {
        benchmark_segment(b, ids[i], sent[i]++);
        n_sent++;
        if (sent[i] == b->segs_per_frame) {
            ids[i] = next_id++;
            sent[i] = 0;
            benchmark_segment(b, ids[i], sent[i]++);
            n_sent++;
        }
    }
    free(sent);
    free(ids);
    return n_sent;
}

static void
cmd_benchmark(struct ovs_cmdl_context *ctx)
{
    struct stt_reasm_limits limits = {
        .max_bytes = UINT64_MAX, .max_frames = UINT32_MAX, .timeout = 1000
    };
    uint32_t n = ctx->argc > 2 ? atoi(ctx->argv[2]) : 1000000;
    struct benchmark b = {
        .reasm = stt_reasm_create(),
        .n_frames = atoi(ctx->argv[1]),
        .segs_per_frame = 4,
        .seg_len = ctx->argc > 3 ? atoi(ctx->argv[3]) : 256,
    };
    long long int start, elapsed;

    if (b.n_frames < 1 || b.seg_len < 8
        || b.seg_len * b.segs_per_frame > UINT16_MAX) {
        ovs_fatal(0, "number of frames or size of segment out of range");
    }
    b.data = xzalloc(b.seg_len);
    stt_reasm_set_limits(b.reasm, &limits);
    for (uint32_t i = 0; i < b.n_frames; i++) {
        for (uint32_t j = 0; j <= i % (b.segs_per_frame - 1); j++) {
            benchmark_segment(&b, i, j);
        }
    }

    start = time_usec();
    n = benchmark_steady(&b, n);
    elapsed = time_usec() - start;
    printf("%"PRIu32" frames in flight, %"PRIu32" segments, "
           "%.1f ns per segment\n", b.n_frames, n, elapsed * 1000.0 / n);
    stt_reasm_destroy(b.reasm);
    free(b.data);
}

static void
usage(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    printf("\
usage: ovstest test-stt-reasm COMMAND\n\
script OP...                   do OPs in order and print what comes of each\n\
random [SEED [N]]              compare N sequences with a naive model\n\
stress [N]                     N rounds with several threads\n\
benchmark FRAMES [N [SIZE]]    N segments of SIZE bytes, FRAMES in flight\n\
\n\
OP is one of:\n\
  KEY:OFFSET+LEN/TOTAL[,MEMBER=VALUE]...\n\
                    a segment, MEMBER being tos, ttl, flags, version (of the\n\
                    first byte), repeat (send that many, each 2 * LEN\n\
                    after the one before), ids (send that many, each of a\n\
                    frame of its own), or sources (of ids, which come from\n\
                    that many addresses in turn)\n\
  time+MSEC         let time pass\n\
  run               expire frames\n\
  flush=N           discard the frames of domain N\n\
  held              do nothing, print what is held\n\
  frames=N, memory=N*TOTAL, timeout=MSEC\n\
                    set a limit, of memory to what N frames of TOTAL bytes\n\
                    take\n\
KEY is a character, and then any of s, d, p, q, i, each with a digit, for\n\
another source, destination, source port, destination port, domain.\n");
}

static const struct ovs_cmdl_command commands[] = {
    { "script", NULL, 1, INT_MAX, cmd_script, OVS_RO },
    { "random", NULL, 0, 2, cmd_random, OVS_RO },
    { "stress", NULL, 0, 1, cmd_stress, OVS_RO },
    { "benchmark", NULL, 1, 3, cmd_benchmark, OVS_RO },
    { "help", NULL, 0, 0, usage, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_stt_reasm_main(int argc, char *argv[])
{
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-stt-reasm", test_stt_reasm_main);
