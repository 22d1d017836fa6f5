/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/stamp.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_OPENSSL
#include <openssl/evp.h>
#include <openssl/hmac.h>
#endif

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "util.h"

/* Destination address of the inner frame, as RFC 8971, section 5.1, has it
 * for BFD, and its source address. */
static const struct eth_addr stamp_eth_dst
    = ETH_ADDR_C(00,00,5e,00,52,02);
static const struct eth_addr stamp_eth_src
    = ETH_ADDR_C(02,00,5e,00,52,02);

/* Offsets of the fields in a test packet, and of what follows.  Fields after
 * 'ssid' are zeros in a request. */
struct stamp_layout {
    uint8_t seq, timestamp, error, ssid, received, sender_seq,
            sender_timestamp, sender_error, sender_ttl;
    uint8_t hmac;               /* Of what is in front of it, or 0. */
    uint8_t len;
};
static const struct stamp_layout stamp_plain = {
    0, 4, 12, 14, 16, 24, 28, 36, 40, 0, 44
};
static const struct stamp_layout stamp_authenticated = {
    0, 16, 24, 26, 32, 48, 64, 72, 80, 96, 112
};
BUILD_ASSERT_DECL(OVL_STAMP_HEADERS_LEN == 14 + 20 + 8 + 112);

/* A TLV, RFC 8972, section 4. */
OVS_PACKED(
struct stamp_tlv {
    uint8_t flags;
    uint8_t type;
    ovs_be16 len;               /* Of what follows. */
});
#define STAMP_TLV_U 0x80        /* Not recognized. */
#define STAMP_TLV_M 0x40        /* Malformed. */
#define STAMP_TLV_I 0x20        /* Integrity check failed. */
#define STAMP_TLV_FLAGS (STAMP_TLV_U | STAMP_TLV_M | STAMP_TLV_I)
#define STAMP_TLV_PADDING 1
#define STAMP_TLV_HMAC 8
#define STAMP_TLV_COUNTS 252

/* What follows in STAMP_TLV_COUNTS, and then 'struct stamp_count's. */
OVS_PACKED(
struct stamp_counts {
    char id[4];
    ovs_be16 outer_port;
    ovs_be16 zero;
});
OVS_PACKED(
struct stamp_count {
    ovs_be64 key;
    ovs_be64 rx_packets;
    ovs_be64 rx_dropped;
});
BUILD_ASSERT_DECL(sizeof(struct stamp_tlv) + sizeof(struct stamp_counts)
                  + sizeof(struct stamp_count) == OVL_STAMP_TLV_LEN(1));

static const char stamp_id[4] = { 'O', 'V', 'L', 'Y' };

/* Error Estimate of all timestamps (RFC 4656, section 4.1.2): not known to be
 * synchronized, 2**-32 s * 2**32 * 1. */
#define STAMP_ERROR (32 << 8 | 1)

static void authenticate(const struct ovl_stamp_auth *, char *body,
                         size_t size);

/* Return the number in network byte order at 'p', or store it. */
static uint16_t
get16(const char *p)
{
    ovs_be16 n;

    memcpy(&n, p, sizeof n);
    return ntohs(n);
}

static uint32_t
get32(const char *p)
{
    ovs_be32 n;

    memcpy(&n, p, sizeof n);
    return ntohl(n);
}

static uint64_t
get64(const char *p)
{
    ovs_be64 n;

    memcpy(&n, p, sizeof n);
    return ntohll(n);
}

static void
put16(char *p, uint16_t value)
{
    ovs_be16 n = htons(value);

    memcpy(p, &n, sizeof n);
}

static void
put32(char *p, uint32_t value)
{
    ovs_be32 n = htonl(value);

    memcpy(p, &n, sizeof n);
}

static void
put64(char *p, uint64_t value)
{
    ovs_be64 n = htonll(value);

    memcpy(p, &n, sizeof n);
}

/* Returns the time as an NTP timestamp. */
uint64_t
ovl_stamp_now(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_REALTIME, &ts);
    return ((uint64_t) (ts.tv_sec + 2208988800) << 32
            | ((uint64_t) ts.tv_nsec << 32) / 1000000000);
}

/* Converts 'interval', a difference of timestamps, to microseconds. */
int64_t
ovl_stamp_to_usec(uint64_t interval)
{
    int64_t i = interval;

    return (i / (INT64_C(1) << 32) * 1000000
            + i % (INT64_C(1) << 32) * 1000000 / (INT64_C(1) << 32));
}

