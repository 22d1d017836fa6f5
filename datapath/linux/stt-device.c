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
#include <linux/hash.h>
#include <linux/hashtable.h>
#include <linux/if_stt.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/siphash.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/workqueue.h>
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
#include "stt-wire.h"

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
	struct ctl_table_header	*sysctl;

	/* Limits of reassembly. */
	unsigned long		max_bytes;
	unsigned int		max_frames;
	unsigned int		timeout;	/* ms */
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

/* The inner packet. */

struct stt_inner {
	unsigned int	l4;		/* offset of the L4 header */
	unsigned int	end;		/* offset of the end of the packet */
	unsigned int	l3;		/* offset of the IP header */
	bool		ipv4;
	bool		plain;		/* no fragment, no IPv6 options */
	bool		fragment;
	u8		protocol;	/* of L4 */
	u8		dsfield;
};

/* Finds the IP packet in 'skb', whose data starts with an Ethernet header.
 * Returns false if there is none, or not all of it.
 */
static bool stt_parse_inner(const struct sk_buff *skb, struct stt_inner *in)
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

/* Returns the offset of the checksum in the L4 header of 'in', or 0 if it is
 * neither TCP nor UDP or not all there.
 */
static unsigned int stt_csum_offset(const struct stt_inner *in)
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

/* Returns true if the STT header can express the offload state of 'skb', with
 * a partial checksum, whose headers are in 'in'.
 */
static bool stt_can_express(const struct sk_buff *skb,
			    const struct stt_inner *in)
{
	/* A routing header hides whose address the checksum is over. */
	if (!in->plain || in->l4 > U8_MAX ||
	    skb->csum_offset != stt_csum_offset(in) ||
	    skb_checksum_start_offset(skb) != in->l4)
		return false;

	/* The receiver is asked for plain TSO only. */
	return !skb_is_gso(skb) ||
	       (in->protocol == IPPROTO_TCP &&
		skb_shinfo(skb)->gso_size >= STT_MSS_MIN &&
		!(skb_shinfo(skb)->gso_type &
		  ~(SKB_GSO_TCPV4 | SKB_GSO_TCPV6 | SKB_GSO_TCP_FIXEDID |
		    SKB_GSO_DODGY)));
}

/* Restores the offload state of 'skb', whose data starts with the inner
 * Ethernet header, from the STT header 'hdr' that it came with.  Nothing that
 * 'hdr' says is believed unless 'skb' is like that.
 */
static int stt_get_offload(struct sk_buff *skb, const struct stthdr *hdr)
{
	bool ipv4 = hdr->flags & STT_F_IPV4, tcp = hdr->flags & STT_F_TCP;
	unsigned int csum_ofs, l4_len, mss = ntohs(hdr->mss);
	unsigned int payload = 0;
	struct stt_inner in;
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
	    !stt_parse_inner(skb, &in) ||
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

	/* Padding would be summed up, and become a part of each segment. */
	if (pskb_trim(skb, in.end) ||
	    skb_ensure_writable(skb, in.l4 + (tcp ? sizeof(struct tcphdr) :
					      sizeof(struct udphdr))))
		return -ENOMEM;

	/* The sender's sum of the pseudo-header may have another length.
	 * Behind a routing header, only the sender knows it.
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

		/* Whoever segments checks it and counts the segments. */
		shinfo->gso_size = mss;
		shinfo->gso_type = SKB_GSO_DODGY |
				   (ipv4 ? SKB_GSO_TCPV4 : SKB_GSO_TCPV6) |
				   (th->cwr ? SKB_GSO_TCP_ECN : 0);
	}
	return 0;
}

/* Reassembly.
 *
 * Anyone who can reach the underlay can send segments, so what is held is
 * bounded in bytes and in frames, in each network namespace.  When a limit is
 * reached, a sender that holds 7/8 of a share or more gives up the frame whose
 * last segment is the longest ago, and a frame that gets no segment for a
 * while is given up.  A share is the limit divided by the senders with frames.
 *
 * The segments of one frame may arrive on different CPUs.
 */

#define STT_SHARD_BITS		6
#define STT_N_SHARDS		(1 << STT_SHARD_BITS)
#define STT_BUCKET_BITS		7

