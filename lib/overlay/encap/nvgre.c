/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* NVGRE, Network Virtualization Using Generic Routing Encapsulation: RFC 7637.
 *
 * An inner Ethernet frame without an 802.1Q tag travels in GRE with a key, of
 * which 24 bits are the tunnel key and 8 bits, a hash of the inner flow, let
 * routers on the way spread packets over several paths.
 *
 * For segmentation and checksum offload, NVGRE is GRE, which upstream
 * supports: push leaves the offloads of the inner packet to the device that
 * sends it. */

#include <config.h>

#include <errno.h>
#include <netinet/in.h>

#include "dp-packet.h"
#include "flow.h"
#include "netdev-native-tnl.h"
#include "netdev-provider.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/class.h"
#include "overlay/counters.h"
#include "overlay/packet.h"
#include "overlay/xlate.h"
#include "ovs-atomic.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

/* Wire format. */

/* Section 3.2; RFC 2784 and RFC 2890 define the other flags. */
struct nvgre_header {
    ovs_be16 flags;             /* GRE_KEY alone, version 0. */
    ovs_be16 protocol;          /* ETH_TYPE_TEB. */
    ovs_16aligned_be32 key;     /* VSID << 8 | FlowID. */
};
BUILD_ASSERT_DECL(sizeof(struct nvgre_header) == 8);

/* Bits that must be 0: the flags of RFC 1701 that must not be ignored (RFC
 * 2784, section 2.3) and the version.  GRE_CSUM and GRE_SEQ have their own
 * counters. */
#define NVGRE_BAD_FLAGS (GRE_ROUTING | GRE_STRICT | 0x0400 | GRE_VERSION)

/* VSIDs that are not reserved, section 3.4. */
#define NVGRE_VSID_MIN  0x001000
#define NVGRE_VSID_MAX  0xfffffe

/* The VSID "for vendor-specific NVE-to-NVE communication", same section. */
#define NVGRE_VSID_OWN  0xffffff

/* Longest inner frame.  A dp_packet's buffer has at most 65535 bytes, which
 * must also hold the outer headers and what devices put in front of them. */
#define NVGRE_INNER_MAX (UINT16_MAX - ETH_HEADER_LEN - IPV6_HEADER_LEN \
                         - sizeof(struct nvgre_header) - 128)

/* Returns the VSID in 'nvgre', in host byte order. */
static uint32_t
nvgre_get_vsid(const struct nvgre_header *nvgre)
{
    return ntohl(get_16aligned_be32(&nvgre->key)) >> 8;
}

/* Sets the key in 'nvgre' to 'vsid', in host byte order, and 'flow_id'. */
static void
nvgre_put_key(struct nvgre_header *nvgre, uint32_t vsid, uint8_t flow_id)
{
    put_16aligned_be32(&nvgre->key, htonl(vsid << 8 | flow_id));
}

/* Returns true if 'vsid', in host byte order, is not reserved, or is that of
 * the switches' own packets. */
static bool
nvgre_is_vsid(uint64_t vsid)
{
    BUILD_ASSERT_DECL(NVGRE_VSID_OWN == NVGRE_VSID_MAX + 1);
    return vsid >= NVGRE_VSID_MIN && vsid <= NVGRE_VSID_OWN;
}

/* Counters of packets.
 *
 * COUNTER(NAME, name, meaning) */