/* Sets the length of the datagram in 'packet', and its checksums. */
static void
finish_headers(struct dp_packet *packet)
{
    size_t size = dp_packet_size(packet) - ETH_HEADER_LEN;
    struct eth_header *eth = dp_packet_data(packet);
    struct ip_header *ip = (struct ip_header *) (eth + 1);
    struct udp_header *udp = (struct udp_header *) (ip + 1);
    uint32_t sum;

    ip->ip_tot_len = htons(size);
    ip->ip_csum = 0;
    ip->ip_csum = csum(ip, sizeof *ip);

    udp->udp_len = htons(size - sizeof *ip);
    udp->udp_csum = 0;
    sum = csum_continue(packet_csum_pseudoheader(ip), udp, size - sizeof *ip);
    udp->udp_csum = csum_finish(sum);
    if (!udp->udp_csum) {
        udp->udp_csum = htons(0xffff);
    }
}

/* Returns the layout of test packets with 'auth', which may be null. */
static const struct stamp_layout *
get_layout(const struct ovl_stamp_auth *auth)
{
    return auth ? &stamp_authenticated : &stamp_plain;
}

/* Stores in 'hmac' the first 16 octets of the HMAC-SHA-256 of the 'len' octets
 * of 'data' (RFC 8762, section 4.4). */
static void
compute_hmac(const struct ovl_stamp_auth *auth, const void *data, size_t len,
             uint8_t hmac[OVL_STAMP_HMAC_LEN])
{
#ifdef HAVE_OPENSSL
    uint8_t full[EVP_MAX_MD_SIZE];

    HMAC(EVP_sha256(), auth->key, auth->len, data, len, full, NULL);
    memcpy(hmac, full, OVL_STAMP_HMAC_LEN);
#else
    memset(hmac, 0, OVL_STAMP_HMAC_LEN);
#endif
}

/* Returns true if the OVL_STAMP_HMAC_LEN octets 'a' and 'b' are equal, in a
 * time that does not depend on them. */
static bool
hmac_equals(const uint8_t *a, const uint8_t *b)
{
    uint8_t difference = 0;

    for (size_t i = 0; i < OVL_STAMP_HMAC_LEN; i++) {
        difference |= a[i] ^ b[i];
    }
    return !difference;
}

/* Stores in 'hmac' the HMAC of the sequence number of 'body' and the TLVs
 * between 'begin' and 'end' (RFC 8972, section 4.8). */
static void
compute_tlv_hmac(const struct ovl_stamp_auth *auth, const char *body,
                 const char *begin, const char *end,
                 uint8_t hmac[OVL_STAMP_HMAC_LEN])
{
    size_t len = end - begin;
    char *data = xmalloc(4 + len);

    memcpy(data, body, 4);
    memcpy(data + 4, begin, len);
    compute_hmac(auth, data, 4 + len, hmac);
    free(data);
}

static void
put_tlv(struct dp_packet *packet, uint8_t type, size_t len)
{
    struct stamp_tlv *tlv = dp_packet_put_zeros(packet, sizeof *tlv);

    tlv->flags = STAMP_TLV_U | STAMP_TLV_M;
    tlv->type = type;
    tlv->len = htons(len);
}

/* Makes 'packet', which is empty, the request 'stamp', a frame of 'size'
 * octets, authenticated if 'auth' is nonnull. */
void
ovl_stamp_compose(const struct ovl_stamp *stamp,
                  const struct ovl_stamp_auth *auth, size_t size,
                  struct dp_packet *packet)
{
    const struct stamp_layout *l = get_layout(auth);
    struct stamp_counts *counts;
    struct eth_header *eth;
    struct udp_header *udp;
    struct ip_header *ip;
    size_t padding, ofs;
    char *body;

    eth = dp_packet_put_zeros(packet, sizeof *eth);
    eth->eth_dst = stamp_eth_dst;
    eth->eth_src = stamp_eth_src;
    eth->eth_type = htons(ETH_TYPE_IP);

    ip = dp_packet_put_zeros(packet, sizeof *ip);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_frag_off = htons(IP_DF);
    ip->ip_ttl = 255;
    ip->ip_proto = IPPROTO_UDP;
    put_16aligned_be32(&ip->ip_src, htonl(INADDR_LOOPBACK));
    put_16aligned_be32(&ip->ip_dst, htonl(INADDR_LOOPBACK));

    udp = dp_packet_put_zeros(packet, sizeof *udp);
    udp->udp_src = htons(stamp->src_port);
    udp->udp_dst = htons(OVL_STAMP_PORT);

    ofs = dp_packet_size(packet);
    body = dp_packet_put_zeros(packet, l->len);
    put32(body + l->seq, stamp->seq);
    put64(body + l->timestamp, stamp->sent);
    put16(body + l->error, STAMP_ERROR);
    put16(body + l->ssid, stamp->ssid);

