// SPDX-License-Identifier: GPL-2.0
/* STT, Stateless Transport Tunneling: draft-davie-stt-08.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * An inner Ethernet frame, behind an 18-byte STT header, travels as the
 * payload of what looks like TCP, so that any TCP segmentation engine can cut
 * it and any large receive engine can merge it.  There is no connection: the
 * TCP sequence number holds the length of the STT frame and the offset in it,
 * the acknowledgment number identifies the frame.
 *
 * Transmit: a frame becomes one skb, which is a plain TCP GSO packet if it is
 * longer than the route's MTU.  What the STT header cannot say about the inner
 * packet's offload state the stack does before, because the device does not
 * advertise it (stt_setup(), stt_features_check()).
 *
 * Receive: one netfilter hook keeps connection tracking away from the
 * segments, another takes them behind the firewall's rules for input, before
 * TCP can see them.  A whole frame in one skb, as GRO and virtual devices
 * make them, is delivered as it is.  Others are copied to pages until they
 * are complete, so that what a sender can make us hold is known to the byte.
 */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/hashtable.h>
#include <linux/if_stt.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/gro_cells.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/route.h>
#include <net/rtnetlink.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "stt-counters.h"
#include "stt-offload.h"
#include "stt-reasm.h"
#include "stt-wire.h"
#include "tunnel-ecn.h"

/* A TCP port in a network namespace, with its devices: either a single one
 * that collects metadata, or any number of others.
 */
struct stt_port {
	struct hlist_node	node;		/* in stt_net's ports */
	struct net		*net;
	struct socket		*sock;		/* keeps others off the port */
	__be16			port;
	unsigned int		refs;		/* by devices, under RTNL */
	unsigned int		up;		/* devices up, under RTNL */
	struct tunnel_stats __percpu *stats;
	struct stt_dev __rcu	*collect_md;
	DECLARE_HASHTABLE(devs, 8);		/* by context ID */
};

struct stt_dev {
	struct hlist_node	node;		/* in stt_port's devs */
	struct net_device	*dev;
	struct stt_port		*port;
	struct gro_cells	gro_cells;
	bool			collect_md;
	struct ip_tunnel_info	info;		/* unless collect_md */
};

/* Parameters of a new device. */
struct stt_config {
	__be16			port;
	bool			collect_md;
	struct ip_tunnel_info	info;
};

static unsigned int stt_net_id __read_mostly;

struct stt_net {
	struct hlist_head	ports;		/* RCU, written under RTNL */
	unsigned int		up;		/* devices up, under RTNL */
	struct stt_reasm	*reasm;		/* from the first port on */
	struct stt_reasm_limits	limits;
	struct ctl_table_header	*sysctl;
};

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

/* Receive. */

static struct stt_port *stt_find_port(const struct stt_net *sn, __be16 port)
{
	struct stt_port *p;

	hlist_for_each_entry_rcu(p, &sn->ports, node, lockdep_rtnl_is_held()) {
		if (p->port == port)
			return p;
	}
	return NULL;
}

enum stt_match {
	STT_MATCH_NONE,
	STT_MATCH_ANY_LOCAL,		/* the device has no local address */
	STT_MATCH_EXACT
};

/* Returns how well the addresses of a device, in 'info', match those of a
 * packet that came over IPv4 if 'ipv4', otherwise IPv6.
 */
static enum stt_match stt_match(const struct ip_tunnel_info *info, bool ipv4,
				const struct in6_addr *remote,
				const struct in6_addr *local)
{
	const struct ip_tunnel_key *key = &info->key;

	if (ipv4 != (ip_tunnel_info_af(info) == AF_INET))
		return STT_MATCH_NONE;
	if (ipv4) {
		if (key->u.ipv4.dst != remote->s6_addr32[3])
			return STT_MATCH_NONE;
		if (!key->u.ipv4.src)
			return STT_MATCH_ANY_LOCAL;
		return key->u.ipv4.src == local->s6_addr32[3] ?
		       STT_MATCH_EXACT : STT_MATCH_NONE;
	}
	if (!ipv6_addr_equal(&key->u.ipv6.dst, remote))
		return STT_MATCH_NONE;
	if (ipv6_addr_any(&key->u.ipv6.src))
		return STT_MATCH_ANY_LOCAL;
	return ipv6_addr_equal(&key->u.ipv6.src, local) ?
	       STT_MATCH_EXACT : STT_MATCH_NONE;
}

/* Returns the device of 'port' for frames with the context ID 'id' and the
 * outer headers 'outer', or NULL.
 */
