/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/icmp-error.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "byte-order.h"
#include "csum.h"
#include "dp-packet.h"
#include "flow.h"
#include "packets.h"
#include "util.h"

/* Code of ICMP4_DST_UNREACH. */
#define ICMP4_FRAG_NEEDED 4

/* Returns true if an ICMP error may be sent for 'ip', of which there are
 * 'size' bytes (RFC 1812, section 4.3.2.7). */
static bool
icmp_is_allowed4(const struct ip_header *ip, size_t size)
{
    ovs_be32 src = get_16aligned_be32(&ip->ip_src);
    ovs_be32 dst = get_16aligned_be32(&ip->ip_dst);
    size_t len = IP_IHL(ip->ip_ihl_ver) * 4;

    if (IP_VER(ip->ip_ihl_ver) != 4 || len < IP_HEADER_LEN
        || size < len + ICMP_ERROR_DATA_L4_LEN
        || ip->ip_frag_off & htons(IP_FRAG_OFF_MASK)
        || ip_is_multicast(dst) || dst == OVS_BE32_MAX
        || !src || ip_is_multicast(src) || src == OVS_BE32_MAX
        || (src & htonl(0xff000000)) == htonl(0x7f000000)) {
        return false;
    }
    if (ip->ip_proto == IPPROTO_ICMP) {
        const struct icmp_header *icmp
            = (const void *) ((const char *) ip + len);

        return (icmp->icmp_type == ICMP4_ECHO_REPLY
                || icmp->icmp_type == ICMP4_ECHO_REQUEST
                || icmp->icmp_type == ICMP4_TIMESTAMP
                || icmp->icmp_type == ICMP4_TIMESTAMPREPLY);
    }
    return true;
}

/* The same for IPv6 (RFC 4443, section 2.4). */
static bool
icmp_is_allowed6(const struct ovs_16aligned_ip6_hdr *ip6, size_t size)
{
    const struct ovs_16aligned_ip6_frag *frag;
    const struct ip6_rt_hdr *rt;
    const void *l4 = ip6 + 1;
    struct in6_addr src, dst;
    uint8_t nw_frag = 0;
    uint8_t nw_proto;

    if (size < IPV6_HEADER_LEN) {
        return false;
    }
    size -= IPV6_HEADER_LEN;
    nw_proto = ip6->ip6_nxt;
    memcpy(&src, &ip6->ip6_src, sizeof src);
    memcpy(&dst, &ip6->ip6_dst, sizeof dst);
    if ((ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 28) != 6
        || ipv6_addr_is_multicast(&src) || ipv6_addr_is_multicast(&dst)
        || !ipv6_addr_is_set(&src) || IN6_IS_ADDR_LOOPBACK(&src)
        || !parse_ipv6_ext_hdrs(&l4, &size, &nw_proto, &nw_frag, &frag, &rt)
        || nw_frag & FLOW_NW_FRAG_LATER) {
        return false;
    }
    /* Types below 128 are errors.  Redirect must not be answered either. */
    return (nw_proto != IPPROTO_ICMPV6
            || (size && *(const uint8_t *) l4 >= 128
                && *(const uint8_t *) l4 != ND_REDIRECT));
}

/* Returns the offset of the IP header in 'packet', and stores its Ethertype
 * in '*type', or 0 if there is no IP header. */
static size_t
icmp_find_ip(const struct dp_packet *packet, ovs_be16 *type)
{
    const char *data = dp_packet_data(packet);
    size_t ofs = 0;

    if (packet->packet_type != htonl(PT_ETH)) {
        *type = pt_ns_type_be(packet->packet_type);
    } else {
        ofs = offsetof(struct eth_header, eth_type);
        for (;;) {
            if (dp_packet_size(packet) < ofs + sizeof *type) {
                *type = 0;
                return 0;
            }
            memcpy(type, data + ofs, sizeof *type);
            ofs += sizeof *type;
            if (!eth_type_vlan(*type)) {
                break;
            }
            ofs += sizeof(ovs_be16);    /* The tag. */
        }
    }
    if ((*type != htons(ETH_TYPE_IP) && *type != htons(ETH_TYPE_IPV6))
        || dp_packet_size(packet) < ofs + IP_HEADER_LEN) {
        *type = 0;
    }
    return ofs;
}

/* If an ICMP error may be sent for 'packet', makes '*quoted' refer to it and
 * returns true. */
bool
ovl_icmp_error_is_allowed(const struct dp_packet *packet,
                          struct ovl_icmp_quoted *quoted)
{
    const struct eth_header *eth = dp_packet_data(packet);
    ovs_be16 type;
    size_t ofs = icmp_find_ip(packet, &type);
    const void *ip = (const char *) eth + ofs;
    size_t size = dp_packet_size(packet) - ofs;

    if (!type || (packet->packet_type == htonl(PT_ETH)
                  && (eth_addr_is_multicast(eth->eth_dst)
                      || eth_addr_is_multicast(eth->eth_src)))) {
        return false;
    }
    quoted->packet = packet;
    quoted->ip_ofs = ofs;
    quoted->ipv6 = type == htons(ETH_TYPE_IPV6);
    if (quoted->ipv6) {
        const struct ovs_16aligned_ip6_hdr *ip6 = ip;

        quoted->src = &ip6->ip6_src;
        quoted->src_size = sizeof ip6->ip6_src;
        return icmp_is_allowed6(ip6, size);
    } else {
        const struct ip_header *ip4 = ip;

        quoted->src = &ip4->ip_src;
        quoted->src_size = sizeof ip4->ip_src;
        return icmp_is_allowed4(ip4, size);
    }
}

