/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/account.h"

#include <string.h>

#include "cmap.h"
#include "dpif.h"
#include "hash.h"
#include "netdev.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

struct ovl_account {
    struct cmap_node node;      /* In 'accounts'. */
    struct ovl_account_key key; /* Owns 'key.name' if 'port' is null. */
    uint32_t hash;              /* Of 'key'. */
    struct ovl_account *port;   /* Sum of the port, which is never removed and
                                 * has the same 'key.name', or NULL. */

    atomic_uint64_t n[OVL_ACCOUNT_N_COUNTERS];
    atomic_llong used;          /* When 'n' changed last, in ms. */
    atomic_uint n_entries;      /* Entries of lists that refer to this. */
    atomic_bool removed;        /* Is about to be freed.  Set only with
                                 * 'account_mutex' held. */
};

/* Names of the counters in JSON, and, behind "account_", in statistics. */
const char *const ovl_account_counter_names[OVL_ACCOUNT_N_COUNTERS] = {
    [OVL_ACCOUNT_RX_PACKETS] = "rx_packets",
    [OVL_ACCOUNT_RX_BYTES] = "rx_bytes",
    [OVL_ACCOUNT_RX_DROPPED] = "rx_dropped",
    [OVL_ACCOUNT_TX_PACKETS] = "tx_packets",
    [OVL_ACCOUNT_TX_BYTES] = "tx_bytes",
};

/* All accounts, by their keys.  Changed with 'account_mutex' held. */
static struct cmap accounts = CMAP_INITIALIZER;
static struct ovs_mutex account_mutex = OVS_MUTEX_INITIALIZER;

/* Limit for each kind that packets can create, or 0 to keep no accounts. */
static atomic_uint account_max = OVL_ACCOUNT_MAX_DEFAULT;

/* Seconds after which an account without datapath flows is removed. */
static atomic_uint account_idle = OVL_ACCOUNT_IDLE_DEFAULT;

/* The same for an account of which flows have dropped every frame, if cells
 * have no room. */
#define USELESS_IF_FULL_SECS 60

/* Accounts of each kind.  Changed with 'account_mutex' held. */
static atomic_uint n_accounts[OVL_ACCOUNT_EDGE_OTHER + 1];

/* Returns a hash value of 'key'. */
static uint32_t
hash_key(const struct ovl_account_key *key)
{
    uint32_t hash = hash_string(key->name, key->kind);

    hash = hash_uint64_basis((OVS_FORCE uint64_t) key->tenant, hash);
    hash = hash_bytes(&key->remote, sizeof key->remote, hash);
    return hash_finish(hash_add(hash_add(hash_add(hash, key->set),
                                         key->domain), key->point), 12);
}

static bool
key_equals(const struct ovl_account_key *a, const struct ovl_account_key *b)
{
    return (a->kind == b->kind
            && !strcmp(a->name, b->name)
            && nullable_string_is_equal(a->type, b->type)
            && a->has_tenant == b->has_tenant
            && a->tenant == b->tenant
            && ipv6_addr_equals(&a->remote, &b->remote)
            && a->set == b->set
            && a->domain == b->domain
            && a->point == b->point);
}

static struct ovl_account *
find_account(const struct ovl_account_key *key, uint32_t hash)
{
    struct ovl_account *account;

    CMAP_FOR_EACH_WITH_HASH (account, node, hash, &accounts) {
        if (key_equals(&account->key, key)) {
            return account;
        }
    }
    return NULL;
}

/* Returns the account for 'key', whose hash value is 'hash'.  Creates it if it
 * does not exist. */
static struct ovl_account *
find_or_create(const struct ovl_account_key *key, uint32_t hash)
    OVS_REQUIRES(account_mutex)
{
    struct ovl_account *account = find_account(key, hash);
    unsigned int orig;

    if (!account) {
        account = xzalloc(sizeof *account);
        account->key = *key;
        account->hash = hash;
        if (key->kind == OVL_ACCOUNT_CELL || key->kind == OVL_ACCOUNT_OTHER) {
            const struct ovl_account_key port_key = {
                .kind = OVL_ACCOUNT_PORT,
                .name = key->name,
                .type = key->type,
            };

            account->port = find_or_create(&port_key, hash_key(&port_key));
            account->key.name = account->port->key.name;
        } else {
            account->key.name = xstrdup(key->name);
        }
        atomic_init(&account->used, time_msec());
        atomic_add_relaxed(&n_accounts[key->kind], 1, &orig);
        cmap_insert(&accounts, &account->node, hash);
    }
    return account;
}

