// SPDX-License-Identifier: GPL-2.0
/* Reassembly of STT frames.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * Anyone who can reach the underlay can send segments, so each network
 * namespace limits the bytes and the number of incomplete frames.  When a
 * limit is reached, a sender that has 7/8 of a share or more loses its least
 * recently used frame.  A share is the limit divided by the number of senders
 * with frames.  A frame that gets no segment for the timeout is discarded,
 * too.
 *
 * The segments of one frame may arrive on different CPUs.
 */

#include <linux/atomic.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/siphash.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>
#include <net/inet_ecn.h>

#include "stt-reasm.h"
#include "stt-wire.h"

#define STT_SHARD_BITS		6
#define STT_N_SHARDS		(1 << STT_SHARD_BITS)
#define STT_BUCKET_BITS		7

/* Maximum number of ranges of a frame, with gaps between them. */
#define STT_MAX_RANGES		128

#define STT_MAX_PAGES		DIV_ROUND_UP(U16_MAX, PAGE_SIZE)

/* Slots for senders, and the number of them that a sender's hash allows. */
#define STT_N_SOURCES		256
#define STT_SOURCE_WAYS		8

/* A sender's use is one number: frames << STT_FRAMES_SHIFT | bytes. */
#define STT_FRAMES_SHIFT	38
#define STT_ONE_FRAME		(1LL << STT_FRAMES_SHIFT)

/* Maximum number of frames discarded to make room for one segment. */
#define STT_MAX_EVICTIONS	64

/* Bytes received: 'start' to 'end' - 1. */
struct stt_range {
	u16	start, end;
};

/* The frames of a sender in a shard, protected by the lock of the shard. */
struct stt_part {
	struct list_head	lru;	/* least recently used first */
	u64			oldest;	/* 'used' of the first, or U64_MAX */
};

/* A sender, by its outer address.  It has a slot as long as it has incomplete
 * frames, and shares one with another sender if all slots that its hash allows
 * are taken.  Slots are taken without a lock: two senders may get the same
 * slot although others are free, and a sender may get two.
 */
struct stt_source {
	u64			tag;	/* hash of the address */
	atomic64_t		used;	/* frames and bytes, see above */
	struct stt_part		parts[STT_N_SHARDS];
};

/* A limited resource. */
enum stt_resource {
	STT_FRAMES,
	STT_BYTES,
	STT_N_RESOURCES
};

/* The sender that needs a resource whose limit is reached. */
struct stt_need {
	struct stt_source	*source;
	bool			grows;	/* for a frame that it already has */
	enum stt_resource	resource;
};

/* An incomplete frame, protected by the lock of its shard. */
struct stt_frame {
	struct hlist_node	node;	/* in the bucket */
	struct list_head	lru;	/* in the part's lru, or to be freed */
	struct stt_source	*source;
	struct stt_part		*part;
	long			bytes;	/* of memory, this struct included */
	struct tunnel_stats __percpu *stats; /* counters of its port */
	u64			used;	/* value of the clock at ... */
	unsigned long		used_jiffies; /* ... the last segment */

	struct stt_outer	outer;	/* of the segment with offset 0 */
	bool			ce;	/* any accepted segment had CE */
	u16			total;

	/* Ranges received, in ascending order, with gaps between them. */
	u8			n_ranges;
	struct stt_range	ranges[STT_MAX_RANGES];

	/* Pages with the received bytes, NULL for a page without any. */
	struct page		*pages[STT_MAX_PAGES];
};

struct stt_shard {
	spinlock_t		lock;
	unsigned int		n_frames;
	struct hlist_head	buckets[1 << STT_BUCKET_BITS];
} ____cacheline_aligned_in_smp;

struct stt_reasm {
	const struct stt_reasm_limits *limits;
	struct delayed_work	work;	/* discards expired frames */
	u32			seed;
	siphash_key_t		source_key;	/* for tags */
	atomic_long_t		bytes;
	atomic_t		frames;

	/* Orders frames by use, over all shards.  It advances with each new
	 * frame.
	 */
	atomic64_t		clock;

	/* The number of senders with frames, and for each resource the sender
	 * that stt_reasm_choose() returned last, or NULL.
	 */
	atomic_t		n_sources;
	struct stt_source	*heavy[STT_N_RESOURCES];

	struct stt_shard	shards[STT_N_SHARDS];
	struct stt_source	sources[STT_N_SOURCES];
};

static struct kmem_cache *stt_frame_cache __read_mostly;

/* Adds 'bytes' and 'frames', 0 or 1, to those of 'r'.  Returns false and
 * stores the resource in '*resource' if a limit does not allow that.
 */
static bool stt_reasm_charge(struct stt_reasm *r, long bytes, int frames,
			     enum stt_resource *resource)
{
	const struct stt_reasm_limits *limits = r->limits;

