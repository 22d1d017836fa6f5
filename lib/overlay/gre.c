/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/gre.h"

#include "csum.h"
#include "dp-packet.h"
#include "netdev-native-tnl.h"
#include "odp-netlink.h"
#include "overlay/class.h"
#include "overlay/gso.h"
#include "packets.h"
#include "util.h"

/* Returns the flags in 'data' if it is upstream's GRE header, otherwise 0. */
static ovs_be16
gre_get_flags(const struct ovs_action_push_tnl *data)
{
    const struct gre_base_hdr *gre;
    size_t ofs = ETH_HEADER_LEN;

    if (data->tnl_type != OVS_VPORT_TYPE_GRE
        && data->tnl_type != OVS_VPORT_TYPE_IP6GRE) {
        return 0;
    }
    ofs += (netdev_tnl_is_header_ipv6(data->header)
            ? IPV6_HEADER_LEN : IP_HEADER_LEN);
    gre = ALIGNED_CAST(const struct gre_base_hdr *,
                       (const char *) data->header + ofs);
    return gre->flags;
}

/* If 'data' is upstream's GRE header with a checksum or a sequence number,
 * segments the packets in 'batch' and completes their checksums in software.
 * Upstream computes the GRE checksum when it pushes the header, which is too
 * early if the checksum of the inner packet is partial, and numbers packets,
 * not their segments.  Upstream's tests expect that, so this does nothing
 * until there is a port of one of our classes. */
void
ovl_gre_prepare(struct dp_packet_batch *batch,
                const struct ovs_action_push_tnl *data)
{
    if (ovl_is_active()
        && gre_get_flags(data) & htons(GRE_CSUM | GRE_SEQ)) {
        ovl_gso_batch(batch, NULL);
        ovl_gso_finish(batch);
    }
}

/* If 'data' is upstream's GRE header with a checksum and a sequence number,
 * corrects the GRE checksums of the packets in 'batch', onto which it was
 * pushed: upstream has computed them with the sequence number 0. */
void
ovl_gre_finish(struct dp_packet_batch *batch,
               const struct ovs_action_push_tnl *data)
{
    const ovs_be16 both = htons(GRE_CSUM | GRE_SEQ);
    struct dp_packet *packet;

    if ((gre_get_flags(data) & both) != both) {
        return;
    }
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        char *end = (char *) dp_packet_data(packet) + data->header_len;
        struct gre_base_hdr *gre = dp_packet_l4(packet);
        ovs_be16 *sum = (ovs_be16 *) (gre + 1);
        ovs_16aligned_be32 *seq
            = ALIGNED_CAST(ovs_16aligned_be32 *, end - sizeof *seq);

        *sum = recalc_csum32(*sum, 0, get_16aligned_be32(seq));
    }
}
