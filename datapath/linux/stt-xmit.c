// SPDX-License-Identifier: GPL-2.0
/* Transmission.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * A frame becomes one skb, a plain TCP GSO packet if it is longer than the
 * route's MTU.
 */

#include <linux/if_vlan.h>
#include <linux/percpu.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/dst_metadata.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/udp.h>

#include "compat/compat.h"
#include "stt-counters.h"
#include "stt-offload.h"
#include "stt-port.h"
#include "stt-wire.h"
#include "stt-xmit.h"
#include "tunnel-ecn.h"
#include "tunnel-inner.h"
#include "tunnel-route.h"

static DEFINE_PER_CPU(u32, stt_frame_id) = U32_MAX;
static atomic_t stt_frame_id_block;

/* Returns an ID for a frame.  CPUs take consecutive blocks of 2**16 IDs, from
 * a random start.  An ID repeats after 2**32 others, less 2**16 for each other
 * CPU that sends, unless a CPU keeps its block while others take all blocks.
 */
static u32 stt_next_frame_id(void)
{
	u32 id = this_cpu_inc_return(stt_frame_id);

	if (!(id & 0xffff)) {
		id = (u32)atomic_inc_return(&stt_frame_id_block) << 16;
		this_cpu_write(stt_frame_id, id);
	}
	return id;
}

/* The contents of the outer headers. */
struct stt_tx {
	struct tunnel_flow	flow;
	struct stthdr		hdr;
	__be16			df;
	u8			ttl;
	unsigned int		len;	/* of the inner frame */
};

/* Moves the outermost 802.1Q tag of 'skb', if it has one, to '*vlan', in the
 * form of the STT header.  Returns 0 or a negative error code.
 */
static int stt_pull_tag(struct sk_buff *skb, __be16 *vlan)
{
	u16 tci;
	int err;

	if (skb_vlan_tag_present(skb)) {
		if (skb->vlan_proto != htons(ETH_P_8021Q))
			return -EINVAL;	/* the stack inserts other tags */
		tci = skb_vlan_tag_get(skb);
		__vlan_hwaccel_clear_tag(skb);
	} else if (skb->protocol == htons(ETH_P_8021Q) &&
		   skb->len >= VLAN_ETH_HLEN) {
		skb_reset_mac_header(skb);
		err = __skb_vlan_pop(skb, &tci);
		if (err)
			return err;
	} else {
		return 0;
	}
	*vlan = htons((tci & STT_VLAN_MASK) | STT_VLAN_PRESENT);
	return 0;
}

/* Puts the STT and TCP headers in front of '*skbp', which leaves through 'dst'
 * behind an IP header of 'iphlen' bytes.  Returns 0 or a negative error code.
 * May change '*skbp', to NULL if there is no memory for more headroom.
 */
