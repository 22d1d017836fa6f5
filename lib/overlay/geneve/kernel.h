/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_KERNEL_H
#define OVERLAY_GENEVE_KERNEL_H 1

/* Geneve in the kernel datapath: payload of its devices. */

#include <stdbool.h>

struct dpif;
struct netdev;
struct netdev_tunnel_config;
struct ofpbuf;

/* Ports. */
bool ovl_geneve_can_stay(const struct netdev *, const char *datapath_type);
bool ovl_geneve_can_add(const struct netdev *, struct dpif *);
void ovl_geneve_explain_add_error(const struct netdev *,
                                  const char *datapath_type, int error,
                                  char **errp);

/* lib/dpif-netlink-rtnl.c. */
void ovl_geneve_put_link(const struct netdev_tunnel_config *,
                         struct ofpbuf *request);
int ovl_geneve_verify_link(const struct netdev_tunnel_config *,
                           const struct ofpbuf *reply);

#endif /* overlay/geneve/kernel.h */
