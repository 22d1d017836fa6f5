/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* What packets wait for on their way out: segmentation and checksums that an
 * encapsulation, the device or nobody else will do. */

#include <config.h>

#include "tnl-provider.h"

#include <netinet/ip6.h>

#include "coverage.h"
#include "csum.h"
#include "dp-packet.h"
#include "dp-packet-gso.h"
#include "netdev-native-tnl.h"
#include "netdev-provider.h"
#include "odp-netlink.h"
#include "packets.h"
#include "tnl-cut.h"
#include "userspace-tso.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_no_l4);
COVERAGE_DEFINE(drop_tnl_push_long);

BUILD_ASSERT_DECL(!(TNL_OL_SEGMENT & (DP_PACKET_OL_IP_CKSUM_MASK
                                      | DP_PACKET_OL_L4_CKSUM_MASK
                                      | DP_PACKET_OL_L4_PROTO_MASK
                                      | DP_PACKET_OL_TUNNEL_MASK)));

bool
tnl_has_options6(const struct dp_packet *packet)
{
    const struct ip_header *ip = dp_packet_l3(packet);

    return (ip && dp_packet_l4(packet)
            && packet->l4_ofs - packet->l3_ofs > IPV6_HEADER_LEN
            && IP_VER(ip->ip_ihl_ver) == 6);
}

uint32_t
tnl_pseudoheader6(const struct dp_packet *packet, uint8_t nw_proto)
{
    const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);
    uint32_t sum;

    sum = csum_continue(0, &ip6->ip6_src, sizeof ip6->ip6_src);
    sum = csum_continue(sum, &ip6->ip6_dst, sizeof ip6->ip6_dst);
    sum = csum_add16(sum, htons(nw_proto));
    return csum_add16(sum, htons(dp_packet_l4_size(packet)));
}

void
tnl_complete_csum6(struct dp_packet *packet)
{
    void *l4 = dp_packet_l4(packet);
    bool tcp = dp_packet_l4_proto_tcp(packet);
    ovs_be16 *field;
    uint32_t sum;

    if (!dp_packet_l4_checksum_partial(packet) || !tnl_has_options6(packet)
        || !(tcp || dp_packet_l4_proto_udp(packet))) {
        return;
    }
    field = (tcp ? &((struct tcp_header *) l4)->tcp_csum
             : &((struct udp_header *) l4)->udp_csum);
    *field = 0;
    sum = tnl_pseudoheader6(packet, tcp ? IPPROTO_TCP : IPPROTO_UDP);
    *field = csum_finish(csum_continue(sum, l4, dp_packet_l4_size(packet)));
    if (!*field) {
        *field = OVS_BE16_MAX;
    }
    dp_packet_l4_checksum_set_good(packet);
}

/* Segments 'packet', which has a segment size, and adds the segments, with its
 * metadata, to 'out'. */
static void
tnl_segment(struct dp_packet *packet, struct dp_packet_batch *out)
{
    struct dp_packet_batch segments;
    struct dp_packet *segment;

    packet->offloads &= ~(TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
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
tnl_segment_batch(struct dp_packet_batch *batch,
                  bool (*test)(const struct dp_packet *))
{
    struct dp_packet_batch out;
    struct dp_packet *packet;

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_get_tso_segsz(packet) && !tnl_lacks_l4(packet)
            && (!test || test(packet))) {
            tnl_segment(packet, &out);
        } else {
            dp_packet_batch_add(&out, packet);
        }
    }
    dp_packet_batch_swap(batch, &out);
    dp_packet_batch_destroy(&out);
}

/* A packet's buffer has at most 65535 bytes, of which upstream takes some for
 * itself, and makes room in front 64 bytes at a time. */
#define TNL_PUSH_MAX (UINT16_MAX - 120)

/* Makes the padding of the packets in 'batch' right, and has them fit into
 * their buffers with a header of 'header_len' bytes: segments those that are
 * too long, and drops those that still are.  Upstream would end the process,
 * or write where the buffer does not reach. */
