/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_TOO_BIG_H
#define OVERLAY_TOO_BIG_H 1

/* Packets that are too big for a tunnel
 * =====================================
 *
 * options:too_big of a tunnel port controls the handling of an inner packet
 * that, with its outer headers, is longer than the MTU of the device with the
 * local address.  "send" sends it anyway, as upstream does; "drop" drops and
 * counts it; "icmp" also sends an ICMP error to its sender. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "overlay/recirculate.h"
#include "overlay/class.h"

struct dp_packet_batch;
struct ds;
struct netdev;
struct netdev_custom_stats;
struct nlattr;
struct ofpbuf;
struct ovs_action_push_tnl;
struct smap;

enum ovl_too_big_mode {
    OVL_TOO_BIG_SEND,           /* The default of upstream's types. */
    OVL_TOO_BIG_DROP,
    OVL_TOO_BIG_ICMP,           /* The default of overlay types. */
};

const char *ovl_too_big_mode_to_string(uint8_t mode);
bool ovl_too_big_mode_from_string(const char *, uint8_t *mode);

/* lib/netdev-vport.c: ports. */
struct ovl_too_big_port *ovl_too_big_port_create(void);
void ovl_too_big_port_destroy(struct ovl_too_big_port *);

/* lib/netdev-vport.c: configuration. */
void ovl_too_big_set_default(enum ovl_too_big_mode *, const char *type);
bool ovl_too_big_set_option(enum ovl_too_big_mode *, const char *type,
                            const char *key, const char *value,
                            struct ds *allowed);
void ovl_too_big_get_options(enum ovl_too_big_mode, const char *type,
                             struct smap *);
int ovl_get_custom_stats(const struct netdev *, struct netdev_custom_stats *);

/* ofproto/ofproto-dpif-xlate.c. */
bool ovl_too_big_is_used(void);

/* The tnl_push action. */
void ovl_too_big_set_limit(struct ovs_action_push_tnl *,
                           const struct netdev *port,
                           const struct netdev *egress, ovs_be64 tun_id);

/* lib/dpif-netdev.c: the datapath. */
void ovl_too_big_filter(const struct nlattr *, struct dp_packet_batch *,
                        ovl_recirculate_func *,
                        struct dp_netdev_pmd_thread *, uint32_t *depth);

#endif /* overlay/too-big.h */
