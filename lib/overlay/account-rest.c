/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/account-rest.h"

#include "dpif.h"
#include "dpif-netdev-dpcls.h"
#include "dpif-netdev-flow.h"
#include "ovs-rcu.h"
#include "overlay/account.h"
#include "util.h"

struct ovl_account_rest {
    struct ovl_flow_accounts accounts;

    /* The flow in the userspace datapath, or NULL.  Owns a reference. */
    struct dp_netdev_flow *flow;
};

/* Returns the accounts of a datapath flow that is to be deleted, and takes
 * them out of 'accounts'.  Returns NULL if there are none.  The caller must
 * pass them to ovl_account_rest_settle(), as the member of struct
 * dpif_flow_del. */
struct ovl_account_rest *
ovl_account_rest_create(struct ovl_flow_accounts *accounts)
{
    struct ovl_account_rest *rest;

    if (!accounts->now.n) {
        return NULL;
    }
    rest = xzalloc(sizeof *rest);
    rest->accounts.n_packets = accounts->n_packets;
    rest->accounts.n_bytes = accounts->n_bytes;
    ovl_account_list_swap(&rest->accounts.now, &accounts->now);
    return rest;
}

static void
free_rest(struct ovl_account_rest *rest)
{
    ovl_flow_accounts_uninit(&rest->accounts);
    free(rest);
}

/* Settles the accounts of the flow that 'del' has deleted, or that it has not
 * deleted, because of 'error', from its statistics. */
void
ovl_account_rest_settle(const struct dpif_flow_del *del, int error)
{
    struct ovl_account_rest *rest = del->rest;

    if (!rest) {
        return;
    }
    if (!error) {
        ovl_flow_accounts_settle(&rest->accounts, del->stats);
    }
    if (!rest->flow) {
        free_rest(rest);
    }
}

/* Settles the accounts of a flow to which no thread adds packets any more. */
static void
settle_rest(struct ovl_account_rest *rest)
{
    struct dp_netdev_flow_stats *flow_stats = &rest->flow->stats;
    struct dpif_flow_stats stats = { .n_packets = 0 };
    unsigned long long n;

    atomic_read_relaxed(&flow_stats->packet_count, &n);
    stats.n_packets = n;
    atomic_read_relaxed(&flow_stats->byte_count, &n);
    stats.n_bytes = n;
    ovl_flow_accounts_settle(&rest->accounts, &stats);
    dp_netdev_flow_unref(rest->flow);
    free_rest(rest);
}

/* 'flow', whose accounts 'rest' has, which may be null, is about to be
 * removed.  If this returns true, the caller must take a reference to 'flow',
 * and must not quiesce before ovl_account_rest_settle(). */
bool
ovl_account_rest_wait(struct ovl_account_rest *rest,
                      struct dp_netdev_flow *flow)
{
    if (!rest || rest->flow) {
        return false;
    }
    rest->flow = flow;
    ovsrcu_postpone(settle_rest, rest);
    return true;
}