#define NVGRE_COUNTERS(COUNTER)                                         \
    COUNTER(RX_HEADER, "rx_header",                                     \
            "packets with truncated or bad outer headers")              \
    COUNTER(RX_CHECKSUM, "rx_checksum",                                 \
            "packets with a wrong outer IP checksum")                   \
    COUNTER(RX_VERSION, "rx_version",                                   \
            "packets of another GRE version or with flags of RFC 1701") \
    COUNTER(RX_PROTOCOL, "rx_protocol",                                 \
            "packets that do not carry Ethernet")                       \
    COUNTER(RX_C_BIT, "rx_c_bit",                                       \
            "packets with a GRE checksum")                              \
    COUNTER(RX_S_BIT, "rx_s_bit",                                       \
            "packets with a sequence number")                           \
    COUNTER(RX_NO_KEY, "rx_no_key",                                     \
            "packets without a key")                                    \
    COUNTER(RX_VSID, "rx_vsid",                                         \
            "packets with a reserved VSID")                             \
    COUNTER(RX_INNER, "rx_inner",                                       \
            "inner frames shorter than an Ethernet header")             \
    COUNTER(RX_TAG, "rx_tag",                                           \
            "inner frames with an 802.1Q tag")                          \
    COUNTER(TX_VSID, "tx_vsid",                                         \
            "inner frames whose tunnel key is not a VSID")              \
    COUNTER(TX_TAG, "tx_tag",                                           \
            "inner frames that end in an 802.1Q tag")                   \
    COUNTER(TX_TOO_BIG, "tx_too_big",                                   \
            "inner frames longer than the switch can handle")           \
    COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload",                           \
            "inner frames to be segmented or summed up whose L4 header " \
            "was lost")                                                 \
    COUNTER(TX_UNTAGGED, "tx_untagged",                                 \
            "inner frames sent without the 802.1Q tag that they had")

enum nvgre_counter {
#define NVGRE_COUNTER(NAME, STRING, MEANING) NVGRE_##NAME,
    NVGRE_COUNTERS(NVGRE_COUNTER)
#undef NVGRE_COUNTER
    NVGRE_N_COUNTERS
};

static struct ovl_counter nvgre_counters[] = {
#define NVGRE_COUNTER(NAME, STRING, MEANING) { STRING, MEANING, 0 },
    NVGRE_COUNTERS(NVGRE_COUNTER)
#undef NVGRE_COUNTER
};

/* Counts a packet in 'counter'. */
static void
nvgre_count(enum nvgre_counter counter)
{
    ovl_count(&nvgre_counters[counter]);
}

/* Options. */

/* Implements 'configure' of struct ovl_class. */
static char *
nvgre_configure(const struct netdev *netdev, const void *options OVS_UNUSED)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);

    return (cfg->in_key_present && cfg->out_key_present ? NULL
            : xstrdup("nvgre type requires options:key, or options:in_key "
                      "and options:out_key"));
}

/* Transmit. */

/* Implements 'build_header' of struct ovl_class.  A tunnel key that is not a
 * valid VSID becomes 0, which is reserved: push drops and counts the
 * packets. */
static int
nvgre_build_header(const struct netdev *netdev,
                   struct ovs_action_push_tnl *data,
                   const struct netdev_tnl_build_header_params *params)
{
    uint64_t vsid = ntohll(params->flow->tunnel.tun_id);
    struct nvgre_header *nvgre;

    nvgre = netdev_tnl_ip_build_header(data, params, IPPROTO_GRE, 0);
    nvgre->flags = htons(GRE_KEY);
    nvgre->protocol = htons(ETH_TYPE_TEB);
    if (!nvgre_is_vsid(vsid) || ovl_poses_as_own(netdev, params->flow)) {
        vsid = 0;
    }
    nvgre_put_key(nvgre, vsid, 0);

    data->header_len += sizeof *nvgre;
    data->tnl_type = ovl_nvgre_class.vport_type;
    return 0;
}

/* Implements 'push_needs_gso' of struct ovl_class.  The offload flags can
 * describe one tunnel, and upstream's checksum code does not support IPv6
 * extension headers. */
static bool
nvgre_push_needs_gso(const struct dp_packet *packet)
{
    return (dp_packet_tunnel(packet)
            || ovl_has_ip6_ext_hdrs(packet)
            || dp_packet_size(packet) > NVGRE_INNER_MAX);
}

/* Returns the FlowID for 'packet', an inner frame. */
static uint8_t
nvgre_flow_id(struct dp_packet *packet)
{
    if (OVS_UNLIKELY(!dp_packet_rss_valid(packet))) {
        netdev_tnl_get_src_port(packet);        /* Sets the hash. */
    }
    return dp_packet_get_rss_hash(packet) >> 24;
}

/* Removes the 802.1Q tags of 'packet' (section 3.3).  Returns false if it ends
 * within a tag. */
