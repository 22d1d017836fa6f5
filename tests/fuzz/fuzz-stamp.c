/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Test packets of STAMP: any frame is parsed, and answered if it is a test
 * packet.  The answer is as long, is one that the sender takes, and its
 * checksums are right.  The first octet of the input selects what is repaired
 * so that the fuzzer gets past the checks: checksums (1), lengths (2), and
 * with authenticated mode (4) the HMAC (8). */

#include <config.h>
#undef NDEBUG

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "csum.h"
#include "dp-packet.h"
#include "overlay/stamp.h"
#include "packets.h"
#include "util.h"

static const struct ovl_stamp_auth fuzz_auth = { "secret", 6 };

/* Repairs the lengths, if 'lengths', the HMAC, if 'hmac', and the checksums of
 * 'packet'. */
static void
repair(struct dp_packet *packet, bool lengths, bool hmac)
{
    struct eth_header *eth = dp_packet_data(packet);
    struct ip_header *ip = (struct ip_header *) (eth + 1);
    struct udp_header *udp = (struct udp_header *) (ip + 1);
    size_t size = dp_packet_size(packet) - sizeof *eth;

    if (lengths) {
        ip->ip_tot_len = htons(size);
        udp->udp_len = htons(size - sizeof *ip);
    }
    size = ntohs(ip->ip_tot_len);
    if (size < sizeof *ip + sizeof *udp
        || size > dp_packet_size(packet) - sizeof *eth) {
        return;
    }
    if (hmac && size >= sizeof *ip + sizeof *udp + 112) {
        uint8_t *body = (uint8_t *) (udp + 1), full[EVP_MAX_MD_SIZE];

        HMAC(EVP_sha256(), fuzz_auth.key, fuzz_auth.len, body, 96, full, NULL);
        memcpy(body + 96, full, 16);
    }
    ip->ip_csum = 0;
    ip->ip_csum = csum(ip, sizeof *ip);
    udp->udp_csum = 0;
    udp->udp_csum = csum_finish(csum_continue(packet_csum_pseudoheader(ip),
                                              udp, size - sizeof *ip));
    if (!udp->udp_csum) {
        udp->udp_csum = htons(0xffff);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ovl_stamp stamp, reply;
    const struct ovl_stamp_auth *auth;
    struct dp_packet *packet;
    uint8_t flags;

    if (size < 2 || size > UINT16_MAX) {
        return 0;
    }
    flags = *data++;
    auth = flags & 4 ? &fuzz_auth : NULL;
    packet = dp_packet_clone_data(data, --size);
    if (flags & 1 && size >= 14 + 20 + 8) {
        repair(packet, flags & 2, flags & 8);
    }
    if (!ovl_stamp_parse(packet, auth, &stamp)) {
        ovs_assert(stamp.n_counts <= OVL_STAMP_MAX_KEYS);
        if (!stamp.is_reply) {
            struct ip_header *ip = (struct ip_header *)
                ((struct eth_header *) dp_packet_data(packet) + 1);
            size_t total = ETH_HEADER_LEN + ntohs(ip->ip_tot_len);

            for (size_t i = 0; i < stamp.n_counts; i++) {
                stamp.counts[i].rx_packets = i;
                stamp.counts[i].rx_dropped = UINT64_MAX;
            }
            stamp.received = 5;
            stamp.outer_port = 6;
            ovl_stamp_reflect(packet, &stamp, auth);
            ovs_assert(dp_packet_size(packet) == total);

            /* This project's senders have such an address. */
            ip = (struct ip_header *)
                ((struct eth_header *) dp_packet_data(packet) + 1);
            if ((ntohl(get_16aligned_be32(&ip->ip_dst)) >> 24) != 127) {
                goto out;
            }
            ovs_assert(!ovl_stamp_parse(packet, auth, &reply));
            ovs_assert(reply.is_reply && reply.received == 5);
            ovs_assert(reply.seq == stamp.seq && reply.sent == stamp.sent
                       && reply.ssid == stamp.ssid
                       && reply.src_port == stamp.src_port
                       && reply.n_counts == stamp.n_counts);
            for (size_t i = 0; i < stamp.n_counts; i++) {
                ovs_assert(reply.counts[i].key == stamp.counts[i].key
                           && reply.counts[i].rx_packets == i);
            }
        }
    }
out:
    dp_packet_delete(packet);
    return 0;
}
