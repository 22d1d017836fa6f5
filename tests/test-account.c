/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>
#undef NDEBUG

#include "overlay/account.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-line.h"
#include "dpif.h"
#include "openvswitch/vlog.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "ovstest.h"
#include "packets.h"
#include "random.h"
#include "timeval.h"
#include "util.h"

/* The keys: cells of each port, tenant and remote, and edges. */
enum { N_PORTS = 2, N_TENANTS = 4, N_REMOTES = 3, N_EDGES = 5 };
enum { N_CELLS = N_PORTS * N_TENANTS * N_REMOTES };
enum { N_KEYS = N_CELLS + N_EDGES };

/* The counters of an account or of several. */
struct counters {
    uint64_t n[OVL_ACCOUNT_N_COUNTERS];
};

/* The port, tenant and remote of cell number 'cell'. */
static int
cell_port(int cell)
{
    return cell % N_PORTS;
}

static int
cell_tenant(int cell)
{
    return cell / N_PORTS % N_TENANTS;
}

static int
cell_remote(int cell)
{
    return cell / N_PORTS / N_TENANTS;
}

/* Returns key number 'i'.  Tenant 0 is that of packets without a key. */
static struct ovl_account_key
make_key(int i)
{
    static const char *const ports[N_PORTS] = { "p0", "p1" };
    int tenant = cell_tenant(i);

    if (i >= N_CELLS) {
        return (struct ovl_account_key) {
            .kind = OVL_ACCOUNT_EDGE,
            .name = "br0",
            .set = 1,
            .point = i - N_CELLS,
        };
    }
    return (struct ovl_account_key) {
        .kind = OVL_ACCOUNT_CELL,
        .name = ports[cell_port(i)],
        .type = cell_port(i) ? "gre" : "stt",
        .has_tenant = tenant > 0,
        .tenant = htonll(tenant),
        .remote = in6_addr_mapped_ipv4(htonl(cell_remote(i))),
    };
}

/* Counts in 'c' what 'n_packets' packets with 'n_bytes' bytes do to an account
 * by an entry with 'event' and 'delta'. */
static void
model_count(struct counters *c, enum ovl_account_event event, int delta,
            uint64_t n_packets, uint64_t n_bytes)
{
    uint64_t bytes = n_bytes + n_packets * delta;

    if (event == OVL_ACCOUNT_RX) {
        c->n[OVL_ACCOUNT_RX_PACKETS] += n_packets;
        c->n[OVL_ACCOUNT_RX_BYTES] += bytes;
    } else if (event == OVL_ACCOUNT_TX) {
        c->n[OVL_ACCOUNT_TX_PACKETS] += n_packets;
        c->n[OVL_ACCOUNT_TX_BYTES] += bytes;
    } else {
        c->n[OVL_ACCOUNT_RX_DROPPED] += n_packets;
    }
}

static void
add_counters(struct counters *sum, const uint64_t n[OVL_ACCOUNT_N_COUNTERS])
{
    for (int i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
        sum->n[i] += n[i];
    }
}

static void
check_equal(const struct counters *a, const struct counters *b)
{
    ovs_assert(!memcmp(a, b, sizeof *a));
}

/* Compares all accounts with 'model', the counters of each key.  If 'limited',
 * some of them may be in the accounts for what has no room.  Adds to 'seen'
 * the number of accounts of each kind. */
