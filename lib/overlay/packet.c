/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/packet.h"

#include "csum.h"
#include "dp-packet.h"
#include "packets.h"
#include "util.h"

bool
ovl_has_ip6_ext_hdrs(const struct dp_packet *packet)
{
    const struct ip_header *ip = dp_packet_l3(packet);

    return (ip && dp_packet_l4(packet)
            && packet->l4_ofs - packet->l3_ofs > IPV6_HEADER_LEN
            && IP_VER(ip->ip_ihl_ver) == 6);
}

uint32_t
ovl_pseudoheader_ip6(const struct dp_packet *packet, uint8_t nw_proto)
{
    const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);
    uint32_t sum;

    sum = csum_continue(0, &ip6->ip6_src, sizeof ip6->ip6_src);
    sum = csum_continue(sum, &ip6->ip6_dst, sizeof ip6->ip6_dst);
    sum = csum_add16(sum, htons(nw_proto));
    return csum_add16(sum, htons(dp_packet_l4_size(packet)));
}

void
ovl_complete_csum_ip6_ext(struct dp_packet *packet)
{
    void *l4 = dp_packet_l4(packet);
    bool tcp = dp_packet_l4_proto_tcp(packet);
    ovs_be16 *field;
    uint32_t sum;

    if (!dp_packet_l4_checksum_partial(packet) || !ovl_has_ip6_ext_hdrs(packet)
        || !(tcp || dp_packet_l4_proto_udp(packet))) {
        return;
    }
    field = (tcp ? &((struct tcp_header *) l4)->tcp_csum
             : &((struct udp_header *) l4)->udp_csum);
    *field = 0;
    sum = ovl_pseudoheader_ip6(packet, tcp ? IPPROTO_TCP : IPPROTO_UDP);
    *field = csum_finish(csum_continue(sum, l4, dp_packet_l4_size(packet)));
    if (!*field) {
        *field = OVS_BE16_MAX;
    }
    dp_packet_l4_checksum_set_good(packet);
}

/* Returns 'tailroom', in bytes, limited to what 'packet' can have with
 * 'headroom' bytes in front: the length of its buffer has 16 bits. */
size_t
ovl_limit_tailroom(const struct dp_packet *packet, size_t headroom,
                   size_t tailroom)
{
    size_t used = headroom + dp_packet_size(packet);

    return used < UINT16_MAX ? MIN(tailroom, UINT16_MAX - used) : 0;
}

bool
ovl_finish_offload(struct dp_packet *packet)
{
    if (!dp_packet_get_tso_segsz(packet)
        && !dp_packet_ip_checksum_partial(packet)
        && !dp_packet_l4_checksum_partial(packet)
        && !dp_packet_tunnel(packet)) {
        return true;
    } else if (ovl_l4_missing(packet)) {
        return false;
    }
    if (!dp_packet_tunnel(packet)) {
        ovl_complete_csum_ip6_ext(packet);
    }
    dp_packet_ol_send_prepare(packet, 0);
    return true;
}
