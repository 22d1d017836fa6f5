/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_OUTER_H
#define TNL_OUTER_H 1

/* What classes do about outer headers: 'pop' (struct tnl_class) first checks
 * the IP header and the L4 checksum.  Inline, because it is done for each
 * packet. */

#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "random.h"
#include "tnl-provider.h"

/* What tnl_parse_outer() finds. */
enum tnl_outer {
    TNL_OUTER_GOOD,             /* Nothing wrong. */
    TNL_OUTER_HEADER,           /* Truncated packet or bad header. */
    TNL_OUTER_CHECKSUM,         /* Wrong IPv4 header checksum. */
};

/* Returns true if the Ethertype of 'packet', which has an L3 header, is
 * that of IPv6.  Upstream looks at nothing else to tell IPv4 and IPv6
 * apart. */
static inline bool
tnl_outer_is_ipv6(const struct dp_packet *packet)
{
    const char *l3 = (const char *) dp_packet_data(packet) + packet->l3_ofs;
    ovs_be16 eth_type;

    memcpy(&eth_type, l3 - sizeof eth_type, sizeof eth_type);
    return eth_type == htons(ETH_TYPE_IPV6);
}

/* Checks the outer IP header of 'packet', and that at least 'min_len' bytes
 * follow it.  If all is well, initializes the tunnel metadata of 'packet' with
 * what the IP header says, so that sizes and offsets can be trusted from then
 * on. */
static inline enum tnl_outer
tnl_parse_outer(struct dp_packet *packet, size_t min_len)
{
    const struct ip_header *ip = dp_packet_l3(packet);
    struct flow_tnl *tnl = &packet->md.tunnel;

    /* Only then are the sizes what they seem. */
    if (!ip || !dp_packet_l4(packet) || tnl_is_cut(packet)
        || dp_packet_l4_size(packet) < min_len) {
        return TNL_OUTER_HEADER;
    }

    if (OVS_LIKELY(!tnl_outer_is_ipv6(packet))) {
        if (IP_VER(ip->ip_ihl_ver) != 4) {
            return TNL_OUTER_HEADER;
        }
        if (dp_packet_ip_checksum_bad(packet)
            || (dp_packet_ip_checksum_unknown(packet)
                && csum(ip, IP_IHL(ip->ip_ihl_ver) * 4))) {
            return TNL_OUTER_CHECKSUM;
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
            return TNL_OUTER_HEADER;
        }
        pkt_metadata_init_tnl(&packet->md);
        memcpy(&tnl->ipv6_src, &ip6->ip6_src, sizeof tnl->ipv6_src);
        memcpy(&tnl->ipv6_dst, &ip6->ip6_dst, sizeof tnl->ipv6_dst);
        tnl->ip_tos = ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 20;
        tnl->ip_ttl = ip6->ip6_hlim;
    }
    return TNL_OUTER_GOOD;
}

/* Returns true if the L4 checksum of 'packet', 'nw_proto' over IP, is right,
 * was found to be right before, or was left to a device by a local sender. */
static inline bool
tnl_l4_checksum_ok(struct dp_packet *packet, uint8_t nw_proto)
{
    if (dp_packet_l4_checksum_unknown(packet)) {
        uint32_t pseudo = (tnl_outer_is_ipv6(packet)
                           ? tnl_pseudoheader6(packet, nw_proto)
                           : packet_csum_pseudoheader(dp_packet_l3(packet)));

        if (csum_finish(csum_continue(pseudo, dp_packet_l4(packet),
                                      dp_packet_l4_size(packet)))) {
            dp_packet_l4_checksum_set_bad(packet);
        }
    }
    return !dp_packet_l4_checksum_bad(packet);
}

/* Gives 'packet', onto which outer headers were just pushed, an identification
 * that others do not have, if it is IPv4 and may be fragmented (RFC 6864,
 * section 4.3). */
static inline void
tnl_set_ip_id(struct dp_packet *packet)
{
    struct ip_header *ip = dp_packet_l3(packet);

    if (!tnl_outer_is_ipv6(packet) && !(ip->ip_frag_off & htons(IP_DF))) {
        ip->ip_id = htons(random_uint16());
    }
}

#endif /* tnl-outer.h */
