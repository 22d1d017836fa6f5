/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/encap/stt-reasm.h"

#include <stdlib.h>
#include <string.h>

#include "entropy.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "overlay/secret-hash.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "util.h"

/* Maximum number of received ranges of a frame, with gaps between them. */
#define MAX_RANGES 128

/* Memory for the first segment of a frame is allocated in multiples of this,
 * but not more than the whole frame takes, so that a new frame can often reuse
 * it.  For a later segment that does not fit, it grows to that of the whole
 * frame. */
#define FIRST_CAPACITY 2048

/* Number of shards, a power of 2. */
#define SHARD_BITS 5
#define N_SHARDS (1u << SHARD_BITS)

/* A young frame has received only one segment.  A flood of segments of
 * different frames reuses the memory of a few young frames, which stays in the
 * CPU's cache, and evicts no other frames.  A shard has at most 1/YOUNG_SHARE
 * of the limit of frames as young frames, or MIN_YOUNG if that is more.  At
 * this limit, a new frame replaces one of the source with most young frames in
 * the shard, if that source has 1/YOUNG_HEAVY of them or more, and otherwise
 * the oldest young frame. */
#define YOUNG_SHARE (32 * N_SHARDS)
#define MIN_YOUNG 16
#define YOUNG_HEAVY 8

/* Number of entries for sources, a power of 2, and number of entries in which
 * one source may be. */
#define N_SOURCES 1024
#define SOURCE_WAYS 8

/* Frames and bytes of a source are counted in one number: frames <<
 * FRAMES_SHIFT | bytes. */
#define FRAMES_SHIFT 38
#define ONE_FRAME (UINT64_C(1) << FRAMES_SHIFT)

/* Received bytes 'start' to 'end' - 1. */
struct range {
    uint16_t start, end;
};

/* The limited resources. */
enum resource {
    FRAMES,
    BYTES,
    N_RESOURCES
};

/* A sender, identified by its outer address.  It has an entry as long as it
 * has incomplete frames.  If there are more senders than entries, some share
 * one.
 *
 * Threads take entries without a lock.  So two senders may get the same entry
 * although others are free, or one sender may get two.  Then their frames are
 * counted together, or apart, as long as there are some. */
struct source {
    atomic_uint64_t tag;        /* Hash of the address. */
    atomic_uint64_t used;       /* Frames and bytes, see FRAMES_SHIFT. */
};

/* The frames of a source in a shard, protected by the mutex of the shard. */
struct part {
    struct source *source;      /* Null until it has a frame. */
    struct ovs_list node;       /* In shard's 'parts'. */

    /* Frames, the least recently used one first. */
    struct ovs_list lru;

    /* 'used' of the first frame in 'lru', 0 if there is none.  Written only
     * with the mutex held, read without. */
    atomic_uint64_t oldest;

    size_t n_young;
};

/* An incomplete frame, protected by the mutex of its shard. */
struct frame {
    struct hmap_node node;      /* In shard's 'frames'. */
    struct part *part;
    struct ovs_list lru_node;   /* In the part's 'lru'. */
    struct ovs_list young_node; /* In shard's 'young' if 'is_young'. */
    struct stt_reasm_key key;

    uint64_t used;              /* Value of 'clock' at the last segment. */
    long long int used_msec;    /* Time of the last segment. */

    uint8_t *base;              /* 'headroom', then 'capacity' bytes. */
    uint16_t headroom;
    uint16_t capacity;          /* Bytes of the frame that fit. */
    uint16_t total;             /* Bytes of the frame. */

    /* The outer header of the bytes at offset 0, and whether any accepted
     * segment had CE. */
    uint8_t tos, ttl;
    uint16_t flags;
    bool ce;

    bool is_young;

    /* Received ranges, in order, with a gap between any two. */
    uint8_t n_ranges;
    struct range ranges[MAX_RANGES];
};
BUILD_ASSERT_DECL(MAX_RANGES <= UINT8_MAX);

/* The frames whose keys hash to the same SHARD_BITS. */
OVS_ALIGNED_STRUCT(CACHE_LINE_SIZE, shard) {
    struct ovs_mutex mutex;
    struct hmap frames OVS_GUARDED;

    /* Parts that have or had frames.  'last_part' is the one of the last new
     * frame, with that frame's source tag and address. */
    struct ovs_list parts OVS_GUARDED;
    struct part *last_part OVS_GUARDED;
    uint64_t last_tag OVS_GUARDED;
    struct in6_addr last_src OVS_GUARDED;

    /* Young frames, the oldest first.  'young_heavy' had most of them when
     * choose_young() last compared, or is NULL. */
    struct ovs_list young OVS_GUARDED;
    size_t n_young OVS_GUARDED;
    struct part *young_heavy OVS_GUARDED;

    uint64_t n[STT_REASM_N_COUNTERS] OVS_GUARDED;
};

/* Number of 32-bit words of the key, rounded up to an even number for
 * secret_hash(). */
