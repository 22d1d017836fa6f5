/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_H
#define OVERLAY_FDB_H 1

/* Forwarding databases of tunnel ports
 * ====================================
 *
 * A port that leads to several remote endpoints has a forwarding database: by
 * MAC address and VLAN, the remote endpoint behind which the address is.  The
 * bridge's MAC learning table knows only the port.  NORMAL sends what is for
 * all, and what is for an unknown address, to each address in the port's flood
 * list: options:flood, or the multicast group in options:remote_ip.
 *
 * Entries are learned from frames that the port receives (RFC 7348, section
 * 4.1), and expire as those of the bridge's MAC learning table do.  Others are
 * static, or those of a Linux vxlan device (overlay/fdb-mirror.h), into which
 * a routing daemon writes.  What is behind the bridge's other ports goes the
 * opposite way (overlay/fdb-advertise.h).
 *
 * Remote addresses are IPv6 or IPv4-mapped. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "overlay/fdb-options.h"

struct ds;
struct flow;
struct mac_learning;
struct netdev;
struct netdev_custom_stats;
struct netdev_tunnel_config;
struct ofproto_dpif;
struct smap;

/* In the flags of a struct flow_tnl, besides FLOW_TNL_F_*: the remote endpoint
 * is not the group in options:remote_ip. */
#define OVL_FLOW_F_REMOTE (1 << 14)

/* Options. */
bool ovl_fdb_configure(const struct netdev *, const struct smap *options,
                       const struct netdev_tunnel_config *,
                       struct ds *errors);
void ovl_fdb_get_options(const struct netdev *, struct smap *options);
const char *ovl_fdb_used_option(const struct netdev *);
void ovl_fdb_destroy(const struct netdev *);

/* Translation. */
bool ovl_fdb_accepts(const struct netdev *, const struct flow *);
bool ovl_fdb_learns(const struct netdev *);
bool ovl_fdb_learn(const struct netdev *, struct mac_learning *,
                   struct eth_addr, uint16_t vlan,
                   const struct in6_addr *remote, long long int when);
void ovl_fdb_set_group(const struct netdev_tunnel_config *, struct flow *);

/* Output of a frame to a port by NORMAL. */
struct ovl_fdb_output {
    bool has_fdb;               /* If false, there is nothing else. */
    struct in6_addr remotes[OVL_FDB_MAX_FLOOD];
    size_t n;
    size_t i;                   /* Index of the next one. */

    /* What the outputs change in the flow. */
    ovs_be32 ip_src, ip_dst;
    struct in6_addr ipv6_src, ipv6_dst;
    uint16_t flags;
};
void ovl_fdb_output_start(struct ovl_fdb_output *, const struct netdev *,
                          const struct flow *, uint16_t vlan);
bool ovl_fdb_output_next(struct ovl_fdb_output *, struct flow *);

/* Returns true if the current output is the last one. */
static inline bool
ovl_fdb_output_is_last(const struct ovl_fdb_output *out)
{
    return out->i == out->n;
}

/* The bridge. */
void ovl_fdb_init(void);
bool ovl_fdb_run(void);
void ovl_fdb_set_bundle(const struct netdev *, const void *bundle, int vlan);
bool ovl_fdb_uses_kernel(const struct netdev *, const void **bundle,
                         int *vlan);
bool ovl_fdb_has_newer(const struct netdev *, struct eth_addr,
                       long long int when);
void ovl_fdb_advertise(const struct netdev *, const struct eth_addr *,
                       size_t n);
char *ovl_fdb_get_error(const struct netdev *);
void ovl_fdb_set_place(const struct netdev *, const struct ofproto_dpif *,
                       ofp_port_t, bool idle);
ofp_port_t ovl_fdb_find_static(const struct ofproto_dpif *, struct eth_addr,
                               uint16_t vlan, bool only_static);
void ovl_fdb_remove_ofproto(const struct ofproto_dpif *);
void ovl_fdb_put_remote(const struct netdev *, struct eth_addr, uint16_t vlan,
                        struct ds *);
void ovl_fdb_get_custom_stats(const struct netdev *,
                              struct netdev_custom_stats *);

#endif /* overlay/fdb.h */
