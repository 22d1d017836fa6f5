/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_OPTIONS_H
#define TNL_OPTIONS_H 1

/* Options of tunnel ports that are not those of one struct tnl_class: ours for
 * upstream's types, and those that several types have. */

#include <stdbool.h>

#include "openvswitch/vlog.h"

struct ds;
struct netdev;
struct netdev_tunnel_config;
struct smap;
struct smap_node;

/* lib/netdev-vport.c. */
void tnl_init_common_options(const char *type, struct netdev_tunnel_config *);
bool tnl_set_common_option(const char *name, const char *type,
                           const struct smap_node *,
                           struct netdev_tunnel_config *, struct ds *errors,
                           int *error);
void tnl_get_common_options(const struct netdev_tunnel_config *,
                            const char *type, struct smap *);

/* Returns the level for 's', a warning about the configuration, which is
 * looked at anew whenever any of the database changes: it is a warning only
 * when it is new. */
enum vlog_level tnl_warn_level(const char *s);

/* vswitchd/bridge.c. */
int tnl_check_type(const char *name, const char *type, char **errp);
int tnl_check_options(const struct netdev *, const struct smap *options,
                      const char *datapath_type, char **errp);

#endif /* tnl-options.h */
