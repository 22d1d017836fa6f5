/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_CONFLICT_H
#define OVERLAY_CONFLICT_H 1

/* May this tunnel port be here, beside those that are, and if not, why?
 *
 * All that have to know ask here, and here is the only index of the tunnels
 * that are OpenFlow ports.  It follows each change of their options at once,
 * so that its answer does not depend on the order of changes, and forgets a
 * port as soon as it is deleted, no matter who uses its netdev for how long
 * yet. */

#include <stdbool.h>

struct ds;
struct netdev;
struct netdev_tunnel_config;

void ovl_conflict_add(const struct netdev *);
void ovl_conflict_remove(const struct netdev *);

/* lib/netdev-vport.c. */
bool ovl_conflict_check_config(const struct netdev *,
                               const struct netdev_tunnel_config *,
                               struct ds *errors);

/* What the user is told. */
char *ovl_conflict_explain(const struct netdev *, const char *datapath_type);
char *ovl_conflict_explain_same(const struct netdev *);

#endif /* overlay/conflict.h */
