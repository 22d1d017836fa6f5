/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb-table.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "packets.h"
#include "random.h"
#include "util.h"

/* Time in milliseconds for which an address that has moved stays. */
#define MOVE_INTERVAL 1000

void
ovl_fdb_table_init(struct ovl_fdb_table *table)
{
    memset(table, 0, sizeof *table);
    table->secret = random_uint32();
    hmap_init(&table->entries);
    hmap_init(&table->remotes);
    heap_init(&table->by_learned);
}

/* Returns the hash of 'mac' in 'vlan' for 'entries'. */
static uint32_t
hash_entry(const struct ovl_fdb_table *table, struct eth_addr mac,
           uint16_t vlan)
{
    return hash_mac(mac, vlan, table->secret);
}

/* Returns the hash of 'addr' for 'remotes'. */
static uint32_t
hash_remote(const struct ovl_fdb_table *table, const struct in6_addr *addr)
{
    return hash_bytes(addr, sizeof *addr, table->secret);
}

/* Returns the entry of 'table' for just 'mac' and 'vlan', or NULL if there is
 * none. */
static struct ovl_fdb_entry *
find_exact(const struct ovl_fdb_table *table, struct eth_addr mac,
           uint16_t vlan)
{
    struct ovl_fdb_entry *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, hash_entry(table, mac, vlan),
                             &table->entries) {
        if (e->vlan == vlan && eth_addr_equals(e->mac, mac)) {
            return e;
        }
    }
    return NULL;
}

/* Returns the entry of 'table' that says where 'mac' in 'vlan' is, or NULL if
 * there is none: one from a command, else from the kernel, else learned. */
struct ovl_fdb_entry *
ovl_fdb_table_find(const struct ovl_fdb_table *table, struct eth_addr mac,
                   uint16_t vlan)
{
    struct ovl_fdb_entry *e = find_exact(table, mac, vlan);

    if (table->n_fixed && vlan != OVL_FDB_ANY_VLAN
        && (!e || e->origin == OVL_FDB_LEARNED)) {
        struct ovl_fdb_entry *any = find_exact(table, mac, OVL_FDB_ANY_VLAN);

        e = any ? any : e;
    }
    return e;
}

/* Returns the number of learned entries behind 'remote', which may be null. */
static size_t
count_learned(const struct ovl_fdb_remote *remote)
{
    return remote ? remote->heap_node.priority : 0;
}

/* Returns the remote endpoint 'addr' of 'table', or NULL if there is none. */
static struct ovl_fdb_remote *
find_remote(const struct ovl_fdb_table *table, const struct in6_addr *addr)
{
    struct ovl_fdb_remote *remote;

    HMAP_FOR_EACH_WITH_HASH (remote, node, hash_remote(table, addr),
                             &table->remotes) {
        if (ipv6_addr_equals(&remote->addr, addr)) {
            return remote;
        }
    }
    return NULL;
}

/* Returns the remote endpoint 'addr' of 'table', which is created if
 * needed. */
static struct ovl_fdb_remote *
get_remote(struct ovl_fdb_table *table, const struct in6_addr *addr)
{
    struct ovl_fdb_remote *remote = find_remote(table, addr);

    if (!remote) {
        remote = xzalloc(sizeof *remote);
        remote->addr = *addr;
        ovs_list_init(&remote->learned);
        hmap_insert(&table->remotes, &remote->node, hash_remote(table, addr));
        heap_insert(&table->by_learned, &remote->heap_node, 0);
    }
    return remote;
}

/* Puts 'e', which is behind none, behind 'remote' of 'table'. */
static void
attach(struct ovl_fdb_table *table, struct ovl_fdb_entry *e,
       struct ovl_fdb_remote *remote)
{
    e->remote = remote;
    if (e->origin != OVL_FDB_LEARNED) {
        remote->n_fixed++;
        table->n_fixed++;
    } else {
        ovs_list_push_back(&remote->learned, &e->list_node);
        heap_change(&table->by_learned, &remote->heap_node,
                    remote->heap_node.priority + 1);
    }
}

/* Removes 'e', an entry of 'table', from its remote endpoint, which is freed
 * if that was its last entry. */
static void
detach(struct ovl_fdb_table *table, struct ovl_fdb_entry *e)
{
    struct ovl_fdb_remote *remote = e->remote;

    if (e->origin != OVL_FDB_LEARNED) {
        remote->n_fixed--;
        table->n_fixed--;
    } else {
        ovs_list_remove(&e->list_node);
        heap_change(&table->by_learned, &remote->heap_node,
                    remote->heap_node.priority - 1);
    }
    e->remote = NULL;
    if (!remote->n_fixed && !count_learned(remote)) {
        hmap_remove(&table->remotes, &remote->node);
        heap_remove(&table->by_learned, &remote->heap_node);
        free(remote);
    }
}

/* Adds to 'table' an entry for 'mac' in 'vlan', which has none, behind
 * 'addr'. */
