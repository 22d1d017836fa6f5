/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_GENEVE_H
#define OFPROTO_DPIF_GENEVE_H 1

/* Translation of flows that came with Geneve options.
 *
 * Hooks in ofproto-dpif-xlate.c call these functions. */

#include <stdbool.h>

#include "tnl-geneve-opts.h"

struct netdev;
struct tun_table;
struct xlate_in;

void xlate_geneve_count(struct xlate_in *, const struct netdev *,
                        enum tnl_geneve_rx);
bool xlate_geneve_receive(struct xlate_in *, const struct netdev *,
                          const struct tun_table *);
bool xlate_geneve_withholds(struct xlate_in *, const struct netdev *in,
                            const struct netdev *out);

#endif /* ofproto-dpif-geneve.h */
