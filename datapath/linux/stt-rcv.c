// SPDX-License-Identifier: GPL-2.0
/* Reception.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * One netfilter hook exempts the segments from connection tracking, another
 * takes them after the firewall's input rules, before TCP sees them.  A whole
 * frame in one skb, as GRO and virtual devices make them, is delivered without
 * a copy.  The segments of other frames are copied to pages, so that the
 * memory of incomplete frames is accounted exactly.
 */

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/gro_cells.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "stt-counters.h"
#include "stt-net.h"
#include "stt-offload.h"
#include "stt-port.h"
#include "stt-rcv.h"
#include "stt-reasm.h"
#include "stt-wire.h"
#include "tunnel-ecn.h"

/* Drops 'skb', which arrived for 'stt' and may be NULL. */
static void stt_dev_drop(struct stt_dev *stt, struct sk_buff *skb,
			 enum stt_counter counter)
{
	dev_core_stats_rx_dropped_inc(stt->dev);
	stt_drop(stt->port->stats, skb, counter);
}

/* Drops 'skb', which arrived for a device of 'port' and may be NULL. */
static void stt_port_drop(struct stt_port *port, struct sk_buff *skb,
			  enum stt_counter counter)
{
	struct stt_dev *stt = rcu_dereference(port->collect_md);

	if (stt)
		stt_dev_drop(stt, skb, counter);
	else
		stt_drop(port->stats, skb, counter);
}

/* Returns new metadata for a frame with the context ID 'id' and the outer
 * headers 'outer', or NULL.
 */
static struct metadata_dst *stt_rx_dst(const struct stt_outer *outer,
				       __be64 id)
{
	const struct stt_key *key = &outer->key;
	IP_TUNNEL_DECLARE_FLAGS(flags) = { };
	struct metadata_dst *dst;

	__set_bit(IP_TUNNEL_KEY_BIT, flags);
	__set_bit(IP_TUNNEL_CSUM_BIT, flags);
	if (outer->df)
		__set_bit(IP_TUNNEL_DONT_FRAGMENT_BIT, flags);
	dst = outer->ipv4 ?
		__ip_tun_set_dst(key->saddr.s6_addr32[3],
				 key->daddr.s6_addr32[3], outer->tos,
				 outer->ttl, key->dport, flags, id, 0) :
		__ipv6_tun_set_dst(&key->saddr, &key->daddr, outer->tos,
				   outer->ttl, key->dport, outer->label, flags,
				   id, 0);
	if (dst)
		dst->u.tun_info.key.tp_src = key->sport;
	return dst;
}

/* Delivers 'skb', a whole STT frame that arrived for 'port'. */
static void stt_deliver(struct stt_port *port, struct sk_buff *skb,
			const struct stt_outer *outer)
{
	struct stthdr hdr;
	struct stt_dev *stt;
	struct net_device *dev;
	unsigned int len;
	int err;

	if (!pskb_may_pull(skb, STT_FRAME_MIN)) {
		stt_port_drop(port, skb, STT_RX_LENGTH);
		return;
	}
	memcpy(&hdr, skb->data, sizeof(hdr));
	if (hdr.version) {
		stt_port_drop(port, skb, STT_RX_VERSION);
		return;
	}
	stt = stt_port_find_dev(port, hdr.id, outer);
	if (!stt || !netif_running(stt->dev)) {
		stt_port_drop(port, skb, STT_RX_NO_DEVICE);
		return;
	}
	dev = stt->dev;

	/* Clear the outer packet's state.  The GSO state belongs to the
	 * headers, as in stt_build(): clones that have them share it.
	 */
	if ((skb_is_gso(skb) || hdr.mss) && skb_header_unclone(skb, GFP_ATOMIC))
		goto no_memory;
	skb_shinfo(skb)->gso_size = 0;
	skb_shinfo(skb)->gso_segs = 0;
	skb_shinfo(skb)->gso_type = 0;
	skb->ip_summed = CHECKSUM_NONE;
	skb->csum = 0;
	skb->csum_valid = 0;
	skb->csum_complete_sw = 0;
	skb->csum_level = 0;
	skb->encapsulation = 0;
	skb_scrub_packet(skb, false);
	skb_clear_hash_if_not_l4(skb);
	skb_set_queue_mapping(skb, 0);
	__vlan_hwaccel_clear_tag(skb);

	__skb_pull(skb, sizeof(hdr));
	skb_reset_mac_header(skb);
	err = stt_get_offload(skb, &hdr);
	if (err == -ENOMEM)
		goto no_memory;
	if (err) {
		stt_dev_drop(stt, skb, STT_RX_BAD_OFFLOAD);
		return;
	}
	if (hdr.vlan & htons(STT_VLAN_PRESENT))
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q),
				       ntohs(hdr.vlan) & STT_VLAN_MASK);
	skb->protocol = eth_type_trans(skb, dev);
	skb_reset_network_header(skb);

	/* The stack would do this later, and lose the L4 header of a GSO
	 * packet (Linux 7.2).
	 */
	if (eth_type_vlan(skb->protocol)) {
		skb = skb_vlan_untag(skb);
		if (!skb)
			goto no_memory;
	}
	if (!tunnel_ecn_decapsulate(skb, outer->tos)) {
		stt_dev_drop(stt, skb, STT_RX_ECN);
		return;
	}

	if (stt->collect_md) {
		struct metadata_dst *dst = stt_rx_dst(outer, hdr.id);

		if (!dst)
			goto no_memory;
		skb_dst_set(skb, &dst->dst);
	}

	len = skb->len;
	if (gro_cells_receive(&stt->gro_cells, skb) == NET_RX_SUCCESS)
		dev_sw_netstats_rx_add(dev, len);
	return;

