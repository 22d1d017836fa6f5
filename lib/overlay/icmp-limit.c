/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/icmp-limit.h"

#include <netinet/in.h>
#include <string.h>

#include "entropy.h"
#include "overlay/secret-hash.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "timeval.h"
#include "util.h"

/* Maximum number of ICMP errors per second to one sender, and maximum
 * burst. */
#define ICMP_RATE    10
#define ICMP_BURST   10
#define ICMP_INTERVAL (1000000 / ICMP_RATE) /* Microseconds. */

/* Number of rate limits per tenant, which its senders share by hash. */
#define ICMP_SENDERS 32

/* Maximum number of tenants.  A tenant that had no ICMP error for a second
 * need not be kept, and each tenant has at least one datapath flow, so with
 * the default of other_config:flow-limit there are never as many. */
#define ICMP_MAX_TENANTS (1 << 18)

/* The senders with one key on one port. */
struct icmp_tenant {
    struct cmap_node node;      /* In limits' 'tenants'. */
    struct ovs_list list_node;  /* In limits' 'list'. */
    ovs_be64 key;
    uint32_t port;

    /* For each rate limit, the time at which the next ICMP error would be due
     * if they were evenly spaced, in microseconds. */
    atomic_uint64_t due[ICMP_SENDERS];
};

/* Makes 'limits' the limits of no tenants. */
void
ovl_icmp_limits_init(struct ovl_icmp_limits *limits)
{
    ovs_mutex_init(&limits->mutex);
    cmap_init(&limits->tenants);
    ovs_mutex_lock(&limits->mutex);
    ovs_list_init(&limits->list);
    ovs_mutex_unlock(&limits->mutex);
}

/* Frees what 'limits' has.  No thread may use it any more. */
void
ovl_icmp_limits_destroy(struct ovl_icmp_limits *limits)
{
    struct icmp_tenant *tenant;

    ovs_mutex_lock(&limits->mutex);
    LIST_FOR_EACH_POP (tenant, list_node, &limits->list) {
        free(tenant);
    }
    ovs_mutex_unlock(&limits->mutex);
    cmap_destroy(&limits->tenants);
    ovs_mutex_destroy(&limits->mutex);
}

/* Returns the secrets for secret_hash(). */
static const uint64_t *
icmp_secrets(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static uint64_t secrets[5]; /* For an IPv6 address. */

    if (ovsthread_once_start(&once)) {
        get_entropy_or_die(secrets, sizeof secrets);
        ovsthread_once_done(&once);
    }
    return secrets;
}

/* Returns the hash of the tenant with 'key' on 'port'. */
static uint32_t
icmp_hash_tenant(uint32_t port, ovs_be64 key)
{
    uint32_t words[4] = { 0 };

    memcpy(words, &key, sizeof key);
    words[2] = port;
    return secret_hash(icmp_secrets(), words, ARRAY_SIZE(words));
}

/* Returns the tenant in 'limits' with 'key' on 'port', which hash to 'hash',
 * or NULL if it is not known. */
static struct icmp_tenant *
icmp_limit_find(const struct ovl_icmp_limits *limits, uint32_t port,
                ovs_be64 key, uint32_t hash)
{
    struct icmp_tenant *tenant;

    CMAP_FOR_EACH_WITH_HASH (tenant, node, hash, &limits->tenants) {
        if (tenant->key == key && tenant->port == port) {
            return tenant;
        }
    }
    return NULL;
}

/* Returns true if removing 'tenant' at 'now', in microseconds, and adding it
 * again would not allow more ICMP errors. */
static bool
icmp_is_idle(struct icmp_tenant *tenant, uint64_t now)
{
    for (size_t i = 0; i < ARRAY_SIZE(tenant->due); i++) {
        uint64_t due;

        atomic_read_relaxed(&tenant->due[i], &due);
        if (due > now) {
            return false;
        }
    }
    return true;
}

/* Returns the tenant in 'limits' with 'key' on 'port', which hash to 'hash',
 * adding it if it is not known.  Then also removes up to two of the others
 * that are idle at 'now', in microseconds.  Returns NULL if there are too many
 * tenants. */
static struct icmp_tenant *
icmp_limit_add(struct ovl_icmp_limits *limits, uint32_t port, ovs_be64 key,
               uint32_t hash, uint64_t now)
{
    struct icmp_tenant *tenant;

    ovs_mutex_lock(&limits->mutex);
    tenant = icmp_limit_find(limits, port, key, hash);
    if (!tenant) {
        /* For each one added, up to two are removed, so idle ones do not
         * accumulate. */
        for (int i = 0; i < 2 && !ovs_list_is_empty(&limits->list); i++) {
            tenant = CONTAINER_OF(ovs_list_pop_front(&limits->list),
                                  struct icmp_tenant, list_node);
            if (icmp_is_idle(tenant, now)) {
                cmap_remove(&limits->tenants, &tenant->node,
                            icmp_hash_tenant(tenant->port, tenant->key));
                ovsrcu_postpone(free, tenant);
            } else {
                ovs_list_push_back(&limits->list, &tenant->list_node);
            }
        }
        tenant = NULL;
        if (cmap_count(&limits->tenants) < ICMP_MAX_TENANTS) {
            tenant = xzalloc(sizeof *tenant);
            tenant->key = key;
            tenant->port = port;
            cmap_insert(&limits->tenants, &tenant->node, hash);
            ovs_list_push_back(&limits->list, &tenant->list_node);
        }
    }
    ovs_mutex_unlock(&limits->mutex);
    return tenant;
}

/* Returns true if 'limits' allow another ICMP error to the sender with address
 * 'src', 'size' bytes, of the tenant with 'key' on 'port'. */
bool
ovl_icmp_limits_allow(struct ovl_icmp_limits *limits, uint32_t port,
                      ovs_be64 key, const void *src, size_t size)
{
    uint32_t hash = icmp_hash_tenant(port, key);
    uint32_t words[sizeof(struct in6_addr) / sizeof(uint32_t)] = { 0 };
    uint64_t now = time_usec();
    struct icmp_tenant *tenant;
    atomic_uint64_t *due;
    uint64_t old, new;

    tenant = icmp_limit_find(limits, port, key, hash);
    if (OVS_UNLIKELY(!tenant)) {
        tenant = icmp_limit_add(limits, port, key, hash, now);
        if (!tenant) {
            return false;
        }
    }

    memcpy(words, src, size);
    due = &tenant->due[secret_hash(icmp_secrets(), words, ARRAY_SIZE(words))
                       % ICMP_SENDERS];
    atomic_read_relaxed(due, &old);
    do {
        new = MAX(old, now) + ICMP_INTERVAL;
        if (new - now > ICMP_BURST * ICMP_INTERVAL) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_relaxed(due, &old, new));
    return true;
}
