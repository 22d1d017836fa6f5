/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Reception: netdev_pop_header() pops an Ethernet frame, as after a lookup
 * that found a flow with tnl_pop.  The inner frame is encapsulated again,
 * prepared for a device without offloads, and popped a second time, which must
 * give the same frame.
 *
 * The first byte of the input is FRAME_* bits, the second the number of the
 * session for the encapsulation, the rest is the frame. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include <netinet/in.h>

#include "dp-packet.h"
#include "dp-packet-gso.h"
#include "flow.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-router.h"
#include "packets.h"
#include "seq.h"
#include "smap.h"
#include "overlay/class.h"
#include "overlay/gso.h"
#include "overlay/vport.h"

enum {
    FRAME_FIX_SUMS = 1 << 0,    /* Correct its IPv4 and UDP checksums. */
    FRAME_PARTIAL = 1 << 1,     /* The inner L4 checksum is partial. */
    FRAME_TSO = 1 << 2,         /* The inner frame is to be segmented, too. */
    FRAME_IPV6 = 1 << 3,        /* Push over IPv6. */
    FRAME_PUSH = 1 << 4,        /* Do not pop the frame first. */
    FRAME_IP = 1 << 5,          /* The frame is L2TPv3 over IP, not UDP. */
};

/* The sessions: number N has the session ID N + 1, over UDP and over IP. */
static const struct session {
    const char *cookie, *sublayer, *offset, *seq;
} sessions[] = {
    { NULL, NULL, NULL, NULL },
    { "0x11223344", NULL, NULL, NULL },
    { "0x1122334455667788", "default", "3", NULL },
    { NULL, "default", NULL, NULL },
    { "0x11223344", "default", "255", "both" },
};

static struct netdev *ports[ARRAY_SIZE(sessions)][2];

/* Sets the options of the port of session 'i', over IP if 'ip' is 1. */
static void
configure(size_t i, int ip)
{
    struct smap options = SMAP_INITIALIZER(&options);
    const struct session *s = &sessions[i];
    char *error = NULL;

    smap_add(&options, "encap", ip ? "ip" : "udp");
    smap_add(&options, "remote_ip", s->seq ? "1.1.2.92" : "flow");
    smap_add_format(&options, "key", "%"PRIuSIZE, i + 1);
    if (s->cookie) {
        smap_add(&options, "rx_cookie", s->cookie);
    }
    if (s->sublayer) {
        smap_add(&options, "l2_specific", s->sublayer);
    }
    if (s->offset) {
        smap_add(&options, "offset", s->offset);
    }
    if (s->seq) {
        smap_add(&options, "seq", s->seq);
    }
    ovs_assert(!netdev_set_config(ports[i][ip], &options, &error));
    smap_destroy(&options);
}

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    /* For the route to remote_ip. */
    tnl_conf_seq = seq_create();
    ovs_router_init();

    for (size_t i = 0; i < ARRAY_SIZE(sessions); i++) {
        for (int ip = 0; ip < 2; ip++) {
            char *name = xasprintf("l2tp%d-%"PRIuSIZE, ip, i);

            ports[i][ip] = fuzz_open_port(name, "l2tpv3");
            configure(i, ip);
            free(name);
        }
    }
    return 0;
}

/* Fills in 'header' for packets of session 'i', over IP if 'ip', otherwise
 * UDP, on an IPv6 underlay if 'ipv6', otherwise IPv4. */
