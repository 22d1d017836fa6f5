/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_CONFLICT_H
#define OVERLAY_CONFLICT_H 1

/* Conflicts between tunnel ports for received packets.
 *
 * This has the only index of the tunnels that are OpenFlow ports.  Each change
 * of their options updates it at once, so that the result does not depend on
 * the order of changes.  It ignores a port as soon as it is deleted, even if
 * other threads still use its netdev. */

#include <stdbool.h>

struct ds;
struct netdev;
struct netdev_tunnel_config;

void ovl_conflict_add(const struct netdev *);
void ovl_conflict_remove(const struct netdev *);

/* Options. */
bool ovl_conflict_check_config(const struct netdev *,
                               const struct netdev_tunnel_config *,
                               struct ds *errors);

/* Error messages. */
char *ovl_conflict_explain(const struct netdev *, const char *datapath_type);
char *ovl_conflict_explain_same(const struct netdev *);

#endif /* overlay/conflict.h */