static struct stt_dev *stt_find_dev(struct stt_port *port, __be64 id,
				    const struct stt_outer *outer)
{
	struct stt_dev *stt = rcu_dereference(port->collect_md);
	struct stt_dev *any_local = NULL;

	if (stt)
		return stt;
	hash_for_each_possible_rcu(port->devs, stt, node, (__force u64)id) {
		if (stt->info.key.tun_id != id)
			continue;
		switch (stt_match(&stt->info, outer->ipv4, &outer->key.saddr,
				  &outer->key.daddr)) {
		case STT_MATCH_NONE:
			break;
		case STT_MATCH_ANY_LOCAL:
			any_local = stt;
			break;
		case STT_MATCH_EXACT:
			return stt;
		}
	}
	return any_local;
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
	stt = stt_find_dev(port, hdr.id, outer);
	if (!stt || !netif_running(stt->dev)) {
		stt_port_drop(port, skb, STT_RX_NO_DEVICE);
		return;
	}
	dev = stt->dev;

	/* Nothing is left of the outer packet's state.  Its GSO state is
	 * shared with clones that have the headers, as in stt_build().
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

	/* As the stack does later, where it loses the L4 header of a GSO
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

/* Takes 'skb', whose data starts with the outer IP header, for 'port', whose
 * TCP header starts 'thoff' bytes later.  'outer' has what the IP header says.
 * Bottom halves must be disabled.
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

	/* IPsec may demand that this came through a security association. */
	if (!xfrm_policy_check(NULL, XFRM_POLICY_IN, skb,
			       outer->ipv4 ? AF_INET : AF_INET6)) {
		stt_port_drop(port, skb, STT_RX_POLICY);
		return;
	}

	/* A sum that the device verified, or that a local sender has left to
	 * a device, needs no second look.
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

	/* A frame list would hinder whoever segments the inner packet. */
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

/* Returns true if 'dev' is a VRF device or belongs to one.  What arrives there
 * is not for the tunnels, whose routes are not in a VRF.
 */
static bool stt_is_vrf(const struct net_device *dev)
{
	return netif_is_l3_master(dev) || netif_is_l3_slave(dev);
}

/* Returns the port that 'skb' is for, if the TCP header that follows 'thoff'
 * bytes later names one of which a device is up, otherwise NULL.  As for TCP,
 * broadcasts and multicasts are for none.
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
	port = stt_find_port(sn, *dport);
	return port && READ_ONCE(port->up) ? port : NULL;
}

/* Keeps connection tracking, which takes a segment for TCP and would find it
 * invalid, away from 'skb', unless it has a connection already.
 */
static void stt_untrack(struct sk_buff *skb)
{
	if (!skb_get_nfct(skb))
		skb_set_nfct(skb, IP_CT_UNTRACKED);
}

/* IPv4 hook.  In PRE_ROUTING, segments for an address of this host become
 * untracked.  They are taken in LOCAL_IN, when the host has checked their
 * addresses, put their fragments together, and asked its firewall.
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

	/* What was queued to user space comes from there by a system call. */
	local_bh_disable();
	stt_rcv(port, skb, ip_hdrlen(skb), &outer);
	local_bh_enable();
	return NF_STOLEN;
}

#if IS_ENABLED(CONFIG_IPV6)
/* IPv6 hook, like stt_hook4(), but fragments are put together, and extension
 * headers processed, only after LOCAL_IN: such packets are not taken.
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

/* Before connection tracking, and after all rules for input: some firewalls
 * have theirs behind the filter table's priority.
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

/* Ports. */

/* Returns a socket bound to the TCP port 'port', for IPv4 and IPv6, which
 * keeps everyone else from using it, or an error pointer.
 */
static struct socket *stt_bind(struct net *net, __be16 port)
{
	int family = ipv6_mod_enabled() ? AF_INET6 : AF_INET;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = port,
	};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = port,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(net, family, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return ERR_PTR(err);

	if (family == AF_INET6) {
		/* Whatever net.ipv6.bindv6only says. */
		lock_sock(sock->sk);
		sock->sk->sk_ipv6only = false;
		release_sock(sock->sk);
		err = kernel_bind(sock, (struct sockaddr_unsized *)&sin6,
				  sizeof(sin6));
	} else {
		err = kernel_bind(sock, (struct sockaddr_unsized *)&sin,
				  sizeof(sin));
	}
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	return sock;
}

static void stt_port_put(struct stt_port *port)
{
	struct stt_net *sn = net_generic(port->net, stt_net_id);

	ASSERT_RTNL();
	if (--port->refs)
		return;
	hlist_del_rcu(&port->node);
	synchronize_net();
	stt_reasm_clean(sn->reasm, port->stats);
	sock_release(port->sock);
	free_percpu(port->stats);
	kfree(port);
}

/* Returns a reference to the port with the number 'number' in 'net', which is
 * created if it does not exist, or an error pointer, explained in 'extack'.
 */
static struct stt_port *stt_port_get(struct net *net, __be16 number,
				     struct netlink_ext_ack *extack)
{
	struct stt_net *sn = net_generic(net, stt_net_id);
	struct stt_port *port;
	int err;

	ASSERT_RTNL();
	port = stt_find_port(sn, number);
	if (port) {
		port->refs++;
		return port;
	}

