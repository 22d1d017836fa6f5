/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_TTL_REPLY_H
#define OFPROTO_DPIF_TTL_REPLY_H 1

/* Answers to packets whose TTL expires
 * ====================================
 *
 * If dec_ttl finds that the TTL of a packet expires, a router answers with an
 * ICMP error, Time Exceeded.  A flow that plays a router stores the router's
 * address in a register, which other_config:ttl-reply of the bridge names for
 * IPv4 and ttl-reply6 for IPv6.  The error comes from that address, and leaves
 * by the port that the packet came in by.
 *
 * The datapath sends the packet to ovs-vswitchd, if a meter allows it, with
 * the address in the cookie of the "userspace" action.  The meter bounds the
 * work that a flood of such packets makes; rate limits for each sender bound
 * the errors. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-port.h"
#include "openvswitch/types.h"

struct dp_packet;
struct flow;
struct flow_wildcards;
struct ofpbuf;
struct ofproto;
struct ofproto_dpif;
struct smap;
struct user_action_cookie;
struct xlate_in;
struct xlate_out;

/* Configuration. */
void ovl_ttl_reply_configure(struct ofproto *, const struct smap *);
void ovl_ttl_reply_destroy(struct ofproto_dpif *);

/* Translation. */
char *ovl_ttl_reply_compose(const struct ofproto_dpif *,
                            const struct xlate_in *, struct xlate_out *,
                            struct flow_wildcards *, const struct flow *base,
                            odp_port_t, struct ofpbuf *odp_actions);

/* Packets. */
bool ovl_ttl_reply_receive(const struct user_action_cookie *,
                           struct ofproto_dpif *, const struct dp_packet *,
                           const struct flow *);

#endif /* ofproto-dpif-ttl-reply.h */
