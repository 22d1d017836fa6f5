/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Tunnels in tunnels: a packet gets one to three tunnel headers, of any types,
 * with actions before and between, as in the datapath.  It is then prepared
 * for a device without offloads, and the headers are popped again.  The result
 * must be the original packet.
 *
 * The first bytes of the input choose the case, see read_case(); the rest is
 * XORed with the packet, which is otherwise valid.  fuzz-nested-tso.c is the
 * same with userspace TSO. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include "dp-packet.h"
#include "dp-packet-gso.h"
#include "dummy.h"
#include "flow.h"
#include "netdev.h"
#include "netdev-afxdp-pool.h"
#include "netdev-vport.h"
#include "odp-execute.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-router.h"
#include "packets.h"
#include "seq.h"
#include "smap.h"
#include "overlay/gso.h"
#include "overlay/packet.h"
#include "overlay/xlate.h"
#include "userspace-tso.h"

#ifndef FUZZ_TSO
#define FUZZ_TSO false
#endif

/* The ports. */
static const struct type {
    const char *type;
    const char *options[10];    /* Keys and values. */
    uint32_t key;               /* 0 if the type has none. */
    bool ipv4, ipv6;            /* Possible underlays. */
    bool tso;                   /* Takes TSO packets. */
} types[] = {
    { "stt", { NULL }, 0x12345678, true, true, true },
    { "nvgre", { NULL }, 0x123456, true, true, true },
    { "l2tpv3", { NULL }, 1, true, true, true },
    { "l2tpv3", { "encap", "ip" }, 2, true, true, true },
    { "l2tpv3", { "rx_cookie", "0x1122334455667788",
                  "tx_cookie", "0x1122334455667788", "offset", "3",
                  "l2_specific", "default", "dst_port", "1702" },
      3, true, true, true },
    { "geneve", { NULL }, 4, true, true, true },
    { "geneve", { "packet_type", "legacy_l3", "csum", "true" },
      5, true, true, true },
    { "vxlan", { NULL }, 6, true, true, true },
    { "vxlan", { "exts", "gpe", "packet_type", "ptap" }, 7, true, true, true },
    { "gre", { NULL }, 8, true, true, true },
    { "gre", { "csum", "true", "seq", "true" }, 9, true, true, true },
    { "gre", { "packet_type", "legacy_l3" }, 10, true, true, true },
    { "erspan", { "erspan_ver", "1", "erspan_idx", "7" },
      11, true, true, false },
    { "erspan", { "erspan_ver", "2", "erspan_dir", "1", "erspan_hwid", "4" },
      12, true, true, false },
    { "gtpu", { NULL }, 13, true, true, false },
    { "gtpu", { "seq", "true" }, 14, true, true, false },
    { "srv6", { "srv6_flowlabel", "copy" }, 0, false, true, false },
    { "etherip", { NULL }, 0, true, true, true },
};

static struct netdev *ports[ARRAY_SIZE(types)];
static struct netdev *device;
static struct umem_pool umem;

/* Bits of a case. */
enum {
    /* struct level, 'bits'. */
    LEVEL_IPV6 = 1 << 0,        /* Outer IPv6. */
    LEVEL_CSUM = 1 << 1,        /* With a checksum, if it is optional. */
    LEVEL_SET = 1 << 2,         /* Set the TOS first. */
    LEVEL_VLAN = 1 << 3,        /* Push a tag first. */
    LEVEL_VLAN2 = 1 << 4,       /* Push another one. */
    LEVEL_MPLS = 1 << 5,        /* Push a label. */
    LEVEL_TRUNC = 1 << 6,       /* Truncate. */
    LEVEL_RECIRC = 1 << 7,      /* Recirculate. */

    /* struct nested_case, 'bits'. */
    PACKET_PARTIAL = 1 << 0,    /* The L4 checksum is partial. */
    PACKET_TSO = 1 << 1,        /* The packet is to be segmented, too. */
    PACKET_GOOD = 1 << 2,       /* The device has verified the checksums. */
    PACKET_FIX_SUMS = 1 << 3,   /* Correct the checksums after the XOR. */
    PACKET_PAD = 1 << 4,        /* With 4 bytes of padding. */
    PACKET_L3 = 1 << 5,         /* Without an Ethernet header. */
    PACKET_TAG = 1 << 6,        /* With a tag. */
    PACKET_IP_PARTIAL = 1 << 7, /* The IP checksum is partial. */
};

