/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_GENEVE_H
#define OFPROTO_DPIF_GENEVE_H 1

/* Translation of flows of packets with Geneve options.
 *
 * Hooks in ofproto-dpif-xlate.c and ofproto-dpif-trace.c call these
 * functions. */

#include <stdbool.h>

#include "overlay/geneve/unknown.h"

struct flow;
struct netdev;
struct ofproto;
struct tun_table;
struct xlate_in;

void ovl_xlate_geneve_count(struct xlate_in *, const struct netdev *,
                            enum ovl_geneve_rx);
bool ovl_xlate_geneve_receive(struct xlate_in *, const struct netdev *,
                              const struct tun_table *);
bool ovl_xlate_geneve_withholds(struct xlate_in *, const struct netdev *in,
                                const struct netdev *out);
bool trace_geneve_keeps(const struct ofproto *, const struct flow *);
void trace_geneve_recirculate(const struct flow *, struct flow *next);

#endif /* ofproto-dpif-geneve.h */
