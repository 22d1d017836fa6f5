/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/gso.h"

#include "coverage.h"
#include "dp-packet-gso.h"
#include "dp-packet.h"
#include "netdev-provider.h"
#include "odp-netlink.h"
#include "overlay/class.h"
#include "overlay/packet.h"
#include "packets.h"
#include "userspace-tso.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_no_l4);
COVERAGE_DEFINE(drop_tnl_push_long);

BUILD_ASSERT_DECL(!(OVL_OL_GSO & (DP_PACKET_OL_IP_CKSUM_MASK
                                  | DP_PACKET_OL_L4_CKSUM_MASK
                                  | DP_PACKET_OL_L4_PROTO_MASK
                                  | DP_PACKET_OL_TUNNEL_MASK)));

/* Segments 'packet', which has a segment size, and adds the segments, with its
 * metadata, to 'out'. */
static void
gso_segment(struct dp_packet *packet, struct dp_packet_batch *out)
{
    struct dp_packet_batch segments;
    struct dp_packet *segment;

    packet->offloads &= ~(OVL_OL_GSO | OVL_OL_INNER_GSO);
    dp_packet_batch_init_packet(&segments, packet);
    dp_packet_gso_batch(&segments);
    DP_PACKET_BATCH_FOR_EACH (i, segment, &segments) {
        if (segment != packet) {
            segment->md = packet->md;
        }
        dp_packet_batch_add(out, segment);
    }
    dp_packet_batch_destroy(&segments);
}

void
ovl_gso_batch(struct dp_packet_batch *batch,
              bool (*test)(const struct dp_packet *))
{
    struct dp_packet_batch out;
    struct dp_packet *packet;

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_get_tso_segsz(packet) && !ovl_l4_missing(packet)
            && (!test || test(packet))) {
            gso_segment(packet, &out);
        } else {
            dp_packet_batch_add(&out, packet);
        }
    }
    dp_packet_batch_swap(batch, &out);
    dp_packet_batch_destroy(&out);
}

/* Longest packet with outer headers, in bytes.  A buffer has at most 65535
 * bytes, of which upstream needs some itself, and headroom grows by 64 bytes
 * at a time. */
#define GSO_PACKET_MAX (UINT16_MAX - 120)

/* Updates the padding of the packets in 'batch', and makes them fit into their
 * buffers with a header of 'header_len' bytes: segments packets that are too
 * long, and drops packets that still are.  For these, upstream would abort or
 * write beyond the buffer. */
void
ovl_gso_fit(struct dp_packet_batch *batch, size_t header_len)
{
    size_t max = GSO_PACKET_MAX - header_len;
    struct dp_packet_batch out;
    struct dp_packet *packet;
    bool fit = true;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        ovl_update_padding(packet);
        fit &= dp_packet_size(packet) <= max;
    }
    if (OVS_LIKELY(fit)) {
        return;
    }

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_size(packet) > max && dp_packet_get_tso_segsz(packet)
            && !ovl_l4_missing(packet)) {
            gso_segment(packet, &out);
        } else {
            dp_packet_batch_add(&out, packet);
        }
    }
    dp_packet_batch_reset(batch);
    DP_PACKET_BATCH_FOR_EACH (i, packet, &out) {
        if (dp_packet_size(packet) <= max) {
            dp_packet_batch_add(batch, packet);
        } else {
            COVERAGE_INC(drop_tnl_push_long);
            dp_packet_delete(packet);
        }
    }
    dp_packet_batch_destroy(&out);
}

/* Adapts 'packet', marked by ovl_defer_gso(), to a device with MTU 'mtu', in
 * bytes: sets or lowers its segment size so that segments, with an Ethernet
 * header and at most one 802.1Q tag, fit. */
static void
gso_fit_mtu(struct dp_packet *packet, int mtu)
{
    const struct eth_header *eth = dp_packet_data(packet);
    uint16_t segsz = dp_packet_get_tso_segsz(packet);
    int max = mtu + ETH_HEADER_LEN;
    const char *payload;
    int room, size;

    if (eth->eth_type == htons(ETH_TYPE_VLAN_8021Q)) {
        max += VLAN_HEADER_LEN;
    }
    if (!segsz && dp_packet_size(packet) <= max) {
        return;
    }

    payload = (packet->offloads & OVL_OL_INNER_GSO
               ? dp_packet_get_inner_tcp_payload(packet)
               : dp_packet_get_tcp_payload(packet));
    if (!payload) {
        return;
    }
    room = max - (payload - (const char *) eth);
    size = segsz ? segsz : (const char *) dp_packet_tail(packet) - payload;
    if (room > 0 && room < size) {
        dp_packet_set_tso_segsz(packet, room);
    }
}