/* Actions before a push. */
struct level {
    size_t type;                /* Index in 'types'. */
    uint8_t bits;               /* LEVEL_*. */
    uint8_t arg;                /* Length for LEVEL_TRUNC; Geneve options. */
};

enum { MAX_LEVELS = 3 };

struct nested_case {
    size_t n_levels;
    struct level levels[MAX_LEVELS + 1];    /* The last without a push. */
    uint8_t bits;               /* PACKET_*. */
    enum dp_packet_source source;
    uint8_t headroom;
    uint8_t kind;               /* Of L4: TCP, UDP, SCTP, ICMP over IPv4, then
                                 * over IPv6, then with extension headers. */
    uint16_t payload;           /* Bytes of payload. */
    uint16_t segsz;
    int mtu;
    const uint8_t *xor;         /* For the packet. */
    size_t xor_size;
};

enum {
    CASE_SIZE = 8 + 3 * MAX_LEVELS + 2,
    MAX_PAYLOAD = 65100,        /* For the longest frame from a device. */
};

/* Fills in 'c' from the 'size' bytes of 'data', at least CASE_SIZE. */
static void
read_case(const uint8_t *data, size_t size, struct nested_case *c)
{
    static const int mtus[] = { 1500, 9000, 600, 65535 };
    static const enum dp_packet_source sources[] = {
        DPBUF_MALLOC, DPBUF_AFXDP, DPBUF_STUB
    };

    c->n_levels = 1 + data[0] % MAX_LEVELS;
    c->mtu = mtus[data[0] / MAX_LEVELS % ARRAY_SIZE(mtus)];
    c->bits = data[1];
    c->source = sources[data[2] % ARRAY_SIZE(sources)];
    c->kind = data[2] / ARRAY_SIZE(sources) % 12;
    c->headroom = data[3] & ~1;
    c->payload = MIN(data[4] * 256 + data[5], MAX_PAYLOAD);
    c->segsz = data[6] * 256 + data[7];
    data += 8;
    for (size_t i = 0; i <= MAX_LEVELS; i++) {
        struct level *level = &c->levels[i];

        level->bits = data[0];
        level->arg = data[1];
        data += 2;
        if (i < MAX_LEVELS) {
            level->type = data[0] % ARRAY_SIZE(types);
            data++;
        }
    }
    c->levels[c->n_levels].bits = c->levels[MAX_LEVELS].bits;
    c->levels[c->n_levels].arg = c->levels[MAX_LEVELS].arg;
    c->xor = data;
    c->xor_size = size - CASE_SIZE;
}

/* Returns a new port of 'type' called 'name'. */
static struct netdev *
open_port(const struct type *type, const char *name)
{
    struct smap options = SMAP_INITIALIZER(&options);
    struct netdev *port = fuzz_open_port(name, type->type);
    char *error = NULL;

    smap_add(&options, "remote_ip", "flow");
    if (type->key) {
        smap_add(&options, "key", "flow");
    }
    for (size_t i = 0; i < ARRAY_SIZE(type->options) && type->options[i];
         i += 2) {
        smap_add(&options, type->options[i], type->options[i + 1]);
    }
    ovs_assert(!netdev_set_config(port, &options, &error));
    ovs_assert(!error);
    smap_destroy(&options);
    return port;
}

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    struct smap config = SMAP_INITIALIZER(&config);

    smap_add(&config, "userspace-tso-enable", FUZZ_TSO ? "true" : "false");
    userspace_tso_init(&config);
    smap_destroy(&config);

    tnl_conf_seq = seq_create();
    ovs_router_init();
    netdev_dummy_register(DUMMY_OVERRIDE_NONE);
    device = fuzz_open_port("device", "dummy");
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        char *name = xasprintf("port%"PRIuSIZE, i);

        ports[i] = open_port(&types[i], name);
        free(name);
    }
    ovs_assert(!umem_pool_init(&umem, 1));
    return 0;
}

/* Applies the datapath actions in 'text', which change packets, to 'batch'. */
static void
execute(struct dp_packet_batch *batch, const char *text)
{
    struct ofpbuf actions;

    ofpbuf_init(&actions, 0);
    ovs_assert(!odp_actions_from_string(text, NULL, &actions));
    odp_execute_actions(NULL, batch, false, actions.data, actions.size, NULL);
    ofpbuf_uninit(&actions);
}