    put_tlv(packet, STAMP_TLV_COUNTS,
            OVL_STAMP_TLV_LEN(stamp->n_counts) - sizeof(struct stamp_tlv));
    counts = dp_packet_put_zeros(packet, sizeof *counts);
    memcpy(counts->id, stamp_id, sizeof counts->id);
    for (size_t i = 0; i < stamp->n_counts; i++) {
        struct stamp_count *count = dp_packet_put_zeros(packet,
                                                        sizeof *count);

        count->key = htonll(stamp->counts[i].key);
    }
    if (auth) {
        put_tlv(packet, STAMP_TLV_HMAC, OVL_STAMP_HMAC_LEN);
        dp_packet_put_zeros(packet, OVL_STAMP_HMAC_LEN);
    }
    padding = size - dp_packet_size(packet);
    if (padding) {
        ovs_assert(padding >= sizeof(struct stamp_tlv)
                   && size <= OVL_STAMP_MAX_LEN);
        put_tlv(packet, STAMP_TLV_PADDING,
                padding - sizeof(struct stamp_tlv));
        dp_packet_put_zeros(packet, padding - sizeof(struct stamp_tlv));
    }
    body = (char *) dp_packet_data(packet) + ofs;
    authenticate(auth, body, dp_packet_size(packet) - ofs);
    finish_headers(packet);
}

/* Returns true if 'packet' is a reply, provided that it is a test packet. */
bool
ovl_stamp_is_reply(const struct dp_packet *packet)
{
    const struct eth_header *eth = dp_packet_data(packet);
    const struct ip_header *ip = (const struct ip_header *) (eth + 1);
    const struct udp_header *udp = (const struct udp_header *) (ip + 1);

    return (dp_packet_size(packet) >= sizeof *eth + sizeof *ip + sizeof *udp
            && udp->udp_src == htons(OVL_STAMP_PORT));
}

/* Finds the test packet, with layout 'l', in 'packet', stores whether it is a
 * reply in '*is_reply', and the offset and size of its body in '*ofs' and
 * '*size'. */
static enum ovl_stamp_error
find_body(const struct dp_packet *packet, const struct stamp_layout *l,
          bool *is_reply, size_t *ofs, size_t *size)
{
    const struct eth_header *eth = dp_packet_data(packet);
    const struct ip_header *ip = (const struct ip_header *) (eth + 1);
    const struct udp_header *udp = (const struct udp_header *) (ip + 1);
    size_t frame = dp_packet_size(packet);
    size_t total;

    *ofs = sizeof *eth + sizeof *ip + sizeof *udp;
    if (frame < *ofs || eth->eth_type != htons(ETH_TYPE_IP)
        || ip->ip_ihl_ver != IP_IHL_VER(5, 4) || IP_IS_FRAGMENT(
                                                     ip->ip_frag_off)
        || ip->ip_proto != IPPROTO_UDP
        || (ntohl(get_16aligned_be32(&ip->ip_dst)) >> 24) != 127
        || ((udp->udp_dst == htons(OVL_STAMP_PORT))
            == (udp->udp_src == htons(OVL_STAMP_PORT)))) {
        /* From and to this port, reflectors would answer each other for
         * ever. */
        return OVL_STAMP_OTHER;
    }
    if (ip->ip_ttl != 255) {
        return OVL_STAMP_TTL;
    }
    total = ntohs(ip->ip_tot_len);
    if (total > frame - sizeof *eth
        || total < sizeof *ip + sizeof *udp + l->len
        || ntohs(udp->udp_len) != total - sizeof *ip
        || csum(ip, sizeof *ip)
        || (udp->udp_csum
            && csum_finish(csum_continue(packet_csum_pseudoheader(ip), udp,
                                         total - sizeof *ip)))) {
        return OVL_STAMP_MALFORMED;
    }
    *is_reply = udp->udp_dst != htons(OVL_STAMP_PORT);
    *size = total - sizeof *ip - sizeof *udp;
    return OVL_STAMP_OK;
}

/* Returns the TLV at '*ofs' of the 'size' octets 'body', or NULL if there is
 * none, and advances '*ofs' to the next one.  If the TLV is longer than what
 * there is, makes '*ofs' greater than 'size'. */
static const struct stamp_tlv *
next_tlv(const char *body, size_t size, size_t *ofs)
{
    const struct stamp_tlv *tlv = (const void *) (body + *ofs);

    if (size - *ofs < sizeof *tlv) {
        return NULL;
    }
    *ofs += sizeof *tlv + ntohs(tlv->len);
    return tlv;
}

