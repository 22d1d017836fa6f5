/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* STT, Stateless Transport Tunneling: draft-davie-stt-08.
 *
 * An inner Ethernet frame, behind an 18-byte STT header, travels as the
 * payload of TCP-like segments, so that TCP segmentation offload (TSO) can
 * segment it and large receive offload can merge the segments.  There is no
 * connection.  The TCP sequence number holds the length of the STT frame and
 * the offset in it, and the acknowledgment number identifies the frame.
 *
 * Transmit: push makes one packet of a whole frame and leaves its segmentation
 * to the device (ovl_defer_gso()).  Receive: pop takes a packet with a whole
 * frame as it is, and reassembles other frames in stt-reasm.c.  It restores
 * the offload state of the inner packet, checksum and segment size, from the
 * STT header. */

#include <config.h>

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "byte-order.h"
#include "csum.h"
#include "dp-packet.h"
#include "linux/if_stt.h"
#include "netdev-native-tnl.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/class.h"
#include "overlay/counters.h"
#include "overlay/encap/stt-reasm.h"
#include "overlay/gso.h"
#include "overlay/packet.h"
#include "overlay/settings.h"
#include "overlay/src-port.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "random.h"
#include "smap.h"
#include "timeval.h"
#include "unixctl.h"
#include "userspace-tso.h"
#include "util.h"

/* Wire format. */

/* TCP header, section 3.2: sequence number = length of the STT frame << 16 |
 * offset of this segment in it, acknowledgment number = frame ID, flags ACK
 * and (last segment) PSH, window and urgent pointer 0. */

/* STT frame header, section 3.1. */
struct stt_header {
    uint8_t version;            /* 0. */
    uint8_t flags;              /* STT_F_*. */
    uint8_t l4_offset;          /* From the inner frame's first byte. */
    uint8_t reserved;
    ovs_be16 mss;               /* Of the inner TCP segments, or 0. */
    ovs_be16 vlan;              /* PCP, STT_VLAN_PRESENT, VID. */
    ovs_16aligned_be32 id_hi;   /* Context ID: the tunnel key. */
    ovs_16aligned_be32 id_lo;
    ovs_be16 padding;           /* Aligns the inner IP header. */
};
BUILD_ASSERT_DECL(sizeof(struct stt_header) == 18);

#define STT_F_CSUM_VERIFIED 0x01 /* Inner L4 checksum is known to be good. */
#define STT_F_CSUM_PARTIAL  0x02 /* Inner L4 checksum is not computed yet. */
#define STT_F_IPV4          0x04 /* With CSUM_PARTIAL: IPv4, else IPv6. */
#define STT_F_TCP           0x08 /* With CSUM_PARTIAL: TCP, else UDP. */

#define STT_VLAN_PRESENT    0x1000
#define STT_VLAN_MASK       (VLAN_PCP_MASK | VLAN_VID_MASK)

#define STT_HEADERS_LEN     (TCP_HEADER_LEN + sizeof(struct stt_header))
#define STT_PORT            7471

/* Longest inner frame, 65315 bytes.  A dp_packet's buffer has at most 65535
 * bytes, which must also hold the outer headers, what devices put in front of
 * them, and DPDK's accounting. */
#define STT_INNER_MAX (UINT16_MAX - ETH_HEADER_LEN - IPV6_HEADER_LEN \
                       - STT_HEADERS_LEN - 128)

/* Smallest inner TCP segment size that is accepted on reception.  A smaller
 * one would only turn one packet into thousands. */
#define STT_MSS_MIN 48

/* Returns the tunnel key in 'stt', in host byte order. */
static uint64_t
stt_get_id(const struct stt_header *stt)
{
    return ((uint64_t) ntohl(get_16aligned_be32(&stt->id_hi)) << 32
            | ntohl(get_16aligned_be32(&stt->id_lo)));
}

/* Sets the tunnel key in 'stt' to 'id', in host byte order. */
static void
stt_put_id(struct stt_header *stt, uint64_t id)
{
    put_16aligned_be32(&stt->id_hi, htonl(id >> 32));
    put_16aligned_be32(&stt->id_lo, htonl(id));
}

