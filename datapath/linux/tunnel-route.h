/* SPDX-License-Identifier: GPL-2.0 */
/* Routes to the remote ends of tunnels.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef TUNNEL_ROUTE_H
#define TUNNEL_ROUTE_H

#include <linux/in6.h>
#include <linux/skbuff.h>
#include <net/ip_tunnels.h>
#include <net/net_namespace.h>
#include <net/route.h>

/* The arguments of a route look-up besides the addresses. */
struct tunnel_flow {
	struct net_device	*dev;	/* tunnel, which it must not lead to */
	struct net		*net;	/* of the underlay */
	__be16			sport;
	__be16			dport;
	u8			protocol;
	u8			tos;
	__be32			label;
};

struct rtable *tunnel_route4(struct sk_buff *skb,
			     const struct tunnel_flow *flow,
			     struct ip_tunnel_info *info, __be32 *saddr);
struct dst_entry *tunnel_route6(struct sk_buff *skb,
				const struct tunnel_flow *flow,
				struct ip_tunnel_info *info,
				struct in6_addr *saddr);
int tunnel_fill_metadata_dst(struct sk_buff *skb,
			     const struct tunnel_flow *flow);

#endif /* TUNNEL_ROUTE_H */
