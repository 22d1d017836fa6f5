/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/push-pop.h"

#include "coverage.h"
#include "dp-packet.h"
#include "odp-netlink.h"
#include "overlay/class.h"
#include "overlay/geneve/relay.h"
#include "overlay/gre.h"
#include "overlay/gso.h"
#include "overlay/packet.h"
#include "ovs-thread.h"
#include "packets.h"
#include "tun-metadata.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_push_type);

/* Packets that the calling thread's last ovl_pop() dropped. */
DEFINE_STATIC_PER_THREAD_DATA(size_t, pop_drops, 0);

/* Pushes the header 'data' of 'netdev' onto each packet in 'batch', which is
 * from 'ingress', and returns true, if 'netdev' is one of ours, or has to
 * relay options, which differ in each packet.  Otherwise, prepares the packets
 * for upstream, which pushes the header, and returns false. */
bool
ovl_push(const struct netdev *netdev, const struct netdev *ingress,
         struct dp_packet_batch *batch, const struct ovs_action_push_tnl *data)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    struct dp_packet *packet;
    bool splits = false;

    if (!class) {
        /* Relayed options are not in the template. */
        ovl_gso_fit(batch, data->header_len
                            + (data->ovl.relay
                               ? TUN_METADATA_TOT_OPT_SIZE : 0));
        ovl_prepare_upstream(batch, data);
        ovl_gre_prepare(batch, data);
        return ovl_geneve_push(netdev, ingress, batch, data);
    }

    if (data->tnl_type != class->vport_type) {
        /* Only an action written by hand can have another type. */
        COVERAGE_ADD(drop_tnl_push_type, dp_packet_batch_size(batch));
        dp_packet_delete_batch(batch, true);
        return true;
    }
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        ovl_update_padding(packet);
        ovl_update_segsz(packet);
        splits |= (dp_packet_get_tso_segsz(packet) && class->push_needs_gso
                   && class->push_needs_gso(packet));
    }
    if (splits) {
        ovl_gso_batch(batch, class->push_needs_gso);
    }
    class->push(batch, data);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        pkt_metadata_init(&packet->md, data->out_port);
    }
    return true;
}

/* If 'netdev' is one of ours, pops its header from each packet in 'batch' and
 * returns true. */
bool
ovl_pop(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    if (class) {
        struct dp_packet *packet;

        *pop_drops_get() = class->pop(netdev, batch);
        DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
            pkt_metadata_init_conn(&packet->md);
        }
    }
    return class != NULL;
}

/* Returns the number of packets that the thread's last netdev_pop_header(),
 * for 'netdev', dropped.  'missing' is the number by which the batch has
 * shrunk, which includes segments that are kept. */
uint32_t
ovl_pop_drops(const struct netdev *netdev, uint32_t missing)
{
    return ovl_class_from_netdev(netdev) ? *pop_drops_get() : missing;
}