/* Interval between two searches for frames whose timeout has expired, in
 * ms. */
#define STT_RUN_INTERVAL 100

/* Counters of packets; stt-reasm.h has those of segments.
 *
 * COUNTER(NAME, name, meaning) */
#define STT_COUNTERS(COUNTER)                                           \
    COUNTER(RX_HEADER, "rx_header",                                     \
            "packets with truncated or bad outer headers")              \
    COUNTER(RX_CHECKSUM, "rx_checksum",                                 \
            "packets with a wrong outer IP or TCP checksum")            \
    COUNTER(RX_TOO_BIG, "rx_too_big",                                   \
            "segments of frames longer than the switch can handle")     \
    COUNTER(RX_BAD_OFFLOAD, "rx_bad_offload",                           \
            "frames whose offload fields contradict each other or the " \
            "inner packet")                                             \
    COUNTER(TX_TOO_BIG, "tx_too_big",                                   \
            "inner frames longer than STT can carry")                   \
    COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload",                           \
            "inner frames to be segmented or summed up that are not TCP or " \
            "UDP")

enum stt_counter {
#define STT_COUNTER(NAME, STRING, MEANING) STT_##NAME,
    STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
    STT_N_COUNTERS
};

static struct ovl_counter stt_counters[] = {
#define STT_COUNTER(NAME, STRING, MEANING) { STRING, MEANING, 0 },
    STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
};

/* Incomplete frames. */
static struct stt_reasm *stt_reasm;

/* Counts a packet in 'counter'. */
static void
stt_count(enum stt_counter counter)
{
    ovl_count(&stt_counters[counter]);
}

/* Transmit. */

/* Implements 'build_header' of struct ovl_class. */
static int
stt_build_header(const struct netdev *netdev, struct ovs_action_push_tnl *data,
                 const struct netdev_tnl_build_header_params *params)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    struct stt_header *stt;
    struct tcp_header *tcp;

    tcp = netdev_tnl_ip_build_header(data, params, IPPROTO_TCP, 0);
    tcp->tcp_dst = cfg->dst_port;
    tcp->tcp_ctl = TCP_CTL(TCP_ACK | TCP_PSH, TCP_HEADER_LEN / 4);

    stt = (struct stt_header *) (tcp + 1);
    stt_put_id(stt, ntohll(params->flow->tunnel.tun_id));

    data->header_len += STT_HEADERS_LEN;
    data->tnl_type = ovl_stt_class.vport_type;
    return 0;
}

/* Implements 'set_template' of struct ovl_class. */
static void
stt_set_template(const struct netdev *netdev OVS_UNUSED,
                 struct ovs_action_push_tnl *data, int mtu)
{
    int hlen = data->header_len - STT_HEADERS_LEN - ETH_HEADER_LEN
               + TCP_HEADER_LEN;

    data->ovl.segsz = MIN(MAX(mtu - hlen, 1), UINT16_MAX);
}

/* Returns the length of the 802.1Q tag of 'packet' that moves into the STT
 * header, in bytes: 4, or 0 if it has no 802.1Q tag. */
static size_t
stt_tag_len(const struct dp_packet *packet)
{
    const struct vlan_eth_header *veh = dp_packet_data(packet);

    return (dp_packet_size(packet) >= VLAN_ETH_HEADER_LEN
            && veh->veth_type == htons(ETH_TYPE_VLAN_8021Q)
            ? VLAN_HEADER_LEN : 0);
}

/* Returns true if the STT header can hold the offset of the L4 header of
 * 'packet', once its tag, of 'tag_len' bytes, has been moved into the STT
 * header. */
static bool
stt_reaches_l4(const struct dp_packet *packet, size_t tag_len)
{
    return (dp_packet_l4(packet)
            && packet->l4_ofs - tag_len <= UINT8_MAX);
}

/* Implements 'push_needs_gso' of struct ovl_class.  The STT header asks the
 * receiver for one level of plain TSO (section 3.1), which cannot handle
 * CWR. */