/* Most pieces of a frame with gaps between them. */
#define STT_MAX_RANGES		128

#define STT_MAX_PAGES		DIV_ROUND_UP(U16_MAX, PAGE_SIZE)

/* Places for senders, and how many of them one can have. */
#define STT_N_SOURCES		256
#define STT_SOURCE_WAYS		8

/* What a sender holds is one number: frames << STT_FRAMES_SHIFT | bytes. */
#define STT_FRAMES_SHIFT	38
#define STT_ONE_FRAME		(1LL << STT_FRAMES_SHIFT)

/* How many frames make room for one segment at most. */
#define STT_MAX_EVICTIONS	64

/* What the outer headers say about a segment.  An IPv4 address is a v4-mapped
 * IPv6 address.
 */
struct stt_outer {
	struct stt_key {
		struct in6_addr	saddr, daddr;
		__be32		frame_id;
		__be16		sport, dport;
	} key;
	bool	ipv4;
	bool	df;
	u8	tos;
	u8	ttl;
	__be32	label;			/* flow label, IPv6 only */
	u32	mark;			/* what the host marked it with */
};

/* Bytes received: 'start' to 'end' - 1. */
struct stt_range {
	u16	start, end;
};

/* The frames of a sender in a shard, protected by the lock of the shard. */
struct stt_part {
	struct list_head	lru;	/* least recently used first */
	u64			oldest;	/* used of the first one, or U64_MAX */
};

/* A sender, by its outer address.  It has a place as long as it has incomplete
 * frames; if more senders have some than there are places, some share one.
 * Places are taken without a lock: two senders may get the same one although
 * others are free, and one sender two.
 */
struct stt_source {
	u64			tag;	/* hash of the address */
	atomic64_t		used;	/* what its frames take */
	struct stt_part		parts[STT_N_SHARDS];
};

/* What is limited. */
enum stt_resource {
	STT_FRAMES,
	STT_BYTES,
	STT_N_RESOURCES
};

/* Who needs what, when a limit is reached. */
struct stt_need {
	struct stt_source	*source;
	bool			grows;	/* a frame that it has */
	enum stt_resource	resource;
};

/* An incomplete frame, protected by the lock of its shard. */
struct stt_frame {
	struct hlist_node	node;	/* in the bucket */
	struct list_head	lru;	/* in the part's lru, or to be freed */
	struct stt_source	*source;
	struct stt_part		*part;
	long			bytes;	/* that it takes */
	struct stt_port		*port;
	u64			used;	/* value of the clock at ... */
	unsigned long		used_jiffies; /* ... the last segment */

	struct stt_outer	outer;	/* of offset 0, except for the key */
	bool			ce;	/* any accepted segment had CE */
	u16			total;

	/* What was received, in order, with a gap between each two. */
	u8			n_ranges;
	struct stt_range	ranges[STT_MAX_RANGES];

	/* Where it is, NULL if there is nothing in that page yet. */
	struct page		*pages[STT_MAX_PAGES];
};

struct stt_shard {
	spinlock_t		lock;
	unsigned int		n_frames;
	struct hlist_head	buckets[1 << STT_BUCKET_BITS];
} ____cacheline_aligned_in_smp;

struct stt_reasm {
	struct stt_net		*sn;
	struct delayed_work	work;	/* looks for frames to expire */
	u32			seed;
	siphash_key_t		source_key;	/* for tags */
	atomic_long_t		bytes;
	atomic_t		frames;

	/* Orders frames by use, over all shards.  It advances with each new
	 * frame.
	 */
	atomic64_t		clock;

	/* The senders that have frames, and of each resource the one that had
	 * most of it when that last mattered, or NULL.
	 */
	atomic_t		n_sources;
	struct stt_source	*heavy[STT_N_RESOURCES];

	struct stt_shard	shards[STT_N_SHARDS];
	struct stt_source	sources[STT_N_SOURCES];
};

static struct kmem_cache *stt_frame_cache __read_mostly;

/* Adds 'bytes' and 'frames' to what 'r' holds.  Returns false if that would
 * be more than the limits allow, and stores in '*resource' which one.
 */
static bool stt_reasm_charge(struct stt_reasm *r, long bytes, int frames,
			     enum stt_resource *resource)
{
	const struct stt_net *sn = r->sn;

