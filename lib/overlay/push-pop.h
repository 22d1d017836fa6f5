/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_PUSH_POP_H
#define OVERLAY_PUSH_POP_H 1

/* Encapsulation and decapsulation in the userspace datapath. */

#include <stdbool.h>
#include <stdint.h>

struct dp_packet_batch;
struct netdev;
struct ovs_action_push_tnl;

/* lib/netdev.c. */
bool ovl_push(const struct netdev *, const struct netdev *ingress,
              struct dp_packet_batch *, const struct ovs_action_push_tnl *);
bool ovl_pop(const struct netdev *, struct dp_packet_batch *);

/* lib/dpif-netdev.c. */
uint32_t ovl_pop_drops(const struct netdev *, uint32_t missing);

#endif /* overlay/push-pop.h */