#define KEY_WORDS (ROUND_UP(sizeof(struct stt_reasm_key), 8) / 4)
BUILD_ASSERT_DECL(sizeof(struct stt_reasm_key)
                  == sizeof(void *) + 2 * sizeof(struct in6_addr) + 8);

/* Number of 32-bit words of an address. */
#define ADDR_WORDS (sizeof(struct in6_addr) / 4)

struct stt_reasm {
    struct shard *shards;       /* 'N_SHARDS' of them. */
    uint64_t secrets[KEY_WORDS + 1]; /* For hash_key(). */
    uint64_t source_secrets[2][ADDR_WORDS + 1]; /* For source_tag(). */

    struct source *sources;     /* 'N_SOURCES' of them. */
    struct part *parts;         /* 'N_SHARDS' for each source. */

    /* Number of sources that have frames, and, for each resource, the index of
     * the source that choose_source() last returned, or N_SOURCES. */
    atomic_uint64_t n_sources;
    atomic_uint64_t heavy[N_RESOURCES];

    /* Limits. */
    atomic_uint64_t max_bytes;
    atomic_uint64_t max_frames;
    atomic_uint64_t timeout;

    /* Totals of all shards.  Memory is counted before it is allocated and
     * until it is freed, so that it never exceeds the limit. */
    atomic_uint64_t bytes;
    atomic_uint64_t frames;

    /* Orders the frames of all shards by use.  It starts at 1 and advances
     * with each new frame.  Advancing with each segment would make it a
     * bottleneck; thus the order of two frames of different shards is unknown
     * if no frame was created between their last uses. */
    atomic_uint64_t clock;
};

/* Resources that a thread has reserved. */
struct room {
    uint64_t bytes;
    uint64_t frames;
};

/* State of one call of stt_reasm_add(), which makes room and tries again if a
 * limit is reached. */
struct attempt {
    struct room room;           /* Reserved so far. */
    struct room need;           /* To be reserved. */
    struct source *source;      /* Source that needs it. */
    struct ovs_list dead;       /* Frames to free. */
};

/* Returns the hash of 'key', with secrets, since senders choose the key. */
static uint32_t
hash_key(const struct stt_reasm *r, const struct stt_reasm_key *key)
{
    uint32_t words[KEY_WORDS] = { 0 };

    memcpy(words, key, sizeof *key);
    return secret_hash(r->secrets, words, KEY_WORDS);
}

/* Returns a hash of 'src', the address of a source, with secrets and wide
 * enough that no two sources are likely to have the same. */
static uint64_t
source_tag(const struct stt_reasm *r, const struct in6_addr *src)
{
    uint32_t words[ADDR_WORDS];

    memcpy(words, src, sizeof *src);
    return ((uint64_t) secret_hash(r->source_secrets[0], words, ADDR_WORDS)
            << 32) | secret_hash(r->source_secrets[1], words, ADDR_WORDS);
}

/* Returns the source with 'tag'.  It has an entry of its own, unless other
 * sources have frames in all of the entries where it may be. */
static struct source *
find_source(struct stt_reasm *r, uint64_t tag)
{
    struct source *idle = NULL;

    for (size_t i = 0; i < SOURCE_WAYS; i++) {
        struct source *source = &r->sources[(tag + i) % N_SOURCES];
        uint64_t old, used;

        atomic_read_relaxed(&source->tag, &old);
        if (old == tag) {
            return source;
        }
        atomic_read_relaxed(&source->used, &used);
        if (!used && !idle) {
            idle = source;
        }
    }
    if (!idle) {
        return &r->sources[tag % N_SOURCES];
    }
    for (size_t i = 0; i < N_RESOURCES; i++) {
        uint64_t heavy;

        atomic_read_relaxed(&r->heavy[i], &heavy);
        if (idle == &r->sources[heavy]) {
            atomic_store_relaxed(&r->heavy[i], N_SOURCES);
        }
    }
    atomic_store_relaxed(&idle->tag, tag);
    return idle;
}

/* Returns the part of 'shard', number 'index', for new frames from 'src'. */
static struct part *
find_part(struct stt_reasm *r, struct shard *shard, size_t index,
          const struct in6_addr *src)
    OVS_REQUIRES(shard->mutex)
{
    struct part *part = shard->last_part;

    if (part && ipv6_addr_equals(src, &shard->last_src)) {
        uint64_t tag;

        atomic_read_relaxed(&part->source->tag, &tag);
        if (tag == shard->last_tag) {
            return part;
        }
    }

    shard->last_src = *src;
    shard->last_tag = source_tag(r, src);
    struct source *source = find_source(r, shard->last_tag);
    part = &r->parts[(source - r->sources) * N_SHARDS + index];
    if (!part->source) {
        part->source = source;
        ovs_list_init(&part->lru);
        ovs_list_push_back(&shard->parts, &part->node);
    }
    shard->last_part = part;
    return part;
}