	if (!sn->reasm)
		sn->reasm = stt_reasm_create(&sn->limits);
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port || !sn->reasm) {
		err = -ENOMEM;
		goto free;
	}
	port->net = net;
	port->port = number;
	port->refs = 1;
	hash_init(port->devs);
	port->stats = tunnel_stats_alloc(STT_N_COUNTERS);
	if (!port->stats) {
		err = -ENOMEM;
		goto free;
	}

	port->sock = stt_bind(net, number);
	if (IS_ERR(port->sock)) {
		err = PTR_ERR(port->sock);
		if (err == -EADDRINUSE)
			NL_SET_ERR_MSG(extack,
				       "The TCP port is used by another socket");
		else
			NL_SET_ERR_MSG(extack, "Cannot bind the TCP port");
		goto free_stats;
	}
	hlist_add_head_rcu(&port->node, &sn->ports);
	return port;

free_stats:
	free_percpu(port->stats);
free:
	kfree(port);
	return ERR_PTR(err);
}

/* Transmit. */

static DEFINE_PER_CPU(u32, stt_frame_id) = U32_MAX;
static atomic_t stt_frame_id_block;

/* Returns an ID for a frame.  No ID returns before 2**32 others have been
 * used, or 2**16 for each other CPU that sends: each CPU takes blocks of them,
 * from a random start.
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

/* What goes into the outer headers. */
struct stt_tx {
	struct net_device	*dev;
	struct stt_port		*port;
	struct stthdr		hdr;
	__be16			sport;
	__be16			df;
	u8			tos;
	u8			ttl;
	__be32			label;
	unsigned int		len;	/* of the inner frame */
};