/* Appends to 'packet' the headers and the payload of 'c'. */
static void
put_frame(struct dp_packet *packet, const struct nested_case *c)
{
    static const uint8_t protos[] = {
        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_ICMP
    };
    static const size_t l4_sizes[] = {
        TCP_HEADER_LEN, UDP_HEADER_LEN, SCTP_HEADER_LEN, ICMP_HEADER_LEN
    };
    size_t which = c->kind % 4;
    bool ipv6 = c->kind >= 4;
    size_t ext = c->kind >= 8 ? 8 : 0;
    uint8_t proto = protos[which];
    size_t l4_size = l4_sizes[which] + c->payload;
    uint8_t *l4;

    if (!(c->bits & PACKET_L3)) {
        struct eth_header *eth = dp_packet_put_zeros(packet, sizeof *eth);

        memset(&eth->eth_dst, 2, sizeof eth->eth_dst);
        eth->eth_src.ea[5] = 1;
        eth->eth_type = htons(ipv6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
        if (c->bits & PACKET_TAG) {
            ovs_be16 inner[2] = { htons(0x2064), eth->eth_type };

            eth->eth_type = htons(ETH_TYPE_VLAN_8021Q);
            dp_packet_put(packet, inner, sizeof inner);
        }
    } else {
        packet->packet_type = htonl(ipv6 ? PT_IPV6 : PT_IPV4);
    }

    if (ipv6) {
        struct ovs_16aligned_ip6_hdr *ip6;

        ip6 = dp_packet_put_zeros(packet, sizeof *ip6);
        put_16aligned_be32(&ip6->ip6_flow, htonl(6 << 28));
        ip6->ip6_plen = htons(ext + l4_size);
        ip6->ip6_nxt = ext ? IPPROTO_DSTOPTS : proto;
        ip6->ip6_hlim = 64;
        memset(&ip6->ip6_src, 0xfd, sizeof ip6->ip6_src);
        memset(&ip6->ip6_dst, 0xfe, sizeof ip6->ip6_dst);
        if (ext) {
            uint8_t options[8] = { proto, 0, 1, 4, 0, 0, 0, 0 };

            dp_packet_put(packet, options, sizeof options);
        }
    } else {
        struct ip_header *ip = dp_packet_put_zeros(packet, sizeof *ip);

        ip->ip_ihl_ver = IP_IHL_VER(5, 4);
        ip->ip_tot_len = htons(sizeof *ip + l4_size);
        ip->ip_proto = proto;
        ip->ip_ttl = 64;
        put_16aligned_be32(&ip->ip_src, htonl(0x0a000001));
        put_16aligned_be32(&ip->ip_dst, htonl(0x0a000002));
    }

    l4 = dp_packet_put_zeros(packet, l4_size);
    if (proto == IPPROTO_TCP) {
        ((struct tcp_header *) l4)->tcp_ctl = TCP_CTL(TCP_ACK | TCP_PSH, 5);
    } else if (proto == IPPROTO_UDP) {
        ((struct udp_header *) l4)->udp_len = htons(l4_size);
        ((struct udp_header *) l4)->udp_csum = htons(1);
    }
    for (size_t i = 0; i < c->payload; i++) {
        l4[l4_sizes[which] + i] = i * 7 + (i >> 8);
    }
    if (c->bits & PACKET_PAD) {
        dp_packet_put_zeros(packet, 4);
    }
}

/* A packet from a device or the slow path, and the memory to free after it. */
struct input {
    struct dp_packet *packet;
    struct dp_packet_afxdp *afxdp;
    void *memory;
};

/* Sets '*input' to a packet with the bytes of 'frame', in memory like that of
 * 'source' with 'headroom' bytes in front. */
static void
make_input(const struct dp_packet *frame, enum dp_packet_source source,
           size_t headroom, struct input *input)
{
    enum { FRAME_SIZE = 4096, FRAME_OFS = 256, FRAME_HEADROOM = 128 };
    size_t size = dp_packet_size(frame);

    memset(input, 0, sizeof *input);
    if (source == DPBUF_AFXDP
        && size <= FRAME_SIZE - FRAME_OFS - FRAME_HEADROOM) {
        char *memory = xmalloc_size_align(FRAME_SIZE, FRAME_SIZE);

        input->memory = memory;
        input->afxdp = xzalloc(sizeof *input->afxdp);
        input->afxdp->mpool = &umem;
        input->packet = &input->afxdp->packet;
        dp_packet_use_afxdp(input->packet,
                            memory + FRAME_OFS + FRAME_HEADROOM,
                            FRAME_SIZE - FRAME_OFS, FRAME_HEADROOM);
    } else if (source == DPBUF_STUB) {
        input->memory = xmalloc(headroom + size);
        input->packet = xmalloc(sizeof *input->packet);
        dp_packet_use_stub(input->packet, input->memory, headroom + size);
        dp_packet_reserve(input->packet, headroom);
    } else {
        input->packet = dp_packet_new_with_headroom(size, headroom);
    }
    dp_packet_put(input->packet, dp_packet_data(frame), size);
    input->packet->packet_type = frame->packet_type;
}

/* Frees the memory of 'input', whose packet has been deleted.  The frame of an
 * AF_XDP packet must have gone back to the umem. */
static void
free_input(struct input *input)
{
    if (input->afxdp) {
        void *frame = umem_elem_pop(&umem);

        ovs_assert(frame == input->memory);
        free_size_align(input->memory);
        free(input->afxdp);
    } else {
        free(input->memory);
    }
}

/* Parses the packets in 'batch', and drops some of them, as the datapath does
 * before each lookup.  Stores the flow of the last packet in '*flow'. */
static void
parse_batch(struct dp_packet_batch *batch, struct flow *flow)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    memset(flow, 0, sizeof *flow);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (dp_packet_size(packet) < ETH_HEADER_LEN) {
            dp_packet_delete(packet);
        } else {
            flow_extract(packet, flow);
            dp_packet_batch_add(batch, packet);
        }
    }
}

