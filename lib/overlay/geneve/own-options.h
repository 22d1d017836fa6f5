/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_OWN_OPTIONS_H
#define OVERLAY_GENEVE_OWN_OPTIONS_H 1

/* Geneve options with which a packet was received and which no action has
 * written. */

#include <stdbool.h>
#include <stdint.h>

#include "overlay/geneve/tlv.h"

struct flow;
struct flow_tnl;
struct flow_wildcards;
struct mf_field;
struct netdev;

/* Translation. */
void ovl_geneve_written(const struct mf_field *, bool all, struct flow *,
                        struct flow_wildcards *);
void ovl_geneve_output(const struct netdev *, const struct flow_tnl *,
                       struct flow_wildcards *, bool native);
void ovl_geneve_convert_own(const struct flow_tnl *upcall,
                            const struct flow_tnl *, struct flow_tnl *own);
uint64_t ovl_geneve_unchanged(const struct flow_tnl *,
                              const struct flow_tnl *own);

/* Frozen translation (ofproto/ofproto-dpif-rid.h). */
void ovl_geneve_freeze(const struct flow_tnl *upcall, const struct flow_tnl *,
                       struct flow_tnl *frozen, struct flow_wildcards *);
void ovl_geneve_thaw(const struct flow_tnl *packet, uint64_t map_seq,
                     struct flow_tnl *);

#endif /* overlay/geneve/own-options.h */