/* Moves the tag of 'skb', if that is 802.1Q, to '*vlan'. */
static int stt_pull_tag(struct sk_buff *skb, __be16 *vlan)
{
	u16 tci;
	int err;

	if (skb_vlan_tag_present(skb)) {
		if (skb->vlan_proto != htons(ETH_P_8021Q))
			return -EINVAL;	/* the stack pushes those */
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
 * behind an IP header of 'iphlen' bytes.  Changes '*skbp', to NULL if there is
 * not enough memory for more headroom.
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

	/* As iptunnel_handle_offloads() does, takes the GSO state for a part
	 * of the headers.  TCP's own clone, which has none, gets it anew for
	 * each transmission.
	 */
	err = skb_cow_head(skb, headroom);
	if (err)
		return err;

	memcpy(__skb_push(skb, sizeof(tx->hdr)), &tx->hdr, sizeof(tx->hdr));
	th = __skb_push(skb, sizeof(*th));
	skb_reset_transport_header(skb);
	memset(th, 0, sizeof(*th));
	th->source = tx->sport;
	th->dest = tx->port->port;
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

/* Makes 'skb' ready to leave through 'dst', which it takes over. */
static void stt_set_dst(struct sk_buff *skb, struct dst_entry *dst)
{
	skb_scrub_packet(skb, false);
	skb_clear_hash_if_not_l4(skb);
	skb_dst_set(skb, dst);

	/* Connection tracking takes this for TCP, and would find it invalid. */
	skb_set_nfct(skb, IP_CT_UNTRACKED);
}

/* Returns the route for 'info', with a reference, or an error pointer.  Stores
 * the source address in '*saddr'.
 */
static struct rtable *stt_route4(struct sk_buff *skb,
				 const struct stt_tx *tx,
				 struct ip_tunnel_info *info, __be32 *saddr)
{
	bool use_cache = ip_tunnel_dst_cache_usable(skb, info);
	const struct ip_tunnel_key *key = &info->key;
	struct flowi4 fl4 = {
		.flowi4_mark = skb->mark,
		.flowi4_proto = IPPROTO_TCP,
		.daddr = key->u.ipv4.dst,
		.saddr = key->u.ipv4.src,
		.fl4_sport = tx->sport,
		.fl4_dport = tx->port->port,
	};
	struct rtable *rt;

	if (tx->tos != key->tos)
		use_cache = false;	/* inherited */
	if (use_cache) {
		rt = dst_cache_get_ip4(&info->dst_cache, saddr);
		if (rt)
			return rt;
	}
	flowi4_set_dsfield(&fl4, tx->tos);
	rt = ip_route_output_key(tx->port->net, &fl4);
	if (IS_ERR(rt))
		return rt;
	if (dst_dev(&rt->dst) == tx->dev) {
		ip_rt_put(rt);
		return ERR_PTR(-ELOOP);
	}
	*saddr = fl4.saddr;
	if (use_cache)
		dst_cache_set_ip4(&info->dst_cache, &rt->dst, fl4.saddr);
	return rt;
}

/* Sends '*skbp' over IPv4.  On failure, it is left for the caller to free. */
static int stt_xmit4(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	__be32 saddr, daddr = info->key.u.ipv4.dst;
	struct net *net = tx->port->net;
	struct sk_buff *skb;
	struct rtable *rt;
	struct iphdr *iph;
	int err;

	rt = stt_route4(*skbp, tx, info, &saddr);
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
	iph->tos = tx->tos;
	iph->frag_off = tx->df;
	iph->ttl = tx->ttl ? : ip4_dst_hoplimit(&rt->dst);
	iph->protocol = IPPROTO_TCP;
	iph->saddr = saddr;
	iph->daddr = daddr;
	__ip_select_ident(net, iph, skb_shinfo(skb)->gso_segs ? : 1);
	err = ip_local_out(net, NULL, skb);
	iptunnel_xmit_stats(tx->dev, net_xmit_eval(err) ? 0 : tx->len);
	return 0;
}

#if IS_ENABLED(CONFIG_IPV6)
/* Like stt_route4(), for IPv6. */
static struct dst_entry *stt_route6(struct sk_buff *skb,
				    const struct stt_tx *tx,
				    struct ip_tunnel_info *info,
				    struct in6_addr *saddr)
{
	bool use_cache = ip_tunnel_dst_cache_usable(skb, info);
	const struct ip_tunnel_key *key = &info->key;
	struct flowi6 fl6 = {
		.flowi6_mark = skb->mark,
		.flowi6_proto = IPPROTO_TCP,
		.daddr = key->u.ipv6.dst,
		.saddr = key->u.ipv6.src,
		.flowlabel = ip6_make_flowinfo(tx->tos, tx->label),
		.fl6_sport = tx->sport,
		.fl6_dport = tx->port->port,
	};
	struct dst_entry *dst;

	/* There are no tables to look into. */
	if (!ipv6_mod_enabled())
		return ERR_PTR(-EAFNOSUPPORT);

	if (tx->tos != key->tos)
		use_cache = false;	/* inherited */
	if (use_cache) {
		dst = dst_cache_get_ip6(&info->dst_cache, saddr);
		if (dst)
			return dst;
	}
	dst = ip6_dst_lookup_flow(tx->port->net, NULL, &fl6, NULL);
	if (IS_ERR(dst))
		return dst;
	if (dst_dev(dst) == tx->dev) {
		dst_release(dst);
		return ERR_PTR(-ELOOP);
	}
	*saddr = fl6.saddr;
	if (use_cache)
		dst_cache_set_ip6(&info->dst_cache, dst, &fl6.saddr);
	return dst;
}

/* Like stt_xmit4(), for IPv6. */
static int stt_xmit6(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	struct in6_addr saddr, daddr = info->key.u.ipv6.dst;
	struct dst_entry *dst;
	struct ipv6hdr *ip6h;
	struct sk_buff *skb;
	int err;

	dst = stt_route6(*skbp, tx, info, &saddr);
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
	ip6_flow_hdr(ip6h, tx->tos, tx->label);
	ip6h->payload_len = htons(skb->len - sizeof(*ip6h));
	ip6h->nexthdr = IPPROTO_TCP;
	ip6h->hop_limit = tx->ttl ? : ip6_dst_hoplimit(dst);
	ip6h->saddr = saddr;
	ip6h->daddr = daddr;
	err = ip6_local_out(tx->port->net, NULL, skb);
	iptunnel_xmit_stats(tx->dev, net_xmit_eval(err) ? 0 : tx->len);
	return 0;
}
#else
static int stt_xmit6(struct sk_buff **skbp, struct stt_tx *tx,
		     struct ip_tunnel_info *info)
{
	return -EAFNOSUPPORT;
}
#endif

static netdev_tx_t stt_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_tx tx = { .dev = dev, .port = stt->port };
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

	/* All that depends on the inner packet, before it changes. */
	tx.sport = udp_flow_src_port(stt->port->net, skb, 0, 0, true);
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
	tx.tos = info->key.tos;
	if (!stt->collect_md && tx.tos == 1)
		tx.tos = in.dsfield;
	tx.tos = tunnel_ecn_encapsulate(tx.tos, &in);
	tx.ttl = info->key.ttl;
	tx.label = info->key.label;
	if (ip_tunnel_key_test(&info->key, IP_TUNNEL_DONT_FRAGMENT_BIT))
		tx.df = htons(IP_DF);
	tx.len = skb->len;

	/* Each level of tunnels takes much of the stack. */
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

/* The device. */

static int stt_init(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	int err;

	err = netdev_alloc_tstats(dev);
	if (err)
		return err;
	err = gro_cells_init(&stt->gro_cells, dev);
	if (err)
		goto free_tstats;
	if (!stt->collect_md) {
		err = dst_cache_init(&stt->info.dst_cache, GFP_KERNEL);
		if (err)
			goto free_gro_cells;
	}
	stt->port->refs++;
	__module_get(THIS_MODULE);
	return 0;

free_gro_cells:
	gro_cells_destroy(&stt->gro_cells);
free_tstats:
	netdev_free_tstats(dev);
	return err;
}

static void stt_uninit(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);

	if (stt->collect_md) {
		if (rtnl_dereference(stt->port->collect_md) == stt)
			RCU_INIT_POINTER(stt->port->collect_md, NULL);
	} else if (!hlist_unhashed(&stt->node)) {
		hash_del_rcu(&stt->node);
	}
	gro_cells_destroy(&stt->gro_cells);
	if (!stt->collect_md)
		dst_cache_destroy(&stt->info.dst_cache);
	netdev_free_tstats(dev);
	stt_port_put(stt->port);
	module_put(THIS_MODULE);
}

static int stt_open(struct net_device *dev)
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

static int stt_stop(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_net *sn = net_generic(stt->port->net, stt_net_id);

	WRITE_ONCE(stt->port->up, stt->port->up - 1);
	if (!--sn->up)
		nf_unregister_net_hooks(stt->port->net, stt_hooks,
					ARRAY_SIZE(stt_hooks));
	return 0;
}

/* Completes the metadata of 'skb' with what stt_xmit() would send. */
static int stt_fill_metadata_dst(struct net_device *dev, struct sk_buff *skb)
{
	struct ip_tunnel_info *info = skb_tunnel_info(skb);
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_tx tx = { .dev = dev, .port = stt->port };

	tx.sport = udp_flow_src_port(stt->port->net, skb, 0, 0, true);
	tx.tos = info->key.tos;
	tx.label = info->key.label;
	if (ip_tunnel_info_af(info) == AF_INET) {
		struct rtable *rt;
		__be32 saddr;

		rt = stt_route4(skb, &tx, info, &saddr);
		if (IS_ERR(rt))
			return PTR_ERR(rt);
		ip_rt_put(rt);
		info->key.u.ipv4.src = saddr;
#if IS_ENABLED(CONFIG_IPV6)
	} else {
		struct dst_entry *dst;
		struct in6_addr saddr;

		dst = stt_route6(skb, &tx, info, &saddr);
		if (IS_ERR(dst))
			return PTR_ERR(dst);
		dst_release(dst);
		info->key.u.ipv6.src = saddr;
#endif
	}
	info->key.tp_src = tx.sport;
	info->key.tp_dst = stt->port->port;
	return 0;
}

static const struct net_device_ops stt_netdev_ops = {
	.ndo_init		= stt_init,
	.ndo_uninit		= stt_uninit,
	.ndo_open		= stt_open,
	.ndo_stop		= stt_stop,
	.ndo_start_xmit		= stt_xmit,
	.ndo_features_check	= stt_features_check,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_fill_metadata_dst	= stt_fill_metadata_dst,
};

static void stt_get_drvinfo(struct net_device *dev,
			    struct ethtool_drvinfo *drvinfo)
{
	strscpy(drvinfo->driver, "stt", sizeof(drvinfo->driver));
}

static const char * const stt_counter_names[] = {
#define STT_COUNTER(NAME, STRING, REASON) STRING,
	STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
	"reassembly_frames",
	"reassembly_bytes",
};

#define STT_N_STATS	ARRAY_SIZE(stt_counter_names)

static int stt_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? STT_N_STATS : -EOPNOTSUPP;
}

