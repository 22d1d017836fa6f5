/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_DEMUX_H
#define OVERLAY_DEMUX_H 1

/* Which datapath port receives a packet. */

#include "odp-execute.h"
#include "openvswitch/types.h"

struct dp_packet_batch;
struct netdev;

/* ofproto/tunnel.c. */
void ovl_demux_insert(const struct netdev *, odp_port_t, const char *name);
void ovl_demux_delete(const struct netdev *, odp_port_t);

/* lib/dpif-netdev.c. */
uint32_t ovl_demux_split(odp_port_t, struct dp_packet_batch *, odp_execute_cb,
                         void *aux);

#endif /* overlay/demux.h */