/* Returns true if there are as many accounts of 'kind' as may be. */
static bool
is_full(enum ovl_account_kind kind)
{
    unsigned int max, n;

    atomic_read_relaxed(&account_max, &max);
    atomic_read_relaxed(&n_accounts[kind], &n);
    return n >= max;
}

/* Returns the key of the account for what has no room, of the kind and the
 * port or edge of 'key'. */
static struct ovl_account_key
other_key(const struct ovl_account_key *key)
{
    return (struct ovl_account_key) {
        .kind = (key->kind == OVL_ACCOUNT_EDGE
                 ? OVL_ACCOUNT_EDGE_OTHER : OVL_ACCOUNT_OTHER),
        .name = key->name,
        .type = key->type,
        .set = key->set,
    };
}

/* Adds an entry to the number of those that refer to 'account'.  Returns false
 * if 'account' is null or about to be freed. */
static bool
try_ref(struct ovl_account *account)
{
    unsigned int orig;
    bool removed;

    if (!account) {
        return false;
    }
    atomic_add(&account->n_entries, 1, &orig);
    atomic_read(&account->removed, &removed);
    if (removed) {
        atomic_sub(&account->n_entries, 1, &orig);
    }
    return !removed;
}

/* Returns the account for 'key', or if there are too many, that for what has
 * no room, for use by a list entry. */
static struct ovl_account *
ref_account(const struct ovl_account_key *key)
{
    uint32_t hash = hash_key(key);
    struct ovl_account *account = find_account(key, hash);
    struct ovl_account_key other;
    unsigned int orig;

    if (try_ref(account)) {
        return account;
    }
    if (is_full(key->kind)) {
        other = other_key(key);
        account = find_account(&other, hash_key(&other));
        if (try_ref(account)) {
            return account;
        }
    }

    ovs_mutex_lock(&account_mutex);
    account = find_account(key, hash);
    if (!account && is_full(key->kind)) {
        other = other_key(key);
        account = find_or_create(&other, hash_key(&other));
    } else if (!account) {
        account = find_or_create(key, hash);
    }
    atomic_add(&account->n_entries, 1, &orig);
    ovs_mutex_unlock(&account_mutex);
    return account;
}

static void
unref_account(struct ovl_account *account)
{
    unsigned int orig;

    atomic_sub(&account->n_entries, 1, &orig);
}

static void
add_to_counter(struct ovl_account *account, enum ovl_account_counter counter,
               uint64_t n)
{
    uint64_t orig;

    atomic_add_relaxed(&account->n[counter], n, &orig);
}

/* Counts 'n_packets' frames with 'n_bytes' bytes in all, in 'account', for
 * 'event'. */
static void
count(struct ovl_account *account, enum ovl_account_event event,
      uint64_t n_packets, uint64_t n_bytes)
{
    switch (event) {
    case OVL_ACCOUNT_RX:
        add_to_counter(account, OVL_ACCOUNT_RX_PACKETS, n_packets);
        add_to_counter(account, OVL_ACCOUNT_RX_BYTES, n_bytes);
        break;
    case OVL_ACCOUNT_RX_DROP:
        add_to_counter(account, OVL_ACCOUNT_RX_DROPPED, n_packets);
        break;
    case OVL_ACCOUNT_TX:
        add_to_counter(account, OVL_ACCOUNT_TX_PACKETS, n_packets);
        add_to_counter(account, OVL_ACCOUNT_TX_BYTES, n_bytes);
        break;
    }
}

/* Returns the entries of 'list'. */
static struct ovl_account_entry *
list_entries(const struct ovl_account_list *list)
{
    return (list->allocated
            ? list->more
            : CONST_CAST(struct ovl_account_entry *, list->few));
}

/* Adds to 'list' an entry for the account for 'key', on which each packet of
 * the datapath flow has the effect 'event'.  The frame counted has 'delta'
 * bytes more than the packet in the datapath flow, or fewer, if negative.
 * Does nothing if no accounts are kept. */
void
ovl_account_list_add(struct ovl_account_list *list,
                     const struct ovl_account_key *key,
                     enum ovl_account_event event, int delta)
{
    struct ovl_account_entry *entries;

