/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_OVERLAY_H
#define OFPROTO_DPIF_OVERLAY_H 1

/* Bridges, and translation of flows to and from tunnels of all types.
 *
 * Hooks in tunnel.c, ofproto-dpif.c, ofproto-dpif-upcall.c,
 * ofproto-dpif-xlate.c and ofproto-dpif-xlate-cache.c call these functions. */

#include <stddef.h>
#include <stdint.h>

#include "ofproto-dpif-account.h"
#include "ofproto-dpif-fdb.h"
#include "ofproto-dpif-geneve.h"
#include "ofproto-dpif-live-show.h"
#include "ofproto-dpif-live.h"
#include "ofproto-dpif-oam.h"
#include "ofproto-dpif-stamp-port.h"
#include "ofproto-dpif-stamp-rx.h"
#include "ofproto-dpif-stamp-show.h"
#include "ofproto-dpif-stamp.h"
#include "ofproto-dpif-ttl-reply.h"
#include "overlay/hooks.h"

/* State of translation, a member of struct xlate_ctx. */
struct ovl_xlate {
    struct ovl_xlate_oam oam;
    struct ovl_live live;
    int pushed;                 /* See ovl_account_pushed(). */
};

struct dp_packet;
struct dpif;
struct dpif_backer;
struct dpif_flow_stats;
struct flow;
struct flow_wildcards;
struct in6_addr;
struct netdev;
struct nlattr;
struct ofpbuf;
struct ofproto_dpif;
struct user_action_cookie;
struct xc_entry;
struct xlate_in;
struct xlate_out;

void ovl_xlate_receive_ecn(struct flow *, struct flow_wildcards *);
void ovl_xlate_send_ecn(struct flow *);
void ovl_xlate_put_own_key(struct ofpbuf *ofpacts, const struct netdev *);
void ovl_put_tunnel_addresses(struct ofpbuf *, const struct in6_addr *src,
                              const struct in6_addr *dst);
void ovl_xlate_no_port(int error, const struct dpif *, const struct flow *,
                       uint64_t n);
bool ovl_xlate_flow_deleted(const struct dpif_backer *,
                            const struct nlattr *key, size_t key_len,
                            uint64_t n);
void ovl_xlate_sent(struct xlate_out *, const struct xlate_in *,
                    const struct netdev *, int pushed);
void ovl_xcache_push(const struct xc_entry *, const struct dpif_flow_stats *);
void ovl_xcache_clear(struct xc_entry *);
bool ovl_upcall_receive(const struct user_action_cookie *,
                        struct ofproto_dpif *, const struct dp_packet *,
                        const struct flow *);
void ovl_backer_opened(struct dpif_backer *, uint32_t max_meters);
void ovl_ofproto_changed(struct ofproto_dpif *);
void ovl_ofproto_destroy(struct ofproto_dpif *);
void ovl_ofproto_run(void);

#endif /* ofproto-dpif-overlay.h */