static bool
stt_push_needs_gso(const struct dp_packet *packet)
{
    const struct tcp_header *tcp = dp_packet_l4(packet);

    return (dp_packet_tunnel(packet)
            || dp_packet_size(packet) - stt_tag_len(packet) > STT_INNER_MAX
            || !stt_reaches_l4(packet, stt_tag_len(packet))
            || ovl_has_ip6_ext_hdrs(packet)
            || (dp_packet_l4_size(packet) >= TCP_HEADER_LEN
                && TCP_FLAGS(tcp->tcp_ctl) & TCP_CWR));
}

/* Frame IDs that the calling thread may use. */
struct stt_ids {
    uint32_t next;
    uint32_t left;
};
DEFINE_STATIC_PER_THREAD_DATA(struct stt_ids, stt_ids, { 0, 0 });

/* Returns a frame ID.  Each thread takes a block of 2**16 consecutive IDs at a
 * time.  The first block is random, and a block is taken again only after all
 * 2**16 blocks were taken. */
static uint32_t
stt_next_id(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static atomic_uint32_t next_block;
    struct stt_ids *ids = stt_ids_get();

    if (!ids->left) {
        uint32_t block;

        if (ovsthread_once_start(&once)) {
            atomic_init(&next_block, random_uint32());
            ovsthread_once_done(&once);
        }
        atomic_add_relaxed(&next_block, 1, &block);
        ids->next = block << 16;
        ids->left = 1 << 16;
    }
    ids->left--;
    return ids->next++;
}

/* Converts the offload state of 'packet', a frame without outer headers, into
 * the 'flags', 'l4_offset' and 'mss' of 'stt', which are 0.  Completes in
 * software what these cannot express.  Returns false if 'packet' lacks a
 * header that this needs, or is to be segmented but not TCP. */
static bool
stt_put_offload(struct dp_packet *packet, struct stt_header *stt)
{
    bool tcp = dp_packet_l4_proto_tcp(packet);

    if (!dp_packet_get_tso_segsz(packet)
        && !dp_packet_ip_checksum_partial(packet)
        && !dp_packet_l4_checksum_partial(packet)
        && !dp_packet_tunnel(packet)) {
        /* The common case without userspace TSO: no offload is pending. */
        if (dp_packet_l4_checksum_good(packet)) {
            stt->flags = STT_F_CSUM_VERIFIED;
        }
        return true;
    } else if (ovl_l4_missing(packet)) {
        return false;
    }

    if (!dp_packet_tunnel(packet)
        && (dp_packet_l4_checksum_partial(packet)
            || dp_packet_get_tso_segsz(packet))
        && (tcp || dp_packet_l4_proto_udp(packet))
        && stt_reaches_l4(packet, 0)) {
        const struct ip_header *ip = dp_packet_l3(packet);
        void *l4 = dp_packet_l4(packet);
        uint32_t pseudo;

        stt->flags = STT_F_CSUM_PARTIAL;
        if (IP_VER(ip->ip_ihl_ver) == 4) {
            stt->flags |= STT_F_IPV4;
            pseudo = packet_csum_pseudoheader(ip);
        } else {
            pseudo = ovl_pseudoheader_ip6(packet,
                                          tcp ? IPPROTO_TCP : IPPROTO_UDP);
        }
        if (tcp) {
            stt->flags |= STT_F_TCP;
            ((struct tcp_header *) l4)->tcp_csum = ~csum_finish(pseudo);
        } else {
            ((struct udp_header *) l4)->udp_csum = ~csum_finish(pseudo);
        }
        stt->l4_offset = packet->l4_ofs;
        dp_packet_ol_send_prepare(packet, (NETDEV_TX_OFFLOAD_TCP_CKSUM
                                           | NETDEV_TX_OFFLOAD_UDP_CKSUM));
    } else {
        /* Including a packet in another tunnel: STT can describe one level. */
        if (!dp_packet_tunnel(packet)) {
            ovl_complete_csum_ip6_ext(packet);
        }
        dp_packet_ol_send_prepare(packet, 0);
        if (dp_packet_l4_checksum_good(packet)) {
            stt->flags = STT_F_CSUM_VERIFIED;
        }
    }
    stt->mss = htons(dp_packet_get_tso_segsz(packet));
    return !stt->mss || stt->flags & STT_F_TCP;
}

