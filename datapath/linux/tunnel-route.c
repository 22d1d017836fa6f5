// SPDX-License-Identifier: GPL-2.0
/* Routes to the remote ends of tunnels.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <net/dst_cache.h>
#include <net/dst_metadata.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>

#include "compat/compat.h"
#include "tunnel-route.h"

/* Returns a reference to the IPv4 route of 'flow' to the remote end in 'info',
 * or an error pointer, -ELOOP if the route leads into the tunnel itself.
 * Stores the source address in '*saddr'.  'skb' is the inner packet.
 */
struct rtable *tunnel_route4(struct sk_buff *skb,
			     const struct tunnel_flow *flow,
			     struct ip_tunnel_info *info, __be32 *saddr)
{
	bool use_cache = ip_tunnel_dst_cache_usable(skb, info);
	const struct ip_tunnel_key *key = &info->key;
	struct flowi4 fl4 = {
		.flowi4_mark = skb->mark,
		.flowi4_proto = flow->protocol,
		.daddr = key->u.ipv4.dst,
		.saddr = key->u.ipv4.src,
		.fl4_sport = flow->sport,
		.fl4_dport = flow->dport,
	};
	struct rtable *rt;

	if (flow->tos != key->tos)
		use_cache = false;	/* inherited */
	if (use_cache) {
		rt = dst_cache_get_ip4(&info->dst_cache, saddr);
		if (rt)
			return rt;
	}
	flowi4_set_dsfield(&fl4, flow->tos);
	rt = ip_route_output_key(flow->net, &fl4);
	if (IS_ERR(rt))
		return rt;
	if (dst_dev(&rt->dst) == flow->dev) {
		ip_rt_put(rt);
		return ERR_PTR(-ELOOP);
	}
	*saddr = fl4.saddr;
	if (use_cache)
		dst_cache_set_ip4(&info->dst_cache, &rt->dst, fl4.saddr);
	return rt;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Like tunnel_route4(), for IPv6. */
struct dst_entry *tunnel_route6(struct sk_buff *skb,
				const struct tunnel_flow *flow,
				struct ip_tunnel_info *info,
				struct in6_addr *saddr)
{
	bool use_cache = ip_tunnel_dst_cache_usable(skb, info);
	const struct ip_tunnel_key *key = &info->key;
	struct flowi6 fl6 = {
		.flowi6_mark = skb->mark,
		.flowi6_proto = flow->protocol,
		.daddr = key->u.ipv6.dst,
		.saddr = key->u.ipv6.src,
		.flowlabel = ip6_make_flowinfo(flow->tos, flow->label),
		.fl6_sport = flow->sport,
		.fl6_dport = flow->dport,
	};
	struct dst_entry *dst;

	/* With ipv6.disable=1, there are no routing tables. */
	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);

	if (flow->tos != key->tos)
		use_cache = false;	/* inherited */
	if (use_cache) {
		dst = dst_cache_get_ip6(&info->dst_cache, saddr);
		if (dst)
			return dst;
	}
	dst = ip6_dst_lookup_flow(flow->net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return dst;
	if (dst_dev(dst) == flow->dev) {
		dst_release(dst);
		return ERR_PTR(-ELOOP);
	}
	*saddr = fl6.saddr;
	if (use_cache)
		dst_cache_set_ip6(&info->dst_cache, dst, &fl6.saddr);
	return dst;
}
#endif

/* Completes the metadata of 'skb', which has the remote end's address, with
 * the source address of the route to it and the ports in 'flow'.  Returns 0 or
 * a negative error code.
 */
int tunnel_fill_metadata_dst(struct sk_buff *skb,
			     const struct tunnel_flow *flow)
{
	struct ip_tunnel_info *info = skb_tunnel_info(skb);

	if (ip_tunnel_info_af(info) == AF_INET) {
		struct rtable *rt;
		__be32 saddr;

		rt = tunnel_route4(skb, flow, info, &saddr);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		ip_rt_put(rt);
		info->key.u.ipv4.src = saddr;
#if IS_ENABLED(CONFIG_IPV6)
	} else {
		struct dst_entry *dst;
		struct in6_addr saddr;

		dst = tunnel_route6(skb, flow, info, &saddr);
		if (IS_ERR(dst))
			return PTR_ERR(dst);
		dst_release(dst);
		info->key.u.ipv6.src = saddr;
#endif
	}
	info->key.tp_src = flow->sport;
	info->key.tp_dst = flow->dport;
	return 0;
}
