/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_OAM_H
#define OVERLAY_GENEVE_OAM_H 1

/* Control packets of Geneve (O bit) in the userspace datapath. */

#include "openvswitch/types.h"
#include "overlay/recirculate.h"

struct dp_packet_batch;
struct netdev;

/* lib/dpif-netdev.c. */
void ovl_geneve_oam_first(const struct netdev *, odp_port_t,
                          struct dp_packet_batch *,
                          ovl_recirculate_func *,
                          struct dp_netdev_pmd_thread *, uint32_t *depth);

#endif /* overlay/geneve/oam.h */