static int stt_build(struct sk_buff **skbp, const struct stt_tx *tx,
		     const struct dst_entry *dst, unsigned int iphlen)
{
	struct sk_buff *skb = *skbp;
	unsigned int headroom, frame_len, segment;
	struct tcphdr *th;
	int err;

	headroom = LL_RESERVED_SPACE(dst_dev(dst)) + dst->header_len +
		   iphlen + STT_HLEN;
	frame_len = sizeof(tx->hdr) + skb->len;
	segment = max_t(int, dst_mtu(dst) - iphlen - sizeof(*th),
			STT_SEGMENT_MIN);

	/* Unlike skb_cow(), this accounts for the memory to the socket. */
	if (skb_headroom(skb) < headroom) {
		skb = skb_expand_head(skb, headroom);
		*skbp = skb;
		if (!skb)
			return -ENOMEM;
	}

	/* Like iptunnel_handle_offloads(), treats the GSO state as a part of
	 * the headers.  TCP's own clone has no headers, and TCP sets its GSO
	 * state anew for each transmission.
	 */
	err = skb_cow_head(skb, headroom);
	if (err)
		return err;

	memcpy(__skb_push(skb, sizeof(tx->hdr)), &tx->hdr, sizeof(tx->hdr));
	th = __skb_push(skb, sizeof(*th));
	skb_reset_transport_header(skb);
	memset(th, 0, sizeof(*th));
	th->source = tx->flow.sport;
	th->dest = tx->flow.dport;
	th->seq = htonl(frame_len << 16);
	th->ack_seq = htonl(stt_next_frame_id());
	th->doff = sizeof(*th) / 4;
	th->ack = 1;
	th->psh = 1;

	if (frame_len > segment) {
		skb_shinfo(skb)->gso_size = segment;
		skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(frame_len, segment);
		skb_shinfo(skb)->gso_type =
			iphlen == sizeof(struct iphdr) ? SKB_GSO_TCPV4 :
							 SKB_GSO_TCPV6;
	} else if (skb_is_gso(skb)) {
		skb_shinfo(skb)->gso_size = 0;
		skb_shinfo(skb)->gso_segs = 0;
		skb_shinfo(skb)->gso_type = 0;
	}
	skb->encapsulation = 0;
	skb->csum_not_inet = 0;
	skb->ip_summed = CHECKSUM_PARTIAL;
	skb->csum_start = skb_transport_header(skb) - skb->head;
	skb->csum_offset = offsetof(struct tcphdr, check);
	return 0;
}

/* Prepares 'skb' to leave through 'dst', whose reference it takes over. */
static void stt_set_dst(struct sk_buff *skb, struct dst_entry *dst)
{
	skb_scrub_packet(skb, false);
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set(skb, dst);

	/* TCP connection tracking would find the segments invalid. */
	skb_set_nfct(skb, IP_CT_UNTRACKED);
}

/* Sends '*skbp' over IPv4.  Returns 0 or a negative error code; then, the
 * caller must free '*skbp', which may be NULL.
 */