static bool
nvgre_remove_tags(struct dp_packet *packet)
{
    const struct eth_header *eth = dp_packet_data(packet);

    if (OVS_LIKELY(!eth_type_vlan(eth->eth_type))) {
        return true;
    }
    do {
        if (dp_packet_size(packet) < VLAN_ETH_HEADER_LEN) {
            nvgre_count(NVGRE_TX_TAG);
            return false;
        }
        eth_pop_vlan(packet);
        eth = dp_packet_data(packet);
    } while (eth_type_vlan(eth->eth_type));
    nvgre_count(NVGRE_TX_UNTAGGED);
    return true;
}

/* Returns 'ofs', an offset in a packet, after 'n' bytes were pushed in front.
 * UINT16_MAX means no offset and stays. */
static uint16_t
nvgre_shift(uint16_t ofs, size_t n)
{
    return ofs == UINT16_MAX ? ofs : ofs + n;
}

/* Pushes 'data', whose VSID is 'vsid', in host byte order, onto 'packet'.
 * Returns false if 'packet' must be dropped, which is counted. */
static bool
nvgre_push_one(struct dp_packet *packet,
               const struct ovs_action_push_tnl *data, uint32_t vsid)
{
    /* The hash must be computed before the packet changes. */
    uint8_t flow_id = nvgre_flow_id(packet);
    uint16_t l3_ofs, l4_ofs;
    struct nvgre_header *nvgre;
    int l4_size;

    if (!nvgre_remove_tags(packet)) {
        return false;
    }
    if (OVS_UNLIKELY(ovl_l4_missing(packet))) {
        nvgre_count(NVGRE_TX_BAD_OFFLOAD);
        return false;
    }
    if (dp_packet_size(packet) > NVGRE_INNER_MAX) {
        nvgre_count(NVGRE_TX_TOO_BIG);
        return false;
    }
    if (OVS_UNLIKELY(dp_packet_tunnel(packet))) {
        ovl_finish_offload(packet);
    } else if (OVS_UNLIKELY(ovl_has_ip6_ext_hdrs(packet))) {
        ovl_complete_csum_ip6_ext(packet);
    }

    l3_ofs = packet->l3_ofs;
    l4_ofs = packet->l4_ofs;
    packet->offloads <<= DP_PACKET_OL_SHIFT_COUNT;
    dp_packet_tunnel_set_gre(packet);
    nvgre = netdev_tnl_push_ip_header(packet, data->header, data->header_len,
                                      &l4_size, 0);
    ovl_set_ip_id(packet);
    nvgre_put_key(nvgre, vsid, flow_id);
    packet->inner_l3_ofs = nvgre_shift(l3_ofs, data->header_len);
    packet->inner_l4_ofs = nvgre_shift(l4_ofs, data->header_len);
    return true;
}

/* Implements 'push' of struct ovl_class. */
static void
nvgre_push(struct dp_packet_batch *batch,
           const struct ovs_action_push_tnl *data)
{
    size_t i, size = dp_packet_batch_size(batch);
    const struct nvgre_header *nvgre;
    struct dp_packet *packet;
    uint32_t vsid;

    nvgre = ALIGNED_CAST(const struct nvgre_header *,
                         (const char *) data->header + data->header_len
                         - sizeof *nvgre);
    vsid = nvgre_get_vsid(nvgre);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_UNLIKELY(!nvgre_is_vsid(vsid))) {
            nvgre_count(NVGRE_TX_VSID);
            dp_packet_delete(packet);
        } else if (nvgre_push_one(packet, data, vsid)) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
}

/* Receive. */

/* Returns NVGRE_N_COUNTERS if 'packet' is a valid NVGRE packet, and stores the
 * contents of its headers in its tunnel metadata.  Otherwise, returns the
 * counter for the error. */
