/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include <netinet/ip6.h>

#include "csum.h"
#include "dp-packet-gso.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "overlay/gso.h"
#include "packets.h"

/* Returns a new port of type 'type' called 'name'. */
struct netdev *
fuzz_open_port(const char *name, const char *type)
{
    struct netdev *netdev;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    ovs_assert(!netdev_open(name, type, &netdev));
    return netdev;
}

/* Starts 'data', a header of type 'vport_type', with Ethernet and IP headers,
 * from 1.1.2.92 to 1.1.2.88, or from 2001:cafe::92 to 2001:cafe::88 if 'ipv6'.
 * Returns the place for the header of 'nw_proto', and sets data->header_len to
 * the bytes before it. */
void *
fuzz_put_outer(struct ovs_action_push_tnl *data, uint32_t vport_type,
               bool ipv6, uint8_t nw_proto)
{
    struct eth_header *eth = (struct eth_header *) data->header;
    void *l3 = eth + 1;

    memset(data, 0, sizeof *data);
    data->tnl_type = vport_type;
    if (ipv6) {
        struct ovs_16aligned_ip6_hdr *ip6 = l3;

        eth->eth_type = htons(ETH_TYPE_IPV6);
        put_16aligned_be32(&ip6->ip6_flow, htonl(6 << 28));
        ip6->ip6_nxt = nw_proto;
        ip6->ip6_hlim = 64;
        put_16aligned_be32(&ip6->ip6_src.be32[0], htonl(0x2001cafe));
        put_16aligned_be32(&ip6->ip6_src.be32[3], htonl(0x92));
        put_16aligned_be32(&ip6->ip6_dst.be32[0], htonl(0x2001cafe));
        put_16aligned_be32(&ip6->ip6_dst.be32[3], htonl(0x88));
        data->header_len = ETH_HEADER_LEN + IPV6_HEADER_LEN;
    } else {
        struct ip_header *ip = l3;

        eth->eth_type = htons(ETH_TYPE_IP);
        ip->ip_ihl_ver = IP_IHL_VER(5, 4);
        ip->ip_proto = nw_proto;
        ip->ip_ttl = 64;
        put_16aligned_be32(&ip->ip_src, htonl(0x0101025c));
        put_16aligned_be32(&ip->ip_dst, htonl(0x01010258));
        data->header_len = ETH_HEADER_LEN + IP_HEADER_LEN;
    }
    return (char *) data->header + data->header_len;
}

/* Corrects the checksums of 'packet', whose Ethertype is 'dl_type': that of
 * IPv4 and, if 'nw_proto' is IPPROTO_TCP or IPPROTO_UDP, and 'packet' is that,
 * the L4 checksum. */
void
fuzz_fix_sums(struct dp_packet *packet, ovs_be16 dl_type, uint8_t nw_proto)
{
    struct ip_header *ip = dp_packet_l3(packet);
    void *l4 = dp_packet_l4(packet);
    size_t l4_size = dp_packet_l4_size(packet);
    ovs_be16 *field;
    uint32_t pseudo;

    if (!ip || !l4) {
        return;
    }
    if (dl_type == htons(ETH_TYPE_IP)) {
        ip->ip_csum = 0;
        ip->ip_csum = csum(ip, IP_IHL(ip->ip_ihl_ver) * 4);
        pseudo = packet_csum_pseudoheader(ip);
    } else {
        pseudo = packet_csum_pseudoheader6(dp_packet_l3(packet));
    }

    if (nw_proto == IPPROTO_TCP && l4_size >= TCP_HEADER_LEN) {
        field = &((struct tcp_header *) l4)->tcp_csum;
    } else if (nw_proto == IPPROTO_UDP && l4_size >= UDP_HEADER_LEN
               && ((struct udp_header *) l4)->udp_csum) {
        field = &((struct udp_header *) l4)->udp_csum;
    } else {
        return;
    }
    *field = 0;
    *field = csum_finish(csum_continue(pseudo, l4, l4_size));
    if (!*field && nw_proto == IPPROTO_UDP) {
        *field = OVS_BE16_MAX;
    }
}

/* If 'packet' is TCP, makes its L4 checksum partial, and if 'tso' is true and
 * it is not short, marks it for segmentation. */
void
fuzz_leave_undone(struct dp_packet *packet, bool tso)
{
    if (dp_packet_l4_proto_tcp(packet)) {
        dp_packet_l4_checksum_set_partial(packet);
        if (tso && dp_packet_get_tcp_payload_length(packet) > 100) {
            dp_packet_set_tso_segsz(packet, 100);
        }
    }
}