static void
make_header(struct ovs_action_push_tnl *header, size_t i, bool ip, bool ipv6)
{
    const struct ovl_class *class = (ip ? &ovl_l2tpv3_ip_class
                                     : &ovl_l2tpv3_udp_class);
    void *l4 = fuzz_put_outer(header, class->vport_type, ipv6,
                              class->nw_proto);
    const struct session *s = &sessions[i];
    struct ds text = DS_EMPTY_INITIALIZER;
    size_t size;

    if (!ip) {
        ds_put_format(&text, "udp(src=0,dst=1701,csum=%s),",
                      ipv6 ? "0xffff" : "0x0");
    }
    ds_put_format(&text, "l2tpv3(session=0x%"PRIxSIZE, i + 1);
    if (s->cookie) {
        ds_put_format(&text, ",cookie=%s", s->cookie);
    }
    if (s->sublayer) {
        ds_put_format(&text, ",l2_specific=%s", s->sublayer);
    }
    if (s->seq) {
        ds_put_cstr(&text, ",seq=send");
    }
    if (s->offset) {
        ds_put_format(&text, ",offset=%s", s->offset);
    }
    ds_put_char(&text, ')');
    ovs_assert(class->parse(ds_cstr(&text), header, l4, &size) == text.length);
    header->header_len += size;
    ds_destroy(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ovs_action_push_tnl header;
    struct dp_packet_batch batch;
    struct dp_packet *packet;
    struct netdev *numbered;
    void *inner = NULL;
    size_t inner_size = 0;
    struct flow flow;
    uint8_t bits;
    size_t i;
    int ip;

    if (size < 2 + ETH_HEADER_LEN) {
        return 0;
    }
    bits = data[0];
    i = data[1] % ARRAY_SIZE(sessions);
    ip = (bits & FRAME_IP) != 0;

    packet = dp_packet_new(size);
    dp_packet_put(packet, data + 2, size - 2);
    pkt_metadata_init(&packet->md, 1);
    flow_extract(packet, &flow);
    if (bits & FRAME_FIX_SUMS) {
        fuzz_fix_sums(packet, flow.dl_type,
                      ip ? 0 : IPPROTO_UDP);
    }

    dp_packet_batch_init_packet(&batch, packet);
    if (!(bits & FRAME_PUSH)) {
        netdev_pop_header(ports[0][ip], &batch);
    }
    DP_PACKET_BATCH_FOR_EACH (j, packet, &batch) {
        flow_extract(packet, &flow);
        if (dp_packet_l4_proto_tcp(packet)
            && bits & (FRAME_PARTIAL | FRAME_TSO)) {
            fuzz_leave_undone(packet, bits & FRAME_TSO);
        } else {
            inner_size = dp_packet_size(packet);
            inner = xmemdup(dp_packet_data(packet), inner_size);
        }
    }
    make_header(&header, i, ip, bits & FRAME_IPV6);
    netdev_push_header(ports[i][ip], NULL, &batch, &header);
    ovl_send_prepare(ports[i][ip], &batch);
    DP_PACKET_BATCH_FOR_EACH (j, packet, &batch) {
        ovs_assert(!dp_packet_get_tso_segsz(packet));
        dp_packet_ol_send_prepare(packet, 0);
        dp_packet_reset_offload(packet);
        flow_extract(packet, &flow);
    }

    /* All pushed packets can be popped, except those with an old sequence
     * number. */
    size = dp_packet_batch_size(&batch);
    netdev_pop_header(ports[0][ip], &batch);
    ovs_assert(dp_packet_batch_size(&batch) == size || sessions[i].seq);
    DP_PACKET_BATCH_FOR_EACH (j, packet, &batch) {
        ovs_assert(packet->md.tunnel.tun_id == htonll(i + 1));
        ovs_assert(!inner || (dp_packet_size(packet) == inner_size
                              && !memcmp(dp_packet_data(packet), inner,
                                         inner_size)));
        flow_extract(packet, &flow);
    }
    dp_packet_delete_batch(&batch, true);
    dp_packet_batch_destroy(&batch);
    free(inner);

    /* Sequence numbers start anew for the next input. */
    numbered = ports[ARRAY_SIZE(sessions) - 1][ip];
    ovl_l2tpv3_udp_class.port_destroy(numbered);
    ovs_assert(!ovl_l2tpv3_udp_class.configure(numbered,
                                               ovl_get_config(numbered)));
    return 0;
}