    if (!ovl_account_is_on()) {
        return;
    }

    if (!list->allocated && list->n >= ARRAY_SIZE(list->few)) {
        entries = xmalloc(2 * sizeof list->few);
        memcpy(entries, list->few, sizeof list->few);
        list->allocated = 2 * ARRAY_SIZE(list->few);
        list->more = entries;
    } else if (list->allocated && list->n >= list->allocated) {
        list->more = x2nrealloc(list->more, &list->allocated,
                                sizeof *list->more);
    }
    entries = list_entries(list);
    entries[list->n++] = (struct ovl_account_entry) {
        .account = ref_account(key),
        .delta = delta,
        .event = event,
    };
}

/* Counts 'n_packets' packets with 'n_bytes' bytes in all for each entry of
 * 'list'. */
void
ovl_account_list_count(const struct ovl_account_list *list,
                       uint64_t n_packets, uint64_t n_bytes)
{
    const struct ovl_account_entry *entries = list_entries(list);

    for (size_t i = 0; i < list->n; i++) {
        const struct ovl_account_entry *e = &entries[i];
        uint64_t bytes = n_bytes + n_packets * e->delta;

        count(e->account, e->event, n_packets, bytes);
        if (e->account->port) {
            count(e->account->port, e->event, n_packets, bytes);
        }
        atomic_store_relaxed(&e->account->used, time_msec());
    }
}

/* Removes the entries of 'list' but the first 'n'. */
void
ovl_account_list_truncate(struct ovl_account_list *list, size_t n)
{
    const struct ovl_account_entry *entries = list_entries(list);

    while (list->n > n) {
        unref_account(entries[--list->n].account);
    }
}

/* Exchanges the contents of 'a' and 'b'. */
void
ovl_account_list_swap(struct ovl_account_list *a, struct ovl_account_list *b)
{
    struct ovl_account_list tmp = *a;

    *a = *b;
    *b = tmp;
}

/* Removes all entries of 'list'. */
void
ovl_account_list_clear(struct ovl_account_list *list)
{
    ovl_account_list_truncate(list, 0);
    if (list->allocated) {
        free(list->more);
        list->allocated = 0;
    }
}

/* Returns true if the bytes of some of 'n_packets' packets, with 'n_bytes'
 * bytes in all, must be missing: no frame of 'list' has a negative length. */
static bool
lacks_bytes(const struct ovl_account_list *list,
            uint64_t n_packets, uint64_t n_bytes)
{
    const struct ovl_account_entry *entries = list_entries(list);

    for (size_t i = 0; i < list->n; i++) {
        int delta = entries[i].delta;

        if (delta < 0 && n_bytes < n_packets * -delta) {
            return true;
        }
    }
    return false;
}

/* Settles the accounts in 'flow_accounts' for the packets in 'stats', the
 * statistics of the datapath flow since it was created, that were not settled
 * before.  'stats' may be older than those of the last call; then this does
 * nothing.  A thread that adds a packet to the statistics adds its bytes after
 * it, so they may be missing in one call and be in the next; if counters would
 * decrease, this does nothing, and the next call settles both. */
void
ovl_flow_accounts_settle(struct ovl_flow_accounts *flow_accounts,
                         const struct dpif_flow_stats *stats)
{
    uint64_t n_packets = stats->n_packets - flow_accounts->n_packets;
    uint64_t n_bytes = stats->n_bytes - flow_accounts->n_bytes;

    if (stats->n_packets >= flow_accounts->n_packets
        && stats->n_bytes >= flow_accounts->n_bytes
        && (n_packets || n_bytes)
        && !lacks_bytes(&flow_accounts->now, n_packets, n_bytes)) {
        ovl_account_list_count(&flow_accounts->now, n_packets, n_bytes);
        flow_accounts->n_packets = stats->n_packets;
        flow_accounts->n_bytes = stats->n_bytes;
    }
}

/* From here on, packets of the datapath flow count for the accounts of its
 * last translation. */
void
ovl_flow_accounts_replace(struct ovl_flow_accounts *flow_accounts)
{
    ovl_account_list_swap(&flow_accounts->now, &flow_accounts->next);
    ovl_account_list_clear(&flow_accounts->next);
}

/* The packets of the datapath flow so far count for the accounts of its last
 * translation, and so do those that follow. */