static void stt_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	size_t i;

	if (sset == ETH_SS_STATS) {
		for (i = 0; i < STT_N_STATS; i++)
			ethtool_sprintf(&data, "%s", stt_counter_names[i]);
	}
}

/* The counters are those of the device's port. */
static void stt_get_ethtool_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	const struct stt_dev *stt = netdev_priv(dev);
	struct stt_net *sn = net_generic(stt->port->net, stt_net_id);

	tunnel_stats_read(stt->port->stats, STT_N_COUNTERS, data);
	data[STT_N_COUNTERS] = stt_reasm_n_frames(sn->reasm);
	data[STT_N_COUNTERS + 1] = stt_reasm_n_bytes(sn->reasm);
}

static const struct ethtool_ops stt_ethtool_ops = {
	.get_drvinfo		= stt_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= stt_get_sset_count,
	.get_strings		= stt_get_strings,
	.get_ethtool_stats	= stt_get_ethtool_stats,
};

static struct device_type stt_type = {
	.name = "stt",
};

/* Of the offloads of TCP, those that the STT header can ask a receiver for.
 * IP IDs may change: such packets have DF set (RFC 6864).
 */
#define STT_FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |	\
			 NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID |		\
			 NETIF_F_RXCSUM | NETIF_F_HIGHDMA)

static void stt_setup(struct net_device *dev)
{
	ether_setup(dev);
	SET_NETDEV_DEVTYPE(dev, &stt_type);
	dev->netdev_ops = &stt_netdev_ops;
	dev->ethtool_ops = &stt_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = STT_INNER_MAX - ETH_HLEN - VLAN_HLEN;
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct ipv6hdr) +
			       STT_HLEN;
	netdev_set_tstats(dev);
	netdev_set_lltx(dev);
	netdev_set_netns_immutable(dev);
	netif_keep_dst(dev);

	dev->hw_features = STT_FEATURES;
	dev->vlan_features = STT_FEATURES;
	dev->features |= STT_FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
	netif_set_tso_max_size(dev, STT_INNER_MAX);
	eth_hw_addr_random(dev);
}