no_memory:
	stt_dev_drop(stt, skb, STT_RX_NO_MEMORY);
}

/* Receives 'skb' for 'port', and takes it over.  Its data starts with the
 * outer IP header, whose fields are in 'outer', and its TCP header is at
 * offset 'thoff'.  Completes 'outer'.  Bottom halves must be disabled.
 */
static void stt_rcv(struct stt_port *port, struct sk_buff *skb,
		    unsigned int thoff, struct stt_outer *outer)
{
	unsigned int tcp_len, total, offset;
	enum stt_counter verdict;
	const struct stt_net *sn;
	const struct tcphdr *th;
	struct sk_buff *frame;
	bool bad;
	u32 seq;

	skb_orphan(skb);
	if (!pskb_may_pull(skb, thoff + sizeof(*th)))
		goto header;
	th = (void *)(skb->data + thoff);
	tcp_len = th->doff * 4;
	if (tcp_len < sizeof(*th) || !pskb_may_pull(skb, thoff + tcp_len))
		goto header;

	/* An IPsec policy may require a security association. */
	if (!xfrm_policy_check(NULL, XFRM_POLICY_IN, skb,
			       outer->ipv4 ? AF_INET : AF_INET6)) {
		stt_port_drop(port, skb, STT_RX_POLICY);
		return;
	}

	/* A checksum that the device has verified, or that a local sender has
	 * left to the device, is not computed.
	 */
	skb_set_transport_header(skb, thoff);
	__skb_pull(skb, thoff);
	if (outer->ipv4) {
		bad = skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo);
	} else {
		skb_postpull_rcsum(skb, skb_network_header(skb), thoff);
		bad = skb_checksum_init(skb, IPPROTO_TCP, ip6_compute_pseudo);
	}
	if (bad || skb_checksum_complete(skb)) {
		stt_port_drop(port, skb, STT_RX_CHECKSUM);
		return;
	}

	th = tcp_hdr(skb);
	seq = ntohl(th->seq);
	total = seq >> 16;
	offset = seq & 0xffff;
	outer->key.sport = th->source;
	outer->key.dport = th->dest;
	outer->key.frame_id = th->ack_seq;
	outer->mark = skb->mark;
	__skb_pull(skb, tcp_len);

	/* GSO may be unable to segment an inner packet with a frag_list. */
	if (!offset && skb->len == total && total >= STT_FRAME_MIN &&
	    !skb_has_frag_list(skb)) {
		stt_deliver(port, skb, outer);
		return;
	}

	sn = net_generic(port->net, stt_net_id);
	verdict = stt_reasm_add(sn->reasm, port->stats, skb, outer, total,
				offset, &frame);
	switch (verdict) {
	case STT_RX_QUEUED:
		tunnel_count(port->stats, verdict);
		consume_skb(skb);
		break;
	case STT_RX_COMPLETE:
		tunnel_count(port->stats, verdict);
		consume_skb(skb);
		if (frame)
			stt_deliver(port, frame, outer);
		else
			stt_port_drop(port, NULL, STT_RX_NO_MEMORY);
		break;
	default:
		stt_port_drop(port, skb, verdict);
		break;
	}
	return;

header:
	stt_port_drop(port, skb, STT_RX_HEADER);
}

/* Returns true if 'dev' is a VRF device or belongs to one.  Packets from there
 * are not for the tunnels, whose routes are not in a VRF.
 */
static bool stt_is_vrf(const struct net_device *dev)
{
	return netif_is_l3_master(dev) || netif_is_l3_slave(dev);
}

/* Returns the port that 'skb', whose TCP header is at offset 'thoff', is for
 * if one of the port's devices is up, otherwise NULL.  Broadcast and multicast
 * packets are for no port, as in TCP.
 */
