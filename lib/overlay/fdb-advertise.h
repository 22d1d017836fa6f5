/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_ADVERTISE_H
#define OVERLAY_FDB_ADVERTISE_H 1

/* A Linux device, a port of a Linux bridge, to which the switch tells the MAC
 * addresses of its own hosts (options:fdb_advertise).  The caller
 * synchronizes. */

#include <stddef.h>

#include "openvswitch/hmap.h"
#include "openvswitch/types.h"

struct ovl_fdb_advertiser {
    const char *device;         /* Its name, or NULL if there is none. */
    int ifindex;                /* Its index, or 0. */
    struct hmap macs;           /* What it has been told. */
    uint32_t secret;            /* Basis of hashes. */
    const char *error;          /* What is wrong with it, a static string, or
                                 * NULL. */
};

void ovl_fdb_advertiser_init(struct ovl_fdb_advertiser *, const char *device);
void ovl_fdb_advertiser_move(struct ovl_fdb_advertiser *,
                             struct ovl_fdb_advertiser *from);
void ovl_fdb_advertiser_destroy(struct ovl_fdb_advertiser *);
void ovl_fdb_advertiser_forget(struct ovl_fdb_advertiser *, struct eth_addr);
void ovl_fdb_advertiser_set(struct ovl_fdb_advertiser *,
                            const struct eth_addr *, size_t n);

#endif /* overlay/fdb-advertise.h */