static int stt_xmit4(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	__be32 saddr, daddr = info->key.u.ipv4.dst;
	struct net *net = tx->flow.net;
	struct sk_buff *skb;
	struct rtable *rt;
	struct iphdr *iph;
	int err;

	rt = tunnel_route4(*skbp, &tx->flow, info, &saddr);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	err = stt_build(skbp, tx, &rt->dst, sizeof(*iph));
	if (err) {
		ip_rt_put(rt);
		return err;
	}
	skb = *skbp;
	tcp_hdr(skb)->check = ~tcp_v4_check(skb->len, saddr, daddr, 0);

	stt_set_dst(skb, &rt->dst);
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	iph = __skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tos = tx->flow.tos;
	iph->frag_off = tx->df;
	iph->ttl = tx->ttl ? : ip4_dst_hoplimit(&rt->dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = saddr;
	iph->daddr = daddr;
	__ip_select_ident(net, iph, skb_shinfo(skb)->gso_segs ? : 1);
	err = ip_local_out(net, NULL, skb);
	iptunnel_xmit_stats(tx->flow.dev, net_xmit_eval(err) ? 0 : tx->len);
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Like stt_xmit4(), for IPv6. */
static int stt_xmit6(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	struct in6_addr saddr, daddr = info->key.u.ipv6.dst;
	struct dst_entry *dst;
	struct ipv6hdr *ip6h;
	struct sk_buff *skb;
	int err;

	dst = tunnel_route6(*skbp, &tx->flow, info, &saddr);
	if (IS_ERR(dst))
		return PTR_ERR(dst);
	err = stt_build(skbp, tx, dst, sizeof(*ip6h));
	if (err) {
		dst_release(dst);
		return err;
	}
	skb = *skbp;
	tcp_hdr(skb)->check = ~tcp_v6_check(skb->len, &saddr, &daddr, 0);

	stt_set_dst(skb, dst);
	memset(IP6CB(skb), 0, sizeof(*IP6CB(skb)));
	ip6h = __skb_push(skb, sizeof(*ip6h));
	skb_reset_network_header(skb);
	ip6_flow_hdr(ip6h, tx->flow.tos, tx->flow.label);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = tx->ttl ? : ip6_dst_hoplimit(dst);
	ip6h->saddr = saddr;
	ip6h->daddr = daddr;
	err = ip6_local_out(tx->flow.net, NULL, skb);
	iptunnel_xmit_stats(tx->flow.dev, net_xmit_eval(err) ? 0 : tx->len);
	return 0;
}
#else
static int stt_xmit6(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	return -EAFNOSUPPORT;
}
#endif

/* Sends the frame 'skb', and takes it over. */
netdev_tx_t stt_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_tx tx = {
		.flow.dev = dev,
		.flow.net = stt->port->net,
		.flow.dport = stt->port->port,
		.flow.protocol = IPPROTO_TCP,
	};
	enum stt_counter counter = STT_TX_BAD_OFFLOAD;
	struct ip_tunnel_info *info = &stt->info;
	struct tunnel_inner in = { };
	bool is_ip;
	int err;

	if (stt->collect_md) {
		info = skb_tunnel_info(skb);
		if (!info || !(info->mode & IP_TUNNEL_INFO_TX)) {
			counter = STT_TX_NO_METADATA;
			goto drop;
		}
	}

	/* Read the inner packet before it changes. */
	tx.flow.sport = udp_flow_src_port(tx.flow.net, skb, 0, 0, true);
	if (stt_pull_tag(skb, &tx.hdr.vlan))
		goto drop;
	is_ip = tunnel_parse_inner(skb, &in);
	if (stt_put_offload(skb, &in, is_ip, &tx.hdr))
		goto drop;
	if (skb->len > STT_INNER_MAX) {
		counter = STT_TX_TOO_BIG;
		goto drop;
	}

	tx.hdr.id = info->key.tun_id;
	tx.flow.tos = info->key.tos;
	if (!stt->collect_md && tx.flow.tos == 1)
		tx.flow.tos = in.dsfield;
	tx.flow.tos = tunnel_ecn_encapsulate(tx.flow.tos, &in);
	tx.ttl = info->key.ttl;
	tx.flow.label = info->key.label;
	if (ip_tunnel_key_test(&info->key, IP_TUNNEL_DONT_FRAGMENT_BIT))
		tx.df = htons(IP_DF);
	tx.len = skb->len;

	/* Each level of tunnels takes much of the kernel's stack. */
	if (dev_recursion_level() > IP_TUNNEL_RECURSION_LIMIT) {
		counter = STT_TX_LOOP;
		goto drop;
	}
	dev_xmit_recursion_inc();
	rcu_read_lock();
	if (ip_tunnel_info_af(info) == AF_INET)
		err = stt_xmit4(&skb, &tx, info);
	else
		err = stt_xmit6(&skb, &tx, info);
	rcu_read_unlock();
	dev_xmit_recursion_dec();
	if (!err)
		return NETDEV_TX_OK;
	counter = err == -ELOOP ? STT_TX_LOOP :
		  err == -ENOMEM ? STT_TX_NO_MEMORY : STT_TX_NO_ROUTE;

drop:
	dev_core_stats_tx_dropped_inc(dev);
	stt_drop(stt->port->stats, skb, counter);
	return NETDEV_TX_OK;
}

/* Completes the metadata of 'skb' with the source address and the ports that
 * stt_xmit() would send.  Returns 0 or a negative error code.
 */
int stt_fill_metadata_dst(struct net_device *dev, struct sk_buff *skb)
{
	const struct ip_tunnel_info *info = skb_tunnel_info(skb);
	const struct stt_dev *stt = netdev_priv(dev);
	struct tunnel_flow flow = {
		.dev = dev,
		.net = stt->port->net,
		.dport = stt->port->port,
		.protocol = IPPROTO_TCP,
		.tos = info->key.tos,
		.label = info->key.label,
	};

	flow.sport = udp_flow_src_port(flow.net, skb, 0, 0, true);
	return tunnel_fill_metadata_dst(skb, &flow);
}

void __init stt_xmit_init(void)
{
	atomic_set(&stt_frame_id_block, get_random_u32());
}