void
ovl_flow_accounts_adopt(struct ovl_flow_accounts *flow_accounts)
{
    const struct ovl_account_list *from = &flow_accounts->next;
    struct ovl_account_list *to = &flow_accounts->now;
    const struct ovl_account_entry *entries = list_entries(from);
    unsigned int orig;

    ovl_account_list_clear(to);
    *to = *from;
    if (from->allocated) {
        to->more = xmemdup(from->more, from->allocated * sizeof *from->more);
    }
    for (size_t i = 0; i < from->n; i++) {
        atomic_add(&entries[i].account->n_entries, 1, &orig);
    }
}

/* From here on, statistics of the datapath flow begin at zero again. */
void
ovl_flow_accounts_reset(struct ovl_flow_accounts *flow_accounts)
{
    flow_accounts->n_packets = flow_accounts->n_bytes = 0;
}

/* Frees what 'flow_accounts' refers to. */
void
ovl_flow_accounts_uninit(struct ovl_flow_accounts *flow_accounts)
{
    ovl_account_list_clear(&flow_accounts->now);
    ovl_account_list_clear(&flow_accounts->next);
}

/* Sets the limit 'max' for the number of cells, and for that of edges, or 0 to
 * keep no accounts, and the time in seconds, 'idle_secs', after which an
 * account without datapath flows is removed.  Returns true if datapath flows
 * must be translated again to keep accounts from now on, or none. */
bool
ovl_account_configure(unsigned int max, unsigned int idle_secs)
{
    unsigned int old;

    atomic_read_relaxed(&account_max, &old);
    atomic_store_relaxed(&account_max, max);
    atomic_store_relaxed(&account_idle, idle_secs);
    return !old != !max;
}

/* Returns true if accounts are kept. */
bool
ovl_account_is_on(void)
{
    unsigned int max;

    atomic_read_relaxed(&account_max, &max);
    return max != 0;
}

static void
free_account(struct ovl_account *account)
{
    if (!account->port) {
        free(CONST_CAST(char *, account->key.name));
    }
    free(account);
}

/* Stores the counters of 'account' in 'n'. */
static void
read_counters(const struct ovl_account *account,
              uint64_t n[OVL_ACCOUNT_N_COUNTERS])
{
    for (size_t i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
        atomic_read_relaxed(&CONST_CAST(struct ovl_account *, account)->n[i],
                            &n[i]);
    }
}

/* Adds the counters of 'account' to those of 'sum'. */
static void
add_to_sum(const struct ovl_account *account, struct ovl_account *sum)
{
    uint64_t n[OVL_ACCOUNT_N_COUNTERS];

    read_counters(account, n);
    for (size_t i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
        add_to_counter(sum, i, n[i]);
    }
}

/* Returns the account for 'key', or NULL if it does not exist and there are
 * too many of this kind. */
static struct ovl_account *
find_or_create_if_room(const struct ovl_account_key *key)
    OVS_REQUIRES(account_mutex)
{
    uint32_t hash = hash_key(key);
    struct ovl_account *account = find_account(key, hash);

    return account || is_full(key->kind) ? account : find_or_create(key, hash);
}

/* Adds 'account', a cell, to the sum of its tenant and to the sum of its
 * remote.  Returns false if one of these has no room. */
static bool
add_to_sums(const struct ovl_account *account)
    OVS_REQUIRES(account_mutex)
{
    struct ovl_account_key key = account->key;
    struct ovl_account *tenant, *remote;

    key.kind = OVL_ACCOUNT_TENANT;
    key.remote = in6addr_any;
    tenant = find_or_create_if_room(&key);

    key = account->key;
    key.kind = OVL_ACCOUNT_REMOTE;
    key.has_tenant = false;
    key.tenant = 0;
    remote = find_or_create_if_room(&key);

    if (!tenant || !remote) {
        return false;
    }
    add_to_sum(account, tenant);
    add_to_sum(account, remote);
    return true;
}

/* Returns true if flows have dropped every frame of 'account'. */
static bool
is_useless(const struct ovl_account *account)
{
    uint64_t n[OVL_ACCOUNT_N_COUNTERS];

    read_counters(account, n);
    return (!n[OVL_ACCOUNT_TX_PACKETS]
            && n[OVL_ACCOUNT_RX_PACKETS] == n[OVL_ACCOUNT_RX_DROPPED]);
}

