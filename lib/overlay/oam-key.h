/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_OAM_KEY_H
#define OVERLAY_OAM_KEY_H 1

/* The tunnel key of active OAM
 * ============================
 *
 * Packets with this key ("management VNI" in RFC 8971, section 3) are test
 * packets between endpoints of tunnels.  It belongs to no tenant: no tunnel
 * port may have it, flows cannot send with it, and the switch itself receives
 * all packets that have it. */

#include <stdbool.h>
#include <stdint.h>

struct flow;
struct flow_tnl;
struct netdev;

uint64_t ovl_oam_key(void);
void ovl_oam_set_key(uint64_t);

/* Does packet metadata have the key? */
bool ovl_oam_has_key(const struct flow_tnl *);

/* lib/overlay/admit.c. */
int ovl_oam_check(const struct netdev *, char **errp);

/* ofproto/tunnel.c. */
bool ovl_oam_is_own(const struct flow *);
bool ovl_oam_keeps_source(const struct flow *);
bool ovl_oam_may_send(struct flow *);

/* ofproto/ofproto-dpif-stamp.c. */
bool ovl_oam_is_supported(const struct netdev *);

#endif /* overlay/oam-key.h */
