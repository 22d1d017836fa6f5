/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_PACKET_H
#define OVERLAY_PACKET_H 1

/* Headers, checksums and truncation of packets.
 *
 * A partial checksum is one that a device or the switch completes later. */

#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "random.h"

/* State of a packet. */

/* Returns the number of bytes that follow the IP packet in 'packet', a
 * negative number if the IP packet is truncated, or 0 if there is no IP
 * packet. */
static inline int
ovl_padding(const struct dp_packet *packet)
{
    int left = dp_packet_size(packet) - packet->l3_ofs;
    const struct ip_header *ip = dp_packet_l3(packet);

    if (!ip) {
        return 0;
    } else if (left < IP_HEADER_LEN) {
        return -1;
    } else if (IP_VER(ip->ip_ihl_ver) == 4) {
        return left - ntohs(ip->ip_tot_len);
    } else if (IP_VER(ip->ip_ihl_ver) == 6) {
        const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);

        return left - IPV6_HEADER_LEN - ntohs(ip6->ip6_plen);
    } else {
        return 0;
    }
}

/* Returns true if the IP packet in 'packet' is truncated.  If an action did
 * that, no segmentation or checksum is pending: see ovl_packet_truncated(). */
static inline bool
ovl_is_truncated(const struct dp_packet *packet)
{
    return ovl_padding(packet) < 0;
}

/* Sets the padding size of 'packet' by the length in its IP header, even if
 * the header's version is not that of the Ethertype.  Removes the padding of a
 * packet whose segmentation or checksum is deferred: a tunnel header would
 * make its size unknown, so that the padding would become a part of each
 * segment and of the checksum. */
static inline void
ovl_update_padding(struct dp_packet *packet)
{
    if (dp_packet_l2_pad_size(packet)) {
        int padding = MAX(ovl_padding(packet), 0);

        dp_packet_set_l2_pad_size(packet, 0);
        if (dp_packet_get_tso_segsz(packet)
            || dp_packet_l4_checksum_partial(packet)) {
            dp_packet_set_size(packet, dp_packet_size(packet) - padding);
        } else {
            dp_packet_set_l2_pad_size(packet, padding);
        }
    }
}

/* Clears the segment size of 'packet' if it is a single segment: upstream
 * leaves it set, and treats the packet as one to be segmented. */
static inline void
ovl_update_segsz(struct dp_packet *packet)
{
    uint16_t segsz = dp_packet_get_tso_segsz(packet);

    if (OVS_UNLIKELY(segsz) && !dp_packet_tunnel(packet)
        && dp_packet_get_tcp_payload_length(packet) <= segsz) {
        dp_packet_set_tso_segsz(packet, 0);
    }
}

/* Returns true if the L3 header of 'packet' is not IPv4 and too short for
 * IPv6, regardless of the Ethertype.  Upstream treats every L3 header that is
 * not IPv4 as IPv6. */
static inline bool
ovl_is_short_ip6(const struct dp_packet *packet)
{
    const struct ip_header *ip = dp_packet_l3(packet);

    return (dp_packet_l3_size(packet) < IPV6_HEADER_LEN
            && IP_VER(ip->ip_ihl_ver) != 4);
}

/* Returns true if 'packet' has pending segmentation or a partial L4 or IP
 * checksum, but its L4 header or IP header is unknown or truncated.
 * Recirculation does not parse headers behind MPLS labels, NSH or many VLAN
 * tags; and an IP header whose version is not that of the Ethertype has no
 * valid length. */
static inline bool
ovl_l4_missing(const struct dp_packet *packet)
{
    size_t end = dp_packet_size(packet) - dp_packet_l2_pad_size(packet);
    bool needs_l4;

    if (OVS_LIKELY(end >= packet->l4_ofs + TCP_HEADER_LEN)) {
        return false;
    }
    needs_l4 = (dp_packet_get_tso_segsz(packet)
                || dp_packet_l4_checksum_partial(packet));
    if (packet->l4_ofs == UINT16_MAX) {
        return needs_l4 || (packet->l3_ofs == UINT16_MAX
                            && dp_packet_ip_checksum_partial(packet));
    }
    return (needs_l4 && !dp_packet_tunnel(packet)
            && (end < (packet->l4_ofs
                       + (dp_packet_l4_proto_tcp(packet) ? TCP_HEADER_LEN
                          : dp_packet_l4_proto_udp(packet)
                          ? UDP_HEADER_LEN : SCTP_HEADER_LEN))
                || ovl_is_short_ip6(packet)));
}

/* Returns true if 'packet' is IPv6 with extension headers. */
bool ovl_has_ip6_ext_hdrs(const struct dp_packet *packet);

/* Returns the checksum of the pseudo-header of 'packet', 'nw_proto' over IPv6,
 * for csum_continue().  Upstream's function uses the number of an extension
 * header as L4 protocol. */
uint32_t ovl_pseudoheader_ip6(const struct dp_packet *packet,
                              uint8_t nw_proto);

/* Completes the L4 checksum of 'packet', if it is partial and upstream would
 * compute it incorrectly: TCP or UDP over IPv6 with extension headers. */
