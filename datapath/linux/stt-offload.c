// SPDX-License-Identifier: GPL-2.0
/* The offload state of an inner packet, in its skb and in the STT header.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * The header can request a TCP or UDP checksum and plain TSO from a receiver.
 * The stack does all other offloads in software before transmission, because
 * stt_features_check() takes them from the device's features.
 */

#include <linux/if_vlan.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip6_checksum.h>

#include "stt-offload.h"

/* Returns the offset of the checksum in the L4 header of 'in', or 0 if that is
 * neither TCP nor UDP, or truncated.
 */
static unsigned int stt_csum_offset(const struct tunnel_inner *in)
{
	unsigned int size = in->end - in->l4;

	if (in->protocol == IPPROTO_TCP)
		return size < sizeof(struct tcphdr) ? 0 :
		       offsetof(struct tcphdr, check);
	if (in->protocol == IPPROTO_UDP)
		return size < sizeof(struct udphdr) ? 0 :
		       offsetof(struct udphdr, check);
	return 0;
}

/* Returns true if the STT header can express the offload state of 'skb', which
 * has a partial checksum and whose headers are in 'in'.
 */
static bool stt_can_express(const struct sk_buff *skb,
			    const struct tunnel_inner *in)
{
	/* With a routing header, the checksum covers an address that is not in
	 * the IPv6 header.
	 */
	if (!in->plain || in->l4 > U8_MAX ||
	    skb->csum_offset != stt_csum_offset(in) ||
	    skb_checksum_start_offset(skb) != in->l4)
		return false;

	/* The header can request plain TSO only. */
	return !skb_is_gso(skb) ||
	       (in->protocol == IPPROTO_TCP &&
		skb_shinfo(skb)->gso_size >= STT_MSS_MIN &&
		!(skb_shinfo(skb)->gso_type &
		  ~(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_FIXEDID |
		    SKB_GSO_DODGY)));
}

/* Returns 'features' without the checksum and segmentation offloads of 'skb'
 * that the STT header cannot express, so that the stack does them.
 */
netdev_features_t stt_features_check(struct sk_buff *skb,
				     struct net_device *dev,
				     netdev_features_t features)
{
	struct tunnel_inner in;

	features = vlan_features_check(skb, features);
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    !(tunnel_parse_inner(skb, &in) && stt_can_express(skb, &in)))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	if (skb->len > STT_INNER_MAX ||
	    (skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

/* Puts the offload state of 'skb', whose headers are in 'in' if 'is_ip', into
 * 'hdr'.  Completes a checksum that 'hdr' cannot express.  Returns 0 or a
 * negative error code.
 */
int stt_put_offload(struct sk_buff *skb, const struct tunnel_inner *in,
		    bool is_ip, struct stthdr *hdr)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL) {
		if (is_ip && stt_can_express(skb, in)) {
			hdr->flags = STT_F_CSUM_PARTIAL |
				     (in->ipv4 ? STT_F_IPV4 : 0) |
				     (in->protocol == IPPROTO_TCP ?
				      STT_F_TCP : 0);
			hdr->l4_offset = in->l4;
			hdr->mss = htons(skb_shinfo(skb)->gso_size);
			return 0;
		}
		if (!skb_is_gso(skb))
			return skb_csum_hwoffload_help(skb, 0);
	} else if (skb->ip_summed == CHECKSUM_UNNECESSARY) {
		hdr->flags = STT_F_CSUM_VERIFIED;
	}
	return skb_is_gso(skb) ? -EINVAL : 0;
}

/* Restores the offload state of 'skb', whose data starts with the inner
 * Ethernet header, from the STT header 'hdr' that it came with.  Returns 0,
 * -EINVAL if 'hdr' contradicts the headers of 'skb' or itself, or -ENOMEM.
 */
int stt_get_offload(struct sk_buff *skb, const struct stthdr *hdr)
{
	bool ipv4 = hdr->flags & STT_F_IPV4, tcp = hdr->flags & STT_F_TCP;
	unsigned int csum_ofs, l4_len, mss = ntohs(hdr->mss);
	unsigned int payload = 0;
	struct tunnel_inner in;
	__sum16 *check;
	void *l3;

	if (!(hdr->flags & STT_F_CSUM_PARTIAL)) {
		if (mss)
			return -EINVAL;
		if (hdr->flags & STT_F_CSUM_VERIFIED)
			skb->ip_summed = CHECKSUM_UNNECESSARY;
		return 0;
	}

	if (hdr->flags & STT_F_CSUM_VERIFIED ||
	    !tunnel_parse_inner(skb, &in) ||
	    in.ipv4 != ipv4 || in.fragment || in.l4 != hdr->l4_offset ||
	    in.protocol != (tcp ? IPPROTO_TCP : IPPROTO_UDP))
		return -EINVAL;
	csum_ofs = stt_csum_offset(&in);
	if (!csum_ofs)
		return -EINVAL;
	l4_len = in.end - in.l4;

	if (tcp) {
		struct tcphdr _th, *th;

		th = skb_header_pointer(skb, in.l4, sizeof(_th), &_th);
		if (!th || th->doff < 5 || th->doff * 4 > l4_len)
			return -EINVAL;
		payload = l4_len - th->doff * 4;
	}
	if (mss && (!tcp ||
		    (payload > mss && (mss < STT_MSS_MIN || !in.plain))))
		return -EINVAL;

	/* Padding must be in neither the checksum nor the segments. */
	if (pskb_trim(skb, in.end) ||
	    skb_ensure_writable(skb, in.l4 + (tcp ? sizeof(struct tcphdr) :
					      sizeof(struct udphdr))))
		return -ENOMEM;

	/* The sender's pseudo-header checksum may have another length.  With a
	 * routing header, only the sender knows the address in it.
	 */
	l3 = skb->data + in.l3;
	check = (__sum16 *)(skb->data + in.l4 + csum_ofs);
	if (ipv4) {
		const struct iphdr *iph = l3;

		*check = ~csum_tcpudp_magic(iph->saddr, iph->daddr, l4_len,
					    in.protocol, 0);
	} else if (in.plain) {
		const struct ipv6hdr *ip6h = l3;

		*check = ~csum_ipv6_magic(&ip6h->saddr, &ip6h->daddr, l4_len,
					  in.protocol, 0);
	}
	if (!skb_partial_csum_set(skb, in.l4, csum_ofs))
		return -EINVAL;

	if (payload > mss && mss) {
		const struct tcphdr *th = (void *)(skb->data + in.l4);
		struct skb_shared_info *shinfo = skb_shinfo(skb);

		/* For SKB_GSO_DODGY, GSO checks the headers and counts the
		 * segments.
		 */
		shinfo->gso_size = mss;
		shinfo->gso_type = SKB_GSO_DODGY |
				   (ipv4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6) |
				   (th->cwr ? SKB_GSO_TCP_ECN : 0);
	}
	return 0;
}
