/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Sessions of active OAM over a simulated network: each path delivers its test
 * packets after a time, loses a part of them, or those that are too long. */

#include <config.h>
#undef NDEBUG

#include "overlay/oam-session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/stamp.h"
#include "ovstest.h"
#include "random.h"
#include "util.h"

#define MSEC 1000
#define SEC (1000 * MSEC)

/* Octets that the simulated tunnel adds. */
enum { HEADERS = 50 };

struct path {
    int64_t rtt;
    unsigned int loss;          /* In 1/10000. */
    unsigned int mtu;           /* Of IP packets. */
};

/* An answer under way. */
struct answer {
    int64_t when;               /* 0 if there is none. */
    uint32_t seq;
    uint64_t stamp;
    unsigned int path;
};

struct network {
    struct ovl_oam_session s;
    struct path paths[OVL_OAM_MAX_PATHS];
    struct answer answers[8192];
    size_t n_answers;
    int64_t now;
    enum ovl_oam_state state;   /* Last printed. */
    char *verdict;
    bool quiet;
};

static void
start(struct network *n, unsigned int n_paths, int64_t interval)
{
    memset(n, 0, sizeof *n);
    n->now = 1000 * (int64_t) SEC;
    ovl_oam_session_init(&n->s, n_paths, interval, UINT32_MAX - 100, n->now);
    ovl_oam_session_set_full_size(&n->s, 1500 - HEADERS);
    for (size_t i = 0; i < n_paths; i++) {
        n->paths[i] = (struct path) { .rtt = 1 * MSEC, .mtu = 1500 };
    }
}

static void
stop(struct network *n)
{
    ovl_oam_session_uninit(&n->s);
    free(n->verdict);
}

/* Delivers the answers that are due. */
static void
deliver(struct network *n)
{
    for (size_t i = 0; i < n->n_answers; i++) {
        struct answer *a = &n->answers[i];

        if (a->when && a->when <= n->now) {
            enum ovl_oam_answer result = ovl_oam_session_answer(
                &n->s, a->seq, a->stamp, 50000 + a->path, 0, a->when);

            ovs_assert(result == OVL_OAM_ANSWERED || result == OVL_OAM_LATE);
            result = ovl_oam_session_answer(&n->s, a->seq, a->stamp, 1, 0,
                                            n->now);
            ovs_assert(result == OVL_OAM_DUPLICATE);
            result = ovl_oam_session_answer(&n->s, a->seq, a->stamp + 1, 1, 0,
                                            n->now);
            ovs_assert(result == OVL_OAM_NOT_OURS);
            a->when = 0;
        }
    }
}

static void
send_probe(struct network *n, const struct ovl_oam_probe *probe)
{
    const struct path *path = &n->paths[probe->path];
    uint64_t stamp = random_uint32();

    ovl_oam_session_sent(&n->s, probe, stamp, n->now);
    if (random_range(10000) >= path->loss
        && probe->size + HEADERS <= path->mtu) {
        size_t i = 0;

        while (n->answers[i].when) {
            i++;
        }
        ovs_assert(i < ARRAY_SIZE(n->answers));
        n->answers[i] = (struct answer) { n->now + path->rtt, probe->seq,
                                          stamp, probe->path };
        n->n_answers = MAX(n->n_answers, i + 1);
    }
}

/* Prints the state and the verdict if they have changed, with the time since
 * 'since'. */
static void
show(struct network *n, int64_t since)
{
    enum ovl_oam_state state = ovl_oam_session_state(&n->s);
    struct ds ds = DS_EMPTY_INITIALIZER;

    ovl_oam_session_verdict(&n->s, HEADERS, &ds);
    if (!n->quiet && (state != n->state || !n->verdict)) {
        printf("%5"PRId64" ms: %s%s%s\n", (n->now - since) / MSEC,
               ovl_oam_state_to_string(state), ds.length ? ": " : "",
               ds_cstr(&ds));
    }
    n->state = state;
    free(n->verdict);
    n->verdict = ds_steal_cstr(&ds);
}