/* Executes the actions of 'level', except for the push, on the packets in
 * 'batch', whose flow is 'flow'. */
static void
execute_level(struct dp_packet_batch *batch, const struct level *level,
              struct flow *flow)
{
    struct dp_packet *packet;

    if (flow->packet_type == htonl(PT_ETH)) {
        if (level->bits & LEVEL_SET && flow->nw_proto) {
            if (flow->dl_type == htons(ETH_TYPE_IP)) {
                execute(batch, "set(ipv4(tos=0x20/0xfc))");
            } else if (flow->dl_type == htons(ETH_TYPE_IPV6)) {
                execute(batch, "set(ipv6(tclass=0x20/0xfc))");
            }
        }
        if (level->bits & LEVEL_VLAN) {
            execute(batch, "push_vlan(vid=7,pcp=1)");
        }
        if (level->bits & LEVEL_VLAN2) {
            execute(batch, "push_vlan(vid=9,pcp=0)");
        }
        if (level->bits & LEVEL_MPLS) {
            /* The text of this action has no parser, nor those below. */
            DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
                push_mpls(packet, htons(ETH_TYPE_MPLS), htonl(0x5140));
            }
        }
    }
    if (level->bits & LEVEL_TRUNC) {
        char *text = xasprintf("trunc(%d)", 14 + level->arg);

        execute(batch, text);
        free(text);
        dp_packet_batch_apply_cutlen(batch);
    }
    if (level->bits & LEVEL_RECIRC) {
        parse_batch(batch, flow);
    }
}

/* Adds or removes the Ethernet header of the packets in 'batch', as 'port'
 * needs, and parses them for '*flow'.  Returns false if 'port' does not take
 * such packets. */
static bool
fit_port(struct dp_packet_batch *batch, const struct netdev *port,
         struct flow *flow)
{
    bool wants_l3 = netdev_get_pt_mode(port) == NETDEV_PT_LEGACY_L3;
    bool wants_l2 = netdev_get_pt_mode(port) == NETDEV_PT_LEGACY_L2;
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        struct dp_packet *clone = dp_packet_clone(packet);

        flow_extract(clone, flow);
        dp_packet_delete(clone);
        if (flow->packet_type != htonl(PT_ETH) && wants_l2) {
            push_eth(packet, &eth_addr_exact, &eth_addr_zero);
            flow->packet_type = htonl(PT_ETH);
        } else if (flow->packet_type == htonl(PT_ETH) && wants_l3) {
            if (flow->vlans[0].tci || !is_ip_any(flow)
                || dp_packet_l2_5(packet)) {
                return false;
            }
            pop_eth(packet);
            flow->packet_type = packet->packet_type;
        }
    }
    return !wants_l3 || is_ip_any(flow);
}