/* Gives 'packet' headroom for 'size' bytes and for what devices put in front
 * of them, so that a large frame is not copied twice. */
static void
stt_make_headroom(struct dp_packet *packet, size_t size)
{
    if (dp_packet_headroom(packet) < size) {
        dp_packet_resize(packet, size + 16, 0);
    }
}

/* Pushes 'data' onto 'packet'.  Returns the encapsulated packet, or NULL if it
 * was dropped (and counted). */
static struct dp_packet *
stt_push_one(struct dp_packet *packet, const struct ovs_action_push_tnl *data)
{
    /* The hash must be computed before the packet changes. */
    ovs_be16 tcp_src = netdev_tnl_get_src_port(packet);
    struct stt_header stt = { .version = 0 };
    struct tcp_header *tcp;
    uint32_t id;
    int l4_size;

    if (stt_tag_len(packet)) {
        const struct vlan_eth_header *veh = dp_packet_data(packet);

        stt.vlan = ((veh->veth_tci & htons(STT_VLAN_MASK))
                    | htons(STT_VLAN_PRESENT));
        eth_pop_vlan(packet);
    }
    if (OVS_UNLIKELY(!stt_put_offload(packet, &stt))) {
        stt_count(STT_TX_BAD_OFFLOAD);
        dp_packet_delete(packet);
        return NULL;
    }
    if (dp_packet_size(packet) > STT_INNER_MAX) {
        stt_count(STT_TX_TOO_BIG);
        dp_packet_delete(packet);
        return NULL;
    }

    stt_make_headroom(packet, data->header_len);
    packet->offloads = 0;
    tcp = netdev_tnl_push_ip_header(packet, data->header, data->header_len,
                                    &l4_size, 0);

    id = stt_next_id();
    if (!netdev_tnl_is_header_ipv6(data->header)) {
        struct ip_header *ip = dp_packet_l3(packet);

        if (!(ip->ip_frag_off & htons(IP_DF))) {
            /* Segmentation increments the ID for each segment. */
            ip->ip_id = htons(id * 64);
        }
    }

    tcp->tcp_src = ovl_src_port(packet, tcp->tcp_src, &data->ovl.src_port,
                                tcp_src);
    put_16aligned_be32(&tcp->tcp_seq,
                       htonl((uint32_t) (l4_size - TCP_HEADER_LEN) << 16));
    put_16aligned_be32(&tcp->tcp_ack, htonl(id));

    /* All but the key, which is in the template. */
    memcpy(tcp + 1, &stt, offsetof(struct stt_header, id_hi));

    dp_packet_l4_proto_set_tcp(packet);
    dp_packet_l4_checksum_set_partial(packet);
    ovl_defer_gso(packet, l4_size - TCP_HEADER_LEN, data->ovl.segsz);
    return packet;
}

/* Implements 'push' of struct ovl_class. */
static void
stt_push(struct dp_packet_batch *batch, const struct ovs_action_push_tnl *data)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        packet = stt_push_one(packet, data);
        if (packet) {
            dp_packet_batch_add(batch, packet);
        }
    }
}

/* Receive. */

/* Checks the outer headers of 'packet', and stores their contents in its
 * tunnel metadata and in '*segment', except for the reassembly key, 'tos',
 * 'ttl' and 'flags'.  Returns true if they are valid, otherwise counts the
 * error and returns false. */