static void
check_accounts(const struct counters model[N_KEYS], bool limited,
               unsigned int seen[OVL_ACCOUNT_EDGE_OTHER + 1])
{
    struct counters want_ports[N_PORTS], ports[N_PORTS], others[N_PORTS];
    struct counters want_tenants[N_PORTS][N_TENANTS];
    struct counters want_remotes[N_PORTS][N_REMOTES];
    struct counters tenants[N_PORTS][N_TENANTS], remotes[N_PORTS][N_REMOTES];
    struct counters want_edges, edges;
    struct ovl_account_record *records;
    size_t n;

    memset(want_ports, 0, sizeof want_ports);
    memset(want_tenants, 0, sizeof want_tenants);
    memset(want_remotes, 0, sizeof want_remotes);
    memset(&want_edges, 0, sizeof want_edges);
    for (int i = 0; i < N_CELLS; i++) {
        int port = cell_port(i);

        add_counters(&want_ports[port], model[i].n);
        add_counters(&want_tenants[port][cell_tenant(i)], model[i].n);
        add_counters(&want_remotes[port][cell_remote(i)], model[i].n);
    }
    for (int i = N_CELLS; i < N_KEYS; i++) {
        add_counters(&want_edges, model[i].n);
    }

    memset(ports, 0, sizeof ports);
    memset(others, 0, sizeof others);
    memset(tenants, 0, sizeof tenants);
    memset(remotes, 0, sizeof remotes);
    memset(&edges, 0, sizeof edges);
    records = ovl_account_read_all(&n);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];
        int port = r->key.name[1] - '0';
        int tenant = ntohll(r->key.tenant);
        int remote = ntohl(in6_addr_get_mapped_ipv4(&r->key.remote));

        seen[r->key.kind]++;
        switch (r->key.kind) {
        case OVL_ACCOUNT_CELL:
            add_counters(&tenants[port][tenant], r->n);
            add_counters(&remotes[port][remote], r->n);
            break;
        case OVL_ACCOUNT_TENANT:
            add_counters(&tenants[port][tenant], r->n);
            break;
        case OVL_ACCOUNT_REMOTE:
            add_counters(&remotes[port][remote], r->n);
            break;
        case OVL_ACCOUNT_OTHER:
            add_counters(&others[port], r->n);
            break;
        case OVL_ACCOUNT_PORT:
            add_counters(&ports[port], r->n);
            break;
        case OVL_ACCOUNT_EDGE:
        case OVL_ACCOUNT_EDGE_OTHER:
            add_counters(&edges, r->n);
            break;
        }
    }
    ovl_account_free_all(records, n);

    check_equal(&want_edges, &edges);
    for (int port = 0; port < N_PORTS; port++) {
        struct counters of_tenants = others[port];
        struct counters of_remotes = others[port];

        check_equal(&want_ports[port], &ports[port]);
        for (int i = 0; i < N_TENANTS; i++) {
            add_counters(&of_tenants, tenants[port][i].n);
            if (!limited) {
                check_equal(&want_tenants[port][i], &tenants[port][i]);
            }
        }
        for (int i = 0; i < N_REMOTES; i++) {
            add_counters(&of_remotes, remotes[port][i].n);
            if (!limited) {
                check_equal(&want_remotes[port][i], &remotes[port][i]);
            }
        }
        check_equal(&want_ports[port], &of_tenants);
        check_equal(&want_ports[port], &of_remotes);
    }
}

/* From here on, time passes only by timeval_warp(). */
static void
stop_time(void)
{
    time_msec();                /* timeval_stop() does not initialize it. */
    timeval_stop();
}

/* Checks that no counter of a port is less than in the last call. */
static void
check_monotonic(void)
{
    static struct counters last[N_PORTS];
    struct ovl_account_record *records;
    size_t n;

    records = ovl_account_read_all(&n);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];

        if (r->key.kind == OVL_ACCOUNT_PORT) {
            struct counters *c = &last[r->key.name[1] - '0'];

            for (int j = 0; j < OVL_ACCOUNT_N_COUNTERS; j++) {
                ovs_assert(r->n[j] >= c->n[j]);
                c->n[j] = r->n[j];
            }
        }
    }
    ovl_account_free_all(records, n);
}

/* "random": a datapath with a few flows, and a model that counts each packet
 * when it arrives. */

enum { N_FLOWS = 6, MAX_ENTRIES = 9 };

struct model_entry {
    int key;
    enum ovl_account_event event;
    int delta;
};

struct model_list {
    struct model_entry entries[MAX_ENTRIES];
    int n;
};

struct random_flow {
    struct ovl_flow_accounts accounts;
    struct dpif_flow_stats stats; /* In the datapath. */
    struct dpif_flow_stats old;   /* Some earlier state of 'stats'. */
    struct model_list now, next;  /* As in 'accounts'. */
};

static struct counters random_model[N_KEYS];

/* Counts in the model packets that find the entries 'list'. */
static void
model_count_list(const struct model_list *list,
                 uint64_t n_packets, uint64_t n_bytes)
{
    for (int i = 0; i < list->n; i++) {
        const struct model_entry *e = &list->entries[i];

        model_count(&random_model[e->key], e->event, e->delta, n_packets,
                    n_bytes);
    }
}

/* Makes 'list' and 'model' the result of a translation.  Like one that fails,
 * this may add entries and remove them. */
static void
translate(struct ovl_account_list *list, struct model_list *model)
{
    int n = random_range(MAX_ENTRIES + 1);
    int keep = random_range(4) ? n : random_range(n + 1);

    ovl_account_list_clear(list);
    model->n = 0;
    for (int i = 0; i < n; i++) {
        struct model_entry e = {
            .key = random_range(N_KEYS),
            .event = random_range(3),
            .delta = random_range(200) - 50,
        };
        struct ovl_account_key key = make_key(e.key);

        if (e.key >= N_CELLS) {
            e.event = OVL_ACCOUNT_RX;
        }
        ovl_account_list_add(list, &key, e.event, e.delta);
        if (ovl_account_is_on() && i < keep) {
            model->entries[model->n++] = e;
        }
    }
    if (ovl_account_is_on()) {
        ovl_account_list_truncate(list, keep);
    }
}