static enum nvgre_counter
nvgre_parse(struct dp_packet *packet)
{
    const struct nvgre_header *nvgre = dp_packet_l4(packet);
    enum ovl_outer outer = ovl_parse_outer(packet,
                                           sizeof(struct gre_base_hdr));
    struct flow_tnl *tnl = &packet->md.tunnel;
    const struct eth_header *inner;
    uint32_t vsid;
    size_t size;

    if (outer != OVL_OUTER_GOOD) {
        return (outer == OVL_OUTER_CHECKSUM ? NVGRE_RX_CHECKSUM
                : NVGRE_RX_HEADER);
    } else if (nvgre->flags & htons(NVGRE_BAD_FLAGS)) {
        return NVGRE_RX_VERSION;
    } else if (nvgre->protocol != htons(ETH_TYPE_TEB)) {
        return NVGRE_RX_PROTOCOL;
    } else if (nvgre->flags & htons(GRE_CSUM)) {
        return NVGRE_RX_C_BIT;
    } else if (nvgre->flags & htons(GRE_SEQ)) {
        return NVGRE_RX_S_BIT;
    } else if (!(nvgre->flags & htons(GRE_KEY))) {
        return NVGRE_RX_NO_KEY;
    }

    size = dp_packet_l4_size(packet);
    if (size < sizeof *nvgre) {
        return NVGRE_RX_HEADER;
    }
    vsid = nvgre_get_vsid(nvgre);
    if (!nvgre_is_vsid(vsid)) {
        return NVGRE_RX_VSID;
    } else if (size < sizeof *nvgre + ETH_HEADER_LEN) {
        return NVGRE_RX_INNER;
    }
    inner = (const struct eth_header *) (nvgre + 1);
    if (eth_type_vlan(inner->eth_type)) {
        return NVGRE_RX_TAG;
    }

    tnl->tun_id = htonll(vsid == NVGRE_VSID_OWN ? 0 : vsid);
    tnl->flags |= FLOW_TNL_F_KEY;
    return NVGRE_N_COUNTERS;
}

/* Handles 'packet', an inner frame that has a segment size from the device
 * that received it.  If it is TCP, the device merged several packets (GRO),
 * and it must be segmented again before it leaves.  Otherwise, clears the
 * segment size. */
static void
nvgre_pop_merged(struct dp_packet *packet)
{
    uint8_t nw_frag = 0;

    parse_tcp_flags(packet, NULL, &nw_frag, NULL);
    if (dp_packet_l4_proto_tcp(packet) && !nw_frag
        && !ovl_has_ip6_ext_hdrs(packet)) {
        dp_packet_l4_checksum_set_partial(packet);
    } else {
        dp_packet_set_tso_segsz(packet, 0);
    }
}

/* Pops the headers of 'packet'.  Returns false if 'packet' must be dropped,
 * which is counted. */
static bool
nvgre_pop_one(struct dp_packet *packet)
{
    enum nvgre_counter problem;
    uint32_t offloads = 0;
    bool merged;

    problem = nvgre_parse(packet);
    if (OVS_UNLIKELY(problem != NVGRE_N_COUNTERS)) {
        nvgre_count(problem);
        return false;
    }

    merged = dp_packet_get_tso_segsz(packet) && !dp_packet_tunnel(packet);
    if (OVS_UNLIKELY(dp_packet_tunnel(packet))) {
        /* Pushed by this switch, with the inner offloads pending. */
        offloads = packet->offloads >> DP_PACKET_OL_SHIFT_COUNT;
    }
    dp_packet_set_size(packet, (dp_packet_size(packet)
                                - dp_packet_l2_pad_size(packet)));
    dp_packet_reset_packet(packet,
                           packet->l4_ofs + sizeof(struct nvgre_header));
    dp_packet_reset_offload(packet);
    packet->offloads = offloads;
    packet->packet_type = htonl(PT_ETH);
    if (OVS_UNLIKELY(merged)) {
        nvgre_pop_merged(packet);
    }
    return true;
}

/* Implements 'pop' of struct ovl_class. */
static size_t
nvgre_pop(const struct netdev *netdev OVS_UNUSED,
          struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (nvgre_pop_one(packet)) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
    return size - dp_packet_batch_size(batch);
}

/* Text. */

/* Implements 'format' of struct ovl_class.  The FlowID is not in the
 * template. */
static void
nvgre_format(const struct ovs_action_push_tnl *data OVS_UNUSED,
             const void *l4, size_t size, struct ds *s)
{
    if (size < sizeof(struct nvgre_header)) {
        ds_put_cstr(s, "nvgre(truncated header)");
        return;
    }
    ds_put_format(s, "nvgre(vsid=0x%"PRIx32")", nvgre_get_vsid(l4));
}

