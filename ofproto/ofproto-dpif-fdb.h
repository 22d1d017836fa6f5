/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_FDB_H
#define OFPROTO_DPIF_FDB_H 1

/* Translation of flows from and to ports with a forwarding database, see
 * overlay/fdb.h. */

#include <netinet/in.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct mac_learning;
struct netdev;
struct ofproto_dpif;
struct xlate_in;

/* Where frames come from, in a struct xc_entry. */
struct ovl_fdb_source {
    struct netdev *netdev;
    struct mac_learning *ml;
    struct in6_addr remote;
    struct eth_addr mac;
    uint16_t vlan;
};

void ovl_xlate_fdb_learn(struct xlate_in *, const struct netdev *,
                         struct mac_learning *, uint16_t vlan);
void ovl_fdb_refresh(const struct ovl_fdb_source *, long long int when);
void ovl_fdb_source_destroy(struct ovl_fdb_source *);

void ovl_fdb_ofproto_run(void);
void ovl_fdb_update_bridge(const struct ofproto_dpif *);
void ovl_fdb_remove_bridge(const struct ofproto_dpif *);

#endif /* ofproto-dpif-fdb.h */
