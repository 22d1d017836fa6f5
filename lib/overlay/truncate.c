/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/truncate.h"

#include "csum.h"
#include "dp-packet.h"
#include "overlay/packet.h"
#include "packets.h"
#include "util.h"

/* Called when an action may have truncated 'packet'.  Upstream keeps the
 * packet's offload state and padding size, and would compute negative sizes
 * from them.  Updates the padding size.  If the IP packet itself is truncated,
 * completes a partial checksum of its IPv4 header, if the whole header is
 * left, and clears the offload state. */
void
ovl_packet_truncated(struct dp_packet *packet)
{
    int padding = ovl_padding(packet);

    if (dp_packet_l2_pad_size(packet)) {
        dp_packet_set_l2_pad_size(packet, MAX(padding, 0));
    }
    if (padding >= 0) {
        return;
    }

    if (dp_packet_ip_checksum_partial(packet)) {
        struct ip_header *ip = dp_packet_l3(packet);
        size_t left = dp_packet_size(packet) - packet->l3_ofs;

        if (dp_packet_size(packet) > packet->l3_ofs
            && IP_VER(ip->ip_ihl_ver) == 4
            && left >= IP_IHL(ip->ip_ihl_ver) * 4) {
            ip->ip_csum = 0;
            ip->ip_csum = csum(ip, IP_IHL(ip->ip_ihl_ver) * 4);
        }
    }
    dp_packet_set_tso_segsz(packet, 0);
    packet->offloads = 0;
}