void
tnl_push_fit(struct dp_packet_batch *batch, size_t header_len)
{
    size_t max = TNL_PUSH_MAX - header_len;
    struct dp_packet_batch out;
    struct dp_packet *packet;
    bool fit = true;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        tnl_update_padding(packet);
        fit &= dp_packet_size(packet) <= max;
    }
    if (OVS_LIKELY(fit)) {
        return;
    }

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_size(packet) > max && dp_packet_get_tso_segsz(packet)
            && !tnl_lacks_l4(packet)) {
            tnl_segment(packet, &out);
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

/* Adapts 'packet', marked by tnl_segment_later(), to a device that takes IP
 * packets of at most 'mtu' bytes, that is, frames of 'mtu' bytes and an
 * Ethernet header with up to one 802.1Q tag. */
static void
tnl_segment_fit(struct dp_packet *packet, int mtu)
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

    payload = (packet->offloads & TNL_OL_INNER_SEGMENT
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

/* Called when an action has truncated 'packet', or left it as long as it was.
 * Upstream leaves its offload state and the size of its padding as they were,
 * and then gets sizes below zero.  So does what is left to do about the IP
 * header if that is still there, and leaves nothing else to do. */
void
tnl_packet_cut(struct dp_packet *packet)
{
    int padding = tnl_padding(packet);

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

/* Returns how many of 'tailroom' bytes of room there can be behind 'packet',
 * if it has 'headroom' bytes in front: its buffer's length has 16 bits. */
size_t
tnl_limit_tailroom(const struct dp_packet *packet, size_t headroom,
                   size_t tailroom)
{
    size_t used = headroom + dp_packet_size(packet);

    return used < UINT16_MAX ? MIN(tailroom, UINT16_MAX - used) : 0;
}

bool
tnl_finish_offload(struct dp_packet *packet)
{
    if (!dp_packet_get_tso_segsz(packet)
        && !dp_packet_ip_checksum_partial(packet)
        && !dp_packet_l4_checksum_partial(packet)
        && !dp_packet_tunnel(packet)) {
        return true;
    } else if (tnl_lacks_l4(packet)) {
        return false;
    }
    if (!dp_packet_tunnel(packet)) {
        tnl_complete_csum6(packet);
    }
    dp_packet_ol_send_prepare(packet, 0);
    return true;
}

/* Returns true if 'packet' has to be segmented before it gets a tunnel header
 * through which GSO sees: it would be the second, or the checksums of segments
 * would be wrong. */
static bool
tnl_seen_splits(const struct dp_packet *packet)
{
    return (packet->offloads & TNL_OL_INNER_SEGMENT
            || (!dp_packet_tunnel(packet) && tnl_has_options6(packet)));
}

/* The same for a tunnel header through which GSO does not see. */
static bool
tnl_unseen_splits(const struct dp_packet *packet)
{
    return tnl_is_marked(packet) || tnl_seen_splits(packet);
}

/* Prepares the packets in 'batch' for upstream, which is about to push 'data'
 * onto them: does what it cannot do any more, or would do wrong, when that is
 * in front of them. */
void
tnl_prepare_upstream(struct dp_packet_batch *batch,
                     const struct ovs_action_push_tnl *data)
{
    bool seen = (data->tnl_type == OVS_VPORT_TYPE_GENEVE
                 || data->tnl_type == OVS_VPORT_TYPE_VXLAN
                 || data->tnl_type == OVS_VPORT_TYPE_GRE
                 || data->tnl_type == OVS_VPORT_TYPE_IP6GRE);
    bool (*splits)(const struct dp_packet *)
        = seen ? tnl_seen_splits : tnl_unseen_splits;
    struct dp_packet *packet;
    bool segment = false;
    size_t i, size;

    DP_PACKET_BATCH_FOR_EACH (j, packet, batch) {
        tnl_update_segsz(packet);
        if (dp_packet_l4(packet) == NULL) {
            /* Nor would it know that there is none. */
            packet->offloads &= ~DP_PACKET_OL_L4_PROTO_MASK;
        }
        segment |= dp_packet_get_tso_segsz(packet) && splits(packet);
    }
    if (OVS_UNLIKELY(segment)) {
        tnl_segment_batch(batch, splits);
    }

    size = dp_packet_batch_size(batch);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_UNLIKELY(tnl_lacks_l4(packet))) {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
            continue;
        }
        if (dp_packet_l4_checksum_partial(packet)
            && !dp_packet_tunnel(packet)) {
            tnl_complete_csum6(packet);
        }
        dp_packet_batch_add(batch, packet);
    }
}

/* Returns the flags in 'data' if it is upstream's GRE header, otherwise 0. */
static ovs_be16
tnl_gre_flags(const struct ovs_action_push_tnl *data)
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
 * does in software what the packets in 'batch' wait for.  Upstream computes
 * the checksum when it pushes the header, which is too early if that of the
 * inner packet is partial, and numbers packets then, not their segments.  That
 * is left as it is, because tests of upstream expect it, until there is a port
 * of one of our classes. */
void
tnl_gre_prepare(struct dp_packet_batch *batch,
                const struct ovs_action_push_tnl *data)
{
    struct dp_packet *packet;
    size_t i, size;

    if (!tnl_is_active()
        || !(tnl_gre_flags(data) & htons(GRE_CSUM | GRE_SEQ))) {
        return;
    }

    tnl_segment_batch(batch, NULL);
    size = dp_packet_batch_size(batch);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (tnl_finish_offload(packet)) {
            dp_packet_batch_add(batch, packet);
        } else {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
        }
    }
}