	*resource = STT_FRAMES;
	if (frames &&
	    atomic_inc_return(&r->frames) > READ_ONCE(sn->max_frames))
		goto frames;
	*resource = STT_BYTES;
	if (atomic_long_add_return(bytes, &r->bytes) >
	    READ_ONCE(sn->max_bytes))
		goto bytes;
	return true;

bytes:
	atomic_long_sub(bytes, &r->bytes);
frames:
	atomic_sub(frames, &r->frames);
	return false;
}

static void stt_reasm_uncharge(struct stt_reasm *r, long bytes, int frames)
{
	atomic_long_sub(bytes, &r->bytes);
	atomic_sub(frames, &r->frames);
}

/* Frees 'f', which is in no shard any more. */
static void stt_frame_free(struct stt_reasm *r, struct stt_frame *f)
{
	long bytes = sizeof(*f);
	int i;

	for (i = 0; i < STT_MAX_PAGES; i++) {
		if (f->pages[i]) {
			__free_page(f->pages[i]);
			bytes += PAGE_SIZE;
		}
	}
	kmem_cache_free(stt_frame_cache, f);
	stt_reasm_uncharge(r, bytes, 1);
}

static void stt_frame_free_list(struct stt_reasm *r, struct list_head *list)
{
	struct stt_frame *f, *next;

	list_for_each_entry_safe(f, next, list, lru)
		stt_frame_free(r, f);
}

/* Returns the sender with 'addr'.  It has a place of its own, unless others
 * have frames in all places where it could be.
 */
static struct stt_source *stt_source_find(struct stt_reasm *r,
					  const struct in6_addr *addr)
{
	u64 tag = siphash(addr, sizeof(*addr), &r->source_key);
	struct stt_source *idle = NULL;
	int i;

	for (i = 0; i < STT_SOURCE_WAYS; i++) {
		struct stt_source *source;

		source = &r->sources[(tag + i) % STT_N_SOURCES];
		if (READ_ONCE(source->tag) == tag)
			return source;
		if (!idle && !atomic64_read(&source->used))
			idle = source;
	}
	if (!idle)
		return &r->sources[tag % STT_N_SOURCES];
	for (i = 0; i < STT_N_RESOURCES; i++) {
		if (READ_ONCE(r->heavy[i]) == idle)
			WRITE_ONCE(r->heavy[i], NULL);
	}
	WRITE_ONCE(idle->tag, tag);
	return idle;
}

/* Notes that the frames of 'source' take 'n' more, in the form of 'used', or
 * less if it is negative.
 */
static void stt_source_charge(struct stt_reasm *r, struct stt_source *source,
			      s64 n)
{
	s64 used = atomic64_add_return(n, &source->used);

	if (used == n)
		atomic_inc(&r->n_sources);
	else if (!used)
		atomic_dec(&r->n_sources);
}

/* Returns how much of 'resource' the frames of 'source' take. */
static u64 stt_source_used(struct stt_source *source,
			   enum stt_resource resource)
{
	u64 used = atomic64_read(&source->used);

	return resource == STT_FRAMES ? used >> STT_FRAMES_SHIFT :
					used & (STT_ONE_FRAME - 1);
}

static void stt_part_publish(struct stt_part *part)
{
	struct stt_frame *f;

	f = list_first_entry_or_null(&part->lru, struct stt_frame, lru);
	WRITE_ONCE(part->oldest, f ? f->used : U64_MAX);
}

/* Adds 'f' to 'shard', as a frame of 'source'. */
static void stt_frame_link(struct stt_reasm *r, struct stt_shard *shard,
			   struct stt_frame *f, struct stt_source *source)
{
	f->source = source;
	f->part = &source->parts[shard - r->shards];
	f->bytes = sizeof(*f);
	list_add_tail(&f->lru, &f->part->lru);
	WRITE_ONCE(shard->n_frames, shard->n_frames + 1);
	stt_source_charge(r, source, STT_ONE_FRAME + f->bytes);
}

/* Removes 'f' from 'shard'. */
static void stt_frame_unlink(struct stt_reasm *r, struct stt_shard *shard,
			     struct stt_frame *f)
{
	hlist_del(&f->node);
	list_del(&f->lru);
	stt_part_publish(f->part);
	WRITE_ONCE(shard->n_frames, shard->n_frames - 1);
	stt_source_charge(r, f->source, -(STT_ONE_FRAME + f->bytes));
}