/* Adds 'n', in the form of 'used', to what the frames of 'source' take. */
static void
charge(struct stt_reasm *r, struct source *source, uint64_t n)
{
    uint64_t old;

    atomic_add_relaxed(&source->used, n, &old);
    if (!old) {
        atomic_count_inc64(&r->n_sources);
    }
}

/* Subtracts 'n', in the form of 'used', from what the frames of 'source'
 * take. */
static void
uncharge(struct stt_reasm *r, struct source *source, uint64_t n)
{
    uint64_t old;

    atomic_sub_relaxed(&source->used, n, &old);
    if (old == n) {
        atomic_count_dec64(&r->n_sources);
    }
}

/* Returns how much of 'resource' the frames of 'source' take. */
static uint64_t
get_used(struct source *source, enum resource resource)
{
    uint64_t used;

    atomic_read_relaxed(&source->used, &used);
    return resource == FRAMES ? used >> FRAMES_SHIFT : used & (ONE_FRAME - 1);
}

/* Returns the memory, in bytes, for a frame with 'headroom' of which
 * 'capacity' bytes are allocated. */
static uint64_t
memory(uint16_t headroom, uint16_t capacity)
{
    return sizeof(struct frame) + headroom + capacity;
}

/* Returns the headroom for a frame of 'total' bytes.  It is a multiple of 16,
 * so that the frame is aligned. */
static uint16_t
headroom(uint16_t total)
{
    return MIN(STT_REASM_HEADROOM, ROUND_DOWN(UINT16_MAX - total, 16));
}

/* Adds 'n' to '*used' unless the sum is more than 'max'.  Returns true if
 * successful. */
static bool
reserve(atomic_uint64_t *used, uint64_t n, uint64_t max)
{
    uint64_t old;

    atomic_read_relaxed(used, &old);
    do {
        if (old > max || n > max - old) {
            return !n;
        }
    } while (!atomic_compare_exchange_weak_relaxed(used, &old, old + n));

    return true;
}

/* Gives 'room' back. */
static void
release(struct stt_reasm *r, const struct room *room)
{
    uint64_t orig;

    if (room->bytes) {
        atomic_sub_relaxed(&r->bytes, room->bytes, &orig);
    }
    if (room->frames) {
        atomic_sub_relaxed(&r->frames, room->frames, &orig);
    }
}

/* Reserves resources, within the limits, until 'room' has at least 'need'.
 * Returns true if successful; otherwise stores the exhausted resource in
 * '*resource' and returns false. */
static bool
take_room(struct stt_reasm *r, struct room *room, const struct room *need,
          enum resource *resource)
{
    uint64_t bytes = need->bytes > room->bytes ? need->bytes - room->bytes : 0;
    uint64_t frames = (need->frames > room->frames
                       ? need->frames - room->frames : 0);
    uint64_t max_bytes, max_frames;

    atomic_read_relaxed(&r->max_bytes, &max_bytes);
    atomic_read_relaxed(&r->max_frames, &max_frames);
    if (!reserve(&r->frames, frames, max_frames)) {
        *resource = FRAMES;
        return false;
    }
    if (!reserve(&r->bytes, bytes, max_bytes)) {
        *resource = BYTES;
        release(r, &(struct room) { .frames = frames });
        return false;
    }
    room->bytes += bytes;
    room->frames += frames;
    return true;
}

/* Updates 'part->oldest', which other threads read. */
static void
publish_oldest(struct part *part)
{
    uint64_t oldest = 0;

    if (!ovs_list_is_empty(&part->lru)) {
        struct frame *f = CONTAINER_OF(ovs_list_front(&part->lru),
                                       struct frame, lru_node);
        oldest = f->used;
    }
    atomic_store_relaxed(&part->oldest, oldest);
}

/* Makes 'f' the most recently used frame of its source.  The caller must hold
 * the mutex of its shard. */
static void
touch(struct stt_reasm *r, struct frame *f)
{
    struct part *part = f->part;

    atomic_read_relaxed(&r->clock, &f->used);
    if (f->lru_node.next != &part->lru) {
        ovs_list_remove(&f->lru_node);
        ovs_list_push_back(&part->lru, &f->lru_node);
    }
    publish_oldest(part);
}

/* Removes 'f', a frame in 'shard', from the young frames, if it is one. */
static void
grow_up(struct shard *shard, struct frame *f)
    OVS_REQUIRES(shard->mutex)
{
    if (f->is_young) {
        f->is_young = false;
        ovs_list_remove(&f->young_node);
        f->part->n_young--;
        shard->n_young--;
    }
}

/* Removes 'f' from 'shard'. */
static void
unlink_frame(struct stt_reasm *r, struct shard *shard, struct frame *f)
    OVS_REQUIRES(shard->mutex)
{
    grow_up(shard, f);
    hmap_remove(&shard->frames, &f->node);
    ovs_list_remove(&f->lru_node);
    publish_oldest(f->part);
    uncharge(r, f->part->source,
             ONE_FRAME | memory(f->headroom, f->capacity));
}

