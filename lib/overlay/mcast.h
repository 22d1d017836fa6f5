/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_MCAST_H
#define OVERLAY_MCAST_H 1

/* Multicast groups as remote endpoints
 * ====================================
 *
 * A port with options:groups receives what is sent to these groups, and the
 * host is a member of them.  The same goes for the groups to which the port
 * floods (overlay/fdb.h), while another port of its bridge is up.  Flows of
 * any port with remote_ip=flow can send to a group, by setting tun_dst.
 *
 * The IP address of a group is an address of the host to which upstream's map
 * (tnl-ports.c) passes tunnel packets, and its MAC address needs neither ARP
 * nor neighbor discovery.
 *
 * Addresses are IPv6 or IPv4-mapped. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct ds;
struct flow;
struct flow_wildcards;
struct netdev;
struct netdev_tunnel_config;
struct smap;

bool ovl_mcast_may_join(const struct in6_addr *);
bool ovl_mcast_is_own(const struct in6_addr *);

/* Options. */
bool ovl_mcast_type_has_groups(const char *type);
bool ovl_mcast_check_option(const char *type, const char *key,
                            const char *value, struct ds *allowed);
bool ovl_mcast_configure(const struct netdev *, const struct smap *options,
                         const struct netdev_tunnel_config *,
                         const struct in6_addr *flood, size_t n,
                         struct ds *errors);
void ovl_mcast_get_options(const struct netdev *, struct smap *options);
void ovl_mcast_get_status(const struct netdev *, struct smap *status);
char *ovl_mcast_get_error(const struct netdev *);
void ovl_mcast_destroy(const struct netdev *);
void ovl_mcast_set_idle(const struct netdev *, bool idle);

/* lib/tnl-ports.c. */
void ovl_mcast_init(void);
void ovl_mcast_run(void);
void ovl_mcast_device_add(const char *name, struct in6_addr **addrs,
                          int *n_addrs);
void ovl_mcast_device_remove(const char *name);

/* Translation. */
bool ovl_mcast_get_mac(const struct in6_addr *, struct eth_addr *);
bool ovl_mcast_route(uint32_t mark, const struct in6_addr *dst, char device[],
                     struct in6_addr *src, struct in6_addr *gw);
bool ovl_mcast_may_terminate(const char *name, const struct flow *,
                             struct flow_wildcards *);
bool ovl_mcast_refuses(const struct flow *);
void ovl_mcast_get_local(const struct flow *, bool in_key_flow,
                         struct in6_addr *local);

#endif /* overlay/mcast.h */