/* Appends to 'error' the IPv4 header and the ICMP message of 'type', as of
 * ovl_icmp_error_compose(). */
static void
icmp_put4(struct dp_packet *error, const struct ovl_icmp_quoted *quoted,
          enum ovl_icmp_error_type type, const struct in6_addr *from,
          uint16_t mtu)
{
    const struct dp_packet *packet = quoted->packet;
    const char *data = (const char *) dp_packet_data(packet) + quoted->ip_ofs;
    const struct ip_header *in = (const void *) data;
    size_t len = MIN(dp_packet_size(packet) - quoted->ip_ofs,
                     576 - IP_HEADER_LEN - ICMP_HEADER_LEN);
    size_t header_len = IP_IHL(in->ip_ihl_ver) * 4;
    struct icmp_header *icmp;
    struct ip_header *ip, *copy;

    ip = dp_packet_put_zeros(error, sizeof *ip);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tos = IPTOS_PREC_INTERNETCONTROL;
    ip->ip_tot_len = htons(sizeof *ip + sizeof *icmp + len);
    ip->ip_frag_off = htons(IP_DF);
    ip->ip_ttl = 64;
    ip->ip_proto = IPPROTO_ICMP;
    if (from) {
        put_16aligned_be32(&ip->ip_src, in6_addr_get_mapped_ipv4(from));
    } else {
        ip->ip_src = in->ip_dst;
    }
    ip->ip_dst = in->ip_src;
    ip->ip_csum = csum(ip, sizeof *ip);

    icmp = dp_packet_put_zeros(error, sizeof *icmp + len);
    if (type == OVL_ICMP_TOO_BIG) {
        icmp->icmp_type = ICMP4_DST_UNREACH;
        icmp->icmp_code = ICMP4_FRAG_NEEDED;
        icmp->icmp_fields.frag.mtu = htons(mtu);
    } else {
        icmp->icmp_type = ICMP4_TIME_EXCEEDED;
    }
    copy = (struct ip_header *) (icmp + 1);
    memcpy(copy, data, len);
    if (dp_packet_ip_checksum_partial(packet)) {
        copy->ip_csum = 0;
        copy->ip_csum = csum(copy, header_len);
    }
    icmp->icmp_csum = csum(icmp, sizeof *icmp + len);
}

/* The same for IPv6. */
static void
icmp_put6(struct dp_packet *error, const struct ovl_icmp_quoted *quoted,
          enum ovl_icmp_error_type type, const struct in6_addr *from,
          uint16_t mtu)
{
    const struct dp_packet *packet = quoted->packet;
    const char *data = (const char *) dp_packet_data(packet) + quoted->ip_ofs;
    const struct ovs_16aligned_ip6_hdr *in = (const void *) data;
    size_t len = MIN(dp_packet_size(packet) - quoted->ip_ofs,
                     1280 - IPV6_HEADER_LEN - ICMP6_DATA_HEADER_LEN);
    struct icmp6_data_header *icmp;
    struct ovs_16aligned_ip6_hdr *ip6;

    ip6 = dp_packet_put_zeros(error, sizeof *ip6);
    put_16aligned_be32(&ip6->ip6_flow, htonl(6 << 28));
    ip6->ip6_plen = htons(sizeof *icmp + len);
    ip6->ip6_nxt = IPPROTO_ICMPV6;
    ip6->ip6_hlim = 64;
    if (from) {
        memcpy(&ip6->ip6_src, from, sizeof ip6->ip6_src);
    } else {
        ip6->ip6_src = in->ip6_dst;
    }
    ip6->ip6_dst = in->ip6_src;

    icmp = dp_packet_put_zeros(error, sizeof *icmp + len);
    if (type == OVL_ICMP_TOO_BIG) {
        icmp->icmp6_base.icmp6_type = ICMP6_PACKET_TOO_BIG;
        put_16aligned_be32(&icmp->icmp6_data.be32[0], htonl(mtu));
    } else {
        icmp->icmp6_base.icmp6_type = ICMP6_TIME_EXCEEDED;
    }
    memcpy(icmp + 1, data, len);
    icmp->icmp6_base.icmp6_cksum
        = packet_csum_upperlayer6(ip6, icmp, IPPROTO_ICMPV6,
                                  sizeof *icmp + len);
}

/* Returns the ICMP error of 'type' for the packet that 'quoted' refers to,
 * with the Ethernet header of that packet, if it has one, the other way
 * around.  It comes from 'from', an IPv4-mapped address for IPv4, or, if
 * 'from' is null, from the destination of the packet.  'mtu', in bytes, is for
 * OVL_ICMP_TOO_BIG.  The metadata is zero but for the packet type. */
struct dp_packet *
ovl_icmp_error_compose(const struct ovl_icmp_quoted *quoted,
                       enum ovl_icmp_error_type type,
                       const struct in6_addr *from, uint16_t mtu)
{
    const struct dp_packet *packet = quoted->packet;
    size_t ofs = quoted->ip_ofs;
    struct dp_packet *error = dp_packet_new_with_headroom(ofs + 1280, 128);

    if (ofs) {
        const struct eth_header *eth = dp_packet_data(packet);
        struct eth_header *reply = dp_packet_put(error, eth, ofs);

        reply->eth_src = eth->eth_dst;
        reply->eth_dst = eth->eth_src;
    }
    if (quoted->ipv6) {
        icmp_put6(error, quoted, type, from, mtu);
    } else {
        icmp_put4(error, quoted, type, from, mtu);
    }
    error->packet_type = packet->packet_type;
    return error;
}