/* Removes 'account', a cell, if no datapath flow refers to it.  Its counters
 * go to the port's account for what has no room, if 'to_other' is true,
 * otherwise to sums, or if these have no room, the cell stays. */
static void
remove_unused(struct ovl_account *account, bool to_other)
    OVS_REQUIRES(account_mutex)
{
    unsigned int n_entries, orig;

    atomic_store(&account->removed, true);
    atomic_read(&account->n_entries, &n_entries);
    if (!n_entries) {
        if (to_other) {
            struct ovl_account_key other = other_key(&account->key);

            add_to_sum(account, find_or_create(&other, hash_key(&other)));
        } else if (!add_to_sums(account)) {
            n_entries = 1;
        }
    }
    if (n_entries) {
        atomic_store(&account->removed, false);
        return;
    }
    atomic_sub_relaxed(&n_accounts[account->key.kind], 1, &orig);
    cmap_remove(&accounts, &account->node, account->hash);
    ovsrcu_postpone(free_account, account);
}

/* Removes cells that have had no packet for long.  If cells have no room,
 * removes those of which flows have dropped every frame after
 * USELESS_IF_FULL_SECS, so that a sender cannot fill them.  Does nothing while
 * no accounts are kept.
 *
 * To be called often, by the main thread; does its work once a minute. */
void
ovl_account_run(void)
{
    static long long int next = LLONG_MIN;
    long long int now = time_msec();
    struct ovl_account *account;
    unsigned int idle_secs;
    bool full;

    if (now < next || !ovl_account_is_on()) {
        return;
    }
    next = now + 60 * 1000;
    atomic_read_relaxed(&account_idle, &idle_secs);
    full = is_full(OVL_ACCOUNT_CELL);

    /* Only this thread removes accounts. */
    CMAP_FOR_EACH (account, node, &accounts) {
        long long int used, idle;
        bool to_other;

        if (account->key.kind != OVL_ACCOUNT_CELL) {
            continue;
        }
        atomic_read_relaxed(&account->used, &used);
        idle = (now - used) / 1000;
        to_other = (full && idle >= USELESS_IF_FULL_SECS
                    && is_useless(account));
        if (to_other || idle >= idle_secs) {
            ovs_mutex_lock(&account_mutex);
            remove_unused(account, to_other);
            ovs_mutex_unlock(&account_mutex);
        }
    }
}

/* Returns an array of all accounts as they are now, in no order, and stores
 * their number in '*n'.  The caller must free it with ovl_account_free_all().
 * To be called by a thread that does not quiesce meanwhile. */
struct ovl_account_record *
ovl_account_read_all(size_t *n)
{
    struct ovl_account_record *records = NULL;
    const struct ovl_account *account;
    size_t allocated = 0;

    *n = 0;
    CMAP_FOR_EACH (account, node, &accounts) {
        struct ovl_account_record *r;

        if (*n >= allocated) {
            records = x2nrealloc(records, &allocated, sizeof *records);
        }
        r = &records[(*n)++];
        r->key = account->key;
        r->key.name = xstrdup(account->key.name);
        read_counters(account, r->n);
    }
    return records;
}

/* Frees 'records', an array of 'n'. */
void
ovl_account_free_all(struct ovl_account_record *records, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(CONST_CAST(char *, records[i].key.name));
    }
    free(records);
}

/* Implements part of 'get_custom_stats' of struct netdev_class for all
 * tunnels: appends to 'stats' the sums of the accounts of port 'netdev'. */
void
ovl_account_get_custom_stats(const struct netdev *netdev,
                             struct netdev_custom_stats *stats)
{
    const struct ovl_account_key key = {
        .kind = OVL_ACCOUNT_PORT,
        .name = netdev_get_name(netdev),
        .type = netdev_get_type(netdev),
    };
    const struct ovl_account *port = find_account(&key, hash_key(&key));
    uint64_t n[OVL_ACCOUNT_N_COUNTERS];

    if (!port) {
        return;
    }
    read_counters(port, n);
    stats->counters = xrealloc(stats->counters,
                               (stats->size + OVL_ACCOUNT_N_COUNTERS)
                               * sizeof *stats->counters);
    for (size_t i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
        struct netdev_custom_counter *c = &stats->counters[stats->size++];

        c->value = n[i];
        snprintf(c->name, sizeof c->name, "account_%s",
                 ovl_account_counter_names[i]);
    }
}
