/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GRE_H
#define OVERLAY_GRE_H 1

/* Corrections of upstream's GRE for TSO and partial checksums. */

struct dp_packet_batch;
struct ovs_action_push_tnl;

void ovl_gre_prepare(struct dp_packet_batch *,
                     const struct ovs_action_push_tnl *);
void ovl_gre_finish(struct dp_packet_batch *,
                    const struct ovs_action_push_tnl *);

#endif /* overlay/gre.h */
