/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* EtherIP, Ethernet in IP: RFC 3378.
 *
 * An inner Ethernet frame travels directly in IP, behind 16 bits that are the
 * same in all packets.  There is no key: the outer addresses tell tunnels
 * apart.
 *
 * Neither upstream's segmentation nor devices support this header, so push
 * completes all offloads of the inner packet in software. */

#include <config.h>

#include <errno.h>
#include <netinet/in.h>

#include "dp-packet.h"
#include "netdev-native-tnl.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/class.h"
#include "overlay/counters.h"
#include "overlay/packet.h"
#include "packets.h"
#include "unixctl.h"
#include "util.h"

/* Wire format. */

#ifndef IPPROTO_ETHERIP
#define IPPROTO_ETHERIP     97
#endif

/* Section 2. */
struct etherip_header {
    ovs_be16 version;           /* Version in 4 bits; 12 reserved bits, 0. */
};
BUILD_ASSERT_DECL(sizeof(struct etherip_header) == 2);

#define ETHERIP_VERSION     0x3000
#define ETHERIP_VERSION_MASK 0xf000

/* Longest inner frame.  A dp_packet's buffer has at most 65535 bytes, which
 * must also hold the outer headers and what devices put in front of them. */
#define ETHERIP_INNER_MAX (UINT16_MAX - ETH_HEADER_LEN - IPV6_HEADER_LEN \
                           - sizeof(struct etherip_header) - 128)

/* Counters of packets.
 *
 * COUNTER(NAME, name, meaning) */
#define ETHERIP_COUNTERS(COUNTER)                                       \
    COUNTER(RX_HEADER, "rx_header",                                     \
            "packets with truncated or bad outer headers")              \
    COUNTER(RX_CHECKSUM, "rx_checksum",                                 \
            "packets with a wrong outer IP checksum")                   \
    COUNTER(RX_VERSION, "rx_version",                                   \
            "packets of another version than 3")                        \
    COUNTER(RX_RESERVED, "rx_reserved",                                 \
            "packets with reserved bits that are not 0")                \
    COUNTER(RX_INNER, "rx_inner",                                       \
            "inner frames shorter than an Ethernet header")             \
    COUNTER(TX_TOO_BIG, "tx_too_big",                                   \
            "inner frames longer than the switch can handle")           \
    COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload",                           \
            "inner frames to be segmented or summed up whose L4 header " \
            "was lost")

enum etherip_counter {
#define ETHERIP_COUNTER(NAME, STRING, MEANING) ETHERIP_##NAME,
    ETHERIP_COUNTERS(ETHERIP_COUNTER)
#undef ETHERIP_COUNTER
    ETHERIP_N_COUNTERS
};

static struct ovl_counter etherip_counters[] = {
#define ETHERIP_COUNTER(NAME, STRING, MEANING) { STRING, MEANING, 0 },
    ETHERIP_COUNTERS(ETHERIP_COUNTER)
#undef ETHERIP_COUNTER
};

/* Counts a packet in 'counter'. */
static void
etherip_count(enum etherip_counter counter)
{
    ovl_count(&etherip_counters[counter]);
}

/* Transmit. */

/* Implements 'build_header' of struct ovl_class. */
static int
etherip_build_header(const struct netdev *netdev OVS_UNUSED,
                     struct ovs_action_push_tnl *data,
                     const struct netdev_tnl_build_header_params *params)
{
    struct etherip_header *header;

    header = netdev_tnl_ip_build_header(data, params, IPPROTO_ETHERIP, 0);
    header->version = htons(ETHERIP_VERSION);

    data->header_len += sizeof *header;
    data->tnl_type = ovl_etherip_class.vport_type;
    return 0;
}

/* Implements 'push_needs_gso' of struct ovl_class: each segment needs a header
 * of its own. */
static bool
etherip_push_needs_gso(const struct dp_packet *packet OVS_UNUSED)
{
    return true;
}

/* Pushes 'data' onto 'packet'.  Returns false if 'packet' must be dropped,
 * which is counted. */
static bool
etherip_push_one(struct dp_packet *packet,
                 const struct ovs_action_push_tnl *data)
{
    int l4_size;

    if (OVS_UNLIKELY(!ovl_finish_offload(packet))) {
        etherip_count(ETHERIP_TX_BAD_OFFLOAD);
        return false;
    }
    if (dp_packet_size(packet) > ETHERIP_INNER_MAX) {
        etherip_count(ETHERIP_TX_TOO_BIG);
        return false;
    }

    dp_packet_set_tso_segsz(packet, 0);
    packet->offloads = 0;
    netdev_tnl_push_ip_header(packet, data->header, data->header_len,
                              &l4_size, 0);
    ovl_set_ip_id(packet);
    return true;
}