/* Netlink. */

static const struct nla_policy stt_policy[IFLA_STT_MAX + 1] = {
	[IFLA_STT_UNSPEC]		= { .strict_start_type = IFLA_STT_PORT },
	[IFLA_STT_PORT]			= { .type = NLA_U16 },
	[IFLA_STT_COLLECT_METADATA]	= { .type = NLA_FLAG },
	[IFLA_STT_ID]			= { .type = NLA_U64 },
	[IFLA_STT_REMOTE]		= { .type = NLA_U32 },
	[IFLA_STT_REMOTE6]		=
		NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_STT_LOCAL]		= { .type = NLA_U32 },
	[IFLA_STT_LOCAL6]		=
		NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_STT_TTL]			= { .type = NLA_U8 },
	[IFLA_STT_TOS]			= { .type = NLA_U8 },
};

static int stt_validate(struct nlattr *tb[], struct nlattr *data[],
			struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS]) {
		if (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN) {
			NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
					    "The link layer address is not an Ethernet address");
			return -EINVAL;
		}
		if (!is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS]))) {
			NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
					    "The Ethernet address is not a unicast address");
			return -EADDRNOTAVAIL;
		}
	}
	return 0;
}

/* Reads the addresses in 'data' into 'info', whose mode is IPv6 or not. */
static int stt_get_addrs(struct nlattr *data[], struct ip_tunnel_info *info,
			 struct netlink_ext_ack *extack)
{
	struct ip_tunnel_key *key = &info->key;
	struct nlattr *bad;

	if (data[IFLA_STT_REMOTE] && data[IFLA_STT_REMOTE6]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "Only one remote address is possible");
		return -EINVAL;
	}
	bad = data[IFLA_STT_REMOTE] ? data[IFLA_STT_LOCAL6] :
				      data[IFLA_STT_LOCAL];
	if (bad) {
		NL_SET_ERR_MSG_ATTR(extack, bad,
				    "The local and the remote address are of different families");
		return -EINVAL;
	}

	if (data[IFLA_STT_REMOTE]) {
		key->u.ipv4.dst = nla_get_in_addr(data[IFLA_STT_REMOTE]);
		if (data[IFLA_STT_LOCAL])
			key->u.ipv4.src =
				nla_get_in_addr(data[IFLA_STT_LOCAL]);
		if (ipv4_is_multicast(key->u.ipv4.dst) ||
		    ipv4_is_lbcast(key->u.ipv4.dst) ||
		    ipv4_is_zeronet(key->u.ipv4.dst)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE],
					    "The remote address is not a unicast address");
			return -EINVAL;
		}
		if (ipv4_is_multicast(key->u.ipv4.src) ||
		    ipv4_is_lbcast(key->u.ipv4.src)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_LOCAL],
					    "The local address is not a unicast address");
			return -EINVAL;
		}
		return 0;
	}

	if (!ipv6_mod_enabled()) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "The kernel has no IPv6");
		return -EAFNOSUPPORT;
	}
	info->mode |= IP_TUNNEL_INFO_IPV6;
	key->u.ipv6.dst = nla_get_in6_addr(data[IFLA_STT_REMOTE6]);
	if (data[IFLA_STT_LOCAL6])
		key->u.ipv6.src = nla_get_in6_addr(data[IFLA_STT_LOCAL6]);
	if (!(ipv6_addr_type(&key->u.ipv6.dst) & IPV6_ADDR_UNICAST) ||
	    ipv6_addr_type(&key->u.ipv6.dst) & IPV6_ADDR_LINKLOCAL) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "The remote address is not a global unicast address");
		return -EINVAL;
	}
	if (!ipv6_addr_any(&key->u.ipv6.src) &&
	    !(ipv6_addr_type(&key->u.ipv6.src) & IPV6_ADDR_UNICAST)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_LOCAL6],
				    "The local address is not a unicast address");
		return -EINVAL;
	}
	return 0;
}

/* Reads 'data', which may be NULL, into 'config'. */
static int stt_get_config(struct nlattr *data[], struct stt_config *config,
			  struct netlink_ext_ack *extack)
{
	static const int fixed_only[] = {
		IFLA_STT_ID, IFLA_STT_LOCAL, IFLA_STT_LOCAL6, IFLA_STT_TTL,
		IFLA_STT_TOS,
	};
	struct ip_tunnel_key *key = &config->info.key;
	struct nlattr *remote;
	size_t i;

	memset(config, 0, sizeof(*config));
	config->port = htons(STT_PORT);
	config->collect_md = true;
	if (!data)
		return 0;