static bool
stt_parse_segment(struct dp_packet *packet, struct stt_segment *segment)
{
    const struct tcp_header *tcp = dp_packet_l4(packet);
    enum ovl_outer outer = ovl_parse_outer(packet, TCP_HEADER_LEN);
    struct flow_tnl *tnl = &packet->md.tunnel;
    size_t l4_size = dp_packet_l4_size(packet);
    size_t tcp_len;
    uint32_t seq;

    if (outer != OVL_OUTER_GOOD) {
        stt_count(outer == OVL_OUTER_CHECKSUM ? STT_RX_CHECKSUM
                  : STT_RX_HEADER);
        return false;
    }
    tcp_len = TCP_OFFSET(tcp->tcp_ctl) * 4;
    if (tcp_len < TCP_HEADER_LEN || tcp_len > l4_size) {
        stt_count(STT_RX_HEADER);
        return false;
    }
    if (!ovl_l4_checksum_ok(packet, IPPROTO_TCP)) {
        stt_count(STT_RX_CHECKSUM);
        return false;
    }
    tnl->flags |= FLOW_TNL_F_KEY | FLOW_TNL_F_CSUM;
    tnl->tp_src = tcp->tcp_src;
    tnl->tp_dst = tcp->tcp_dst;

    seq = ntohl(get_16aligned_be32(&tcp->tcp_seq));
    segment->total = seq >> 16;
    segment->offset = seq;
    segment->len = l4_size - tcp_len;
    segment->data = (const char *) tcp + tcp_len;
    if (segment->total > sizeof(struct stt_header) + STT_INNER_MAX) {
        stt_count(STT_RX_TOO_BIG);
        return false;
    }
    return true;
}

/* Restores the offload state of 'packet', an inner frame, from its STT header
 * 'stt'.  Returns false if the fields of 'stt' are invalid, or contradict each
 * other or the headers of 'packet'. */
static bool
stt_get_offload(struct dp_packet *packet, const struct stt_header *stt)
{
    size_t l4_ofs = (stt->l4_offset
                     + (stt->vlan & htons(STT_VLAN_PRESENT)
                        ? VLAN_HEADER_LEN : 0));
    bool ipv4 = stt->flags & STT_F_IPV4;
    bool tcp = stt->flags & STT_F_TCP;
    uint16_t mss = ntohs(stt->mss);
    uint8_t nw_frag = 0;
    ovs_be16 dl_type;

    if (!(stt->flags & STT_F_CSUM_PARTIAL)) {
        if (stt->flags & STT_F_CSUM_VERIFIED) {
            dp_packet_l4_checksum_set_good(packet);
        }
        return !mss;
    }

    parse_tcp_flags(packet, &dl_type, &nw_frag, NULL);
    if (stt->flags & STT_F_CSUM_VERIFIED
        || packet->l4_ofs != l4_ofs
        || nw_frag
        || dl_type != htons(ipv4 ? ETH_TYPE_IP : ETH_TYPE_IPV6)
        || IP_VER(*(uint8_t *) dp_packet_l3(packet)) != (ipv4 ? 4 : 6)
        || !(tcp ? dp_packet_l4_proto_tcp(packet)
             : dp_packet_l4_proto_udp(packet))) {
        return false;
    }
    dp_packet_l4_checksum_set_partial(packet);

    if (mss) {
        uint32_t payload = dp_packet_get_tcp_payload_length(packet);

        if (!tcp || (payload > mss && (mss < STT_MSS_MIN
                                       || ovl_has_ip6_ext_hdrs(packet)))) {
            return false;
        } else if (payload > mss) {
            /* Padding would become a part of each segment. */
            dp_packet_set_size(packet, (dp_packet_size(packet)
                                        - dp_packet_l2_pad_size(packet)));
            dp_packet_set_l2_pad_size(packet, 0);
            dp_packet_set_tso_segsz(packet, mss);
        }
    }
    ovl_complete_csum_ip6_ext(packet);
    return true;
}

/* Reduces 'packet' to the STT frame of 'len' bytes at offset 'ofs' in it, and
 * removes the STT header.  Returns 'packet', or NULL if it was dropped (and
 * counted). */
static struct dp_packet *
stt_decapsulate(struct dp_packet *packet, size_t ofs, size_t len)
{
    struct stt_header stt;

    memcpy(&stt, (const char *) dp_packet_data(packet) + ofs, sizeof stt);
    dp_packet_set_size(packet, ofs + len);
    dp_packet_reset_packet(packet, ofs + sizeof stt);
    dp_packet_reset_offload(packet);
    dp_packet_set_tso_segsz(packet, 0);
    packet->packet_type = htonl(PT_ETH);
    packet->md.tunnel.tun_id = htonll(stt_get_id(&stt));
    if (stt.vlan & htons(STT_VLAN_PRESENT)) {
        eth_push_vlan(packet, htons(ETH_TYPE_VLAN_8021Q),
                      stt.vlan & htons(STT_VLAN_MASK));
    }
    if (!stt_get_offload(packet, &stt)) {
        stt_count(STT_RX_BAD_OFFLOAD);
        dp_packet_delete(packet);
        return NULL;
    }
    return packet;
}

