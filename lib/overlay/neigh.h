/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_NEIGH_H
#define OVERLAY_NEIGH_H 1

/* Messages about neighbors on the underlay
 * ========================================
 *
 * Upstream's neighbor cache (lib/tnl-neigh-cache.c) learns from messages that
 * ofproto/ofproto-dpif-xlate.c outputs to a port with an address.  These
 * functions decide which of them to accept. */

#include <stdbool.h>
#include <stddef.h>

#include "odp-util.h"

struct flow;
struct flow_wildcards;
struct in6_addr;

bool ovl_neigh_is_reply_to(const struct flow *, const struct in6_addr *addrs,
                           size_t n_addrs);
bool ovl_neigh_hear(const struct flow *, struct flow_wildcards *,
                    const char *bridge, bool is_reply, bool allow_update,
                    enum slow_path_reason *);

#endif /* overlay/neigh.h */
