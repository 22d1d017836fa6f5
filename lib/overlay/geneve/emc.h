/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_EMC_H
#define OVERLAY_GENEVE_EMC_H 1

/* The exact match cache of the userspace datapath, for packets with Geneve
 * options. */

#include "dpif-netdev-dpcls.h"
#include "flow.h"
#include "util.h"

struct dp_netdev_flow;
struct emc_cache;

struct dp_netdev_flow *ovl_geneve_emc_lookup__(struct emc_cache *,
                                               const struct netdev_flow_key *);

/* Returns a flow that matches 'key', whose packet has Geneve options, from an
 * entry of 'cache' with other values of options.  Returns NULL if there is
 * none, or if the packet has no options. */
static inline struct dp_netdev_flow *
ovl_geneve_emc_lookup(struct emc_cache *cache,
                      const struct netdev_flow_key *key)
{
    return (OVS_LIKELY(!MINIFLOW_IN_MAP(
                           &key->mf, FLOW_U64_OFFSET(tunnel.metadata.opts)))
            ? NULL : ovl_geneve_emc_lookup__(cache, key));
}

#endif /* overlay/geneve/emc.h */
