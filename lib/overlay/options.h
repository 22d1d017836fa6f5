/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_OPTIONS_H
#define OVERLAY_OPTIONS_H 1

/* Options of tunnel ports that do not belong to one struct ovl_class: ours for
 * upstream's types, and those of several types. */

#include <stdbool.h>

#include "openvswitch/vlog.h"

struct ds;
struct netdev;
struct netdev_tunnel_config;
struct smap;
struct smap_node;

/* lib/netdev-vport.c. */
void ovl_init_common_options(const char *type, struct netdev_tunnel_config *);
bool ovl_set_common_option(const char *name, const char *type,
                           const struct smap_node *,
                           struct netdev_tunnel_config *, struct ds *errors,
                           int *error);
int ovl_apply_options(const struct netdev *, const struct smap *options,
                      const struct netdev_tunnel_config *, struct ds *errors);
void ovl_get_common_options(const struct netdev *, struct smap *);

#endif /* overlay/options.h */