/* Returns true if 'packet' must be segmented before the push of a tunnel
 * header beneath which dp_packet_gso() can segment: it would be the second
 * such header, or the checksums of segments would be wrong. */
static bool
gso_before_transparent(const struct dp_packet *packet)
{
    return (packet->offloads & OVL_OL_INNER_GSO
            || (!dp_packet_tunnel(packet) && ovl_has_ip6_ext_hdrs(packet)));
}

/* The same for a tunnel header beneath which dp_packet_gso() cannot
 * segment. */
static bool
gso_before_opaque(const struct dp_packet *packet)
{
    return ovl_needs_gso(packet) || gso_before_transparent(packet);
}

/* Prepares the packets in 'batch' for upstream, which is about to push 'data'
 * onto them: segments packets and completes checksums that upstream could not
 * complete, or would compute incorrectly, behind that header.  Drops packets
 * that lack a header that this needs. */
void
ovl_prepare_upstream(struct dp_packet_batch *batch,
                     const struct ovs_action_push_tnl *data)
{
    bool seen = (data->tnl_type == OVS_VPORT_TYPE_GENEVE
                 || data->tnl_type == OVS_VPORT_TYPE_VXLAN
                 || data->tnl_type == OVS_VPORT_TYPE_GRE
                 || data->tnl_type == OVS_VPORT_TYPE_IP6GRE);
    bool (*splits)(const struct dp_packet *)
        = seen ? gso_before_transparent : gso_before_opaque;
    struct dp_packet *packet;
    bool segment = false;
    size_t i, size;

    DP_PACKET_BATCH_FOR_EACH (j, packet, batch) {
        ovl_update_segsz(packet);
        if (dp_packet_l4(packet) == NULL) {
            /* Upstream would use the L4 protocol without checking for an L4
             * header. */
            packet->offloads &= ~DP_PACKET_OL_L4_PROTO_MASK;
        }
        segment |= dp_packet_get_tso_segsz(packet) && splits(packet);
    }
    if (OVS_UNLIKELY(segment)) {
        ovl_gso_batch(batch, splits);
    }

    size = dp_packet_batch_size(batch);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_UNLIKELY(ovl_l4_missing(packet))) {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
            continue;
        }
        if (dp_packet_l4_checksum_partial(packet)
            && !dp_packet_tunnel(packet)) {
            ovl_complete_csum_ip6_ext(packet);
        }
        dp_packet_batch_add(batch, packet);
    }
}

/* Completes in software the pending checksums of the packets in 'batch', which
 * are not to be segmented.  Drops packets that lack a header that this
 * needs. */
void
ovl_gso_finish(struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (ovl_finish_offload(packet)) {
            dp_packet_batch_add(batch, packet);
        } else {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
        }
    }
}

/* Returns the MTU of 'netdev', to which packets are sent, in bytes.
 * netdev_get_mtu() takes a mutex, for which a sending thread might wait while
 * another one configures the device, so this calls it only when the change
 * sequence number has changed. */
static int
gso_get_mtu(const struct netdev *netdev_)
{
    struct netdev *netdev = CONST_CAST(struct netdev *, netdev_);
    uint64_t seq = netdev_get_change_seq(netdev) << 16;
    uint64_t known;
    int mtu;

    atomic_read_relaxed(&netdev->ovl_mtu, &known);
    if (OVS_LIKELY((known & ~UINT64_C(0xffff)) == seq)) {
        return known & 0xffff;
    } else if (netdev_get_mtu(netdev, &mtu)) {
        return ETH_PAYLOAD_MAX;
    }
    mtu = MIN(mtu, UINT16_MAX);
    atomic_store_relaxed(&netdev->ovl_mtu, seq | mtu);
    return mtu;
}

/* Prepares the packets in 'batch' to be sent on 'netdev': fits the segment
 * size of those that ovl_defer_gso() marked to its MTU, segments them unless
 * netdev_send() does, and drops packets that lack the L4 header for pending
 * offloads. */
void
ovl_send_prepare(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;
    bool segment = false;
    int mtu = 0;

    if (!ovl_is_active()) {
        return;
    }

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (ovl_needs_gso(packet)) {
            if (!mtu) {
                mtu = gso_get_mtu(netdev);
            }
            gso_fit_mtu(packet, mtu);
            packet->offloads &= ~(OVL_OL_GSO | OVL_OL_INNER_GSO);
            segment |= dp_packet_get_tso_segsz(packet) != 0;
        }
        /* Checked here because the segment size is final. */
        if (OVS_UNLIKELY(ovl_l4_missing(packet))) {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
        } else {
            dp_packet_batch_add(batch, packet);
        }
    }

    /* With userspace TSO, netdev_send() does this for devices without TSO. */
    if (segment && !userspace_tso_enabled()) {
        dp_packet_gso_batch(batch);
    }
}
