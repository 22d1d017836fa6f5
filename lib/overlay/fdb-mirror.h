/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_MIRROR_H
#define OVERLAY_FDB_MIRROR_H 1

/* A Linux vxlan device whose forwarding database a port takes over
 * (options:fdb).  The caller synchronizes. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/types.h"

struct ovl_fdb_neigh;
struct ovl_fdb_table;

struct ovl_fdb_mirror {
    const char *device;         /* Its name. */
    int ifindex;                /* Its index, or 0. */
    bool resync;                /* Changes may have been missed. */
    const char *error;          /* What is wrong with it, a static string, or
                                 * NULL. */
    struct in6_addr *flood;     /* Its flood list. */
    size_t n_flood, allocated_flood;
};

void ovl_fdb_mirror_init(struct ovl_fdb_mirror *, const char *device);
void ovl_fdb_mirror_destroy(struct ovl_fdb_mirror *, struct ovl_fdb_table *);
bool ovl_fdb_mirror_apply(struct ovl_fdb_mirror *, struct ovl_fdb_table *,
                          const struct ovl_fdb_neigh *, long long int now);

/* What the kernel says about the device. */
struct ovl_fdb_dump {
    const char *error;          /* As in struct ovl_fdb_mirror. */
    int ifindex;
    struct ovl_fdb_neigh *neighs;
    size_t n, allocated;
};
bool ovl_fdb_mirror_look(const struct ovl_fdb_mirror *, ovs_be64 vni,
                         struct ovl_fdb_dump *);
void ovl_fdb_mirror_finish(struct ovl_fdb_mirror *, struct ovl_fdb_table *,
                           struct ovl_fdb_dump *, long long int now);

#endif /* overlay/fdb-mirror.h */