void ovl_complete_csum_ip6_ext(struct dp_packet *packet);

/* Completes in software the pending checksums of 'packet', which is not to be
 * segmented, for an encapsulation that cannot leave them to the device or to
 * the receiver.  Returns false if a header that this needs is missing: see
 * ovl_l4_missing(). */
bool ovl_finish_offload(struct dp_packet *packet);

/* lib/dp-packet.c. */
size_t ovl_limit_tailroom(const struct dp_packet *, size_t headroom,
                          size_t tailroom);

/* Outer headers, on reception. */

/* Result of ovl_parse_outer(). */
enum ovl_outer {
    OVL_OUTER_GOOD,             /* Valid. */
    OVL_OUTER_HEADER,           /* Truncated packet or bad header. */
    OVL_OUTER_CHECKSUM,         /* Wrong IPv4 header checksum. */
};

/* Returns true if the Ethertype of 'packet', which has an L3 header, is that
 * of IPv6.  Upstream tells IPv4 and IPv6 apart by the Ethertype alone. */
static inline bool
ovl_outer_is_ipv6(const struct dp_packet *packet)
{
    const char *l3 = (const char *) dp_packet_data(packet) + packet->l3_ofs;
    ovs_be16 eth_type;

    memcpy(&eth_type, l3 - sizeof eth_type, sizeof eth_type);
    return eth_type == htons(ETH_TYPE_IPV6);
}

/* Checks the outer IP header of 'packet', and that at least 'min_len' bytes
 * follow it.  If it is valid, initializes the tunnel metadata of 'packet' from
 * the IP header.  The sizes and offsets of 'packet' are then valid. */
static inline enum ovl_outer
ovl_parse_outer(struct dp_packet *packet, size_t min_len)
{
    const struct ip_header *ip = dp_packet_l3(packet);
    struct flow_tnl *tnl = &packet->md.tunnel;

    /* dp_packet_l4_size() is valid only for a packet that is not
     * truncated. */
    if (!ip || !dp_packet_l4(packet) || ovl_is_truncated(packet)
        || dp_packet_l4_size(packet) < min_len) {
        return OVL_OUTER_HEADER;
    }

    if (OVS_LIKELY(!ovl_outer_is_ipv6(packet))) {
        if (IP_VER(ip->ip_ihl_ver) != 4) {
            return OVL_OUTER_HEADER;
        }
        if (dp_packet_ip_checksum_bad(packet)
            || (dp_packet_ip_checksum_unknown(packet)
                && csum(ip, IP_IHL(ip->ip_ihl_ver) * 4))) {
            return OVL_OUTER_CHECKSUM;
        }
        pkt_metadata_init_tnl(&packet->md);
        if (ip->ip_frag_off & htons(IP_DF)) {
            tnl->flags |= FLOW_TNL_F_DONT_FRAGMENT;
        }
        tnl->ip_tos = ip->ip_tos;
        tnl->ip_ttl = ip->ip_ttl;
        tnl->ip_src = get_16aligned_be32(&ip->ip_src);
        tnl->ip_dst = get_16aligned_be32(&ip->ip_dst);
    } else {
        const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);

        if (IP_VER(ip->ip_ihl_ver) != 6) {
            return OVL_OUTER_HEADER;
        }
        pkt_metadata_init_tnl(&packet->md);
        memcpy(&tnl->ipv6_src, &ip6->ip6_src, sizeof tnl->ipv6_src);
        memcpy(&tnl->ipv6_dst, &ip6->ip6_dst, sizeof tnl->ipv6_dst);
        tnl->ip_tos = ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 20;
        tnl->ip_ttl = ip6->ip6_hlim;
    }
    return OVL_OUTER_GOOD;
}

/* Returns true if the L4 checksum of 'packet', 'nw_proto' over IP, is good, or
 * is partial, from a local sender. */
static inline bool
ovl_l4_checksum_ok(struct dp_packet *packet, uint8_t nw_proto)
{
    if (dp_packet_l4_checksum_unknown(packet)) {
        uint32_t pseudo = (ovl_outer_is_ipv6(packet)
                           ? ovl_pseudoheader_ip6(packet, nw_proto)
                           : packet_csum_pseudoheader(dp_packet_l3(packet)));

        if (csum_finish(csum_continue(pseudo, dp_packet_l4(packet),
                                      dp_packet_l4_size(packet)))) {
            dp_packet_l4_checksum_set_bad(packet);
        }
    }
    return !dp_packet_l4_checksum_bad(packet);
}

/* Sets the IP ID of 'packet', onto which outer headers were just pushed, to a
 * random number, if it is IPv4 and may be fragmented (RFC 6864, section
 * 4.3). */
static inline void
ovl_set_ip_id(struct dp_packet *packet)
{
    struct ip_header *ip = dp_packet_l3(packet);

    if (!ovl_outer_is_ipv6(packet) && !(ip->ip_frag_off & htons(IP_DF))) {
        ip->ip_id = htons(random_uint16());
    }
}

#endif /* overlay/packet.h */