/* Implements 'parse' of struct ovl_class. */
static int
nvgre_parse_text(const char *s, struct ovs_action_push_tnl *data OVS_UNUSED,
                 void *l4, size_t *sizep)
{
    struct nvgre_header *nvgre = l4;
    uint32_t vsid;
    int n = 0;

    if (!ovs_scan_len(s, &n, "nvgre(")) {
        return 0;
    }
    if (!ovs_scan_len(s, &n, "vsid=0x%"SCNx32")", &vsid)
        || vsid > UINT32_MAX >> 8) {
        return -EINVAL;
    }
    nvgre->flags = htons(GRE_KEY);
    nvgre->protocol = htons(ETH_TYPE_TEB);
    nvgre_put_key(nvgre, vsid, 0);
    *sizep = sizeof *nvgre;
    return n;
}

/* Visibility. */

/* Implements 'read_header' of struct ovl_class. */
static void
nvgre_read_header(const void *l4, struct flow_tnl *tnl)
{
    tnl->tun_id = htonll(nvgre_get_vsid(l4));
}

/* Implements "ovs-appctl nvgre/show". */
static void
nvgre_unixctl_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                   const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ovl_show_counters(&s, nvgre_counters, NVGRE_N_COUNTERS);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* The class. */

/* Implements 'init' of struct ovl_class. */
static void
nvgre_init(void)
{
    unixctl_command_register("nvgre/show", "", 0, 0, nvgre_unixctl_show, NULL);
}

/* Upstream's types that receive GRE. */
static const char *const nvgre_rivals[] = {
    "gre", "ip6gre", "erspan", "ip6erspan", NULL
};

/* Implements 'is_mine' of struct ovl_class.  A GRE packet with a key, an
 * Ethernet payload and no other field is NVGRE. */
static bool
nvgre_is_mine(const struct dp_packet *packet)
{
    const struct nvgre_header *nvgre = dp_packet_l4(packet);

    return (nvgre && dp_packet_l4_size(packet) >= sizeof(struct gre_base_hdr)
            && nvgre->protocol == htons(ETH_TYPE_TEB)
            && (nvgre->flags & htons(NVGRE_BAD_FLAGS | GRE_CSUM | GRE_KEY
                                     | GRE_SEQ)) == htons(GRE_KEY));
}

/* Implements 'is_ambiguous' of struct ovl_class.  This assumes that a port's
 * peer sends the same GRE fields as the port.  ERSPAN has payload types of its
 * own. */
static bool
nvgre_is_ambiguous(const char *type,
                   const struct netdev_tunnel_config *cfg)
{
    return (!strstr(type, "erspan")
            && cfg->in_key_present
            && cfg->pt_mode != NETDEV_PT_LEGACY_L3
            && !cfg->set_seq
            && cfg->csum != NETDEV_TNL_CSUM_ENABLED);
}

const struct ovl_class ovl_nvgre_class = {
    .type = "nvgre",
    .dpif_port = "nvgre_sys",
    .vport_type = OVL_VPORT_nvgre,
    .nw_proto = IPPROTO_GRE,
    .siblings = nvgre_rivals,
    .is_mine = nvgre_is_mine,
    .is_ambiguous = nvgre_is_ambiguous,
    .key_min = NVGRE_VSID_MIN,
    .key_max = NVGRE_VSID_MAX,
    .own_key = NVGRE_VSID_OWN,
    .mtu = NVGRE_INNER_MAX - ETH_HEADER_LEN,
    .init = nvgre_init,
    .configure = nvgre_configure,
    .build_header = nvgre_build_header,
    .push = nvgre_push,
    .push_needs_gso = nvgre_push_needs_gso,
    .pop = nvgre_pop,
    .format = nvgre_format,
    .parse = nvgre_parse_text,
    /* IPFIX has no tunnelType for NVGRE: this is GRE. */
    .ipfix_type = 0x02,
    .ipfix_key_len = 4,
    .read_header = nvgre_read_header,
};