/* Stores in 'data' the header of 'level' for packets of 'flow'.  Returns false
 * if there is none. */
static bool
build_header(const struct level *level, const struct flow *inner,
             struct ovs_action_push_tnl *data)
{
    const struct type *type = &types[level->type];
    bool ipv6 = type->ipv6 && (level->bits & LEVEL_IPV6 || !type->ipv4);
    struct netdev_tnl_build_header_params params;
    struct netdev *port = ports[level->type];
    struct in6_addr src;
    struct flow flow = *inner;

    memset(&flow.tunnel, 0, sizeof flow.tunnel);
    if (ipv6) {
        ovs_assert(ipv6_parse("2001:cafe::92", &src));
        ovs_assert(ipv6_parse("2001:cafe::88", &flow.tunnel.ipv6_dst));
    } else {
        in6_addr_set_mapped_ipv4(&src, htonl(0x0101025c));
        flow.tunnel.ip_dst = htonl(0x01010258);
    }
    flow.tunnel.ip_ttl = 64;
    flow.tunnel.tun_id = htonll(type->key);
    flow.tunnel.flags = FLOW_TNL_F_KEY | FLOW_TNL_F_DONT_FRAGMENT;
    if (level->bits & LEVEL_CSUM || netdev_get_tunnel_config(port)->csum) {
        flow.tunnel.flags |= FLOW_TNL_F_CSUM;
    }

    memset(data, 0, sizeof *data);
    netdev_init_tnl_build_header_params(&params, &flow, &src, eth_addr_zero,
                                        eth_addr_zero);
    if (netdev_build_header(port, data, &params)) {
        return false;
    }
    if (data->tnl_type == OVS_VPORT_TYPE_GENEVE) {
        /* Empty options. */
        struct genevehdr *gnh = ALIGNED_CAST(
            struct genevehdr *, (char *) data->header + data->header_len
                                - sizeof *gnh);

        gnh->opt_len = level->arg % 64;
        data->header_len += gnh->opt_len * 4;
    }
    return !ovl_finish_template(data, port, device, &flow.tunnel, &flow.tunnel);
}

/* Completes the deferred segmentation and checksums of the packets in 'batch'
 * in software.  Drops the packets for which that is impossible. */
static void
finish_batch(struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    ovl_gso_batch(batch, NULL);
    size = dp_packet_batch_size(batch);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (ovl_finish_offload(packet)) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
}

/* Returns true if the version in the IP header of 'packet' is that of the
 * Ethertype 'dl_type'. */
static bool
has_version(const struct dp_packet *packet, ovs_be16 dl_type)
{
    const uint8_t *ip = dp_packet_l3(packet);

    return (dp_packet_size(packet) > packet->l3_ofs
            && *ip >> 4 == (dl_type == htons(ETH_TYPE_IP) ? 4 : 6));
}

/* Stores in 'expected' the packets that must leave a tunnel of 'type' if the
 * packets in 'batch', of Ethertype 'dl_type', enter it.  Clears '*defined' if
 * the result is not defined. */
static void
expect(struct dp_packet_batch *batch, const struct type *type,
       ovs_be16 dl_type, struct dp_packet_batch *expected, bool *defined)
{
    struct dp_packet *packet;

    dp_packet_batch_init(expected);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        /* The checksum of a packet with contradicting IP versions is not
         * defined. */
        *defined &= !dp_packet_l3(packet) || has_version(packet, dl_type);
        if (dp_packet_l4_checksum_partial(packet) && !ovl_l4_missing(packet)
            && dp_packet_l4_proto_udp(packet)) {
            /* Nor is a partial checksum of 0, which means none for UDP. */
            *defined &= ((struct udp_header *) dp_packet_l4(packet))->udp_csum
                        != 0;
        }
        packet = dp_packet_clone_with_headroom(packet, 64);
        ovl_update_padding(packet);
        dp_packet_batch_add(expected, packet);
    }
    finish_batch(expected);
    DP_PACKET_BATCH_FOR_EACH (i, packet, expected) {
        struct eth_header *eth = dp_packet_data(packet);

        if (!strcmp(type->type, "nvgre")) {
            while (dp_packet_size(packet) >= VLAN_ETH_HEADER_LEN
                   && eth_type_vlan(eth->eth_type)) {
                eth_pop_vlan(packet);
                eth = dp_packet_data(packet);
            }
        } else if (!strcmp(type->type, "stt")
                   && dp_packet_size(packet) >= VLAN_ETH_HEADER_LEN
                   && eth->eth_type == htons(ETH_TYPE_VLAN_8021Q)) {
            ((struct vlan_eth_header *) eth)->veth_tci &= htons(~VLAN_CFI);
        }
    }
}

