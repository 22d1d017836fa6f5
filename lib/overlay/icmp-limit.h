/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ICMP_LIMIT_H
#define OVERLAY_ICMP_LIMIT_H 1

/* Rate limits for ICMP errors
 * ===========================
 *
 * A sender gets at most 10 ICMP errors per second, and 10 at once.  Each
 * tenant has limits of its own, so no tenant takes what is another's. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmap.h"
#include "openvswitch/list.h"
#include "openvswitch/types.h"
#include "ovs-thread.h"

/* Limits of the tenants of a port or of a bridge. */
struct ovl_icmp_limits {
    /* Tenants that had ICMP errors.  Readers of 'tenants' need no lock.
     * 'list' has the same tenants, in the order in which icmp_limit_add()
     * checks whether they are idle. */
    struct ovs_mutex mutex;
    struct cmap tenants;
    struct ovs_list list OVS_GUARDED;
};

void ovl_icmp_limits_init(struct ovl_icmp_limits *);
void ovl_icmp_limits_destroy(struct ovl_icmp_limits *);
bool ovl_icmp_limits_allow(struct ovl_icmp_limits *, uint32_t port,
                           ovs_be64 key, const void *src, size_t size);

#endif /* overlay/icmp-limit.h */