/* Returns what follows in 'tlv' if it is a well-formed TLV with at most
 * OVL_STAMP_MAX_KEYS counts, and stores their number in '*n'.  Otherwise
 * returns NULL; then '*n' has no meaning. */
static const struct stamp_counts *
get_counts(const struct stamp_tlv *tlv, size_t *n)
{
    const struct stamp_counts *counts = (const void *) (tlv + 1);
    size_t len = ntohs(tlv->len);

    if (tlv->type != STAMP_TLV_COUNTS || len < sizeof *counts
        || memcmp(counts->id, stamp_id, sizeof counts->id)
        || (len - sizeof *counts) % sizeof(struct stamp_count)) {
        return NULL;
    }
    *n = (len - sizeof *counts) / sizeof(struct stamp_count);
    return *n <= OVL_STAMP_MAX_KEYS ? counts : NULL;
}

/* Finds the HMAC TLV in the 'size' octets 'body' with layout 'l', and stores
 * the offset of its HMAC in '*ofs'.  Returns false if there is none. */
static bool
find_tlv_hmac(const struct stamp_layout *l, const char *body, size_t size,
              size_t *ofs)
{
    size_t next = l->len;
    const struct stamp_tlv *tlv;

    while ((tlv = next_tlv(body, size, &next)) && next <= size) {
        if (tlv->type == STAMP_TLV_HMAC) {
            *ofs = (const char *) (tlv + 1) - body;
            return ntohs(tlv->len) == OVL_STAMP_HMAC_LEN;
        }
    }
    return false;
}

/* Fills in the HMACs of the 'size' octets 'body', if 'auth' is nonnull. */
static void
authenticate(const struct ovl_stamp_auth *auth, char *body, size_t size)
{
    const struct stamp_layout *l = get_layout(auth);
    size_t ofs;

    if (!auth) {
        return;
    }
    compute_hmac(auth, body, l->hmac, (uint8_t *) body + l->hmac);
    if (find_tlv_hmac(l, body, size, &ofs)) {
        compute_tlv_hmac(auth, body, body + l->len,
                         body + ofs - sizeof(struct stamp_tlv),
                         (uint8_t *) body + ofs);
    }
}

/* Returns true if the HMAC of the 'size' octets 'body' is right, and stores in
 * '*tlvs' whether that of its TLVs is, or there are none. */
static bool
verify(const struct ovl_stamp_auth *auth, const char *body, size_t size,
       bool *tlvs)
{
    const struct stamp_layout *l = get_layout(auth);
    uint8_t hmac[OVL_STAMP_HMAC_LEN];
    size_t ofs;

    *tlvs = true;
    if (!auth) {
        return true;
    }
    if (size > l->len) {
        *tlvs = find_tlv_hmac(l, body, size, &ofs);
        if (*tlvs) {
            compute_tlv_hmac(auth, body, body + l->len,
                             body + ofs - sizeof(struct stamp_tlv), hmac);
            *tlvs = hmac_equals(hmac, (const uint8_t *) body + ofs);
        }
    }
    compute_hmac(auth, body, l->hmac, hmac);
    return hmac_equals(hmac, (const uint8_t *) body + l->hmac);
}

/* Parses the frame 'packet', as a tunnel had it, into '*stamp'.  It must be
 * authenticated if 'auth' is nonnull. */
enum ovl_stamp_error
ovl_stamp_parse(const struct dp_packet *packet,
                const struct ovl_stamp_auth *auth, struct ovl_stamp *stamp)
{
    const struct stamp_layout *l = get_layout(auth);
    const char *body = dp_packet_data(packet);
    const struct stamp_tlv *tlv;
    const struct udp_header *udp;
    enum ovl_stamp_error error;
    size_t body_ofs, size, ofs;
    bool tlvs;

    memset(stamp, 0, sizeof *stamp);
    error = find_body(packet, l, &stamp->is_reply, &body_ofs, &size);
    if (error) {
        return error;
    }
    body += body_ofs;
    if (!verify(auth, body, size, &tlvs)) {
        return OVL_STAMP_HMAC;
    }
    udp = (const void *) (body - sizeof *udp);
    stamp->bad_tlvs = !tlvs;
    stamp->ssid = get16(body + l->ssid);
    if (stamp->is_reply) {
        stamp->src_port = ntohs(udp->udp_dst);
        stamp->seq = get32(body + l->sender_seq);
        stamp->sent = get64(body + l->sender_timestamp);
        stamp->received = get64(body + l->received);
        stamp->returned = get64(body + l->timestamp);
    } else {
        stamp->src_port = ntohs(udp->udp_src);
        stamp->seq = get32(body + l->seq);
        stamp->sent = get64(body + l->timestamp);
    }

    ofs = l->len;
    while (tlvs && (tlv = next_tlv(body, size, &ofs)) && ofs <= size) {
        const struct stamp_counts *counts;
        const struct stamp_count *count;
        size_t n;

        counts = get_counts(tlv, &n);
        if (!counts) {
            continue;
        }
        if (stamp->is_reply && tlv->flags & STAMP_TLV_FLAGS) {
            break;
        }
        stamp->outer_port = ntohs(counts->outer_port);
        stamp->n_counts = n;
        count = (const struct stamp_count *) (counts + 1);
        for (size_t i = 0; i < n; i++, count++) {
            stamp->counts[i].key = ntohll(count->key);
            stamp->counts[i].rx_packets = ntohll(count->rx_packets);
            stamp->counts[i].rx_dropped = ntohll(count->rx_dropped);
        }
        break;
    }
    return OVL_STAMP_OK;
}