/* The actions of 'flow' become those of its last translation. */
static void
replace(struct random_flow *flow)
{
    ovl_flow_accounts_replace(&flow->accounts);
    flow->now = flow->next;
    flow->next.n = 0;
}

static void
random_operation(struct random_flow *flow, unsigned int max)
{
    struct dpif_flow_stats stats;

    switch (random_range(16)) {
    default: {
        uint64_t n_packets = 1 + random_range(32);
        uint64_t n_bytes = n_packets * (60 + random_range(9000));

        flow->stats.n_packets += n_packets;
        flow->stats.n_bytes += n_bytes;
        model_count_list(&flow->now, n_packets, n_bytes);
        break;
    }

    case 0:                     /* Statistics are read. */
        flow->old = flow->stats;
        ovl_flow_accounts_settle(&flow->accounts, &flow->stats);
        break;

    case 1:                     /* Another thread comes late with its own. */
        ovl_flow_accounts_settle(&flow->accounts, &flow->old);
        break;

    case 2:                     /* The last bytes are not added yet. */
        stats = flow->stats;
        stats.n_bytes -= (random_range(2)
                          ? flow->stats.n_bytes - flow->accounts.n_bytes
                          : random_range(1 + flow->stats.n_bytes
                                         - flow->old.n_bytes));
        ovl_flow_accounts_settle(&flow->accounts, &stats);
        break;

    case 3:                     /* Revalidation. */
        translate(&flow->accounts.next, &flow->next);
        break;

    case 4:                     /* Its end. */
    case 5:
        ovl_flow_accounts_settle(&flow->accounts, &flow->stats);
        replace(flow);
        break;

    case 6:                     /* The flow is deleted, and made again. */
        ovl_flow_accounts_settle(&flow->accounts, &flow->stats);
        ovl_flow_accounts_uninit(&flow->accounts);
        memset(flow, 0, sizeof *flow);
        break;

    case 7:                     /* Its statistics start again. */
        ovl_flow_accounts_settle(&flow->accounts, &flow->stats);
        ovl_flow_accounts_reset(&flow->accounts);
        memset(&flow->stats, 0, sizeof flow->stats);
        flow->old = flow->stats;
        break;

    case 8: {                   /* An upcall. */
        struct ovl_account_list list = { .n = 0 };
        struct model_list model;

        translate(&list, &model);
        ovl_account_list_count(&list, 1, 1000);
        model_count_list(&model, 1, 1000);
        ovl_account_list_clear(&list);
        break;
    }

    case 9:                     /* A minute passes. */
        timeval_warp(60 * 1000);
        ovl_account_run();
        break;

    case 10:                    /* Sometimes off. */
        ovl_account_configure(random_range(20) ? max : 0, 100);
        break;
    }
}

static void
cmd_random(struct ovs_cmdl_context *ctx)
{
    uint32_t seed = ctx->argc > 1 ? strtoul(ctx->argv[1], NULL, 0) : 1;
    unsigned int n = ctx->argc > 2 ? atoi(ctx->argv[2]) : 1000;
    unsigned int max = ctx->argc > 3 ? atoi(ctx->argv[3]) : N_KEYS;
    static const char *const kinds[] = {
        [OVL_ACCOUNT_CELL] = "cells",
        [OVL_ACCOUNT_TENANT] = "tenants",
        [OVL_ACCOUNT_REMOTE] = "remotes",
        [OVL_ACCOUNT_OTHER] = "others",
        [OVL_ACCOUNT_PORT] = "ports",
        [OVL_ACCOUNT_EDGE] = "edges",
        [OVL_ACCOUNT_EDGE_OTHER] = "other edges",
    };
    unsigned int seen[ARRAY_SIZE(kinds)] = { 0 };
    struct random_flow flows[N_FLOWS];

    printf("seed %"PRIu32", %u operations, at most %u accounts\n", seed, n,
           max);
    random_set_seed(seed);
    stop_time();
    ovl_account_configure(max, 100);
    memset(flows, 0, sizeof flows);
    for (unsigned int i = 0; i < n; i++) {
        random_operation(&flows[random_range(N_FLOWS)], max);
        check_monotonic();
        if (!random_range(8) || i == n - 1) {
            for (int j = 0; j < N_FLOWS; j++) {
                ovl_flow_accounts_settle(&flows[j].accounts, &flows[j].stats);
            }
            check_accounts(random_model, max < N_KEYS, seen);
            ovsrcu_quiesce();
        }
    }
    for (int j = 0; j < N_FLOWS; j++) {
        ovl_flow_accounts_uninit(&flows[j].accounts);
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        printf("%s: %s\n", kinds[i], seen[i] ? "some" : "none");
    }
}