/* Moves 'f' from 'shard' to 'dead', for free_frames(). */
static void
kill_frame(struct stt_reasm *r, struct shard *shard, struct frame *f,
           struct ovs_list *dead)
    OVS_REQUIRES(shard->mutex)
{
    unlink_frame(r, shard, f);
    ovs_list_push_back(dead, &f->lru_node);
}

/* Frees the frames in 'dead' and adds what they took to 'room', which is for
 * the caller to use or release. */
static void
free_frames(struct ovs_list *dead, struct room *room)
{
    struct frame *f;

    LIST_FOR_EACH_POP (f, lru_node, dead) {
        room->bytes += memory(f->headroom, f->capacity);
        room->frames++;
        free(f->base);
        free(f);
    }
}

/* Returns the shard with the least recently used frame of 'source', and stores
 * that frame's 'used' in '*used'.  Returns NULL if 'source' has no frame. */
static struct shard *
find_oldest(struct stt_reasm *r, const struct source *source, uint64_t *used)
{
    struct part *parts = &r->parts[(source - r->sources) * N_SHARDS];
    struct shard *shard = NULL;

    *used = UINT64_MAX;
    for (size_t i = 0; i < N_SHARDS; i++) {
        uint64_t oldest;

        atomic_read_relaxed(&parts[i].oldest, &oldest);
        if (oldest && oldest < *used) {
            *used = oldest;
            shard = &r->shards[i];
        }
    }
    return shard;
}

/* Returns the source other than 'except' that has most of 'resource'.  If
 * several have the same amount, returns the one whose least recently used
 * frame is the oldest, after at most SOURCE_WAYS comparisons.  Returns NULL if
 * no other source has a frame. */
static struct source *
find_heavy(struct stt_reasm *r, enum resource resource,
           const struct source *except)
{
    struct source *heavy = NULL;
    uint64_t max = 1;
    int n_ties = 0;

    for (size_t i = 0; i < N_SOURCES; i++) {
        struct source *source = &r->sources[i];
        uint64_t used = get_used(source, resource);

        if (used >= max && source != except) {
            if (heavy && used == max) {
                uint64_t a, b;

                if (++n_ties > SOURCE_WAYS) {
                    continue;
                }
                find_oldest(r, heavy, &a);
                find_oldest(r, source, &b);
                if (a < b) {
                    continue;
                }
            }
            heavy = source;
            max = used;
        }
    }
    return heavy;
}

/* Returns the source from which to evict a frame to make room in 'resource'
 * for 'source', which may be NULL: for a new frame, or, if 'grows' is true,
 * for a frame that it has.  The result is a source that has about its share or
 * more, which is the limit divided by the number of sources with frames.  If
 * none is known, it is the source with most.  Returns NULL if there are no
 * frames.
 *
 * "About" is 7/8: at a limit, each source may have a little less than a share,
 * and the search for the one with most takes long. */
static struct source *
choose_source(struct stt_reasm *r, struct source *source, bool grows,
              enum resource resource)
{
    struct source *except = NULL;
    struct source *heavy = NULL;
    uint64_t i, max, share;
    uint64_t used = 0;

    /* Do not evict the only frame of 'source' to make room for itself. */
    if (grows && get_used(source, FRAMES) == 1) {
        except = source;
    }

    atomic_read_relaxed(&r->heavy[resource], &i);
    if (i < N_SOURCES) {
        heavy = &r->sources[i];
        used = get_used(heavy, resource);
    }
    if (source && get_used(source, resource) > used) {
        heavy = source;
        used = get_used(heavy, resource);
    }
    atomic_read_relaxed(resource == FRAMES ? &r->max_frames : &r->max_bytes,
                        &max);
    share = max / MAX(1, atomic_count_get64(&r->n_sources));
    if (!used || heavy == except || used < share - share / 8) {
        heavy = find_heavy(r, resource, except);
        if (!heavy) {
            return except;
        }
    }
    atomic_store_relaxed(&r->heavy[resource], heavy - r->sources);
    return heavy;
}

/* Discards the least recently used frame of the source that choose_source()
 * returns for 'source', 'grows' and 'resource', and adds what it took to
 * 'room'.  Returns false if there is no frame.  The caller must not hold any
 * shard's mutex. */
static bool
evict(struct stt_reasm *r, struct source *source, bool grows,
      enum resource resource, struct room *room)
{
    struct source *heavy = choose_source(r, source, grows, resource);
    struct ovs_list dead = OVS_LIST_INITIALIZER(&dead);
    struct shard *shard;
    struct part *part;
    uint64_t used;

    if (!heavy) {
        return false;
    }
    shard = find_oldest(r, heavy, &used);
    if (!shard) {
        return true;            /* Another thread was faster. */
    }
    part = &r->parts[(heavy - r->sources) * N_SHARDS + (shard - r->shards)];