static struct ovl_fdb_entry *
add_entry(struct ovl_fdb_table *table, struct eth_addr mac, uint16_t vlan,
          const struct in6_addr *addr, enum ovl_fdb_origin origin)
{
    struct ovl_fdb_entry *e = xzalloc(sizeof *e);

    e->mac = mac;
    e->vlan = vlan;
    e->moved = LLONG_MIN;
    e->origin = origin;
    hmap_insert(&table->entries, &e->node, hash_entry(table, mac, vlan));
    attach(table, e, get_remote(table, addr));
    return e;
}

/* Removes 'e' from 'table', and frees it. */
void
ovl_fdb_table_remove(struct ovl_fdb_table *table, struct ovl_fdb_entry *e)
{
    detach(table, e);
    hmap_remove(&table->entries, &e->node);
    free(e);
}

/* Removes all entries of 'table', and frees its memory. */
void
ovl_fdb_table_destroy(struct ovl_fdb_table *table)
{
    struct ovl_fdb_entry *e;

    HMAP_FOR_EACH_SAFE (e, node, &table->entries) {
        ovl_fdb_table_remove(table, e);
    }
    hmap_destroy(&table->entries);
    hmap_destroy(&table->remotes);
    heap_destroy(&table->by_learned);
}

/* Makes 'table' have an entry for 'mac' in 'vlan' behind 'remote' from
 * 'origin', which is not OVL_FDB_LEARNED, in the place of any other for just
 * these.  Returns it. */
struct ovl_fdb_entry *
ovl_fdb_table_set(struct ovl_fdb_table *table, struct eth_addr mac,
                  uint16_t vlan, const struct in6_addr *remote,
                  enum ovl_fdb_origin origin)
{
    struct ovl_fdb_entry *e = find_exact(table, mac, vlan);

    if (e && e->origin == origin
        && ipv6_addr_equals(&e->remote->addr, remote)) {
        return e;
    } else if (e) {
        ovl_fdb_table_remove(table, e);
    }
    return add_entry(table, mac, vlan, remote, origin);
}

/* Removes the least recently seen learned entry behind the remote endpoint of
 * 'table' that has most of them.  There must be one. */
static void
evict_fairly(struct ovl_fdb_table *table)
{
    const struct ovl_fdb_remote *most
        = CONTAINER_OF(heap_max(&table->by_learned), struct ovl_fdb_remote,
                       heap_node);

    ovl_fdb_table_remove(table, CONTAINER_OF(ovs_list_front(&most->learned),
                                             struct ovl_fdb_entry,
                                             list_node));
    table->counters[OVL_FDB_COUNT_EVICTED]++;
}

/* Learns that 'mac' in 'vlan' was behind 'remote' at the time 'when' (ms),
 * unless it has an entry that is not learned, was elsewhere after that, or has
 * just moved.  'table' may have at most 'max' learned entries, of which the
 * remote endpoint that has most loses one if necessary, and 'remote' at most
 * 'remote_max'.  An address that cannot move to 'remote' for that reason is
 * forgotten.
 *
 * Returns true if that changes where frames for 'mac' go. */
bool
ovl_fdb_table_learn(struct ovl_fdb_table *table, struct eth_addr mac,
                    uint16_t vlan, const struct in6_addr *remote,
                    long long int when, size_t max, size_t remote_max)
{
    struct ovl_fdb_entry *e = ovl_fdb_table_find(table, mac, vlan);

    if (e && (e->origin != OVL_FDB_LEARNED || when <= e->seen)) {
        return false;
    } else if (e && ipv6_addr_equals(&e->remote->addr, remote)) {
        ovs_list_remove(&e->list_node);
        ovs_list_push_back(&e->remote->learned, &e->list_node);
        e->seen = when;
        return false;
    } else if (e && e->moved > when - MOVE_INTERVAL) {
        table->counters[OVL_FDB_COUNT_REFUSED_MOVE]++;
        return false;
    } else if (count_learned(find_remote(table, remote)) >= remote_max) {
        table->counters[OVL_FDB_COUNT_REFUSED_LIMIT]++;
        if (e) {
            ovl_fdb_table_remove(table, e);
        }
        return e != NULL;
    }

    if (e) {
        detach(table, e);
        attach(table, e, get_remote(table, remote));
        e->moved = when;
        table->counters[OVL_FDB_COUNT_MOVED]++;
    } else {
        if (hmap_count(&table->entries) - table->n_fixed >= max) {
            evict_fairly(table);
        }
        e = add_entry(table, mac, vlan, remote, OVL_FDB_LEARNED);
        table->counters[OVL_FDB_COUNT_LEARNED]++;
    }
    e->seen = when;
    return true;
}

/* Removes the learned entries of 'table' that were last seen at the time
 * 'limit' (ms) or before.  Returns their number. */
size_t
ovl_fdb_table_expire(struct ovl_fdb_table *table, long long int limit)
{
    struct ovl_fdb_remote *remote;
    size_t n = 0;

    HMAP_FOR_EACH_SAFE (remote, node, &table->remotes) {
        /* 'remote' goes away with its last entry. */
        for (size_t left = count_learned(remote); left > 0; left--) {
            struct ovl_fdb_entry *e
                = CONTAINER_OF(ovs_list_front(&remote->learned),
                               struct ovl_fdb_entry, list_node);

            if (e->seen > limit) {
                break;
            }
            ovl_fdb_table_remove(table, e);
            n++;
        }
    }
    return n;
}