/* Adds 'segment', which arrived for 'netdev' in 'packet', to its frame.
 * '*now' is the time of the batch in milliseconds, or 0 if it has not been
 * read yet.  Deletes 'packet'.  Stores the frame in '*framep', as a packet
 * with the metadata of the outer headers, if it is complete, and otherwise
 * NULL.  Returns false if the segment was dropped (and counted). */
static bool
stt_reassemble(const struct netdev *netdev, struct dp_packet *packet,
               struct stt_segment *segment, long long int *now,
               struct dp_packet **framep)
{
    struct pkt_metadata *md = &packet->md;
    struct stt_reasm_key *key = &segment->key;
    enum stt_reasm_verdict verdict;
    struct stt_frame frame;
    struct dp_packet *whole;

    key->domain = netdev;
    if (md->tunnel.ip_dst) {
        in6_addr_set_mapped_ipv4(&key->src, md->tunnel.ip_src);
        in6_addr_set_mapped_ipv4(&key->dst, md->tunnel.ip_dst);
    } else {
        key->src = md->tunnel.ipv6_src;
        key->dst = md->tunnel.ipv6_dst;
    }
    key->sport = md->tunnel.tp_src;
    key->dport = md->tunnel.tp_dst;
    key->frame_id = get_16aligned_be32(
        &((const struct tcp_header *) dp_packet_l4(packet))->tcp_ack);
    segment->tos = md->tunnel.ip_tos;
    segment->ttl = md->tunnel.ip_ttl;
    segment->flags = md->tunnel.flags;

    *framep = NULL;
    if (!*now) {
        *now = time_msec();
    }
    verdict = stt_reasm_add(stt_reasm, segment, *now, &frame);
    if (verdict == STT_REASM_COMPLETE) {
        *framep = whole = dp_packet_new(0);
        dp_packet_use(whole, frame.base, frame.allocated);
        dp_packet_reserve(whole, frame.headroom);
        dp_packet_set_size(whole, frame.len);

        memcpy(&whole->md, md,
               offsetof(struct pkt_metadata, tunnel.metadata.opts));
        whole->md.tunnel.ip_tos = frame.tos;
        whole->md.tunnel.ip_ttl = frame.ttl;
        whole->md.tunnel.flags = frame.flags;
    }
    dp_packet_delete(packet);
    return verdict == STT_REASM_COMPLETE || verdict == STT_REASM_QUEUED;
}

/* Pops the headers of 'packet', which arrived for 'netdev'.  Returns the inner
 * frame, or NULL if it is incomplete or was dropped.  Adds 1 to '*dropped' if
 * a packet was dropped (and counted).  'now' is as for stt_reassemble(). */
static struct dp_packet *
stt_pop_one(const struct netdev *netdev, struct dp_packet *packet,
            long long int *now, size_t *dropped)
{
    struct stt_segment segment;
    size_t ofs;

    if (!stt_parse_segment(packet, &segment)) {
        dp_packet_delete(packet);
        ++*dropped;
        return NULL;
    }

    if (segment.len == segment.total && !segment.offset
        && segment.len >= STT_REASM_MIN_LEN
        && !*(const uint8_t *) segment.data) {
        /* A whole frame of version 0: never segmented, or merged again. */
        ofs = (const char *) segment.data - (char *) dp_packet_data(packet);
    } else {
        *dropped += !stt_reassemble(netdev, packet, &segment, now, &packet);
        if (!packet) {
            return NULL;
        }
        ofs = 0;
    }

    packet = stt_decapsulate(packet, ofs, segment.total);
    *dropped += !packet;
    return packet;
}