    ovs_mutex_lock(&shard->mutex);
    if (!ovs_list_is_empty(&part->lru)) {
        kill_frame(r, shard, CONTAINER_OF(ovs_list_front(&part->lru),
                                          struct frame, lru_node), &dead);
        shard->n[STT_REASM_RX_EVICTED]++;
    }
    ovs_mutex_unlock(&shard->mutex);

    free_frames(&dead, room);
    return true;
}

/* Reserves the room that 'at' needs, evicting frames until there is enough.
 * The room of evicted frames goes directly to 'at', so this ends soon even if
 * other threads need room, too.  Returns true if successful.  In any case, the
 * caller must release 'at->room' later.  The caller must not hold any shard's
 * mutex. */
static bool
make_room(struct stt_reasm *r, struct attempt *at)
{
    enum resource resource;

    while (!take_room(r, &at->room, &at->need, &resource)) {
        if (!evict(r, at->source, !at->need.frames, resource, &at->room)) {
            return false;
        }
    }
    return true;
}

/* Returns true if 'f' has received no segment for the timeout at 'now', in
 * milliseconds. */
static bool
is_expired(const struct stt_reasm *r, const struct frame *f, long long int now)
{
    uint64_t timeout;

    atomic_read_relaxed(&r->timeout, &timeout);
    return now >= f->used_msec && now - f->used_msec >= timeout;
}

/* Finds the place in 'f''s ranges for 'start' to 'end' - 1, storing in '*ip'
 * the number of ranges in front of it.  Returns STT_REASM_QUEUED or a reason
 * to drop the segment. */
static enum stt_reasm_verdict
find_place(const struct frame *f, uint16_t start, uint16_t end, size_t *ip)
{
    const struct range *r = f->ranges;
    size_t n = f->n_ranges;
    size_t lo = 0;
    size_t hi = n;

    if (n && start >= r[n - 1].end) {
        lo = n;                 /* The usual case: in order. */
    }
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;

        if (r[mid].start <= start) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    *ip = lo;

    if (lo && r[lo - 1].end > start) {
        return (r[lo - 1].end >= end
                ? STT_REASM_RX_DUPLICATE : STT_REASM_RX_OVERLAP);
    } else if (lo < n && r[lo].start < end) {
        return STT_REASM_RX_OVERLAP;
    } else if (n >= MAX_RANGES
               && !(lo && r[lo - 1].end == start)
               && !(lo < n && r[lo].start == end)) {
        return STT_REASM_RX_FRAGMENTS;
    }
    return STT_REASM_QUEUED;
}

/* Adds 'start' to 'end' - 1 to 'f''s ranges, at the place 'i' that
 * find_place() returned. */
static void
add_range(struct frame *f, uint16_t start, uint16_t end, size_t i)
{
    struct range *r = &f->ranges[i];
    size_t n_after = f->n_ranges - i;
    bool joins_left = i && r[-1].end == start;
    bool joins_right = n_after && r->start == end;

    if (joins_left && joins_right) {
        r[-1].end = r->end;
        memmove(r, r + 1, (n_after - 1) * sizeof *r);
        f->n_ranges--;
    } else if (joins_left) {
        r[-1].end = end;
    } else if (joins_right) {
        r->start = start;
    } else {
        memmove(r + 1, r, n_after * sizeof *r);
        r->start = start;
        r->end = end;
        f->n_ranges++;
    }
}

/* Returns the frame with 'key', which hashes to 'hash', in 'shard', or a null
 * pointer. */
static struct frame *
find_frame(struct shard *shard, const struct stt_reasm_key *key, uint32_t hash)
    OVS_REQUIRES(shard->mutex)
{
    struct frame *f;

    HMAP_FOR_EACH_WITH_HASH (f, node, hash, &shard->frames) {
        if (!memcmp(&f->key, key, sizeof *key)) {
            return f;
        }
    }
    return NULL;
}

/* Takes 'at->need', which the caller has set, for a new frame or for one that
 * grows.  Returns true if successful. */
static bool
need_room(struct stt_reasm *r, struct attempt *at)
{
    enum resource resource;

    if (!take_room(r, &at->room, &at->need, &resource)) {
        return false;
    }
    at->room.bytes -= at->need.bytes;
    at->room.frames -= at->need.frames;
    return true;
}

/* Returns the young frame in 'shard' that a new one of 'part' replaces.  There
 * must be at least one. */
static struct frame *
choose_young(struct shard *shard, struct part *part)
    OVS_REQUIRES(shard->mutex)
{
    struct part *heavy = shard->young_heavy;
    struct frame *f;

    if (!heavy || part->n_young > heavy->n_young) {
        shard->young_heavy = heavy = part;
    }
    if (heavy->n_young >= DIV_ROUND_UP(shard->n_young, YOUNG_HEAVY)) {
        LIST_FOR_EACH (f, young_node, &shard->young) {
            if (f->part == heavy) {
                return f;
            }
        }
    }
    return CONTAINER_OF(ovs_list_front(&shard->young), struct frame,
                        young_node);
}

