/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_OAM_H
#define OFPROTO_DPIF_OAM_H 1

/* Control packets in Geneve (RFC 8926, section 3.4, the O bit) are for the
 * endpoints of tunnels.  Translation keeps them from all ports but tunnels,
 * unless an OpenFlow rule asks for them by matching "tun_flags" with its "oam"
 * bit.
 *
 * Hooks in ofproto-dpif-xlate.c call these functions. */

#include <stdbool.h>

struct flow_wildcards;
struct netdev;
struct rule_dpif;
struct xlate_in;

/* State of translation. */
struct ovl_xlate_oam {
    bool applies;                /* May the packet be one of Geneve? */
    const struct netdev *geneve; /* Geneve port that received the packet, or
                                  * NULL if there is none, or if it is not
                                  * known. */
    bool is_oam;                 /* Has the O bit set. */
    bool counted;                /* Was counted as refused. */
    unsigned int n_asked;        /* Rules being translated that match it. */
    unsigned int n_pushed;       /* Tunnel headers pushed onto it. */
};

void ovl_xlate_oam_init(struct ovl_xlate_oam *, const struct xlate_in *,
                        const struct netdev *in_port);
void ovl_xlate_oam_enter(struct ovl_xlate_oam *, const struct rule_dpif *);
void ovl_xlate_oam_leave(struct ovl_xlate_oam *, const struct rule_dpif *);
bool ovl_xlate_oam_refuses(struct ovl_xlate_oam *, struct xlate_in *,
                           struct flow_wildcards *, bool to_tenant);
bool ovl_xlate_oam_refuses_normal(struct ovl_xlate_oam *, struct xlate_in *,
                                  struct flow_wildcards *);

#endif /* ofproto-dpif-oam.h */
