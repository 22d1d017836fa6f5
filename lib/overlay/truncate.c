/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/truncate.h"

#include "csum.h"
#include "dp-packet.h"
#include "overlay/packet.h"
#include "packets.h"
#include "util.h"

/* Called when an action has truncated 'packet', or left it as long as it was.
 * Upstream leaves its offload state and the size of its padding as they were,
 * and then gets sizes below zero.  So does what is left to do about the IP
 * header if that is still there, and leaves nothing else to do. */
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
