/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_STAMP_H
#define OVERLAY_STAMP_H 1

/* Test packets of STAMP
 * =====================
 *
 * The Simple Two-Way Active Measurement Protocol (RFC 8762, with the TLVs of
 * RFC 8972).  In unauthenticated mode, a Session-Sender sends a test packet
 * inside a tunnel, and the Session-Reflector at the other end returns it:
 *
 *       0                   1                   2                   3
 *       0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *      |                    Ethernet (14 octets)                       |
 *      |       IPv4 (20), from and to 127.0.0.1, TTL 255, DF           |
 *      |       UDP (8), to port 862, a reply from port 862             |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    0 |                        Sequence Number                        |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *    4 |               Timestamp (NTP, when it was sent)               |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   12 |        Error Estimate         |             SSID              |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   16 |              Receive Timestamp (reply only)                   |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   24 |        Session-Sender Sequence Number (reply only)            |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   28 |            Session-Sender Timestamp (reply only)              |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   36 | Session-Sender Error Estimate |              0                |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   40 | Ses-Sender TTL|                      0                        |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *   44 |                           TLVs ...                            |
 *
 * In authenticated mode, the same fields are at offsets 0, 16, 24, 26, 32, 48,
 * 64, 72 and 80, zeros between them, an HMAC of these 96 octets at 96, and
 * TLVs at 112, the last of which but for padding is an HMAC TLV (RFC 8972,
 * section 4.8).
 *
 * Two TLVs are used: Extra Padding (RFC 8972, section 4.1), and one of the
 * types for private use:
 *
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *      |U|M|I| 0       | Type = 252    |     Length = 8 + 24 * n       |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *      |                    "OVLY" (4 octets)                          |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *      |    Received source port       |              0                |
 *      +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *      |      n times: tunnel key (8), frames received (8), frames     |
 *      |      that flows dropped (8)                                   |
 *
 * The sender asks for counters of the frames that the reflector had from it
 * with each tunnel key.  The reflector fills them in, UINT64_MAX if it does
 * not know them, and the outer source port from which the packet came.
 *
 * A reply is exactly as long as its request. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct dp_packet;

#define OVL_STAMP_PORT 862

/* Octets of a test packet: at most of headers in front of the TLVs, of the TLV
 * with 'n' keys, and of an HMAC. */
#define OVL_STAMP_HEADERS_LEN (14 + 20 + 8 + 112)
#define OVL_STAMP_TLV_LEN(N) (4 + 8 + 24 * (N))
#define OVL_STAMP_HMAC_LEN 16

/* Maximum number of keys in a test packet. */
#define OVL_STAMP_MAX_KEYS 8

/* Smallest and largest frame that ovl_stamp_compose() makes, without the FCS.
 * Between OVL_STAMP_MIN_LEN and OVL_STAMP_MIN_LEN + 4, it makes none. */
#define OVL_STAMP_MIN_LEN (OVL_STAMP_HEADERS_LEN \
                           + OVL_STAMP_TLV_LEN(OVL_STAMP_MAX_KEYS) \
                           + 4 + OVL_STAMP_HMAC_LEN)
#define OVL_STAMP_MAX_LEN 9216

/* What the reflector counted.  UINT64_MAX if it does not know. */
struct ovl_stamp_count {
    uint64_t key;
    uint64_t rx_packets;
    uint64_t rx_dropped;
};

/* A test packet, in host byte order. */
struct ovl_stamp {
    bool is_reply;
    uint16_t src_port;          /* Inner UDP port of the sender. */
    uint16_t ssid;              /* Session of the sender. */
    uint32_t seq;               /* Sequence number, of the sender. */
    uint64_t sent;              /* Timestamp of the sender. */
    bool bad_tlvs;              /* Is the HMAC of the TLVs wrong? */

    /* In a reply. */
    uint64_t received;          /* Timestamps of the reflector. */
    uint64_t returned;
    uint16_t outer_port;        /* As received by the reflector, or 0. */

    size_t n_counts;
    struct ovl_stamp_count counts[OVL_STAMP_MAX_KEYS];
};

/* The key of HMACs. */
struct ovl_stamp_auth {
    uint8_t key[64];
    size_t len;                 /* Octets of 'key', not 0. */
};

/* Why a frame is not a test packet. */
enum ovl_stamp_error {
    OVL_STAMP_OK,
    OVL_STAMP_OTHER,            /* It is something else. */
    OVL_STAMP_TTL,              /* Its TTL is not 255. */
    OVL_STAMP_MALFORMED,        /* It is too short, or its checksum or a
                                 * length is wrong. */
    OVL_STAMP_HMAC              /* Its HMAC is wrong. */
};

uint64_t ovl_stamp_now(void);
int64_t ovl_stamp_to_usec(uint64_t interval);

void ovl_stamp_compose(const struct ovl_stamp *,
                       const struct ovl_stamp_auth *, size_t size,
                       struct dp_packet *);
bool ovl_stamp_is_reply(const struct dp_packet *);
enum ovl_stamp_error ovl_stamp_parse(const struct dp_packet *,
                                     const struct ovl_stamp_auth *,
                                     struct ovl_stamp *);
void ovl_stamp_reflect(struct dp_packet *, const struct ovl_stamp *,
                       const struct ovl_stamp_auth *);

#endif /* overlay/stamp.h */