/* Implements 'push' of struct ovl_class. */
static void
etherip_push(struct dp_packet_batch *batch,
             const struct ovs_action_push_tnl *data)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (etherip_push_one(packet, data)) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
}

/* Receive. */

/* Returns ETHERIP_N_COUNTERS if 'packet' is a valid EtherIP packet (section
 * 4), and stores the contents of its outer IP header in its tunnel metadata.
 * Otherwise, returns the counter for the error. */
static enum etherip_counter
etherip_parse(struct dp_packet *packet)
{
    const struct etherip_header *header = dp_packet_l4(packet);
    enum ovl_outer outer = ovl_parse_outer(packet, sizeof *header);
    ovs_be16 version;

    if (outer != OVL_OUTER_GOOD) {
        return (outer == OVL_OUTER_CHECKSUM ? ETHERIP_RX_CHECKSUM
                : ETHERIP_RX_HEADER);
    }
    version = header->version;
    if ((version & htons(ETHERIP_VERSION_MASK)) != htons(ETHERIP_VERSION)) {
        return ETHERIP_RX_VERSION;
    } else if (version != htons(ETHERIP_VERSION)) {
        return ETHERIP_RX_RESERVED;
    } else if (dp_packet_l4_size(packet) < sizeof *header + ETH_HEADER_LEN) {
        return ETHERIP_RX_INNER;
    }
    return ETHERIP_N_COUNTERS;
}

/* Pops the headers of 'packet'.  Returns false if 'packet' must be dropped,
 * which is counted. */
static bool
etherip_pop_one(struct dp_packet *packet)
{
    enum etherip_counter problem = etherip_parse(packet);

    if (OVS_UNLIKELY(problem != ETHERIP_N_COUNTERS)) {
        etherip_count(problem);
        return false;
    }

    dp_packet_set_size(packet, (dp_packet_size(packet)
                                - dp_packet_l2_pad_size(packet)));
    dp_packet_reset_packet(packet,
                           packet->l4_ofs + sizeof(struct etherip_header));
    dp_packet_reset_offload(packet);
    dp_packet_set_tso_segsz(packet, 0);
    packet->packet_type = htonl(PT_ETH);
    return true;
}

/* Implements 'pop' of struct ovl_class. */
static size_t
etherip_pop(const struct netdev *netdev OVS_UNUSED,
            struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (etherip_pop_one(packet)) {
            dp_packet_batch_add(batch, packet);
        } else {
            dp_packet_delete(packet);
        }
    }
    return size - dp_packet_batch_size(batch);
}

/* Text. */

/* Implements 'format' of struct ovl_class. */
static void
etherip_format(const struct ovs_action_push_tnl *data OVS_UNUSED,
               const void *l4 OVS_UNUSED, size_t size, struct ds *s)
{
    ds_put_cstr(s, (size < sizeof(struct etherip_header)
                    ? "etherip(truncated header)" : "etherip()"));
}

/* Implements 'parse' of struct ovl_class. */
static int
etherip_parse_text(const char *s, struct ovs_action_push_tnl *data OVS_UNUSED,
                   void *l4, size_t *sizep)
{
    struct etherip_header *header = l4;
    int n = 0;

    if (!ovs_scan_len(s, &n, "etherip(")) {
        return 0;
    }
    if (s[n++] != ')') {
        return -EINVAL;
    }
    header->version = htons(ETHERIP_VERSION);
    *sizep = sizeof *header;
    return n;
}

/* Visibility. */

/* Implements "ovs-appctl etherip/show". */
static void
etherip_unixctl_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                     const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ovl_show_counters(&s, etherip_counters, ETHERIP_N_COUNTERS);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* The class. */

/* Implements 'init' of struct ovl_class. */
static void
etherip_init(void)
{
    unixctl_command_register("etherip/show", "", 0, 0, etherip_unixctl_show,
                             NULL);
}

const struct ovl_class ovl_etherip_class = {
    .type = "etherip",
    .dpif_port = "eip_sys",
    .vport_type = OVL_VPORT_etherip,
    .nw_proto = IPPROTO_ETHERIP,
    .mtu = ETHERIP_INNER_MAX - ETH_HEADER_LEN - VLAN_HEADER_LEN,
    .init = etherip_init,
    .build_header = etherip_build_header,
    .push = etherip_push,
    .push_needs_gso = etherip_push_needs_gso,
    .pop = etherip_pop,
    .format = etherip_format,
    .parse = etherip_parse_text,
};