/* Creates in 'shard' a frame for 'seg', whose key hashes to 'hash', with
 * memory for its first 'capacity' bytes.  If there are too many young frames,
 * it replaces the one that choose_young() returns.  Returns a null pointer if
 * there is no room; then 'at->need' is what the frame needs. */
static struct frame *
create_frame(struct stt_reasm *r, struct shard *shard,
             const struct stt_segment *seg, uint32_t hash, uint16_t capacity,
             struct attempt *at)
    OVS_REQUIRES(shard->mutex)
{
    uint16_t front = headroom(seg->total);
    struct frame *f = NULL;
    struct part *part;
    uint64_t max_frames;

    part = find_part(r, shard, shard - r->shards, &seg->key.src);
    at->source = part->source;
    at->need.bytes = memory(front, capacity);
    at->need.frames = 1;

    atomic_read_relaxed(&r->max_frames, &max_frames);
    if (shard->n_young >= MAX(MIN_YOUNG, max_frames / YOUNG_SHARE)) {
        f = choose_young(shard, part);
        shard->n[STT_REASM_RX_EVICTED]++;
        if (memory(f->headroom, f->capacity) == at->need.bytes) {
            unlink_frame(r, shard, f);
        } else {
            kill_frame(r, shard, f, &at->dead);
            free_frames(&at->dead, &at->room);
            f = NULL;
        }
    }
    if (!f) {
        if (!need_room(r, at)) {
            return NULL;
        }
        f = xmalloc(sizeof *f);
        f->base = xmalloc(front + capacity);
    }

    f->key = seg->key;
    f->headroom = front;
    f->capacity = capacity;
    f->total = seg->total;
    f->ce = false;
    f->n_ranges = 0;
    f->part = part;
    hmap_insert(&shard->frames, &f->node, hash);
    ovs_list_push_back(&part->lru, &f->lru_node);
    f->is_young = true;
    ovs_list_push_back(&shard->young, &f->young_node);
    part->n_young++;
    shard->n_young++;
    charge(r, part->source, ONE_FRAME | at->need.bytes);
    atomic_count_inc64(&r->clock);
    return f;
}

/* Does the work of stt_reasm_add() with 'shard''s mutex held.  'hash' is the
 * hash of the key of 'seg'.  If there is not enough room, stores what is
 * needed in 'at' and returns STT_REASM_N_COUNTERS. */
static enum stt_reasm_verdict
add_segment(struct stt_reasm *r, struct shard *shard,
            const struct stt_segment *seg, uint32_t hash, long long int now,
            struct attempt *at, struct stt_frame *frame)
    OVS_REQUIRES(shard->mutex)
{
    uint32_t end = seg->offset + seg->len;
    struct frame *f;
    size_t i = 0;

    if (!seg->len || end > seg->total || seg->total < STT_REASM_MIN_LEN) {
        return STT_REASM_RX_LENGTH;
    }

    f = find_frame(shard, &seg->key, hash);
    if (f && is_expired(r, f, now)) {
        kill_frame(r, shard, f, &at->dead);
        free_frames(&at->dead, &at->room);
        shard->n[STT_REASM_RX_EXPIRED]++;
        f = NULL;
    }
    if (f) {
        enum stt_reasm_verdict verdict;

        if (seg->total != f->total) {
            return STT_REASM_RX_TOTAL_MISMATCH;
        }
        verdict = find_place(f, seg->offset, end, &i);
        if (verdict != STT_REASM_QUEUED) {
            return verdict;
        }
    }
    if (!seg->offset && *(const uint8_t *) seg->data) {
        if (f) {
            kill_frame(r, shard, f, &at->dead);
        }
        return STT_REASM_RX_VERSION;
    }

    if (!f || end > f->capacity) {
        uint64_t whole = memory(headroom(seg->total), seg->total);
        uint64_t max_bytes;

        atomic_read_relaxed(&r->max_bytes, &max_bytes);
        if (whole > max_bytes) {
            return STT_REASM_RX_NO_ROOM;
        }
        if (f) {
            at->need.bytes = whole - memory(f->headroom, f->capacity);
            at->need.frames = 0;
            at->source = f->part->source;
            if (!need_room(r, at)) {
                /* Evict other frames rather than this one. */
                atomic_count_inc64(&r->clock);
                touch(r, f);
                return STT_REASM_N_COUNTERS;
            }
            charge(r, at->source, at->need.bytes);
            f->base = xrealloc(f->base, f->headroom + seg->total);
            f->capacity = seg->total;
        } else {
            f = create_frame(r, shard, seg, hash,
                             MIN(seg->total, ROUND_UP(end, FIRST_CAPACITY)),
                             at);
            if (!f) {
                return STT_REASM_N_COUNTERS;
            }
        }
    }
    if (f->n_ranges) {
        grow_up(shard, f);
    }

    memcpy(f->base + f->headroom + seg->offset, seg->data, seg->len);
    add_range(f, seg->offset, end, i);
    f->ce |= IP_ECN_is_ce(seg->tos);
    if (!seg->offset) {
        f->tos = seg->tos;
        f->ttl = seg->ttl;
        f->flags = seg->flags;
    }
    if (f->ranges[0].start || f->ranges[0].end != f->total) {
        f->used_msec = now;
        touch(r, f);
        return STT_REASM_QUEUED;
    }

    *frame = (struct stt_frame) {
        .base = f->base,
        .allocated = f->headroom + f->total,
        .headroom = f->headroom,
        .len = f->total,
        .tos = f->tos | (f->ce ? IP_ECN_CE : 0),
        .ttl = f->ttl,
        .flags = f->flags,
    };
    f->base = NULL;             /* Not for free_frames() to free. */
    kill_frame(r, shard, f, &at->dead);
    return STT_REASM_COMPLETE;
}

