/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Receive: an Ethernet frame goes through netdev_pop_header(), as after a
 * lookup that found a flow with tnl_pop.  What comes out, as it is or with
 * work left to do, is encapsulated again, and popped a second time: what goes
 * in comes out.
 *
 * The first byte of the input is FRAME_* bits, the rest is the frame. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "dp-packet.h"
#include "flow.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "packets.h"

enum {
    FRAME_FIX_SUM = 1 << 0,     /* Make its IPv4 checksum right. */
    FRAME_PARTIAL = 1 << 1,     /* The inner L4 checksum is left undone. */
    FRAME_TSO = 1 << 2,         /* So is segmentation. */
    FRAME_IPV6 = 1 << 3,        /* Push it over IPv6. */
    FRAME_PUSH = 1 << 4,        /* Do not pop it first. */
};

static struct netdev *netdev;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    netdev = fuzz_open_port("etherip0", "etherip");
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ovs_action_push_tnl header;
    struct dp_packet_batch batch;
    struct dp_packet *packet;
    void *before = NULL;
    size_t before_size = 0;
    struct flow flow;
    uint8_t bits;
    void *l4;

    if (size < 1 + ETH_HEADER_LEN) {
        return 0;
    }
    bits = data[0];
    packet = dp_packet_new(size);
    dp_packet_put(packet, data + 1, size - 1);
    pkt_metadata_init(&packet->md, 1);
    flow_extract(packet, &flow);
    if (bits & FRAME_FIX_SUM) {
        fuzz_fix_sums(packet, flow.dl_type, 0);
    }

    dp_packet_batch_init_packet(&batch, packet);
    if (!(bits & FRAME_PUSH)) {
        netdev_pop_header(netdev, &batch);
    }
    l4 = fuzz_put_outer(&header, ovl_etherip_class.vport_type,
                        bits & FRAME_IPV6, ovl_etherip_class.nw_proto);
    memcpy(l4, (uint8_t []) { 0x30, 0 }, 2);
    header.header_len += 2;
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        flow_extract(packet, &flow);
        if (bits & (FRAME_PARTIAL | FRAME_TSO)) {
            fuzz_leave_undone(packet, bits & FRAME_TSO);
        } else {
            before_size = dp_packet_size(packet);
            before = xmemdup(dp_packet_data(packet), before_size);
        }
    }
    netdev_push_header(netdev, NULL, &batch, &header);
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        ovs_assert(!dp_packet_get_tso_segsz(packet));
        dp_packet_ol_send_prepare(packet, 0);
        dp_packet_reset_offload(packet);
        flow_extract(packet, &flow);
    }

    /* What was pushed can be popped. */
    size = dp_packet_batch_size(&batch);
    netdev_pop_header(netdev, &batch);
    ovs_assert(dp_packet_batch_size(&batch) == size);
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        ovs_assert(!packet->md.tunnel.tun_id);
        ovs_assert(!before
                   || (dp_packet_size(packet) == before_size
                       && !memcmp(dp_packet_data(packet), before,
                                  before_size)));
        flow_extract(packet, &flow);
    }
    free(before);
    dp_packet_delete_batch(&batch, true);
    dp_packet_batch_destroy(&batch);
    return 0;
}