/* Notes that 'f' is the most recently used frame of its part. */
static void stt_frame_touch(struct stt_reasm *r, struct stt_frame *f)
{
	f->used = atomic64_read(&r->clock);
	list_move_tail(&f->lru, &f->part->lru);
	stt_part_publish(f->part);
}

/* Returns the sender other than 'except' that has most of 'resource', or NULL
 * if no other one has a frame.
 */
static struct stt_source *stt_reasm_heavy(struct stt_reasm *r,
					  enum stt_resource resource,
					  const struct stt_source *except)
{
	struct stt_source *heavy = NULL;
	u64 max = 0;
	int i;

	for (i = 0; i < STT_N_SOURCES; i++) {
		struct stt_source *source = &r->sources[i];
		u64 used = stt_source_used(source, resource);

		if (used > max && source != except) {
			heavy = source;
			max = used;
		}
	}
	return heavy;
}

/* Returns the sender that must give up a frame for 'need', or NULL if there
 * are no frames.
 */
static struct stt_source *stt_reasm_choose(struct stt_reasm *r,
					   const struct stt_need *need)
{
	const struct stt_source *except = NULL;
	enum stt_resource resource = need->resource;
	struct stt_source *heavy = READ_ONCE(r->heavy[resource]);
	u64 used = heavy ? stt_source_used(heavy, resource) : 0;
	unsigned int n = max(atomic_read(&r->n_sources), 1);
	unsigned long share;

	/* The only frame of a sender does not make room for itself. */
	if (need->grows && stt_source_used(need->source, STT_FRAMES) == 1)
		except = need->source;

	if (stt_source_used(need->source, resource) > used) {
		heavy = need->source;
		used = stt_source_used(heavy, resource);
	}
	share = resource == STT_FRAMES ? READ_ONCE(r->sn->max_frames) :
					 READ_ONCE(r->sn->max_bytes);
	share /= n;
	if (!used || heavy == except || used < share - share / 8) {
		heavy = stt_reasm_heavy(r, resource, except);
		if (!heavy)
			return need->source == except ? need->source : NULL;
	}
	WRITE_ONCE(r->heavy[resource], heavy);
	return heavy;
}

/* Discards a frame for 'need': the one whose last segment is the longest ago,
 * of the sender that stt_reasm_choose() returns.  Returns false if there is no
 * frame.
 */
static bool stt_reasm_evict(struct stt_reasm *r, const struct stt_need *need)
{
	struct stt_source *source = stt_reasm_choose(r, need);
	struct stt_part *part = NULL;
	struct stt_shard *shard;
	struct stt_frame *f;
	u64 min = U64_MAX;
	int i;

	if (!source)
		return false;
	for (i = 0; i < STT_N_SHARDS; i++) {
		u64 oldest = READ_ONCE(source->parts[i].oldest);

		if (oldest < min) {
			min = oldest;
			part = &source->parts[i];
		}
	}
	if (!part)
		return true;	/* another CPU was faster */
	shard = &r->shards[part - source->parts];

	spin_lock_bh(&shard->lock);
	f = list_first_entry_or_null(&part->lru, struct stt_frame, lru);
	if (f) {
		stt_frame_unlink(r, shard, f);
		tunnel_count(f->port->stats, STT_RX_EVICTED);
	}
	spin_unlock_bh(&shard->lock);

	if (f)
		stt_frame_free(r, f);
	return true;
}

/* Removes from all shards the frames of 'port', or if it is NULL those that
 * have had no segment for the time limit.
 */
