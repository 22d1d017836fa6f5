/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/stamp.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>
#include <time.h>

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* Destination address of the inner frame, as RFC 8971, section 5.1, has it
 * for BFD, and its source address. */
static const struct eth_addr stamp_eth_dst
    = ETH_ADDR_C(00,00,5e,00,52,02);
static const struct eth_addr stamp_eth_src
    = ETH_ADDR_C(02,00,5e,00,52,02);

/* The test packet, RFC 8972, section 3.  Members after 'ssid' are zeros in a
 * request. */
OVS_PACKED(
struct stamp_header {
    ovs_be32 seq;
    ovs_be64 timestamp;
    ovs_be16 error;
    ovs_be16 ssid;
    ovs_be64 received;
    ovs_be32 sender_seq;
    ovs_be64 sender_timestamp;
    ovs_be16 sender_error;
    ovs_be16 zero;
    uint8_t sender_ttl;
    uint8_t zeros[3];
});
BUILD_ASSERT_DECL(sizeof(struct stamp_header) == 44);

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
#define STAMP_TLV_PADDING 1
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

/* Makes 'packet', which is empty, the request 'stamp', a frame of 'size'
 * octets. */
void
ovl_stamp_compose(const struct ovl_stamp *stamp, size_t size,
                  struct dp_packet *packet)
{
    struct stamp_counts *counts;
    struct stamp_header *body;
    struct eth_header *eth;
    struct udp_header *udp;
    struct stamp_tlv *tlv;
    struct ip_header *ip;
    size_t padding;

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

    body = dp_packet_put_zeros(packet, sizeof *body);
    body->seq = htonl(stamp->seq);
    body->timestamp = htonll(stamp->sent);
    body->error = htons(STAMP_ERROR);
    body->ssid = htons(stamp->ssid);

    tlv = dp_packet_put_zeros(packet, sizeof *tlv);
    tlv->flags = STAMP_TLV_U | STAMP_TLV_M;
    tlv->type = STAMP_TLV_COUNTS;
    tlv->len = htons(OVL_STAMP_TLV_LEN(stamp->n_counts) - sizeof *tlv);
    counts = dp_packet_put_zeros(packet, sizeof *counts);
    memcpy(counts->id, stamp_id, sizeof counts->id);
    for (size_t i = 0; i < stamp->n_counts; i++) {
        struct stamp_count *count = dp_packet_put_zeros(packet,
                                                        sizeof *count);

        count->key = htonll(stamp->counts[i].key);
    }

    padding = size - dp_packet_size(packet);
    if (padding) {
        ovs_assert(padding >= sizeof *tlv && size <= OVL_STAMP_MAX_LEN);
        tlv = dp_packet_put_zeros(packet, padding);
        tlv->flags = STAMP_TLV_U | STAMP_TLV_M;
        tlv->type = STAMP_TLV_PADDING;
        tlv->len = htons(padding - sizeof *tlv);
    }
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

/* Finds the test packet in 'packet', stores whether it is a reply in
 * '*is_reply', and the offset and size of its body in '*ofs' and '*size'. */
static enum ovl_stamp_error
find_body(const struct dp_packet *packet, bool *is_reply, size_t *ofs,
          size_t *size)
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
        || total < sizeof *ip + sizeof *udp + sizeof(struct stamp_header)
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

/* Parses the frame 'packet', as a tunnel had it, into '*stamp'. */
enum ovl_stamp_error
ovl_stamp_parse(const struct dp_packet *packet, struct ovl_stamp *stamp)
{
    const char *data = dp_packet_data(packet);
    const struct stamp_header *body;
    const struct stamp_tlv *tlv;
    const struct udp_header *udp;
    enum ovl_stamp_error error;
    size_t body_ofs, size, ofs;

    memset(stamp, 0, sizeof *stamp);
    error = find_body(packet, &stamp->is_reply, &body_ofs, &size);
    if (error) {
        return error;
    }
    data += body_ofs;
    body = (const void *) data;
    udp = (const void *) (data - sizeof *udp);
    stamp->ssid = ntohs(body->ssid);
    if (stamp->is_reply) {
        stamp->src_port = ntohs(udp->udp_dst);
        stamp->seq = ntohl(body->sender_seq);
        stamp->sent = ntohll(body->sender_timestamp);
        stamp->received = ntohll(body->received);
        stamp->returned = ntohll(body->timestamp);
    } else {
        stamp->src_port = ntohs(udp->udp_src);
        stamp->seq = ntohl(body->seq);
        stamp->sent = ntohll(body->timestamp);
    }

    ofs = sizeof *body;
    while ((tlv = next_tlv(data, size, &ofs)) && ofs <= size) {
        const struct stamp_counts *counts;
        const struct stamp_count *count;
        size_t n;

        counts = get_counts(tlv, &n);
        if (!counts) {
            continue;
        }
        if (stamp->is_reply && tlv->flags & (STAMP_TLV_U | STAMP_TLV_M)) {
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
 * the reply.  'stamp' has what the caller has filled in: 'received',
 * 'outer_port', and 'counts'.  The sequence number stays, as in the stateless
 * mode of RFC 8762, section 4. */
void
ovl_stamp_reflect(struct dp_packet *packet, const struct ovl_stamp *stamp)
{
    struct eth_header *eth = dp_packet_data(packet);
    struct ip_header *ip = (struct ip_header *) (eth + 1);
    struct udp_header *udp = (struct udp_header *) (ip + 1);
    struct stamp_header *body = (struct stamp_header *) (udp + 1);
    struct eth_addr eth_src = eth->eth_src;
    ovs_be32 ip_dst = get_16aligned_be32(&ip->ip_dst);
    size_t size, ofs = sizeof *body;
    bool have_counts = false;
    struct stamp_tlv *tlv;

    /* Leave out the padding of Ethernet. */
    dp_packet_set_size(packet, sizeof *eth + ntohs(ip->ip_tot_len));
    size = dp_packet_size(packet) - ((char *) body - (char *) eth);

    eth->eth_src = stamp_eth_src;
    eth->eth_dst = eth_src;
    put_16aligned_be32(&ip->ip_dst, get_16aligned_be32(&ip->ip_src));
    put_16aligned_be32(&ip->ip_src, ip_dst);
    udp->udp_dst = udp->udp_src;
    udp->udp_src = htons(OVL_STAMP_PORT);

    body->sender_seq = body->seq;
    body->sender_timestamp = body->timestamp;
    body->sender_error = body->error;
    body->zero = 0;
    body->sender_ttl = ip->ip_ttl;
    memset(body->zeros, 0, sizeof body->zeros);
    body->received = htonll(stamp->received);
    body->error = htons(STAMP_ERROR);

    while ((tlv = CONST_CAST(struct stamp_tlv *,
                             next_tlv((char *) body, size, &ofs)))) {
        struct stamp_counts *counts = NULL;
        size_t n;

        tlv->flags &= ~(STAMP_TLV_U | STAMP_TLV_M | STAMP_TLV_I);
        if (ofs > size) {
            tlv->flags |= STAMP_TLV_M;
            break;
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
        } else if (tlv->type != STAMP_TLV_PADDING) {
            tlv->flags |= STAMP_TLV_U;
        }
    }
    body->timestamp = htonll(ovl_stamp_now());
    finish_headers(packet);
}