/* Makes 'packet', for which ovl_stamp_parse() returned the request 'stamp',
 * the reply, authenticated if 'auth' is nonnull.  'stamp' has what the caller
 * has filled in: 'received', 'outer_port', and 'counts'.  The sequence number
 * stays, as in the stateless mode of RFC 8762, section 4. */
void
ovl_stamp_reflect(struct dp_packet *packet, const struct ovl_stamp *stamp,
                  const struct ovl_stamp_auth *auth)
{
    const struct stamp_layout *l = get_layout(auth);
    struct eth_header *eth = dp_packet_data(packet);
    struct ip_header *ip = (struct ip_header *) (eth + 1);
    struct udp_header *udp = (struct udp_header *) (ip + 1);
    char *body = (char *) (udp + 1);
    struct eth_addr eth_src = eth->eth_src;
    ovs_be32 ip_dst = get_16aligned_be32(&ip->ip_dst);
    uint8_t ttl = ip->ip_ttl;
    uint16_t error = get16(body + l->error);
    size_t size, ofs = l->len;
    bool have_counts = false;
    struct stamp_tlv *tlv;

    /* Leave out the padding of Ethernet. */
    dp_packet_set_size(packet, sizeof *eth + ntohs(ip->ip_tot_len));
    size = dp_packet_size(packet) - (body - (char *) eth);

    eth->eth_src = stamp_eth_src;
    eth->eth_dst = eth_src;
    put_16aligned_be32(&ip->ip_dst, get_16aligned_be32(&ip->ip_src));
    put_16aligned_be32(&ip->ip_src, ip_dst);
    udp->udp_dst = udp->udp_src;
    udp->udp_src = htons(OVL_STAMP_PORT);

    memset(body, 0, l->len);
    put32(body + l->seq, stamp->seq);
    put32(body + l->sender_seq, stamp->seq);
    put16(body + l->ssid, stamp->ssid);
    put64(body + l->sender_timestamp, stamp->sent);
    put16(body + l->sender_error, error);
    put64(body + l->received, stamp->received);
    put16(body + l->error, STAMP_ERROR);
    body[l->sender_ttl] = ttl;

    while ((tlv = CONST_CAST(struct stamp_tlv *,
                             next_tlv(body, size, &ofs)))) {
        struct stamp_counts *counts = NULL;
        size_t n;

        tlv->flags &= ~STAMP_TLV_FLAGS;
        if (ofs > size) {
            tlv->flags |= STAMP_TLV_M;
            break;
        } else if (stamp->bad_tlvs) {
            tlv->flags |= STAMP_TLV_I;
            continue;
        }
        if (!have_counts) {
            counts = CONST_CAST(struct stamp_counts *, get_counts(tlv, &n));
        }
        if (counts) {
            struct stamp_count *count = (struct stamp_count *) (counts + 1);

            have_counts = true;
            counts->outer_port = htons(stamp->outer_port);
            for (size_t i = 0; i < n; i++, count++) {
                count->rx_packets = htonll(stamp->counts[i].rx_packets);
                count->rx_dropped = htonll(stamp->counts[i].rx_dropped);
            }
        } else if (tlv->type != STAMP_TLV_PADDING
                   && (tlv->type != STAMP_TLV_HMAC || !auth)) {
            tlv->flags |= STAMP_TLV_U;
        }
    }
    put64(body + l->timestamp, ovl_stamp_now());
    if (stamp->bad_tlvs) {
        compute_hmac(auth, body, l->hmac, (uint8_t *) body + l->hmac);
    } else {
        authenticate(auth, body, size);
    }
    finish_headers(packet);
}