/* If 'data' is upstream's GRE header with a checksum and a sequence number,
 * makes the checksums of the packets in 'batch', onto which it was pushed,
 * right: upstream has summed them up with the number 0. */
void
tnl_gre_finish(struct dp_packet_batch *batch,
               const struct ovs_action_push_tnl *data)
{
    const ovs_be16 both = htons(GRE_CSUM | GRE_SEQ);
    struct dp_packet *packet;

    if ((tnl_gre_flags(data) & both) != both) {
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

/* Returns the MTU of 'netdev', to which packets are sent.  To ask the device
 * takes a mutex, on which a thread that sends could wait for one that
 * configures, so that is done only when something about it has changed. */
static int
tnl_send_mtu(const struct netdev *netdev_)
{
    struct netdev *netdev = CONST_CAST(struct netdev *, netdev_);
    uint64_t seq = netdev_get_change_seq(netdev) << 16;
    uint64_t known;
    int mtu;

    atomic_read_relaxed(&netdev->tnl_mtu, &known);
    if (OVS_LIKELY((known & ~UINT64_C(0xffff)) == seq)) {
        return known & 0xffff;
    } else if (netdev_get_mtu(netdev, &mtu)) {
        return ETH_PAYLOAD_MAX;
    }
    mtu = MIN(mtu, UINT16_MAX);
    atomic_store_relaxed(&netdev->tnl_mtu, seq | mtu);
    return mtu;
}

/* Prepares the packets in 'batch' to be sent on 'netdev': gives those that
 * tnl_segment_later() marked the segment size that its MTU allows, cuts
 * them if nobody below will, and drops what nobody below can finish. */
void
tnl_send_prepare(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;
    bool segment = false;
    int mtu = 0;

    if (!tnl_is_active()) {
        return;
    }

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (tnl_is_marked(packet)) {
            if (!mtu) {
                mtu = tnl_send_mtu(netdev);
            }
            tnl_segment_fit(packet, mtu);
            packet->offloads &= ~(TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
            segment |= dp_packet_get_tso_segsz(packet) != 0;
        }
        /* Now that it is known whether it is to be segmented. */
        if (OVS_UNLIKELY(tnl_lacks_l4(packet))) {
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
