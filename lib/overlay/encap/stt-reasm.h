/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ENCAP_STT_REASM_H
#define OVERLAY_ENCAP_STT_REASM_H 1

/* Reassembly of STT frames
 * ========================
 *
 * An STT frame (draft-davie-stt-08) is at most 65,535 bytes and arrives in one
 * or more TCP-like segments.  A 'struct stt_reasm' takes the payload of these
 * segments, in any order and of any size, and returns whole frames.  It does
 * not handle packets: the caller parses and verifies the outer headers of each
 * segment, and the STT header of the whole frame.
 *
 * Any host that can reach the underlay can send segments, so the memory and
 * the number of incomplete frames are limited.  At a limit, a sender (an outer
 * source address) that holds about its share or more loses its least recently
 * used frame; a share is the limit divided by the number of senders with
 * incomplete frames.  So a sender with few frames loses nothing to one with
 * many.  A frame that receives no segment for the timeout is discarded.
 * Frames with only one segment have a limit of their own, at which a new one
 * replaces an old one.  The work for one segment does not depend on the number
 * of frames held.
 *
 * Thread-safety
 * =============
 *
 * All functions may be called from any thread, but no other call may be in
 * progress during stt_reasm_destroy().  The segments of one frame may come
 * from different threads. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct stt_reasm;

/* A frame is at least an STT header and an inner Ethernet header. */
#define STT_REASM_MIN_LEN (18 + 14)

/* Headroom in front of a frame, in bytes.  It is less if both together would
 * exceed the 16-bit lengths of a dp_packet. */
#define STT_REASM_HEADROOM 128

/* Counters.  The first two count accepted segments, the last three incomplete
 * frames that were discarded, and all others dropped segments.  The number of
 * segments received is the sum of all counters except the last three.
 *
 * COUNTER(NAME, name, meaning) */
#define STT_REASM_COUNTERS(COUNTER)                                           \
    COUNTER(QUEUED, "rx_queued",                                              \
            "segments kept until their frame is complete")                    \
    COUNTER(COMPLETE, "rx_complete",                                          \
            "segments that completed a frame")                                \
    STT_REASM_DROPS(COUNTER)

#define STT_REASM_DROPS(COUNTER)                                              \
    COUNTER(RX_LENGTH, "rx_length",                                           \
            "segments that are empty, beyond the end of their frame, or of "  \
            "a frame too short for its headers")                              \
    COUNTER(RX_TOTAL_MISMATCH, "rx_total_mismatch",                           \
            "segments whose frame length differs from the one seen before")   \
    COUNTER(RX_DUPLICATE, "rx_duplicate",                                     \
            "segments with nothing new")                                      \
    COUNTER(RX_OVERLAP, "rx_overlap",                                         \
            "segments that overlap a part of what was received before")       \
    COUNTER(RX_FRAGMENTS, "rx_fragments",                                     \
            "segments that would leave too many gaps in their frame")         \
    COUNTER(RX_VERSION, "rx_version",                                         \
            "first segments of an unknown STT version")                       \
    COUNTER(RX_NO_ROOM, "rx_no_room",                                         \
            "segments for whose frame the limits leave no room")              \
    COUNTER(RX_EVICTED, "rx_evicted",                                         \
            "incomplete frames that made room for newer ones")                \
    COUNTER(RX_EXPIRED, "rx_expired",                                         \
            "incomplete frames that waited too long for a segment")           \
    COUNTER(RX_FLUSHED, "rx_flushed",                                         \
            "incomplete frames whose port was removed")

/* Return value of stt_reasm_add(), and index of 'n' in "struct
 * stt_reasm_stats". */
enum stt_reasm_verdict {
#define STT_REASM_COUNTER(NAME, STRING, MEANING) STT_REASM_##NAME,
    STT_REASM_COUNTERS(STT_REASM_COUNTER)
#undef STT_REASM_COUNTER
    STT_REASM_N_COUNTERS
};

/* Identifies a frame.  'domain' is the caller's: frames of different domains
 * are different, e.g. those that different ports receive.  It is compared,
 * never dereferenced.  An IPv4 address is a v4-mapped IPv6 address. */
struct stt_reasm_key {
    const void *domain;
    struct in6_addr src, dst;
    ovs_be16 sport, dport;
    ovs_be32 frame_id;          /* TCP acknowledgment number. */
};

/* A segment, or several adjacent ones that were merged on the way (GRO). */
struct stt_segment {
    struct stt_reasm_key key;
    uint16_t total;             /* Length of the frame, in bytes. */
    uint16_t offset;            /* Offset of 'data' in the frame, in bytes. */
    uint16_t len;               /* Number of bytes in 'data'. */
    uint8_t tos, ttl;           /* Of the outer IP header. */
    uint16_t flags;             /* The caller's. */
    const void *data;
};

/* A complete frame.  The caller owns 'base', which came from malloc(), and may
 * pass it to dp_packet_use().  The frame is the 'len' bytes that start
 * 'headroom' bytes after 'base', and 'allocated' is their sum. */
struct stt_frame {
    void *base;
    uint16_t allocated;
    uint16_t headroom;
    uint16_t len;
    uint8_t tos;                /* Of offset 0, with CE of any segment. */
    uint8_t ttl;                /* Of the segment at offset 0. */
    uint16_t flags;             /* Of the segment at offset 0. */
};

struct stt_reasm_limits {
    uint64_t max_bytes;         /* Memory for incomplete frames, in bytes. */
    uint32_t max_frames;        /* Number of incomplete frames. */
    uint32_t timeout;           /* Longest wait for the next segment, in ms. */
};

#define STT_REASM_MAX_BYTES (UINT64_C(64) * 1024 * 1024)
#define STT_REASM_MAX_FRAMES 65536
#define STT_REASM_TIMEOUT 1000

struct stt_reasm_stats {
    uint64_t bytes;             /* Memory held, in bytes. */
    uint32_t frames;            /* Incomplete frames held. */
    uint64_t n[STT_REASM_N_COUNTERS];
};

struct stt_reasm *stt_reasm_create(void);
void stt_reasm_destroy(struct stt_reasm *);

enum stt_reasm_verdict stt_reasm_add(struct stt_reasm *,
                                     const struct stt_segment *,
                                     long long int now, struct stt_frame *);
void stt_reasm_run(struct stt_reasm *, long long int now);
void stt_reasm_flush(struct stt_reasm *, const void *domain);

void stt_reasm_set_limits(struct stt_reasm *, const struct stt_reasm_limits *);
void stt_reasm_get_limits(const struct stt_reasm *, struct stt_reasm_limits *);
void stt_reasm_get_stats(struct stt_reasm *, struct stt_reasm_stats *);

const char *stt_reasm_counter_name(enum stt_reasm_verdict);
const char *stt_reasm_counter_meaning(enum stt_reasm_verdict);

#endif /* overlay/encap/stt-reasm.h */
