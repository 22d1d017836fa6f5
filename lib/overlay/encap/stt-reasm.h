/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ENCAP_STT_REASM_H
#define OVERLAY_ENCAP_STT_REASM_H 1

/* Reassembly of STT frames
 * ========================
 *
 * An STT frame (draft-davie-stt-08) is at most 65,535 bytes and
 * arrives in one or more TCP-like segments.  A 'struct stt_reasm' takes the
 * payload of such segments in any order, of any size, and gives back whole
 * frames.  It knows nothing about packets: the caller has parsed and verified
 * the outer headers, and parses the STT header of the frame that comes out.
 *
 * Anyone who can reach the underlay can send segments, so what is held is
 * bounded in bytes and in frames.  When a limit is reached, a sender, by its
 * outer address, that holds about its share or more gives up the frame whose
 * last segment is the longest ago; a share is the limit divided by the senders
 * that have frames.  So a sender that has little loses nothing to one that has
 * much.  A frame that gets no segment for a while is given up.  Frames with
 * only one segment have a limit of their own, beyond which one of them makes
 * room for the next.  The work for one segment does not depend on the number
 * of frames held.
 *
 * Thread-safety
 * =============
 *
 * All functions may be called from any thread, except that
 * stt_reasm_destroy() needs that no other call is in progress.  The segments
 * of one frame may come from different threads. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct stt_reasm;

/* A frame is at least an STT header and an inner Ethernet header. */
#define STT_REASM_MIN_LEN (18 + 14)

/* Room kept in front of a frame, less if the frame is so long that the two
 * would not fit in the 16 bits of a dp_packet. */
#define STT_REASM_HEADROOM 128

/* What happens to segments and frames.  The first two are not drops:
 * STT_REASM_QUEUED counts segments and STT_REASM_COMPLETE frames, so that the
 * segments received are the sum of all the counters except those of the last
 * three lines, which count frames that had been queued.
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

/* What stt_reasm_add() returns, and an index of 'n' in "struct
 * stt_reasm_stats". */
enum stt_reasm_verdict {
#define STT_REASM_COUNTER(NAME, STRING, MEANING) STT_REASM_##NAME,
    STT_REASM_COUNTERS(STT_REASM_COUNTER)
#undef STT_REASM_COUNTER
    STT_REASM_N_COUNTERS
};

/* What tells frames apart.  'domain' is whatever the caller wants to keep
 * apart beyond the addresses, e.g. the port that received; it is compared,
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
    uint16_t offset;            /* Place of 'data' in the frame, in bytes. */
    uint16_t len;               /* Number of bytes in 'data'. */
    uint8_t tos, ttl;           /* Of the outer IP header. */
    uint16_t flags;             /* The caller's. */
    const void *data;
};

/* A complete frame.  The caller owns 'base', which came from malloc(), and
 * which is fit for dp_packet_use(): the frame is the 'len' bytes that start
 * 'headroom' bytes after 'base', and 'allocated' is their sum. */
struct stt_frame {
    void *base;
    uint16_t allocated;
    uint16_t headroom;
    uint16_t len;
    uint8_t tos;                /* Of the first bytes, CE if any had it. */
    uint8_t ttl;                /* Of the first bytes. */
    uint16_t flags;             /* Of the first bytes. */
};

struct stt_reasm_limits {
    uint64_t max_bytes;         /* Memory for incomplete frames, in bytes. */
    uint32_t max_frames;        /* Number of incomplete frames. */
    uint32_t timeout;           /* Wait for the next segment, in ms. */
};

#define STT_REASM_MAX_BYTES (UINT64_C(64) * 1024 * 1024)
#define STT_REASM_MAX_FRAMES 65536
#define STT_REASM_TIMEOUT 1000

struct stt_reasm_stats {
    uint64_t bytes;             /* Memory held now, in bytes. */
    uint32_t frames;            /* Incomplete frames held now. */
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