	if (data[IFLA_STT_PORT]) {
		config->port = nla_get_be16(data[IFLA_STT_PORT]);
		if (!config->port) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_PORT],
					    "The port is 0");
			return -EINVAL;
		}
	}
	remote = data[IFLA_STT_REMOTE] ? : data[IFLA_STT_REMOTE6];
	if (!remote) {
		for (i = 0; i < ARRAY_SIZE(fixed_only); i++) {
			struct nlattr *bad = data[fixed_only[i]];

			if (bad) {
				NL_SET_ERR_MSG_ATTR(extack, bad,
						    "The attribute needs a remote address");
				return -EINVAL;
			}
		}
		return 0;
	}
	if (data[IFLA_STT_COLLECT_METADATA]) {
		NL_SET_ERR_MSG_ATTR(extack, remote,
				    "A device that collects metadata has no remote address");
		return -EINVAL;
	}

	config->collect_md = false;
	config->info.mode = IP_TUNNEL_INFO_TX;
	ip_tunnel_key_set(key, IP_TUNNEL_DONT_FRAGMENT_BIT);
	key->tp_dst = config->port;
	if (data[IFLA_STT_ID])
		key->tun_id = cpu_to_be64(nla_get_u64(data[IFLA_STT_ID]));
	if (data[IFLA_STT_TTL])
		key->ttl = nla_get_u8(data[IFLA_STT_TTL]);
	if (data[IFLA_STT_TOS])
		key->tos = nla_get_u8(data[IFLA_STT_TOS]);
	return stt_get_addrs(data, &config->info, extack);
}

/* Returns true if 'a' and 'b', neither of which collects metadata, are of the
 * same tunnel.
 */
static bool stt_same_tunnel(const struct ip_tunnel_info *a,
			    const struct ip_tunnel_info *b)
{
	return a->key.tun_id == b->key.tun_id && a->mode == b->mode &&
	       !memcmp(&a->key.u, &b->key.u,
		       ip_tunnel_info_af(a) == AF_INET ?
		       sizeof(a->key.u.ipv4) : sizeof(a->key.u.ipv6));
}

/* Checks that 'stt' may be added to 'port'. */
static int stt_check_conflict(struct stt_port *port, const struct stt_dev *stt,
			      struct netlink_ext_ack *extack)
{
	struct stt_dev *other;

	if (rtnl_dereference(port->collect_md)) {
		NL_SET_ERR_MSG(extack,
			       "A device that collects metadata has the port");
		return -EEXIST;
	}
	if (stt->collect_md) {
		if (!hash_empty(port->devs)) {
			NL_SET_ERR_MSG(extack,
				       "A device with a remote address has the port");
			return -EEXIST;
		}
		return 0;
	}
	hash_for_each_possible(port->devs, other, node,
			       (__force u64)stt->info.key.tun_id) {
		if (stt_same_tunnel(&other->info, &stt->info)) {
			NL_SET_ERR_MSG(extack,
				       "A device with the same addresses, ID and port exists");
			return -EEXIST;
		}
	}
	return 0;
}

static int stt_newlink(struct net_device *dev,
		       struct rtnl_newlink_params *params,
		       struct netlink_ext_ack *extack)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_config config;
	struct stt_port *port;
	int err;

	err = stt_get_config(params->data, &config, extack);
	if (err)
		return err;
	port = stt_port_get(dev_net(dev), config.port, extack);
	if (IS_ERR(port))
		return PTR_ERR(port);

	stt->dev = dev;
	stt->port = port;
	stt->collect_md = config.collect_md;
	stt->info = config.info;
	INIT_HLIST_NODE(&stt->node);
	err = stt_check_conflict(port, stt, extack);
	if (!err)
		err = register_netdevice(dev);
	if (!err) {
		if (stt->collect_md)
			rcu_assign_pointer(port->collect_md, stt);
		else
			hash_add_rcu(port->devs, &stt->node,
				     (__force u64)stt->info.key.tun_id);
	}
	stt_port_put(port);
	return err;
}
DEFINE_RTNL_NEWLINK(stt_newlink)

static void stt_dellink(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

static size_t stt_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(__be16)) +		/* IFLA_STT_PORT */
	       nla_total_size(0) +		/* IFLA_STT_COLLECT_METADATA */
	       nla_total_size_64bit(sizeof(u64)) +	/* IFLA_STT_ID */
	       nla_total_size(sizeof(struct in6_addr)) + /* REMOTE(6) */
	       nla_total_size(sizeof(struct in6_addr)) + /* LOCAL(6) */
	       nla_total_size(sizeof(u8)) +		/* IFLA_STT_TTL */
	       nla_total_size(sizeof(u8)) +		/* IFLA_STT_TOS */
	       0;
}

