// SPDX-License-Identifier: GPL-2.0
/* Headers of the inner packet.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ipv6.h>

#include "tunnel-inner.h"

/* Finds the headers of the IP packet in 'skb', whose data starts with an
 * Ethernet header, and stores their offsets and fields in '*in'.  Returns
 * false if 'skb' has no valid IP packet, or not all of it; then, '*in' is
 * incomplete.
 */
bool tunnel_parse_inner(const struct sk_buff *skb, struct tunnel_inner *in)
{
	unsigned int ofs = offsetof(struct ethhdr, h_proto);
	const __be16 *proto;
	__be16 _proto;
	int depth;

	for (depth = 0; depth < VLAN_MAX_DEPTH; depth++) {
		proto = skb_header_pointer(skb, ofs, sizeof(_proto), &_proto);
		if (!proto)
			return false;
		ofs += sizeof(*proto);
		if (!eth_type_vlan(*proto))
			break;
		ofs += sizeof(*proto);
	}

	in->l3 = ofs;
	if (*proto == htons(ETH_P_IP)) {
		const struct iphdr *iph;
		struct iphdr _iph;

		iph = skb_header_pointer(skb, ofs, sizeof(_iph), &_iph);
		if (!iph || iph->version != 4 || iph->ihl < 5 ||
		    ntohs(iph->tot_len) < iph->ihl * 4)
			return false;
		in->ipv4 = true;
		in->l4 = ofs + iph->ihl * 4;
		in->end = ofs + ntohs(iph->tot_len);
		in->fragment = ip_is_fragment(iph);
		in->plain = !in->fragment;
		in->protocol = iph->protocol;
		in->dsfield = iph->tos;
	} else if (*proto == htons(ETH_P_IPV6)) {
		const struct ipv6hdr *ip6h;
		struct ipv6hdr _ip6h;
		__be16 frag_off = 0;
		int l4;

		ip6h = skb_header_pointer(skb, ofs, sizeof(_ip6h), &_ip6h);
		if (!ip6h || ip6h->version != 6)
			return false;
		in->ipv4 = false;
		in->end = ofs + sizeof(*ip6h) + ntohs(ip6h->payload_len);
		in->protocol = ip6h->nexthdr;
		in->dsfield = ipv6_get_dsfield(ip6h);
		l4 = ipv6_skip_exthdr(skb, ofs + sizeof(*ip6h), &in->protocol,
				      &frag_off);
		if (l4 < 0)
			return false;
		in->l4 = l4;
		in->fragment = frag_off;
		in->plain = l4 == ofs + sizeof(*ip6h);
	} else {
		return false;
	}
	return in->l4 <= in->end && in->end <= skb->len;
}
