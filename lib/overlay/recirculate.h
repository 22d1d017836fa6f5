/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_RECIRCULATE_H
#define OVERLAY_RECIRCULATE_H 1

struct dp_netdev_pmd_thread;
struct dp_packet_batch;

/* Type of dp_netdev_recirculate(), which processes decapsulated packets. */
typedef void ovl_recirculate_func(struct dp_netdev_pmd_thread *,
                                  struct dp_packet_batch *);

#endif /* overlay/recirculate.h */
