/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_KERNEL_H
#define OVERLAY_FDB_KERNEL_H 1

/* Forwarding databases of Linux devices, by rtnetlink
 * ===================================================
 *
 * A routing daemon that speaks EVPN writes what it learns from others into the
 * forwarding database of a Linux vxlan device, and reads what to tell others
 * from that of another port of a Linux bridge.  Only the main thread may call
 * these functions. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct ofpbuf;

/* An entry that was added, changed or deleted. */
struct ovl_fdb_neigh {
    bool deleted;
    bool usable;                /* With the device's own VNI and UDP port, and
                                 * a remote address? */
    int ifindex;                /* Index of the device. */
    uint16_t state;             /* NUD_*. */
    struct eth_addr mac;        /* All zeros for a member of the flood list. */
    struct in6_addr remote;     /* IPv6 or IPv4-mapped, or all zeros. */
};

typedef void ovl_fdb_neigh_func(const struct ovl_fdb_neigh *, void *aux);

bool ovl_fdb_neigh_parse(const struct ofpbuf *, struct ovl_fdb_neigh *);
void ovl_fdb_kernel_run(ovl_fdb_neigh_func *);
int ovl_fdb_kernel_dump(int ifindex, ovl_fdb_neigh_func *, void *aux);
int ovl_fdb_kernel_change(int ifindex, struct eth_addr, bool add);

#endif /* overlay/fdb-kernel.h */
