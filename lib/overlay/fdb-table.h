/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_TABLE_H
#define OVERLAY_FDB_TABLE_H 1

/* The forwarding database of one tunnel port: by MAC address and VLAN, the
 * remote endpoint behind which the address is.  The caller synchronizes. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "heap.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/types.h"

/* Counters, and their names in the statistics of a port. */
#define OVL_FDB_COUNTERS(COUNTER)                               \
    COUNTER(LEARNED, "fdb_learned")                             \
    COUNTER(MOVED, "fdb_moved")                                 \
    COUNTER(EXPIRED, "fdb_expired")                             \
    COUNTER(EVICTED, "fdb_evicted")                             \
    COUNTER(REFUSED_SOURCE, "fdb_refused_source")               \
    COUNTER(REFUSED_LIMIT, "fdb_refused_limit")                 \
    COUNTER(REFUSED_MOVE, "fdb_refused_move")
enum ovl_fdb_counter {
#define FDB_COUNTER(NAME, STRING) OVL_FDB_COUNT_##NAME,
    OVL_FDB_COUNTERS(FDB_COUNTER)
#undef FDB_COUNTER
    OVL_FDB_N_COUNTERS
};

/* A remote endpoint, behind which there are MAC addresses. */
struct ovl_fdb_remote {
    struct hmap_node node;      /* In a table's 'remotes', by 'addr'. */
    struct heap_node heap_node; /* In a table's 'by_learned', by the number of
                                 * learned entries. */
    struct in6_addr addr;       /* IPv6 or IPv4-mapped. */
    struct ovs_list learned;    /* Entries, the least recently seen first. */
    size_t n_fixed;             /* Number of other entries. */
};

/* Where an entry comes from. */
enum ovl_fdb_origin {
    OVL_FDB_LEARNED,
    OVL_FDB_STATIC,             /* From a command. */
    OVL_FDB_KERNEL              /* From a device, for all VLANs. */
};

/* In the place of a VLAN: all VLANs. */
#define OVL_FDB_ANY_VLAN UINT16_MAX

/* An entry: a MAC address in a VLAN is behind 'remote'. */
struct ovl_fdb_entry {
    struct hmap_node node;      /* In a table's 'entries', by both. */
    struct ovs_list list_node;  /* In 'learned' of 'remote', if learned. */
    struct ovl_fdb_remote *remote;
    long long int seen;         /* When it was last seen there, in ms. */
    long long int moved;        /* When it last moved there, in ms. */
    struct eth_addr mac;
    uint16_t vlan;
    enum ovl_fdb_origin origin;
    bool stale;                 /* For the use of the caller. */
};

struct ovl_fdb_table {
    struct hmap entries;        /* struct ovl_fdb_entry. */
    struct hmap remotes;        /* struct ovl_fdb_remote. */
    struct heap by_learned;     /* struct ovl_fdb_remote. */
    size_t n_fixed;             /* Number of entries that are not learned. */
    uint32_t secret;            /* Basis of hashes. */
    uint64_t counters[OVL_FDB_N_COUNTERS];
};

void ovl_fdb_table_init(struct ovl_fdb_table *);
void ovl_fdb_table_destroy(struct ovl_fdb_table *);

struct ovl_fdb_entry *ovl_fdb_table_find(const struct ovl_fdb_table *,
                                         struct eth_addr, uint16_t vlan);

struct ovl_fdb_entry *ovl_fdb_table_set(struct ovl_fdb_table *,
                                        struct eth_addr, uint16_t vlan,
                                        const struct in6_addr *remote,
                                        enum ovl_fdb_origin);
void ovl_fdb_table_remove(struct ovl_fdb_table *, struct ovl_fdb_entry *);

bool ovl_fdb_table_learn(struct ovl_fdb_table *, struct eth_addr,
                         uint16_t vlan, const struct in6_addr *remote,
                         long long int when, size_t max, size_t remote_max);
size_t ovl_fdb_table_expire(struct ovl_fdb_table *, long long int limit);

#endif /* overlay/fdb-table.h */