static int stt_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct stt_dev *stt = netdev_priv(dev);
	const struct ip_tunnel_key *key = &stt->info.key;

	if (nla_put_be16(skb, IFLA_STT_PORT, stt->port->port))
		return -EMSGSIZE;
	if (stt->collect_md)
		return nla_put_flag(skb, IFLA_STT_COLLECT_METADATA);

	if (nla_put_u64_64bit(skb, IFLA_STT_ID, be64_to_cpu(key->tun_id),
			      IFLA_STT_PAD) ||
	    nla_put_u8(skb, IFLA_STT_TTL, key->ttl) ||
	    nla_put_u8(skb, IFLA_STT_TOS, key->tos))
		return -EMSGSIZE;
	if (ip_tunnel_info_af(&stt->info) == AF_INET) {
		if (nla_put_in_addr(skb, IFLA_STT_REMOTE, key->u.ipv4.dst) ||
		    (key->u.ipv4.src &&
		     nla_put_in_addr(skb, IFLA_STT_LOCAL, key->u.ipv4.src)))
			return -EMSGSIZE;
	} else {
		if (nla_put_in6_addr(skb, IFLA_STT_REMOTE6,
				     &key->u.ipv6.dst) ||
		    (!ipv6_addr_any(&key->u.ipv6.src) &&
		     nla_put_in6_addr(skb, IFLA_STT_LOCAL6,
				      &key->u.ipv6.src)))
			return -EMSGSIZE;
	}
	return 0;
}

static struct rtnl_link_ops stt_link_ops __read_mostly = {
	.kind		= "stt",
	.maxtype	= IFLA_STT_MAX,
	.policy		= stt_policy,
	.priv_size	= sizeof(struct stt_dev),
	.setup		= stt_setup,
	.validate	= stt_validate,
	.newlink	= RTNL_NEWLINK(stt_newlink),
	.dellink	= stt_dellink,
	.get_size	= stt_get_size,
	.fill_info	= stt_fill_info,
};

/* Network namespaces. */

static unsigned long stt_max_bytes_min = 1 << 20;
static unsigned int stt_max_frames_max = 1 << 24;
static unsigned int stt_timeout_max = 60 * 1000;

/* Limits of reassembly.  The data of each is in struct stt_net. */
static const struct ctl_table stt_sysctl[] = {
	{
		.procname = "reassembly_max_bytes",
		.data = (void *)offsetof(struct stt_net, limits.max_bytes),
		.maxlen = sizeof(unsigned long),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
		.extra1 = &stt_max_bytes_min,
	},
	{
		.procname = "reassembly_max_frames",
		.data = (void *)offsetof(struct stt_net, limits.max_frames),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &stt_max_frames_max,
	},
	{
		.procname = "reassembly_timeout_ms",
		.data = (void *)offsetof(struct stt_net, limits.timeout),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &stt_timeout_max,
	},
};

static int __net_init stt_init_net(struct net *net)
{
	struct stt_net *sn = net_generic(net, stt_net_id);
	struct ctl_table *table;
	size_t i;

	INIT_HLIST_HEAD(&sn->ports);
	sn->limits.max_bytes = 64 << 20;
	sn->limits.max_frames = 65536;
	sn->limits.timeout = 1000;

	/* Who has a user namespace of his own gets less of the host's memory,
	 * and cannot change that.
	 */
	if (net->user_ns != &init_user_ns) {
		sn->limits.max_bytes = 4 << 20;
		return 0;
	}

	/* Older kernels want an empty entry at the end. */
	table = kcalloc(ARRAY_SIZE(stt_sysctl) + 1, sizeof(*table),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, stt_sysctl, sizeof(stt_sysctl));
	for (i = 0; i < ARRAY_SIZE(stt_sysctl); i++)
		table[i].data = (char *)sn + (unsigned long)table[i].data;
	sn->sysctl = register_net_sysctl_sz(net, "net/stt", table,
					    ARRAY_SIZE(stt_sysctl));
	if (!sn->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/* The devices are gone already: they cannot leave their namespace. */
static void __net_exit stt_exit_net(struct net *net)
{
	struct stt_net *sn = net_generic(net, stt_net_id);

	if (sn->sysctl) {
		const struct ctl_table *table = sn->sysctl->ctl_table_arg;

		unregister_net_sysctl_table(sn->sysctl);
		kfree(table);
	}
	WARN_ON_ONCE(!hlist_empty(&sn->ports));
	stt_reasm_destroy(sn->reasm);
}

static struct pernet_operations stt_net_ops = {
	.init = stt_init_net,
	.exit = stt_exit_net,
	.id = &stt_net_id,
	.size = sizeof(struct stt_net),
};

/* The module. */

static int __init stt_init_module(void)
{
	int err;

	atomic_set(&stt_frame_id_block, get_random_u32());
	err = stt_reasm_init();
	if (err)
		return err;
	err = register_pernet_subsys(&stt_net_ops);
	if (err)
		goto exit_reasm;
	err = rtnl_link_register(&stt_link_ops);
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&stt_net_ops);
exit_reasm:
	stt_reasm_exit();
	return err;
}
module_init(stt_init_module);

static void __exit stt_exit_module(void)
{
	rtnl_link_unregister(&stt_link_ops);
	unregister_pernet_subsys(&stt_net_ops);
	stt_reasm_exit();
}
module_exit(stt_exit_module);

MODULE_ALIAS_RTNL_LINK("stt");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("STT tunnels for overlay networks");