static void stt_reasm_clean(struct stt_reasm *r, const struct stt_port *port)
{
	unsigned long timeout = msecs_to_jiffies(READ_ONCE(r->sn->timeout));
	struct stt_frame *f, *next;
	LIST_HEAD(dead);
	int i, j;

	for (i = 0; i < STT_N_SHARDS; i++) {
		struct stt_shard *shard = &r->shards[i];

		/* Someone may be evicting the last frame of 'port', and about
		 * to count it: wait for that.
		 */
		if (!port && !READ_ONCE(shard->n_frames))
			continue;
		spin_lock_bh(&shard->lock);
		for (j = 0; j < STT_N_SOURCES && shard->n_frames; j++) {
			struct stt_part *part = &r->sources[j].parts[i];

			list_for_each_entry_safe(f, next, &part->lru, lru) {
				if (port) {
					if (f->port != port)
						continue;
				} else {
					if (time_before(jiffies,
							f->used_jiffies +
							timeout))
						break;
					tunnel_count(f->port->stats, STT_RX_EXPIRED);
				}
				stt_frame_unlink(r, shard, f);
				list_add(&f->lru, &dead);
			}
		}
		spin_unlock_bh(&shard->lock);
	}
	stt_frame_free_list(r, &dead);
}

static void stt_reasm_schedule(struct stt_reasm *r)
{
	unsigned int timeout = READ_ONCE(r->sn->timeout);

	schedule_delayed_work(&r->work, msecs_to_jiffies(timeout / 4) + 1);
}

static void stt_reasm_work(struct work_struct *work)
{
	struct stt_reasm *r = container_of(to_delayed_work(work),
					   struct stt_reasm, work);

	stt_reasm_clean(r, NULL);
	if (atomic_read(&r->frames))
		stt_reasm_schedule(r);
}

/* Finds the place in the ranges of 'f' for 'start' to 'end' - 1, storing in
 * '*ip' the number of ranges in front of it.  Returns STT_RX_QUEUED or a
 * reason to drop the segment.
 */