/* Removes the VLAN tags and MPLS labels of the packets in 'batch', and stores
 * the flow of the last packet in '*flow'. */
static void
strip(struct dp_packet_batch *batch, struct flow *flow)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        const struct eth_header *eth = dp_packet_data(packet);
        struct dp_packet_batch one;

        dp_packet_batch_init_packet(&one, packet);
        parse_batch(&one, flow);
        while (dp_packet_batch_size(&one)
               && flow->packet_type == htonl(PT_ETH)
               && (flow->vlans[0].tci || dp_packet_l2_5(packet))) {
            eth = dp_packet_data(packet);
            if (eth_type_vlan(eth->eth_type)) {
                eth_pop_vlan(packet);
            } else {
                const char *ip = dp_packet_l2_5(packet);

                if (dp_packet_size(packet) < packet->l2_5_ofs + 5) {
                    break;
                }
                pop_mpls(packet, htons(ip[4] >> 4 == 6 ? ETH_TYPE_IPV6
                                       : ETH_TYPE_IP));
            }
            parse_batch(&one, flow);
        }
        if (dp_packet_batch_size(&one)) {
            dp_packet_batch_add(batch, packet);
        }
    }
}

/* Pops the header of 'level' from the packets in 'batch'. */
static void
pop_level(struct dp_packet_batch *batch, const struct level *level)
{
    bool ipv4 = !strcmp(types[level->type].type, "srv6") ? false : true;
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;
    struct flow flow;

    /* Keep the packets that a flow with tnl_pop matches. */
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        struct dp_packet_batch one;

        dp_packet_batch_init_packet(&one, packet);
        strip(&one, &flow);
        if (!dp_packet_batch_size(&one)) {
            continue;
        }
        if (flow.packet_type != htonl(PT_ETH)) {
            push_eth(packet, &eth_addr_exact, &eth_addr_zero);
            parse_batch(&one, &flow);
        }
        if (flow.nw_proto && !flow.nw_frag
            && (flow.dl_type == htons(ETH_TYPE_IPV6)
                || (ipv4 && flow.dl_type == htons(ETH_TYPE_IP)))) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
    netdev_pop_header(ports[level->type], batch);
}

/* Sends the packets in 'batch' on a device without offloads. */
static void
send_batch(struct dp_packet_batch *batch)
{
    struct dp_packet *packet;
    struct flow flow;

    ovl_send_prepare(device, batch);
    if (userspace_tso_enabled()) {
        dp_packet_gso_batch(batch);
    }
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        dp_packet_ol_send_prepare(packet, 0);

        /* The other end receives the packet without offload state. */
        dp_packet_reset_offload(packet);
        dp_packet_set_tso_segsz(packet, 0);
        dp_packet_set_l2_pad_size(packet, 0);
        pkt_metadata_init(&packet->md, 1);
    }
    parse_batch(batch, &flow);
}

/* Returns true if 'packet' is 'expected', with or without padding.  Packets
 * with a partial checksum or to be segmented lose it. */
static bool
is_expected(const struct dp_packet *packet, const struct dp_packet *expected)
{
    size_t max = dp_packet_size(expected);
    size_t min = max - dp_packet_l2_pad_size(expected);
    size_t size = dp_packet_size(packet);

    return (size >= min && size <= max
            && !memcmp(dp_packet_data(packet), dp_packet_data(expected),
                       size));
}

/* Asserts that the packets in 'batch' are those in 'expected', in the same
 * order.  Some may be missing, unless 'all' is true. */
static void
compare(struct dp_packet_batch *batch, struct dp_packet_batch *expected,
        bool all)
{
    struct dp_packet *packet;
    size_t next = 0;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        while (next < dp_packet_batch_size(expected)
               && !is_expected(packet, expected->packets[next])) {

            next++;
        }
        ovs_assert(next < dp_packet_batch_size(expected));
        next++;
    }
    ovs_assert(!all || (dp_packet_batch_size(batch)
                        == dp_packet_batch_size(expected)));
}