/* Adds segment 'seg', which arrived at 'now', in milliseconds, to its frame,
 * copying the data.  If it completes a frame (draft-davie-stt-08, section
 * 3.2), stores it in 'frame', for the caller to free, and returns
 * STT_REASM_COMPLETE.  Otherwise leaves 'frame' alone and returns
 * STT_REASM_QUEUED or the reason why it dropped the segment, which it also
 * counts.
 *
 * The first byte of a frame is its STT version.  A segment with a version
 * other than 0 is dropped with all that was received of its frame.  The caller
 * must check the rest of the STT header. */
enum stt_reasm_verdict
stt_reasm_add(struct stt_reasm *r, const struct stt_segment *seg,
              long long int now, struct stt_frame *frame)
{
    uint32_t hash = hash_key(r, &seg->key);
    struct shard *shard = &r->shards[hash >> (32 - SHARD_BITS)];
    struct attempt at = { .dead = OVS_LIST_INITIALIZER(&at.dead) };
    enum stt_reasm_verdict verdict;

    for (;;) {
        ovs_mutex_lock(&shard->mutex);
        verdict = add_segment(r, shard, seg, hash, now, &at, frame);
        if (verdict != STT_REASM_N_COUNTERS) {
            break;
        }
        ovs_mutex_unlock(&shard->mutex);

        if (!make_room(r, &at)) {
            verdict = STT_REASM_RX_NO_ROOM;
            ovs_mutex_lock(&shard->mutex);
            break;
        }
    }
    shard->n[verdict]++;
    ovs_mutex_unlock(&shard->mutex);

    if (!ovs_list_is_empty(&at.dead)) {
        free_frames(&at.dead, &at.room);
    }
    release(r, &at.room);
    return verdict;
}

/* Discards the frames that have received no segment for the timeout at 'now',
 * in milliseconds. */
void
stt_reasm_run(struct stt_reasm *r, long long int now)
{
    struct ovs_list dead = OVS_LIST_INITIALIZER(&dead);

    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *shard = &r->shards[i];
        struct room room = { 0, 0 };
        struct part *part;
        struct frame *f;

        ovs_mutex_lock(&shard->mutex);
        if (!hmap_is_empty(&shard->frames)) {
            LIST_FOR_EACH (part, node, &shard->parts) {
                LIST_FOR_EACH_SAFE (f, lru_node, &part->lru) {
                    if (!is_expired(r, f, now)) {
                        break;
                    }
                    kill_frame(r, shard, f, &dead);
                    shard->n[STT_REASM_RX_EXPIRED]++;
                }
            }
        }
        ovs_mutex_unlock(&shard->mutex);

        free_frames(&dead, &room);
        release(r, &room);
    }
}

/* Discards all frames of 'domain'. */
void
stt_reasm_flush(struct stt_reasm *r, const void *domain)
{
    struct ovs_list dead = OVS_LIST_INITIALIZER(&dead);

    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *shard = &r->shards[i];
        struct room room = { 0, 0 };
        struct frame *f;

        ovs_mutex_lock(&shard->mutex);
        HMAP_FOR_EACH_SAFE (f, node, &shard->frames) {
            if (f->key.domain == domain) {
                kill_frame(r, shard, f, &dead);
                shard->n[STT_REASM_RX_FLUSHED]++;
            }
        }
        ovs_mutex_unlock(&shard->mutex);

        free_frames(&dead, &room);
        release(r, &room);
    }
}