	*resource = STT_FRAMES;
	if (frames &&
	    atomic_inc_return(&r->frames) > READ_ONCE(limits->max_frames))
		goto frames;
	*resource = STT_BYTES;
	if (atomic_long_add_return(bytes, &r->bytes) >
	    READ_ONCE(limits->max_bytes))
		goto bytes;
	return true;

bytes:
	atomic_long_sub(bytes, &r->bytes);
frames:
	atomic_sub(frames, &r->frames);
	return false;
}

/* Subtracts 'bytes' and 'frames' from those of 'r'. */
static void stt_reasm_uncharge(struct stt_reasm *r, long bytes, int frames)
{
	atomic_long_sub(bytes, &r->bytes);
	atomic_sub(frames, &r->frames);
}

/* Frees 'f', which is in no shard. */
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

/* Frees the frames in 'list', which are in no shard. */
static void stt_frame_free_list(struct stt_reasm *r, struct list_head *list)
{
	struct stt_frame *f, *next;

	list_for_each_entry_safe(f, next, list, lru)
		stt_frame_free(r, f);
}

/* Returns the sender with 'addr'.  It has a slot of its own, unless others
 * have frames in all slots that its hash allows.
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

/* Adds 'n', in the form of 'used', to the use of 'source'.  It may be
 * negative.
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

/* Returns the number of 'resource' that the frames of 'source' use. */
static u64 stt_source_used(struct stt_source *source,
			   enum stt_resource resource)
{
	u64 used = atomic64_read(&source->used);

	return resource == STT_FRAMES ? used >> STT_FRAMES_SHIFT :
					used & (STT_ONE_FRAME - 1);
}

/* Updates 'oldest' of 'part', which other CPUs read without its lock. */
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

/* Makes 'f' the most recently used frame of its part. */
static void stt_frame_touch(struct stt_reasm *r, struct stt_frame *f)
{
	f->used = atomic64_read(&r->clock);
	list_move_tail(&f->lru, &f->part->lru);
	stt_part_publish(f->part);
}

/* Returns the sender other than 'except' that uses most of 'resource', or NULL
 * if no other sender has a frame.
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

/* Returns the sender that loses a frame for 'need', or NULL if there are no
 * frames.  That is the sender of the last call, or need->source if that uses
 * more.  If it uses less than 7/8 of a share, it is the sender that uses most.
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

	/* A sender's only frame does not make room for itself. */
	if (need->grows && stt_source_used(need->source, STT_FRAMES) == 1)
		except = need->source;

	if (stt_source_used(need->source, resource) > used) {
		heavy = need->source;
		used = stt_source_used(heavy, resource);
	}
	share = resource == STT_FRAMES ? READ_ONCE(r->limits->max_frames) :
					 READ_ONCE(r->limits->max_bytes);
	share /= n;
	if (!used || heavy == except || used < share - share / 8) {
		heavy = stt_reasm_heavy(r, resource, except);
		if (!heavy)
			return need->source == except ? need->source : NULL;
	}
	WRITE_ONCE(r->heavy[resource], heavy);
	return heavy;
}

/* Discards a frame for 'need': the least recently used frame of the sender
 * that stt_reasm_choose() returns.  Returns false if there is no frame.
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
		tunnel_count(f->stats, STT_RX_EVICTED);
	}
	spin_unlock_bh(&shard->lock);

	if (f)
		stt_frame_free(r, f);
	return true;
}

/* Returns the timeout of a frame without new segments, in jiffies. */
static unsigned long stt_reasm_timeout(const struct stt_reasm *r)
{
	return msecs_to_jiffies(READ_ONCE(r->limits->timeout));
}

/* Discards the frames that are counted in 'stats', or the expired frames if it
 * is NULL.
 */
