/* SPDX-License-Identifier: GPL-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef STT_COMPAT_H
#define STT_COMPAT_H

/* The interface of the newest supported kernel, for older ones.  compat/probe
 * makes config.h, which defines HAVE_X if probes/x.c compiles.
 */

#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/sysctl.h>
#include <net/dst_metadata.h>
#include <net/flow.h>
#include <net/inet_dscp.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/rtnetlink.h>

#include "config.h"

/* Flags of tunnel keys, a bitmap since Linux 6.10, with the same bits. */
#ifdef HAVE_TUN_FLAGS_BITMAP
static inline bool ip_tunnel_key_test(const struct ip_tunnel_key *key, int bit)
{
	return test_bit(bit, key->tun_flags);
}

static inline void ip_tunnel_key_set(struct ip_tunnel_key *key, int bit)
{
	__set_bit(bit, key->tun_flags);
}
#else
#define IP_TUNNEL_CSUM_BIT		0
#define IP_TUNNEL_KEY_BIT		2
#define IP_TUNNEL_DONT_FRAGMENT_BIT	8

static_assert(TUNNEL_CSUM == htons(BIT(IP_TUNNEL_CSUM_BIT)));
static_assert(TUNNEL_KEY == htons(BIT(IP_TUNNEL_KEY_BIT)));
static_assert(TUNNEL_DONT_FRAGMENT == htons(BIT(IP_TUNNEL_DONT_FRAGMENT_BIT)));

#define IP_TUNNEL_DECLARE_FLAGS(NAME)	unsigned long NAME[1]

static inline bool ip_tunnel_key_test(const struct ip_tunnel_key *key, int bit)
{
	return key->tun_flags & htons(BIT(bit));
}

static inline void ip_tunnel_key_set(struct ip_tunnel_key *key, int bit)
{
	key->tun_flags |= htons(BIT(bit));
}

#define __ip_tun_set_dst(saddr, daddr, tos, ttl, tp_dst, flags, id, md_size) \
	__ip_tun_set_dst(saddr, daddr, tos, ttl, tp_dst, htons(*(flags)), id, \
			 md_size)
#define __ipv6_tun_set_dst(saddr, daddr, tos, ttl, tp_dst, label, flags, id, \
			   md_size) \
	__ipv6_tun_set_dst(saddr, daddr, tos, ttl, tp_dst, label, \
			   htons(*(flags)), id, md_size)
#endif

/* newlink()'s parameters, a struct since Linux 6.15.  RTNL_NEWLINK(FUNCTION) is
 * for struct rtnl_link_ops, after DEFINE_RTNL_NEWLINK(FUNCTION).
 */
#ifdef HAVE_RTNL_NEWLINK_PARAMS
#define DEFINE_RTNL_NEWLINK(FUNCTION)
#define RTNL_NEWLINK(FUNCTION)	FUNCTION
#else
struct rtnl_newlink_params {
	struct nlattr **data;
};

#define DEFINE_RTNL_NEWLINK(FUNCTION)					\
static int FUNCTION##_compat(struct net *net, struct net_device *dev,	\
			     struct nlattr *tb[], struct nlattr *data[], \
			     struct netlink_ext_ack *extack)		\
{									\
	struct rtnl_newlink_params params = { .data = data };		\
									\
	return FUNCTION(dev, &params, extack);				\
}
#define RTNL_NEWLINK(FUNCTION)	FUNCTION##_compat
#endif

/* Transmission without a lock, a NETIF_F_* flag before Linux 6.12. */
static inline void netdev_set_lltx(struct net_device *dev)
{
#ifdef HAVE_NETDEV_LLTX
	dev->lltx = true;
#else
	dev->features |= NETIF_F_LLTX;
#endif
}

/* A fixed network namespace: a NETIF_F_* flag before Linux 6.12, and
 * netns_local before 6.15.
 */
static inline void netdev_set_netns_immutable(struct net_device *dev)
{
#if defined HAVE_NETDEV_NETNS_IMMUTABLE
	dev->netns_immutable = true;
#elif defined HAVE_NETDEV_NETNS_LOCAL
	dev->netns_local = true;
#else
	dev->features |= NETIF_F_NETNS_LOCAL;
#endif
}

/* Per-CPU statistics, which drivers allocate before Linux 6.7. */
#ifdef HAVE_PCPU_STAT_TYPE
static inline void netdev_set_tstats(struct net_device *dev)
{
	dev->pcpu_stat_type = NETDEV_PCPU_STAT_TSTATS;
}

static inline int netdev_alloc_tstats(struct net_device *dev)
{
	return 0;
}

static inline void netdev_free_tstats(struct net_device *dev)
{
}
#else
static inline void netdev_set_tstats(struct net_device *dev)
{
}

static inline int netdev_alloc_tstats(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static inline void netdev_free_tstats(struct net_device *dev)
{
	free_percpu(dev->tstats);
}
#endif

/* The DS field of a route lookup, without ECN. */
static inline void flowi4_set_dsfield(struct flowi4 *fl4, u8 dsfield)
{
#ifdef HAVE_FLOWI4_DSCP
	fl4->flowi4_dscp = inet_dsfield_to_dscp(dsfield);
#else
	fl4->flowi4_tos = dsfield & INET_DSCP_MASK;
#endif
}

#ifndef HAVE_DST_DEV
#define dst_dev(DST)	((DST)->dev)
#endif

#ifndef HAVE_SOCKADDR_UNSIZED
#define sockaddr_unsized sockaddr
#endif

#ifndef HAVE_REGISTER_NET_SYSCTL_SZ
#define register_net_sysctl_sz(net, path, table, size) \
	register_net_sysctl(net, path, table)
#endif

/* Maximum depth of nested transmissions at which a tunnel may transmit. */
#ifndef IP_TUNNEL_RECURSION_LIMIT
#define IP_TUNNEL_RECURSION_LIMIT	5
#endif

/* Reasons to drop a packet. */
#ifndef HAVE_DROP_REASON_DUP_FRAG
#define SKB_DROP_REASON_DUP_FRAG	SKB_DROP_REASON_NOT_SPECIFIED
#endif
#ifndef HAVE_DROP_REASON_TUNNEL
#define SKB_DROP_REASON_IP_TUNNEL_ECN	SKB_DROP_REASON_NOT_SPECIFIED
#define SKB_DROP_REASON_TUNNEL_TXINFO	SKB_DROP_REASON_NOT_SPECIFIED
#endif

#endif /* STT_COMPAT_H */
