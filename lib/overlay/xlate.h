/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_XLATE_H
#define OVERLAY_XLATE_H 1

/* Functions for flow translation to overlay ports. */

#include <stdbool.h>
#include <stdint.h>

struct flow;
struct flow_tnl;
struct netdev;
struct ovs_action_push_tnl;

/* In the flags of a struct flow_tnl, besides FLOW_TNL_F_*: a packet that the
 * switch itself sends to a port where flows set the key. */
#define OVL_FLOW_F_OWN (1 << 15)

bool ovl_owns(const struct netdev *);
uint64_t ovl_get_own_key(const struct netdev *);
bool ovl_poses_as_own(const struct netdev *, const struct flow *);
bool ovl_vport_type_to_nw_proto(uint32_t vport_type, uint8_t *nw_proto);
int ovl_finish_template(struct ovs_action_push_tnl *,
                        const struct netdev *port,
                        const struct netdev *egress,
                        const struct flow_tnl *upcall,
                        const struct flow_tnl *);
void ovl_port_modified(void);

#endif /* overlay/xlate.h */