/* Implements 'pop' of struct ovl_class. */
static size_t
stt_pop(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    long long int now = 0;
    struct dp_packet *packet;
    bool segment = false;
    size_t dropped = 0;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        packet = stt_pop_one(netdev, packet, &now, &dropped);
        if (packet) {
            segment |= dp_packet_get_tso_segsz(packet) != 0;
            dp_packet_batch_add(batch, packet);
        }
    }

    /* Without userspace TSO, no port takes TSO packets. */
    if (segment && !userspace_tso_enabled()) {
        ovl_gso_batch(batch, NULL);
    }
    return dropped;
}

/* Text. */

/* Implements 'format' of struct ovl_class. */
static void
stt_format(const struct ovs_action_push_tnl *data OVS_UNUSED,
           const void *l4, size_t size, struct ds *s)
{
    const struct tcp_header *tcp = l4;
    const struct stt_header *stt;

    if (size < STT_HEADERS_LEN) {
        ds_put_cstr(s, "stt(truncated header)");
        return;
    }
    stt = (const struct stt_header *) (tcp + 1);
    ds_put_format(s, "tcp(src=%"PRIu16",dst=%"PRIu16"),",
                  ntohs(tcp->tcp_src), ntohs(tcp->tcp_dst));
    ds_put_format(s, "stt(id=0x%"PRIx64")", stt_get_id(stt));
}

/* Implements 'parse' of struct ovl_class. */
static int
stt_parse(const char *s, struct ovs_action_push_tnl *data OVS_UNUSED,
          void *l4, size_t *sizep)
{
    struct tcp_header *tcp = l4;
    struct stt_header *stt = (struct stt_header *) (tcp + 1);
    uint16_t src, dst;
    uint64_t id;
    int n = 0;

    if (!ovs_scan_len(s, &n, "tcp(src=%"SCNu16",dst=%"SCNu16"),stt(",
                      &src, &dst)) {
        return 0;
    }
    if (!ovs_scan_len(s, &n, "id=0x%"SCNx64")", &id)) {
        return -EINVAL;
    }

    memset(tcp, 0, STT_HEADERS_LEN);
    tcp->tcp_src = htons(src);
    tcp->tcp_dst = htons(dst);
    tcp->tcp_ctl = TCP_CTL(TCP_ACK | TCP_PSH, TCP_HEADER_LEN / 4);
    stt_put_id(stt, id);
    *sizep = STT_HEADERS_LEN;
    return n;
}

/* Kernel datapath. */

/* Implements 'rtnl_put' of struct ovl_class. */
static void
stt_rtnl_put(const struct netdev_tunnel_config *cfg, struct ofpbuf *request)
{
    nl_msg_put_flag(request, IFLA_STT_COLLECT_METADATA);
    nl_msg_put_be16(request, IFLA_STT_PORT, cfg->dst_port);
}

/* Implements 'rtnl_verify' of struct ovl_class. */
static bool
stt_rtnl_verify(const struct netdev_tunnel_config *cfg,
                const struct nlattr *data)
{
    static const struct nl_policy policy[] = {
        [IFLA_STT_COLLECT_METADATA] = { .type = NL_A_FLAG },
        [IFLA_STT_PORT] = { .type = NL_A_BE16 },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];

    return (nl_parse_nested(data, policy, attrs, ARRAY_SIZE(policy))
            && nl_attr_get_be16(attrs[IFLA_STT_PORT]) == cfg->dst_port);
}

/* Visibility. */

/* Implements 'read_header' of struct ovl_class. */
static void
stt_read_header(const void *l4, struct flow_tnl *tnl)
{
    const struct tcp_header *tcp = l4;
    const struct stt_header *stt = (const struct stt_header *) (tcp + 1);

    tnl->tp_src = tcp->tcp_src;
    tnl->tp_dst = tcp->tcp_dst;
    tnl->tun_id = htonll(stt_get_id(stt));
}

