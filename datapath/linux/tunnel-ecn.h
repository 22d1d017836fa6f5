/* SPDX-License-Identifier: GPL-2.0 */
/* ECN of inner and outer headers: RFC 6040.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef TUNNEL_ECN_H
#define TUNNEL_ECN_H

#include <net/inet_ecn.h>

#include "tunnel-inner.h"

/* Returns the outer header's TOS for the inner packet 'in': 'tos' with the
 * inner packet's ECN field.  Unlike INET_ECN_encapsulate(), this copies CE,
 * too (RFC 6040, section 4.1).  A packet behind a VLAN tag gets Not-ECT, so
 * that routers drop it instead of marking it: the receiver would not find its
 * IP header.
 */
static inline u8 tunnel_ecn_encapsulate(u8 tos, const struct tunnel_inner *in)
{
	tos &= ~INET_ECN_MASK;
	if (in->l3 == ETH_HLEN)
		tos |= in->dsfield & INET_ECN_MASK;
	return tos;
}

/* Copies congestion marks from the outer header's 'tos' to 'skb', whose
 * network header is set (RFC 6040).  Returns false if 'skb' must be dropped.
 */
static inline bool tunnel_ecn_decapsulate(struct sk_buff *skb, u8 tos)
{
	u8 inner;

	switch (skb->protocol) {
	case htons(ETH_P_IP):
		if (!pskb_may_pull(skb, sizeof(struct iphdr)))
			return true;
		inner = ip_hdr(skb)->tos;
		break;
	case htons(ETH_P_IPV6):
		if (!pskb_may_pull(skb, sizeof(struct ipv6hdr)))
			return true;
		inner = ipv6_get_dsfield(ipv6_hdr(skb));
		break;
	default:
		return true;
	}
	return INET_ECN_decapsulate(skb, tos, inner) <= 1;
}

#endif /* TUNNEL_ECN_H */