/* Runs 'n' for 'duration'. */
static void
run(struct network *n, int64_t duration)
{
    int64_t since = n->now, end = n->now + duration;

    for (; n->now < end; n->now += 5 * MSEC) {
        struct ovl_oam_probe probe;

        deliver(n);
        ovl_oam_session_run(&n->s, n->now);
        while (ovl_oam_session_next(&n->s, n->now, &probe)) {
            send_probe(n, &probe);
        }
        /* There is nothing more to do now. */
        ovs_assert(ovl_oam_session_run(&n->s, n->now) > n->now);
        show(n, since);
    }
}

/* Prints the verdict of 'n' with 'title'. */
static void
print(const struct network *n, const char *title)
{
    printf("%s: %s%s%s\n", title, ovl_oam_state_to_string(n->state),
           n->verdict[0] ? ": " : "", n->verdict);
}

/* One fault after the other. */
static void
test_faults(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    struct network n;

    random_set_seed(1);
    printf("one path of 16 down\n");
    start(&n, 16, 1 * SEC);
    run(&n, 10 * SEC);
    n.paths[3].loss = 10000;
    run(&n, 10 * SEC);
    printf("and up\n");
    n.paths[3].loss = 0;
    run(&n, 10 * SEC);

    printf("all down\n");
    for (size_t i = 0; i < 16; i++) {
        n.paths[i].loss = 10000;
    }
    run(&n, 10 * SEC);
    printf("and up\n");
    for (size_t i = 0; i < 16; i++) {
        n.paths[i].loss = 0;
    }
    run(&n, 10 * SEC);
    stop(&n);

    printf("a smaller MTU\n");
    start(&n, 4, 1 * SEC);
    run(&n, 10 * SEC);
    n.paths[1].mtu = 1400;
    run(&n, 60 * SEC);
    print(&n, "after the search");
    n.paths[1].mtu = 1300;
    run(&n, 60 * SEC);
    print(&n, "still smaller");
    printf("and the usual one\n");
    n.paths[1].mtu = 1500;
    run(&n, 60 * SEC);
    stop(&n);

    printf("loss of 5 %%\n");
    start(&n, 4, 1 * SEC);
    run(&n, 10 * SEC);
    n.paths[2].loss = 500;
    n.quiet = true;
    run(&n, 240 * SEC);
    print(&n, "after two minutes");
    n.paths[2].loss = 0;
    run(&n, 240 * SEC);
    print(&n, "and none");
    stop(&n);

    printf("a round-trip time of 700 ms\n");
    start(&n, 4, 1 * SEC);
    for (size_t i = 0; i < 4; i++) {
        n.paths[i].rtt = 700 * MSEC;
    }
    run(&n, 60 * SEC);
    print(&n, "after a minute");
    stop(&n);

    printf("no reflector\n");
    start(&n, 16, 1 * SEC);
    for (size_t i = 0; i < 16; i++) {
        n.paths[i].loss = 10000;
    }
    run(&n, 100 * SEC);
    printf("%"PRIu64" test packets in 100 s\n", n.s.n_sent);
    stop(&n);
}

/* Random faults of random paths: none of them is overlooked, each is found in
 * time, and there is no other. */
static void
test_random(struct ovs_cmdl_context *ctx)
{
    int n_rounds = atoi(ctx->argv[1]);
    struct network n;

    for (int round = 0; round < n_rounds; round++) {
        unsigned int n_paths = 1 + random_range(OVL_OAM_MAX_PATHS);
        bool faulty[OVL_OAM_MAX_PATHS] = { false };

        start(&n, n_paths, (1 + random_range(3)) * SEC);
        n.quiet = true;
        for (size_t i = 0; i < n_paths; i++) {
            n.paths[i].rtt = random_range(300 * MSEC);
        }
        run(&n, 3 * n.s.interval);
        ovs_assert(n.state == OVL_OAM_UP);  /* All have been tested. */
        for (size_t i = 0; i < n_paths; i++) {
            faulty[i] = random_range(4) == 0;
            n.paths[i].loss = faulty[i] ? 10000 : 0;
        }

        /* An interval, the timeout, two that follow at once, and the timeout
         * again. */
        run(&n, n.s.interval + 2 * (500 + 4 * 300) * MSEC + 200 * MSEC);
        for (size_t i = 0; i < n_paths; i++) {
            ovs_assert(faulty[i] == (n.s.paths[i].state == OVL_OAM_DOWN));
        }
        for (size_t i = 0; i < n_paths; i++) {
            n.paths[i].loss = 0;
        }
        run(&n, n.s.interval + 4 * 300 * MSEC + 300 * MSEC);
        ovs_assert(n.state == OVL_OAM_UP);
        stop(&n);
    }
}