/* "stress": threads that count, while accounts are removed. */

enum { N_THREADS = 3, N_ROUNDS = 200000 };

/* Few, so that threads meet. */
enum { N_STRESS_KEYS = 4 };

struct stress_thread {
    pthread_t pthread;
    struct counters model[N_KEYS];
};

static atomic_count n_stress_done;

static void *
stress_count(void *thread_)
{
    struct stress_thread *thread = thread_;

    for (int i = 0; i < N_ROUNDS; i++) {
        struct ovl_account_list list = { .n = 0 };
        struct ovl_account_key key;
        int n = 1 + random_range(4);
        int keys[4];

        for (int j = 0; j < n; j++) {
            keys[j] = random_range(N_STRESS_KEYS);
            key = make_key(keys[j]);
            ovl_account_list_add(&list, &key, OVL_ACCOUNT_RX, j);
        }
        ovl_account_list_count(&list, 2, 100);
        for (int j = 0; j < n; j++) {
            model_count(&thread->model[keys[j]], OVL_ACCOUNT_RX, j, 2, 100);
        }
        ovl_account_list_clear(&list);
        ovsrcu_quiesce();
    }
    atomic_count_inc(&n_stress_done);
    return NULL;
}

static void
cmd_stress(struct ovs_cmdl_context *ctx)
{
    unsigned int max = ctx->argc > 1 ? atoi(ctx->argv[1]) : N_KEYS;
    unsigned int seen[OVL_ACCOUNT_EDGE_OTHER + 1] = { 0 };
    static struct stress_thread threads[N_THREADS];
    static struct counters model[N_KEYS];

    /* It would complain about the warped time. */
    vlog_set_levels_from_string_assert("ovs_rcu:off");
    stop_time();
    ovl_account_configure(max, 0);
    for (int i = 0; i < N_THREADS; i++) {
        threads[i].pthread = ovs_thread_create("count", stress_count,
                                               &threads[i]);
    }
    while (atomic_count_get(&n_stress_done) < N_THREADS) {
        timeval_warp(60 * 1000);
        ovl_account_run();
        ovsrcu_quiesce();
    }
    for (int i = 0; i < N_THREADS; i++) {
        xpthread_join(threads[i].pthread, NULL);
        for (int j = 0; j < N_KEYS; j++) {
            add_counters(&model[j], threads[i].model[j].n);
        }
    }
    /* A cell that is being removed still takes room. */
    check_accounts(model, max <= N_STRESS_KEYS, seen);
    ovs_assert(seen[OVL_ACCOUNT_TENANT]);       /* Cells were removed. */
    printf("ok\n");
}

/* "size": memory for accounts, with the table of them. */

/* Returns the bytes of memory that the program has allocated. */
static size_t
allocated(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void
cmd_size(struct ovs_cmdl_context *ctx)
{
    unsigned int n = atoi(ctx->argv[1]);
    struct ovl_account_list list = { .n = 0 };
    struct ovl_account_key key = make_key(1);
    size_t before;

    ovl_account_configure(n, 100);
    before = allocated();
    for (unsigned int i = 0; i < n; i++) {
        key.tenant = htonll(i);
        ovl_account_list_add(&list, &key, OVL_ACCOUNT_RX, 0);
        ovl_account_list_clear(&list);
        ovsrcu_quiesce();
    }
    /* Old versions of the table are freed after a grace period. */
    ovsrcu_synchronize();
    ovsrcu_exit();
    printf("%.1f bytes\n", (double) (allocated() - before) / n);
}

static void
usage(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    printf("\
usage: ovstest test-account COMMAND\n\
random [SEED [N [MAX]]]        do N random operations on flows, and compare\n\
                               the accounts, at most MAX, with a model\n\
stress [MAX]                   count from several threads, while accounts, at\n\
                               most MAX, are removed\n\
size N                         print the memory that each of N accounts takes\n");
}

static const struct ovs_cmdl_command commands[] = {
    { "random", NULL, 0, 3, cmd_random, OVS_RO },
    { "stress", NULL, 0, 1, cmd_stress, OVS_RO },
    { "size", NULL, 1, 1, cmd_size, OVS_RO },
    { "help", NULL, 0, 0, usage, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_account_main(int argc, char *argv[])
{
    struct ovs_cmdl_context ctx = { .argc = argc - 1, .argv = argv + 1 };

    set_program_name(argv[0]);
    ovs_cmdl_run_command(&ctx, commands);
}

OVSTEST_REGISTER("test-account", test_account_main);