void stt_reasm_clean(struct stt_reasm *r,
		     const struct tunnel_stats __percpu *stats)
{
	unsigned long timeout = stt_reasm_timeout(r);
	struct stt_frame *f, *next;
	LIST_HEAD(dead);
	int i, j;

	for (i = 0; i < STT_N_SHARDS; i++) {
		struct stt_shard *shard = &r->shards[i];

		/* With 'stats', lock even a shard without frames: another CPU
		 * may just have removed one, and still count it in 'stats'.
		 */
		if (!stats && !READ_ONCE(shard->n_frames))
			continue;
		spin_lock_bh(&shard->lock);
		for (j = 0; j < STT_N_SOURCES && shard->n_frames; j++) {
			struct stt_part *part = &r->sources[j].parts[i];

			list_for_each_entry_safe(f, next, &part->lru, lru) {
				if (stats) {
					if (f->stats != stats)
						continue;
				} else {
					if (time_before(jiffies,
							f->used_jiffies +
							timeout))
						break;
					tunnel_count(f->stats, STT_RX_EXPIRED);
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
	unsigned int timeout = READ_ONCE(r->limits->timeout);

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

/* Finds the place in the ranges of 'f' for 'start' to 'end' - 1, and stores
 * the number of ranges before it in '*ip'.  Returns STT_RX_QUEUED, or a reason
 * to drop the segment.
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

/* Returns the frame with 'key' in 'bucket', or NULL. */
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

/* Adds the bytes in 'skb' at 'offset' to a frame of 'total' bytes, with the
 * lock of 'shard' held.  Returns a counter for the segment; STT_RX_COMPLETE if
 * it completes a frame, which is removed from the shard and stored in
 * '*framep'; STT_N_COUNTERS if a limit is reached, after storing the need in
 * '*need'.
 */
static enum stt_counter
stt_shard_add(struct stt_reasm *r, struct stt_shard *shard, u32 hash,
	      struct tunnel_stats __percpu *stats, const struct sk_buff *skb,
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
	if (f && time_after_eq(jiffies,
			       f->used_jiffies + stt_reasm_timeout(r))) {
		tunnel_count(f->stats, STT_RX_EXPIRED);
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
		/* Other frames must make room, not this one. */
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
		f->stats = stats;
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

/* Returns an skb with the pages of 'f', which is complete, or NULL if there is
 * no memory.  Frees 'f'.
 */
static struct sk_buff *stt_frame_to_skb(struct stt_reasm *r,
					struct stt_frame *f)
{
	/* Room for the headers that the stack pulls into the linear data. */
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
 * bytes, to that frame.  Copies the bytes, and does not take over 'skb'.
 * Counts frames that it evicts or expires, in the 'stats' of their first
 * segments.  Bottom halves must be disabled.
 *
 * Returns the segment's counter, for the caller to count.  If that is
 * STT_RX_COMPLETE, stores the whole frame in '*framep', or NULL if there is no
 * memory for an skb, and the outer headers of the segment with offset 0 in
 * '*outer', with CE if any segment had it.
 */
enum stt_counter stt_reasm_add(struct stt_reasm *r,
			       struct tunnel_stats __percpu *stats,
			       const struct sk_buff *skb,
			       struct stt_outer *outer, unsigned int total,
			       unsigned int offset, struct sk_buff **framep)
{
	struct stt_frame *f = NULL;
	struct stt_shard *shard;
	enum stt_counter verdict;
	struct stt_need need;
	int evictions = 0;
	u32 hash;

	if (!skb->len || offset + skb->len > total || total < STT_FRAME_MIN)
		return STT_RX_LENGTH;

	BUILD_BUG_ON(sizeof(outer->key) % sizeof(u32));
	hash = jhash2((u32 *)&outer->key, sizeof(outer->key) / sizeof(u32),
		      r->seed);
	shard = &r->shards[hash >> (32 - STT_SHARD_BITS)];
	for (;;) {
		spin_lock_bh(&shard->lock);
		verdict = stt_shard_add(r, shard, hash, stats, skb, outer,
					total, offset, &f, &need);
		spin_unlock_bh(&shard->lock);
		if (verdict != STT_N_COUNTERS)
			break;
		if (++evictions > STT_MAX_EVICTIONS ||
		    !stt_reasm_evict(r, &need))
			return STT_RX_NO_ROOM;
	}

	if (verdict == STT_RX_COMPLETE) {
		*outer = f->outer;
		if (f->ce)
			outer->tos |= INET_ECN_CE;
		*framep = stt_frame_to_skb(r, f);
	}
	return verdict;
}

/* Returns the number of incomplete frames in 'r'. */
unsigned int stt_reasm_n_frames(const struct stt_reasm *r)
{
	return atomic_read(&r->frames);
}

/* Returns the bytes of memory that the frames in 'r' use. */
unsigned long stt_reasm_n_bytes(const struct stt_reasm *r)
{
	return atomic_long_read(&r->bytes);
}

/* Returns a new struct stt_reasm with 'limits', which must stay valid and may
 * change at any time, or NULL if there is no memory.
 */
struct stt_reasm *stt_reasm_create(const struct stt_reasm_limits *limits)
{
	struct stt_reasm *r = kvzalloc(sizeof(*r), GFP_KERNEL);
	int i, j;

	if (!r)
		return NULL;
	r->limits = limits;
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

/* Frees 'r', which must not have frames, and may be NULL. */
void stt_reasm_destroy(struct stt_reasm *r)
{
	if (r) {
		cancel_delayed_work_sync(&r->work);
		kvfree(r);
	}
}

int __init stt_reasm_init(void)
{
	stt_frame_cache = KMEM_CACHE(stt_frame, SLAB_HWCACHE_ALIGN);
	return stt_frame_cache ? 0 : -ENOMEM;
}

void stt_reasm_exit(void)
{
	kmem_cache_destroy(stt_frame_cache);
}
