/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/geneve/oam.h"

#include "dp-packet.h"
#include "netdev.h"
#include "overlay/geneve/payload.h"
#include "overlay/recirculate.h"
#include "packets.h"

/* Processes the control packets in 'packets', which were just received by
 * 'netdev', before the others: removes them from 'packets', sets their input
 * port to 'port_no', and passes them to 'recirculate', with 'pmd', at a
 * recirculation depth of '*depth' + 1. */
void
ovl_geneve_oam_first(const struct netdev *netdev, odp_port_t port_no,
                     struct dp_packet_batch *packets,
                     ovl_recirculate_func *recirculate,
                     struct dp_netdev_pmd_thread *pmd, uint32_t *depth)
{
    size_t i, size = dp_packet_batch_size(packets);
    struct dp_packet_batch oam;
    struct dp_packet *packet;
    size_t n_oam = 0;

    if (!ovl_type_is_geneve(netdev_get_type(netdev))) {
        return;
    }
    DP_PACKET_BATCH_FOR_EACH (j, packet, packets) {
        n_oam += (packet->md.tunnel.flags & FLOW_TNL_F_OAM) != 0;
    }
    if (OVS_LIKELY(!n_oam || n_oam == size)) {
        return;
    }

    dp_packet_batch_init(&oam);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, packets) {
        if (packet->md.tunnel.flags & FLOW_TNL_F_OAM) {
            packet->md.in_port.odp_port = port_no;
            dp_packet_batch_add(&oam, packet);
        } else {
            dp_packet_batch_add(packets, packet);
        }
    }
    ++*depth;
    recirculate(pmd, &oam);
    --*depth;
    dp_packet_batch_destroy(&oam);
}