/* Sets the limits of 'r' to 'limits', discarding the frames beyond them. */
void
stt_reasm_set_limits(struct stt_reasm *r,
                     const struct stt_reasm_limits *limits)
{
    atomic_store_relaxed(&r->max_bytes, limits->max_bytes);
    atomic_store_relaxed(&r->max_frames, limits->max_frames);
    atomic_store_relaxed(&r->timeout, limits->timeout);

    for (;;) {
        struct room room = { 0, 0 };
        uint64_t bytes, frames;

        atomic_read_relaxed(&r->bytes, &bytes);
        atomic_read_relaxed(&r->frames, &frames);
        if ((bytes <= limits->max_bytes && frames <= limits->max_frames)
            || !evict(r, NULL, false,
                      frames > limits->max_frames ? FRAMES : BYTES, &room)) {
            break;
        }
        release(r, &room);
    }
}

/* Stores the limits of 'r' in 'limits'. */
void
stt_reasm_get_limits(const struct stt_reasm *r,
                     struct stt_reasm_limits *limits)
{
    uint64_t max_frames, timeout;

    atomic_read_relaxed(&r->max_bytes, &limits->max_bytes);
    atomic_read_relaxed(&r->max_frames, &max_frames);
    atomic_read_relaxed(&r->timeout, &timeout);
    limits->max_frames = max_frames;
    limits->timeout = timeout;
}

/* Stores what 'r' holds, and its counters, in 'stats'. */
void
stt_reasm_get_stats(struct stt_reasm *r, struct stt_reasm_stats *stats)
{
    uint64_t frames;

    memset(stats, 0, sizeof *stats);
    atomic_read_relaxed(&r->bytes, &stats->bytes);
    atomic_read_relaxed(&r->frames, &frames);
    stats->frames = frames;
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *shard = &r->shards[i];

        ovs_mutex_lock(&shard->mutex);
        for (size_t j = 0; j < STT_REASM_N_COUNTERS; j++) {
            stats->n[j] += shard->n[j];
        }
        ovs_mutex_unlock(&shard->mutex);
    }
}

/* Returns the name of 'counter', in the form of an identifier. */
const char *
stt_reasm_counter_name(enum stt_reasm_verdict counter)
{
    static const char *names[] = {
#define STT_REASM_COUNTER(NAME, STRING, MEANING) STRING,
        STT_REASM_COUNTERS(STT_REASM_COUNTER)
#undef STT_REASM_COUNTER
    };

    return names[counter];
}

/* Returns the description of 'counter', for people to read. */
const char *
stt_reasm_counter_meaning(enum stt_reasm_verdict counter)
{
    static const char *meanings[] = {
#define STT_REASM_COUNTER(NAME, STRING, MEANING) MEANING,
        STT_REASM_COUNTERS(STT_REASM_COUNTER)
#undef STT_REASM_COUNTER
    };

    return meanings[counter];
}

/* Returns a new reassembler with the default limits. */
struct stt_reasm *
stt_reasm_create(void)
{
    struct stt_reasm *r = xmalloc(sizeof *r);

    r->shards = xzalloc_cacheline(N_SHARDS * sizeof *r->shards);
    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *shard = &r->shards[i];

        ovs_mutex_init_adaptive(&shard->mutex);
        ovs_mutex_lock(&shard->mutex);
        hmap_init(&shard->frames);
        ovs_list_init(&shard->parts);
        ovs_list_init(&shard->young);
        ovs_mutex_unlock(&shard->mutex);
    }
    get_entropy_or_die(r->secrets, sizeof r->secrets);
    get_entropy_or_die(r->source_secrets, sizeof r->source_secrets);

    /* Pages that stay zero take no memory. */
    r->sources = xcalloc(N_SOURCES, sizeof *r->sources);
    r->parts = xcalloc(N_SOURCES * N_SHARDS, sizeof *r->parts);
    atomic_init(&r->n_sources, 0);
    for (size_t i = 0; i < N_RESOURCES; i++) {
        atomic_init(&r->heavy[i], N_SOURCES);
    }
    atomic_init(&r->max_bytes, STT_REASM_MAX_BYTES);
    atomic_init(&r->max_frames, STT_REASM_MAX_FRAMES);
    atomic_init(&r->timeout, STT_REASM_TIMEOUT);
    atomic_init(&r->bytes, 0);
    atomic_init(&r->frames, 0);
    atomic_init(&r->clock, 1);
    return r;
}

/* Destroys 'r' and discards all its frames. */
void
stt_reasm_destroy(struct stt_reasm *r)
{
    struct ovs_list dead = OVS_LIST_INITIALIZER(&dead);
    struct room room = { 0, 0 };

    if (!r) {
        return;
    }

    for (size_t i = 0; i < N_SHARDS; i++) {
        struct shard *shard = &r->shards[i];
        struct frame *f;

        ovs_mutex_lock(&shard->mutex);
        HMAP_FOR_EACH_SAFE (f, node, &shard->frames) {
            kill_frame(r, shard, f, &dead);
        }
        free_frames(&dead, &room);
        hmap_destroy(&shard->frames);
        ovs_mutex_unlock(&shard->mutex);
        ovs_mutex_destroy(&shard->mutex);
    }
    free_cacheline(r->shards);
    free(r->sources);
    free(r->parts);
    free(r);
}