/* Implements "ovs-appctl stt/show". */
static void
stt_unixctl_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                 const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct stt_reasm_limits limits;
    struct stt_reasm_stats stats;

    stt_reasm_run(stt_reasm, time_msec());
    stt_reasm_get_limits(stt_reasm, &limits);
    stt_reasm_get_stats(stt_reasm, &stats);
    ds_put_format(&s, "reassembly:\n"
                  "  frames: %"PRIu32" of %"PRIu32"\n"
                  "  bytes: %"PRIu64" of %"PRIu64"\n"
                  "  timeout: %"PRIu32" ms\n",
                  stats.frames, limits.max_frames,
                  stats.bytes, limits.max_bytes, limits.timeout);
    ovl_show_counters(&s, stt_counters, STT_N_COUNTERS);
    for (size_t i = 0; i < STT_REASM_N_COUNTERS; i++) {
        ovl_show_counter(&s, stt_reasm_counter_name(i), stats.n[i],
                         stt_reasm_counter_meaning(i));
    }
    ds_put_cstr(&s, "kernel datapath: see \"ethtool -S stt_sys_PORT\"\n");
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* The class. */

/* Implements 'init' of struct ovl_class. */
static void
stt_init(void)
{
    stt_reasm = stt_reasm_create();
    unixctl_command_register("stt/show", "", 0, 0, stt_unixctl_show, NULL);
}

/* Implements 'set_other_config' of struct ovl_class. */
static void
stt_set_global(const struct smap *other_config)
{
    struct stt_reasm_limits old, new;

    new.max_bytes = ovl_get_setting(other_config, "stt-reasm-max-bytes",
                                    STT_REASM_MAX_BYTES, 1 << 20,
                                    UINT64_C(1) << 40);
    new.max_frames = ovl_get_setting(other_config, "stt-reasm-max-frames",
                                     STT_REASM_MAX_FRAMES, 1, 1 << 24);
    new.timeout = ovl_get_setting(other_config, "stt-reasm-timeout",
                                  STT_REASM_TIMEOUT, 1, 60 * 1000);
    stt_reasm_get_limits(stt_reasm, &old);
    if (old.max_bytes != new.max_bytes || old.max_frames != new.max_frames
        || old.timeout != new.timeout) {
        stt_reasm_set_limits(stt_reasm, &new);
    }
}

/* Implements 'port_destroy' of struct ovl_class.  Segments arrive for the
 * datapath port's netdev, so there is nothing to discard for another one. */
static void
stt_forget(const struct netdev *netdev)
{
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    if (!strcmp(netdev_get_name(netdev),
                netdev_vport_get_dpif_port(netdev, namebuf,
                                           sizeof namebuf))) {
        stt_reasm_flush(stt_reasm, netdev);
    }
}

/* Implements 'configure' of struct ovl_class. */
static char *
stt_configure(const struct netdev *netdev, const void *options OVS_UNUSED)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);

    return (cfg->in_key_present == cfg->out_key_present ? NULL
            : xstrdup("stt type requires both options:in_key and "
                      "options:out_key, or options:key, or none of them"));
}

/* Implements 'run' of struct ovl_class. */
static void
stt_run(long long int now)
{
    static long long int next;

    if (now >= next) {
        next = now + STT_RUN_INTERVAL;
        stt_reasm_run(stt_reasm, now);
    }
}

const struct ovl_class ovl_stt_class = {
    .type = "stt",
    .dpif_port = "stt_sys",
    .vport_type = OVL_VPORT_stt,
    .nw_proto = IPPROTO_TCP,
    .dst_port = STT_PORT,
    .key_max = UINT64_MAX,
    .mtu = STT_INNER_MAX - ETH_HEADER_LEN - VLAN_HEADER_LEN,
    .init = stt_init,
    .set_other_config = stt_set_global,
    .configure = stt_configure,
    .build_header = stt_build_header,
    .set_template = stt_set_template,
    .segments = true,
    .push = stt_push,
    .push_needs_gso = stt_push_needs_gso,
    .pop = stt_pop,
    .port_destroy = stt_forget,
    .run = stt_run,
    .format = stt_format,
    .parse = stt_parse,
    .kind = "stt",
    .rtnl_put = stt_rtnl_put,
    .rtnl_verify = stt_rtnl_verify,
    .ipsec = true,
    .ipfix_type = 0x04,
    .ipfix_key_len = 8,
    .read_header = stt_read_header,
};
