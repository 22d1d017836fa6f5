/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_LIVE_H
#define OFPROTO_DPIF_LIVE_H 1

/* Live trace
 * ==========
 *
 * A session shows what the switch does with packets that tenants send.  It has
 * a bridge and an OpenFlow match.  Datapath flows for packets that enter the
 * bridge and match begin with an action that sends a copy of the packet, if a
 * meter allows it, to ovs-vswitchd.  The packet itself takes its way through
 * the datapath as ever, with no mark on it.
 *
 * ovs-vswitchd translates the copy as it translates a packet for
 * "ofproto/trace", and keeps a report.  If translation continues after
 * recirculation, the session's ID is in the frozen state, so that there is a
 * report for each part of the way.  Reports of one packet have the same
 * digest, on all hosts.
 *
 * Hooks in ofproto-dpif-xlate.c, ofproto-dpif-upcall.c and ofproto-dpif.c call
 * these functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ofproto-dpif-meter.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/types.h"
#include "ovs-atomic.h"

struct dp_packet;
struct dpif;
struct dpif_backer;
struct flow;
struct flow_wildcards;
struct json;
struct match;
struct netdev;
struct ofpbuf;
struct ofproto_dpif;
struct oftrace_recirc_node;
struct ovs_list;
struct user_action_cookie;
struct xlate_in;
struct xlate_out;

/* Sessions at once, in all bridges. */
#define OVL_LIVE_MAX OVL_LIVE_METERS

/* State of translation. */
struct ovl_live {
    unsigned int session;       /* ID of the session that the packets belong
                                 * to, or 0. */
    size_t cookie_offset;       /* In the datapath actions: the cookie of the
                                 * action that copies, */
    size_t actions_offset;      /* and the first action after it. */
};

/* The translation of a copy, a member of struct xlate_in. */
struct ovl_live_copy {
    const char *in_port;        /* Port that it comes from, or NULL. */
    struct json *tunnels;       /* What tunnel ports sent. */
    uint32_t hash;              /* Of the datapath actions. */
};

/* Number of sessions that take copies. */
extern atomic_uint ovl_live_n_active;

/* Returns true if there are sessions that take copies. */
static inline bool
ovl_live_is_on(void)
{
    unsigned int n;

    atomic_read_relaxed(&ovl_live_n_active, &n);
    return n > 0;
}

/* Translation. */
void ovl_live_compose(struct ovl_live *, const struct xlate_in *,
                      struct xlate_out *, struct flow_wildcards *,
                      struct ofpbuf *odp_actions, const struct dpif *,
                      const struct netdev *in_port, ofp_port_t, odp_port_t);
void ovl_live_finish(const struct ovl_live *, const struct xlate_in *,
                     struct ofpbuf *odp_actions);
void ovl_live_sent(const struct xlate_in *, const struct netdev *);

/* Copies. */
bool ovl_live_receive(const struct user_action_cookie *, struct ofproto_dpif *,
                      const struct dp_packet *, const struct flow *);

/* Meters, and the work of the main thread. */
void ovl_live_init_meters(const struct dpif_backer *);
void ovl_live_run(void);

/* For ofproto-dpif-live-simulate.c. */
char *ovl_live_parse_match(const struct ofproto_dpif *, const char *,
                           struct match *);
struct json *ovl_live_report(struct ofproto_dpif *, ofp_port_t in_port,
                             const struct dp_packet *, const struct flow *,
                             const uint32_t *hash, struct ofpbuf *actions,
                             struct ovs_list *recircs);
void ovl_live_free_recirc(struct oftrace_recirc_node *);
void ovl_live_name_outputs(const struct json *reports);

/* For ofproto-dpif-live-show.c.  To be called by the main thread. */
struct ovl_live_settings {
    unsigned int count;         /* Packets to report. */
    unsigned int rate;          /* Copies per second. */
    unsigned int timeout;       /* Seconds. */
};
char *ovl_live_start(const char *bridge, const char *match,
                     const struct ovl_live_settings *, unsigned int *id);
bool ovl_live_stop(unsigned int id);
struct json *ovl_live_get(unsigned int id);

#endif /* ofproto-dpif-live.h */