static enum stt_counter stt_frame_find_place(const struct stt_frame *f,
					     u16 start, u16 end,
					     unsigned int *ip)
{
	const struct stt_range *r = f->ranges;
	unsigned int n = f->n_ranges, lo = 0, hi = n;

	if (n && start >= r[n - 1].end)
		lo = n;			/* the usual case: in order */
	while (lo < hi) {
		unsigned int mid = (lo + hi) / 2;

		if (r[mid].start <= start)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ip = lo;

	if (lo && r[lo - 1].end > start)
		return r[lo - 1].end >= end ? STT_RX_DUPLICATE :
					      STT_RX_OVERLAP;
	if (lo < n && r[lo].start < end)
		return STT_RX_OVERLAP;
	if (n >= STT_MAX_RANGES &&
	    !(lo && r[lo - 1].end == start) &&
	    !(lo < n && r[lo].start == end))
		return STT_RX_FRAGMENTS;
	return STT_RX_QUEUED;
}

/* Adds 'start' to 'end' - 1 to the ranges of 'f', at the place 'i'. */
static void stt_frame_add_range(struct stt_frame *f, u16 start, u16 end,
				unsigned int i)
{
	struct stt_range *r = &f->ranges[i];
	unsigned int n_after = f->n_ranges - i;
	bool joins_left = i && r[-1].end == start;
	bool joins_right = n_after && r->start == end;

	if (joins_left && joins_right) {
		r[-1].end = r->end;
		memmove(r, r + 1, (n_after - 1) * sizeof(*r));
		f->n_ranges--;
	} else if (joins_left) {
		r[-1].end = end;
	} else if (joins_right) {
		r->start = start;
	} else {
		memmove(r + 1, r, n_after * sizeof(*r));
		r->start = start;
		r->end = end;
		f->n_ranges++;
	}
}

static struct stt_frame *stt_frame_find(const struct hlist_head *bucket,
					const struct stt_key *key)
{
	struct stt_frame *f;

	hlist_for_each_entry(f, bucket, node) {
		if (!memcmp(&f->outer.key, key, sizeof(*key)))
			return f;
	}
	return NULL;
}

/* Adds the 'len' bytes in 'skb' at 'offset' in a frame of 'total' bytes, with
 * the lock of 'shard' held.  Returns a counter; STT_RX_COMPLETE if '*framep'
 * is now a whole frame, which is in the shard no more; STT_N_COUNTERS if the
 * limits are reached, and then stores in 'need' what it takes.
 */
static enum stt_counter
stt_shard_add(struct stt_reasm *r, struct stt_shard *shard, u32 hash,
	      struct stt_port *port, const struct sk_buff *skb,
	      const struct stt_outer *outer, unsigned int total,
	      unsigned int offset, struct stt_frame **framep,
	      struct stt_need *need)
{
	struct hlist_head *bucket;
	unsigned int end, first, last, i, place = 0, pos;
	enum stt_counter verdict;
	struct stt_frame *f;
	long bytes = 0;

	bucket = &shard->buckets[hash & ((1 << STT_BUCKET_BITS) - 1)];
	end = offset + skb->len;
	f = stt_frame_find(bucket, &outer->key);
	if (f && time_after_eq(jiffies, f->used_jiffies +
			       msecs_to_jiffies(READ_ONCE(r->sn->timeout)))) {
		tunnel_count(f->port->stats, STT_RX_EXPIRED);
		stt_frame_unlink(r, shard, f);
		stt_frame_free(r, f);
		f = NULL;
	}
	if (f) {
		if (f->total != total)
			return STT_RX_TOTAL_MISMATCH;
		verdict = stt_frame_find_place(f, offset, end, &place);
		if (verdict != STT_RX_QUEUED)
			return verdict;
	}
	if (!offset) {
		u8 version;

		if (skb_copy_bits(skb, 0, &version, sizeof(version)) ||
		    version) {
			if (f) {
				stt_frame_unlink(r, shard, f);
				stt_frame_free(r, f);
			}
			return STT_RX_VERSION;
		}
	}

	first = offset / PAGE_SIZE;
	last = (end - 1) / PAGE_SIZE;
	for (i = first; i <= last; i++) {
		if (!f || !f->pages[i])
			bytes += PAGE_SIZE;
	}
	if (!f)
		bytes += sizeof(*f);
	if (bytes && !stt_reasm_charge(r, bytes, !f, &need->resource)) {
		need->source = f ? f->source :
				   stt_source_find(r, &outer->key.saddr);
		need->grows = f;
		/* Other frames shall make room, not this one. */
		if (f) {
			atomic64_inc(&r->clock);
			stt_frame_touch(r, f);
		}
		return STT_N_COUNTERS;
	}

	if (!f) {
		f = kmem_cache_zalloc(stt_frame_cache,
				      GFP_ATOMIC | __GFP_NOWARN);
		if (!f) {
			stt_reasm_uncharge(r, bytes, 1);
			return STT_RX_NO_MEMORY;
		}
		bytes -= sizeof(*f);
		f->port = port;
		f->outer = *outer;
		f->total = total;
		hlist_add_head(&f->node, bucket);
		stt_frame_link(r, shard, f,
			       stt_source_find(r, &outer->key.saddr));
		atomic64_inc(&r->clock);
		stt_reasm_schedule(r);
	}
	for (i = first; i <= last; i++) {
		if (f->pages[i])
			continue;
		f->pages[i] = alloc_page(GFP_ATOMIC | __GFP_NOWARN);
		if (!f->pages[i]) {
			stt_reasm_uncharge(r, bytes, 0);
			stt_frame_unlink(r, shard, f);
			stt_frame_free(r, f);
			return STT_RX_NO_MEMORY;
		}
		bytes -= PAGE_SIZE;
		f->bytes += PAGE_SIZE;
		stt_source_charge(r, f->source, PAGE_SIZE);
	}

	for (pos = offset; pos < end; ) {
		unsigned int n = min_t(unsigned int, end - pos,
				       PAGE_SIZE - offset_in_page(pos));
		void *to = page_address(f->pages[pos / PAGE_SIZE]) +
			   offset_in_page(pos);

		if (WARN_ON_ONCE(skb_copy_bits(skb, pos - offset, to, n))) {
			stt_frame_unlink(r, shard, f);
			stt_frame_free(r, f);
			return STT_RX_LENGTH;
		}
		pos += n;
	}

	stt_frame_add_range(f, offset, end, place);
	f->ce |= INET_ECN_is_ce(outer->tos);
	if (!offset)
		f->outer = *outer;
	if (f->ranges[0].start || f->ranges[0].end != total) {
		f->used_jiffies = jiffies;
		stt_frame_touch(r, f);
		return STT_RX_QUEUED;
	}

	stt_frame_unlink(r, shard, f);
	*framep = f;
	return STT_RX_COMPLETE;
}

/* Makes an skb of 'f', which is complete, and frees it. */
static struct sk_buff *stt_frame_to_skb(struct stt_reasm *r,
					struct stt_frame *f)
{
	/* Linear room for the headers that the stack pulls. */
	struct sk_buff *skb = alloc_skb(NET_SKB_PAD + NET_IP_ALIGN + 256,
					GFP_ATOMIC | __GFP_NOWARN);
	unsigned int left = f->total;
	int i;

	BUILD_BUG_ON(STT_MAX_PAGES > MAX_SKB_FRAGS);
	if (skb) {
		skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
		skb->mark = f->outer.mark;
		for (i = 0; left; i++) {
			unsigned int n = min_t(unsigned int, left, PAGE_SIZE);

			skb_add_rx_frag(skb, i, f->pages[i], 0, n, PAGE_SIZE);
			f->pages[i] = NULL;
			stt_reasm_uncharge(r, PAGE_SIZE, 0);
			left -= n;
		}
	}
	stt_frame_free(r, f);
	return skb;
}

/* Adds 'skb', the payload of a segment at 'offset' in a frame of 'total'
 * bytes that arrived for 'port', to what has been received of that frame.
 * Frees 'skb'.  Returns the whole frame if that is there, with the outer
 * headers of its first bytes in 'outer', otherwise NULL.
 */
static struct sk_buff *stt_reasm_add(struct stt_port *port,
				     struct sk_buff *skb,
				     struct stt_outer *outer,
				     unsigned int total, unsigned int offset)
{
	struct stt_net *sn = net_generic(port->net, stt_net_id);
	struct stt_reasm *r = sn->reasm;
	struct stt_frame *f = NULL;
	struct stt_shard *shard;
	enum stt_counter verdict;
	struct stt_need need;
	int evictions = 0;
	u32 hash;

	if (!skb->len || offset + skb->len > total || total < STT_FRAME_MIN) {
		stt_port_drop(port, skb, STT_RX_LENGTH);
		return NULL;
	}

	BUILD_BUG_ON(sizeof(outer->key) % sizeof(u32));
	hash = jhash2((u32 *)&outer->key, sizeof(outer->key) / sizeof(u32),
		      r->seed);
	shard = &r->shards[hash >> (32 - STT_SHARD_BITS)];
	for (;;) {
		spin_lock_bh(&shard->lock);
		verdict = stt_shard_add(r, shard, hash, port, skb, outer,
					total, offset, &f, &need);
		spin_unlock_bh(&shard->lock);
		if (verdict != STT_N_COUNTERS)
			break;
		if (++evictions > STT_MAX_EVICTIONS ||
		    !stt_reasm_evict(r, &need)) {
			verdict = STT_RX_NO_ROOM;
			break;
		}
	}

	if (verdict == STT_RX_COMPLETE) {
		*outer = f->outer;
		if (f->ce)
			outer->tos |= INET_ECN_CE;
		tunnel_count(port->stats, verdict);
		consume_skb(skb);
		skb = stt_frame_to_skb(r, f);
		if (!skb)
			stt_port_drop(port, NULL, STT_RX_NO_MEMORY);
		return skb;
	}
	if (verdict == STT_RX_QUEUED) {
		tunnel_count(port->stats, verdict);
		consume_skb(skb);
	} else {
		stt_port_drop(port, skb, verdict);
	}
	return NULL;
}

static struct stt_reasm *stt_reasm_create(struct stt_net *sn)
{
	struct stt_reasm *r = kvzalloc(sizeof(*r), GFP_KERNEL);
	int i, j;

	if (!r)
		return NULL;
	r->sn = sn;
	r->seed = get_random_u32();
	get_random_bytes(&r->source_key, sizeof(r->source_key));
	INIT_DELAYED_WORK(&r->work, stt_reasm_work);
	for (i = 0; i < STT_N_SHARDS; i++) {
		struct stt_shard *shard = &r->shards[i];

		spin_lock_init(&shard->lock);
		for (j = 0; j < STT_N_SOURCES; j++) {
			INIT_LIST_HEAD(&r->sources[j].parts[i].lru);
			r->sources[j].parts[i].oldest = U64_MAX;
		}
	}
	return r;
}

/* Frees 'r', which has no frames any more. */
static void stt_reasm_destroy(struct stt_reasm *r)
{
	if (r) {
		cancel_delayed_work_sync(&r->work);
		kvfree(r);
	}
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

/* Propagates congestion from the outer header's 'tos' to 'skb', whose network
 * header is set (RFC 6040).  Returns false if 'skb' must be dropped.
 */
static bool stt_ecn_decapsulate(struct sk_buff *skb, u8 tos)
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
	if (!stt_ecn_decapsulate(skb, outer->tos)) {
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
	const struct tcphdr *th;
	unsigned int tcp_len, total, offset;
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
	skb = stt_reasm_add(port, skb, outer, total, offset);
	if (skb)
		stt_deliver(port, skb, outer);
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
	stt_reasm_clean(sn->reasm, port);
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
		sn->reasm = stt_reasm_create(sn);
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

/* Puts the offload state of 'skb', whose headers are in 'in' if 'is_ip', into
 * 'hdr'.
 */
static int stt_put_offload(struct sk_buff *skb, const struct stt_inner *in,
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
	struct stt_inner in = { };
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
	is_ip = stt_parse_inner(skb, &in);
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
	tx.ttl = info->key.ttl;
	tx.label = info->key.label;
	if (ip_tunnel_key_test(&info->key, IP_TUNNEL_DONT_FRAGMENT_BIT))
		tx.df = htons(IP_DF);
	tx.len = skb->len;

	/* ECN is the inner packet's, CE included (RFC 6040, section 4.1), which
	 * INET_ECN_encapsulate() does not do.  Where the receiver would not
	 * find the inner header to mark, routers must drop instead.
	 */
	tx.tos &= ~INET_ECN_MASK;
	if (in.l3 == ETH_HLEN)
		tx.tos |= in.dsfield & INET_ECN_MASK;

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

/* Takes from 'features' those that 'skb', which the STT header cannot
 * describe, needs the stack for.
 */
static netdev_features_t stt_features_check(struct sk_buff *skb,
					    struct net_device *dev,
					    netdev_features_t features)
{
	struct stt_inner in;

	features = vlan_features_check(skb, features);
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    !(stt_parse_inner(skb, &in) && stt_can_express(skb, &in)))
		features &= ~(NETIF_F_CSUM_MASK | NETIF_F_GSO_MASK);
	if (skb->len > STT_INNER_MAX ||
	    (skb_is_gso(skb) && skb->ip_summed != CHECKSUM_PARTIAL))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

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
	data[STT_N_COUNTERS] = atomic_read(&sn->reasm->frames);
	data[STT_N_COUNTERS + 1] = atomic_long_read(&sn->reasm->bytes);
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
		.data = (void *)offsetof(struct stt_net, max_bytes),
		.maxlen = sizeof(unsigned long),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
		.extra1 = &stt_max_bytes_min,
	},
	{
		.procname = "reassembly_max_frames",
		.data = (void *)offsetof(struct stt_net, max_frames),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &stt_max_frames_max,
	},
	{
		.procname = "reassembly_timeout_ms",
		.data = (void *)offsetof(struct stt_net, timeout),
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
	sn->max_bytes = 64 << 20;
	sn->max_frames = 65536;
	sn->timeout = 1000;

	/* Who has a user namespace of his own gets less of the host's memory,
	 * and cannot change that.
	 */
	if (net->user_ns != &init_user_ns) {
		sn->max_bytes = 4 << 20;
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
	stt_frame_cache = KMEM_CACHE(stt_frame, SLAB_HWCACHE_ALIGN);
	if (!stt_frame_cache)
		return -ENOMEM;
	err = register_pernet_subsys(&stt_net_ops);
	if (err)
		goto destroy_cache;
	err = rtnl_link_register(&stt_link_ops);
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&stt_net_ops);
destroy_cache:
	kmem_cache_destroy(stt_frame_cache);
	return err;
}
module_init(stt_init_module);

static void __exit stt_exit_module(void)
{
	rtnl_link_unregister(&stt_link_ops);
	unregister_pernet_subsys(&stt_net_ops);
	kmem_cache_destroy(stt_frame_cache);
}
module_exit(stt_exit_module);

MODULE_ALIAS_RTNL_LINK("stt");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("STT tunnels for overlay networks");