/* Observations of a tenant. */
static void
test_tenant(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    static const struct {
        const char *title;
        unsigned int sent, received, dropped; /* In a second. */
        bool unknown;
    } cases[] = {
        { "nothing known", 10, 0, 0, true },
        { "no frames", 0, 0, 0, false },
        { "all received", 10, 10, 0, false },
        { "none received", 10, 0, 0, false },
        { "half received", 10, 5, 0, false },
        { "all dropped", 10, 10, 10, false },
        { "some dropped", 10, 10, 9, false },
        { "received again", 10, 10, 0, false },
    };
    struct ovl_oam_tenant t;
    struct ovl_stamp_count c = { .key = 1 };
    int64_t now = SEC;
    uint64_t tx = 0;

    memset(&t, 0, sizeof t);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct ds ds = DS_EMPTY_INITIALIZER;
        struct ovl_stamp_count report;

        for (int sec = 0; sec < 100; sec++, now += SEC) {
            tx += cases[i].sent;
            c.rx_packets += cases[i].received;
            c.rx_dropped += cases[i].dropped;
            ovl_oam_tenant_sent(&t, tx, now);
            report = c;
            if (cases[i].unknown) {
                report.rx_packets = UINT64_MAX;
            }
            ovl_oam_tenant_report(&t, &report, now);
        }
        ovl_oam_tenant_verdict(&t, &ds);
        printf("%s: %d%s%s\n", cases[i].title, t.state,
               ds.length ? " " : "", ds_cstr(&ds));
        ds_destroy(&ds);
    }

    /* The counters of a remote endpoint that restarts begin at zero. */
    for (int sec = 0; sec < 100; sec++, now += SEC) {
        tx += 10;
        c.rx_packets = c.rx_packets > 50 ? 0 : c.rx_packets + 10;
        ovl_oam_tenant_sent(&t, tx, now);
        ovl_oam_tenant_report(&t, &c, now);
        ovs_assert(t.state == OVL_OAM_TENANT_OK);
    }
}

/* Bursts of frames, all of which are received.  Both hosts read their counters
 * every few seconds. */
static void
test_bursts(struct ovs_cmdl_context *ctx)
{
    int n_rounds = atoi(ctx->argv[1]);

    for (int round = 0; round < n_rounds; round++) {
        uint64_t total = 0, tx = 0;
        struct ovl_stamp_count c = { .key = 1 };
        unsigned int phase_tx = random_range(6), phase_rx = random_range(6);
        unsigned int next = random_range(75);
        struct ovl_oam_tenant t;

        memset(&t, 0, sizeof t);
        for (unsigned int sec = 0; sec < 3600; sec++) {
            int64_t now = (sec + 1000) * (int64_t) SEC;

            if (sec >= next) {
                total += 20;
                next = sec + 45 + random_range(30);
            }
            tx = sec % 6 == phase_tx ? total : tx;
            c.rx_packets = sec % 6 == phase_rx ? total : c.rx_packets;
            ovl_oam_tenant_sent(&t, tx, now);
            ovl_oam_tenant_report(&t, &c, now);
            ovs_assert(t.state != OVL_OAM_TENANT_LOST);
        }
    }
}

static void
test_oam_session_main(int argc, char *argv[])
{
    static const struct ovs_cmdl_command commands[] = {
        { "faults", NULL, 0, 0, test_faults, OVS_RO },
        { "random", "ROUNDS", 1, 1, test_random, OVS_RO },
        { "bursts", "ROUNDS", 1, 1, test_bursts, OVS_RO },
        { "tenant", NULL, 0, 0, test_tenant, OVS_RO },
        { NULL, NULL, 0, 0, NULL, OVS_RO },
    };
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-oam-session", test_oam_session_main);
