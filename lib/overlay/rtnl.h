/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_RTNL_H
#define OVERLAY_RTNL_H 1

/* Tunnel devices of the kernel datapath. */

struct netdev;
struct nlattr;
struct ofpbuf;

/* lib/dpif-netlink-rtnl.c. */
int ovl_rtnl_create(const struct netdev *);
int ovl_rtnl_destroy(const char *name, const char *type);

/* For other users of rtnetlink. */
int ovl_rtnl_get(const char *name, struct ofpbuf **reply);
const struct nlattr *ovl_rtnl_get_info(const struct ofpbuf *reply,
                                       const char *kind);

#endif /* overlay/rtnl.h */
