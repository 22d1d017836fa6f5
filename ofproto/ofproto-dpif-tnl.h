/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_TNL_H
#define OFPROTO_DPIF_TNL_H 1

/* Bridges and translation of flows, to and from tunnels of all types.
 *
 * Hooks in tunnel.c, ofproto-dpif.c, ofproto-dpif-upcall.c and
 * ofproto-dpif-xlate.c call these functions. */

#include <stdint.h>

struct dpif;
struct flow;
struct flow_wildcards;
struct netdev;
struct ofpbuf;
struct ofproto_dpif;

void xlate_tnl_receive_ecn(struct flow *, struct flow_wildcards *);
void xlate_tnl_send_ecn(struct flow *);
void xlate_tnl_put_own_key(struct ofpbuf *ofpacts, const struct netdev *);
void xlate_tnl_no_port(int error, const struct dpif *, const struct flow *,
                       uint64_t n);
void ofproto_dpif_set_tunnels(const struct ofproto_dpif *);

#endif /* ofproto-dpif-tnl.h */