static struct stt_port *stt_wants(const struct nf_hook_state *state,
				  const struct sk_buff *skb,
				  unsigned int thoff)
{
	const struct stt_net *sn = net_generic(state->net, stt_net_id);
	struct stt_port *port;
	const __be16 *dport;
	__be16 _dport;

	if (skb->pkt_type != PACKET_HOST ||
	    (state->in && stt_is_vrf(state->in)))
		return NULL;
	dport = skb_header_pointer(skb, thoff + offsetof(struct tcphdr, dest),
				   sizeof(_dport), &_dport);
	if (!dport)
		return NULL;
	port = stt_port_find(sn, *dport);
	return port && READ_ONCE(port->up) ? port : NULL;
}

/* Exempts 'skb', a segment, from connection tracking, unless it has a
 * connection already.  TCP connection tracking would find it invalid.
 */
static void stt_untrack(struct sk_buff *skb)
{
	if (!skb_get_nfct(skb))
		skb_set_nfct(skb, IP_CT_UNTRACKED);
}

/* IPv4 hook.  In PRE_ROUTING, exempts the segments for an address of this host
 * from connection tracking.  Takes them in LOCAL_IN, when IP has validated
 * their addresses and reassembled their fragments, and the firewall accepted
 * them.
 */
static unsigned int stt_hook4(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct stt_outer outer;
	struct stt_port *port;

	if (iph->protocol != IPPROTO_TCP || ip_is_fragment(iph))
		return NF_ACCEPT;
	port = stt_wants(state, skb, ip_hdrlen(skb));
	if (!port)
		return NF_ACCEPT;
	if (state->hook == NF_INET_PRE_ROUTING) {
		if (__ip_dev_find(state->net, iph->daddr, false))
			stt_untrack(skb);
		return NF_ACCEPT;
	}

	memset(&outer, 0, sizeof(outer));
	outer.ipv4 = true;
	ipv6_addr_set_v4mapped(iph->saddr, &outer.key.saddr);
	ipv6_addr_set_v4mapped(iph->daddr, &outer.key.daddr);
	outer.df = iph->frag_off & htons(IP_DF);
	outer.tos = iph->tos;
	outer.ttl = iph->ttl;

	/* A packet that NFQUEUE returns comes here in a system call. */
	local_bh_disable();
	stt_rcv(port, skb, ip_hdrlen(skb), &outer);
	local_bh_enable();
	return NF_STOLEN;
}

#if IS_ENABLED(CONFIG_IPV6)
/* IPv6 hook, like stt_hook4(), but does not take packets with extension
 * headers, fragments among them: IPv6 processes these only after LOCAL_IN.
 */
static unsigned int stt_hook6(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	const struct ipv6hdr *ip6h = ipv6_hdr(skb);
	struct stt_outer outer;
	struct stt_port *port;

	if (ip6h->nexthdr != IPPROTO_TCP)
		return NF_ACCEPT;
	port = stt_wants(state, skb, sizeof(*ip6h));
	if (!port)
		return NF_ACCEPT;
	if (state->hook == NF_INET_PRE_ROUTING) {
		if (ipv6_chk_addr(state->net, &ip6h->daddr, state->in, 0))
			stt_untrack(skb);
		return NF_ACCEPT;
	}

	memset(&outer, 0, sizeof(outer));
	outer.key.saddr = ip6h->saddr;
	outer.key.daddr = ip6h->daddr;
	outer.tos = ipv6_get_dsfield(ip6h);
	outer.ttl = ip6h->hop_limit;
	outer.label = ip6_flowlabel(ip6h);
	local_bh_disable();
	stt_rcv(port, skb, sizeof(*ip6h), &outer);
	local_bh_enable();
	return NF_STOLEN;
}
#endif

/* Before connection tracking, and after all rules for input: those of some
 * firewalls come after the filter table's priority.
 */
static const struct nf_hook_ops stt_hooks[] = {
	{
		.hook = stt_hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP_PRI_CONNTRACK - 1,
	},
	{
		.hook = stt_hook4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP_PRI_LAST - 1,
	},
#if IS_ENABLED(CONFIG_IPV6)
	{
		.hook = stt_hook6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_PRE_ROUTING,
		.priority = NF_IP6_PRI_CONNTRACK - 1,
	},
	{
		.hook = stt_hook6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_LAST - 1,
	},
#endif
};

/* Starts reception for 'dev'. */
int stt_open(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_net *sn = net_generic(stt->port->net, stt_net_id);
	int err;

	if (!sn->up) {
		err = nf_register_net_hooks(stt->port->net, stt_hooks,
					    ARRAY_SIZE(stt_hooks));
		if (err)
			return err;
	}
	sn->up++;
	WRITE_ONCE(stt->port->up, stt->port->up + 1);
	return 0;
}

/* Stops reception for 'dev'. */
int stt_stop(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_net *sn = net_generic(stt->port->net, stt_net_id);

	WRITE_ONCE(stt->port->up, stt->port->up - 1);
	if (!--sn->up)
		nf_unregister_net_hooks(stt->port->net, stt_hooks,
					ARRAY_SIZE(stt_hooks));
	return 0;
}