/* Returns true if all of the packets of 'c' must arrive. */
static bool
must_arrive(const struct nested_case *c)
{
    uint8_t actions = LEVEL_TRUNC | LEVEL_RECIRC | LEVEL_MPLS;

    if (c->xor_size || c->payload > 32000 || c->bits & PACKET_PAD
        || c->segsz < 64) {
        return false;
    }
    for (size_t i = 0; i <= c->n_levels; i++) {
        const struct level *level = &c->levels[i];

        if (level->bits & actions
            || (c->bits & PACKET_TSO && i < c->n_levels
                && !types[level->type].tso)) {
            return false;
        }
    }
    return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dp_packet_batch batch, expected;
    struct dp_packet *frame, *packet;
    struct nested_case c;
    bool defined = true;
    struct input input;
    struct flow flow;
    size_t i;

    if (size < CASE_SIZE) {
        return 0;
    }
    read_case(data, size, &c);
    ovs_assert(!netdev_set_mtu(device, c.mtu));

    frame = dp_packet_new(0);
    put_frame(frame, &c);
    flow_extract(frame, &flow);
    fuzz_fix_sums(frame, flow.dl_type, flow.nw_proto);
    for (i = 0; i < MIN(c.xor_size, dp_packet_size(frame)); i++) {
        ((uint8_t *) dp_packet_data(frame))[i] ^= c.xor[i];
    }
    make_input(frame, c.source, c.headroom, &input);
    dp_packet_delete(frame);
    packet = input.packet;
    pkt_metadata_init(&packet->md, 1);
    if (c.bits & PACKET_GOOD) {
        dp_packet_ip_checksum_set_good(packet);
        dp_packet_l4_checksum_set_good(packet);
    }
    dp_packet_batch_init_packet(&batch, packet);
    parse_batch(&batch, &flow);
    if (dp_packet_batch_is_empty(&batch)) {
        free_input(&input);
        return 0;
    }
    if (c.bits & PACKET_FIX_SUMS) {
        fuzz_fix_sums(packet, flow.dl_type, flow.nw_proto);
    }
    if (c.bits & (PACKET_PARTIAL | PACKET_TSO)
        && (dp_packet_l4_proto_tcp(packet) || dp_packet_l4_proto_udp(packet)
            || dp_packet_l4_proto_sctp(packet))) {
        dp_packet_l4_checksum_set_partial(packet);
    }
    if (c.bits & PACKET_IP_PARTIAL && flow.dl_type == htons(ETH_TYPE_IP)
        && flow.nw_proto) {
        dp_packet_ip_checksum_set_partial(packet);
    }
    if (FUZZ_TSO && c.bits & PACKET_TSO && c.segsz
        && c.source == DPBUF_MALLOC && dp_packet_l4_proto_tcp(packet)
        && dp_packet_get_tcp_payload_length(packet)) {
        dp_packet_set_tso_segsz(packet, MAX(c.segsz, 48));
    }

    dp_packet_batch_init(&expected);
    for (i = 0; i < c.n_levels; i++) {
        const struct level *level = &c.levels[i];
        struct ovs_action_push_tnl header;

        execute_level(&batch, level, &flow);
        if (dp_packet_batch_is_empty(&batch)
            || !fit_port(&batch, ports[level->type], &flow)
            || !build_header(level, &flow, &header)) {
            break;
        }
        if (!i) {
            expect(&batch, &types[level->type], flow.dl_type, &expected,
                   &defined);
        }
        netdev_push_header(ports[level->type], NULL, &batch, &header);
        memset(&flow, 0, sizeof flow);
        flow.packet_type = htonl(PT_ETH);
        flow.dl_type = ((struct eth_header *) header.header)->eth_type;
        flow.nw_proto = 1;
    }
    if (i) {
        size_t n = i;

        execute_level(&batch, &c.levels[c.n_levels], &flow);
        send_batch(&batch);
        while (i) {
            pop_level(&batch, &c.levels[--i]);
        }
        finish_batch(&batch);
        if (defined) {
            compare(&batch, &expected, n == c.n_levels && must_arrive(&c));
        }
    }

    dp_packet_delete_batch(&batch, true);
    dp_packet_delete_batch(&expected, true);
    dp_packet_batch_destroy(&batch);
    dp_packet_batch_destroy(&expected);
    free_input(&input);
    ovl_stt_class.port_destroy(ports[0]);
    return 0;
}