/* Pops an Ethernet frame with netdev_pop_header() of 'netdev', as after a
 * lookup that found a flow with tnl_pop.  The inner frame, possibly with a
 * partial checksum or to be segmented, is encapsulated again, prepared for a
 * device without offloads, and popped a second time: this must give the same
 * inner frame, with 'tun_id'.
 *
 * The outer headers are those of 'vport_type': IP with protocol 'nw_proto',
 * and the 'l4_len' bytes 'l4' behind it.  If 'has_tags' is false, the
 * encapsulation removes 802.1Q tags.  The first of the 'size' bytes 'data' is
 * FRAME_* bits, the rest is the frame. */
void
fuzz_pop_push_pop(struct netdev *netdev, uint32_t vport_type, uint8_t nw_proto,
                  const void *l4, size_t l4_len, uint64_t tun_id,
                  bool has_tags, const uint8_t *data, size_t size)
{
    enum {
        FRAME_FIX_SUM = 1 << 0, /* Correct its IPv4 checksum. */
        FRAME_PARTIAL = 1 << 1, /* The inner L4 checksum is partial. */
        FRAME_TSO = 1 << 2,     /* The inner frame is to be segmented, too. */
        FRAME_IPV6 = 1 << 3,    /* Push over IPv6. */
        FRAME_PUSH = 1 << 4,    /* Do not pop the frame first. */
    };
    struct ovs_action_push_tnl header;
    struct dp_packet_batch batch;
    struct dp_packet *packet;
    void *before = NULL;
    size_t before_size = 0;
    struct flow flow;
    uint8_t bits;

    if (size < 1 + ETH_HEADER_LEN) {
        return;
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
    memcpy(fuzz_put_outer(&header, vport_type, bits & FRAME_IPV6, nw_proto),
           l4, l4_len);
    header.header_len += l4_len;
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        flow_extract(packet, &flow);
        if (bits & (FRAME_PARTIAL | FRAME_TSO)) {
            fuzz_leave_undone(packet, bits & FRAME_TSO);
        } else if (has_tags || !flow.vlans[0].tci) {
            before_size = dp_packet_size(packet);
            before = xmemdup(dp_packet_data(packet), before_size);
        }
    }
    netdev_push_header(netdev, NULL, &batch, &header);
    ovl_send_prepare(netdev, &batch);
    dp_packet_gso_batch(&batch);
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        dp_packet_set_tso_segsz(packet, 0);     /* It is segmented. */
        dp_packet_ol_send_prepare(packet, 0);
        dp_packet_reset_offload(packet);
        flow_extract(packet, &flow);
    }

    /* All pushed packets can be popped. */
    size = dp_packet_batch_size(&batch);
    netdev_pop_header(netdev, &batch);
    ovs_assert(dp_packet_batch_size(&batch) == size);
    DP_PACKET_BATCH_FOR_EACH (i, packet, &batch) {
        ovs_assert(packet->md.tunnel.tun_id == htonll(tun_id));
        ovs_assert(!before
                   || (dp_packet_size(packet) == before_size
                       && !memcmp(dp_packet_data(packet), before,
                                  before_size)));
        flow_extract(packet, &flow);
    }
    free(before);
    dp_packet_delete_batch(&batch, true);
    dp_packet_batch_destroy(&batch);
}

/* If 'text' is a single tnl_push action, and 'is_ours' returns true for it,
 * formats it.  The result must parse to the same action. */
void
fuzz_round_trip(const char *text,
                bool (*is_ours)(const struct ovs_action_push_tnl *))
{
    struct hmap names = HMAP_INITIALIZER(&names);
    struct ofpbuf actions, actions2;
    struct ds s = DS_EMPTY_INITIALIZER;

    ofpbuf_init(&actions, 0);
    ofpbuf_init(&actions2, 0);
    if (!odp_actions_from_string(text, NULL, &actions) && actions.size
        && nl_attr_type(actions.data) == OVS_ACTION_ATTR_TUNNEL_PUSH
        && NLA_ALIGN(((struct nlattr *) actions.data)->nla_len)
           == actions.size
        && is_ours(nl_attr_get(actions.data))) {
        format_odp_actions(&s, actions.data, actions.size, &names);
        ovs_assert(!odp_actions_from_string(ds_cstr(&s), NULL, &actions2));
        ovs_assert(actions.size == actions2.size
                   && !memcmp(actions.data, actions2.data, actions.size));
    }
    ofpbuf_uninit(&actions);
    ofpbuf_uninit(&actions2);
    ds_destroy(&s);
    hmap_destroy(&names);
}
