/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_DEMUX_H
#define OVERLAY_DEMUX_H 1

/* Which datapath port receives a packet. */

#include "dp-packet.h"
#include "netlink.h"
#include "openvswitch/types.h"

struct netdev;

/* ofproto/tunnel.c. */
void ovl_demux_insert(const struct netdev *, odp_port_t, const char *name);
void ovl_demux_delete(const struct netdev *, odp_port_t);

/* Packets that ovl_demux_split() removes from a batch, and the action for
 * them. */
struct ovl_demux_others {
    struct dp_packet_batch packets;
    struct nlattr pop;          /* OVS_ACTION_ATTR_TUNNEL_POP of 'port'. */
    odp_port_t port;
};
bool ovl_demux_split(odp_port_t, struct dp_packet_batch *,
                     struct ovl_demux_others *);

#endif /* overlay/demux.h */
