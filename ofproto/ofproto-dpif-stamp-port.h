/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_STAMP_PORT_H
#define OFPROTO_DPIF_STAMP_PORT_H 1

/* Active OAM: the tunnel ports, and how they send test packets. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "ofproto-dpif-stamp-rx.h"
#include "openvswitch/hmap.h"
#include "openvswitch/types.h"
#include "openvswitch/uuid.h"
#include "ovs-thread.h"

struct dp_packet;
struct netdev;
struct ofproto_dpif;

/* Guards ports and sessions. */
extern struct ovs_mutex ovl_stamp_mutex;

/* A tunnel port that can send test packets. */
struct ovl_stamp_port {
    struct hmap_node name_node; /* In 'ports_by_name'. */
    struct hmap_node node;      /* In 'ports'. */
    char *name;
    struct netdev *netdev;
    struct uuid bridge;
    ofp_port_t ofp_port;
    odp_port_t odp_port;
    bool is_netdev;             /* Datapath of the port. */
    struct in6_addr remote;     /* All zeros if flows set it. */
    bool configured;            /* Still exists? */
};

/* Hooks. */
void ovl_stamp_update_bridge(struct ofproto_dpif *)
    OVS_EXCLUDED(ovl_stamp_mutex);
void ovl_stamp_remove_bridge(const struct ofproto_dpif *)
    OVS_EXCLUDED(ovl_stamp_mutex);

uint32_t ovl_stamp_hash_place(bool is_netdev, odp_port_t,
                              const struct in6_addr *remote);
struct ovl_stamp_port *ovl_stamp_find_port_by_name(const char *)
    OVS_REQUIRES(ovl_stamp_mutex);
struct ovl_stamp_port *ovl_stamp_find_port(bool is_netdev, odp_port_t,
                                           const struct in6_addr *remote,
                                           const struct in6_addr *local)
    OVS_REQUIRES(ovl_stamp_mutex);
void ovl_stamp_get_src_ports(const struct ovl_stamp_port *, uint16_t *min,
                             uint16_t *max);
bool ovl_stamp_can_send_to(const struct ovl_stamp_port *,
                           const struct in6_addr *remote);
void ovl_stamp_send(const struct ovl_stamp_port *,
                    const struct in6_addr *remote,
                    const struct in6_addr *local, uint16_t tp_src,
                    struct dp_packet *, enum ovl_stamp_counter)
    OVS_REQUIRES(ovl_stamp_mutex);

#endif /* ofproto-dpif-stamp-port.h */
