/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Reception: netdev_pop_header() pops a sequence of Ethernet frames, as after
 * a lookup that found a flow with tnl_pop.  The inner frames are parsed,
 * prepared for a device without offloads, encapsulated again, and popped a
 * second time.
 *
 * The input is a sequence of: a byte of FRAME_* bits, the length of the frame,
 * in 2 bytes, and the frame.  The datapath drops frames that are shorter than
 * an Ethernet header, so these are not tried. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "dp-packet.h"
#include "dp-packet-gso.h"
#include "flow.h"
#include "hash.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "packets.h"
#include "overlay/gso.h"

enum {
    FRAME_FIX_SUMS = 1 << 0,    /* Correct its IPv4 and TCP checksums. */
    FRAME_IP_GOOD = 1 << 1,     /* The device verified the IP checksum. */
    FRAME_L4_GOOD = 1 << 2,     /* The device verified the L4 checksum. */
    FRAME_L4_PARTIAL = 1 << 3,  /* The L4 checksum is partial. */
    FRAME_TSO = 1 << 4,         /* The frame is to be segmented. */
    FRAME_LAST = 1 << 5,        /* The last frame of a batch. */
    FRAME_AGAIN = 1 << 6,       /* Twice.  With FRAME_LAST: push over IPv6. */
    FRAME_PUSH = 1 << 7,        /* With FRAME_LAST: do not pop the batch. */
};

static struct netdev *netdev;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    netdev = fuzz_open_port("stt0", "stt");
    return 0;
}

/* Returns a packet with the 'size' bytes in 'data' and the offload state in
 * 'bits', parsed as in the datapath. */
static struct dp_packet *
make_packet(const uint8_t *data, size_t size, uint8_t bits)
{
    struct dp_packet *packet = dp_packet_new(size);
    struct flow flow;

    dp_packet_put(packet, data, size);
    pkt_metadata_init(&packet->md, 1);
    if (bits & FRAME_IP_GOOD) {
        dp_packet_ip_checksum_set_good(packet);
    }
    if (bits & FRAME_L4_GOOD) {
        dp_packet_l4_checksum_set_good(packet);
    }
    flow_extract(packet, &flow);
    if (bits & FRAME_FIX_SUMS) {
        fuzz_fix_sums(packet, flow.dl_type, IPPROTO_TCP);
    }
    if (dp_packet_l4_proto_tcp(packet)) {
        if (bits & (FRAME_L4_PARTIAL | FRAME_TSO)) {
            dp_packet_l4_checksum_set_partial(packet);
        }
        if (bits & FRAME_TSO) {
            dp_packet_set_tso_segsz(packet, 1000);
        }
    }
    return packet;
}

/* Checks that each packet in 'batch' is consistent, and reads all of it. */
static void
check_batch(struct dp_packet_batch *batch)
{
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        struct flow flow;

        hash_bytes(dp_packet_data(packet), dp_packet_size(packet), 0);
        flow_extract(packet, &flow);
        if (dp_packet_l4_checksum_partial(packet)) {
            ovs_assert(dp_packet_l4(packet));
        }
        if (dp_packet_get_tso_segsz(packet)) {
            ovs_assert(dp_packet_l4_proto_tcp(packet)
                       && dp_packet_l4_checksum_partial(packet));
        }
    }
}

/* Encapsulates the packets in 'batch', as for a device with an MTU of 1500, on
 * an IPv4 or IPv6 underlay. */
static void
push_batch(struct dp_packet_batch *batch, bool ipv6)
{
    struct ovs_action_push_tnl data;
    struct tcp_header *tcp;

    tcp = fuzz_put_outer(&data, ovl_stt_class.vport_type, ipv6, IPPROTO_TCP);
    data.header_len += TCP_HEADER_LEN + 18;
    tcp->tcp_dst = htons(7471);
    tcp->tcp_ctl = TCP_CTL(TCP_ACK | TCP_PSH, TCP_HEADER_LEN / 4);
    ovl_stt_class.set_template(netdev, &data, 1500);

    netdev_push_header(netdev, NULL, batch, &data);
    ovl_send_prepare(netdev, batch);
}

/* Pops the headers of the packets in 'batch', unless 'bits' has FRAME_PUSH.
 * Then, pushes and pops the inner frames.  Deletes the packets. */
static void
test_batch(struct dp_packet_batch *batch, uint8_t bits)
{
    struct dp_packet *packet;

    if (!(bits & FRAME_PUSH)) {
        netdev_pop_header(netdev, batch);
        check_batch(batch);
    }
    push_batch(batch, bits & FRAME_AGAIN);
    check_batch(batch);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        ovs_assert(!dp_packet_get_tso_segsz(packet));
        dp_packet_ol_send_prepare(packet, 0);
        dp_packet_reset_offload(packet);
    }
    check_batch(batch);
    netdev_pop_header(netdev, batch);
    check_batch(batch);
    dp_packet_delete_batch(batch, true);
    dp_packet_batch_reset(batch);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = data + size;
    struct dp_packet_batch batch;

    dp_packet_batch_init(&batch);
    while (end - data > 3) {
        uint8_t bits = data[0];
        size_t len = MIN(data[1] * 256 + data[2], end - data - 3);

        data += 3;
        for (int i = 0; i < (bits & FRAME_AGAIN ? 2 : 1); i++) {
            if (len >= ETH_HEADER_LEN) {
                dp_packet_batch_add(&batch, make_packet(data, len, bits));
            }
        }
        data += len;
        if (bits & FRAME_LAST
            || dp_packet_batch_size(&batch) >= NETDEV_MAX_BURST - 1) {
            test_batch(&batch, bits);
        }
    }
    test_batch(&batch, 0);
    dp_packet_batch_destroy(&batch);

    ovl_stt_class.port_destroy(netdev);
    return 0;
}
