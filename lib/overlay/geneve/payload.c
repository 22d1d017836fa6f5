/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Geneve (RFC 8926): versions and payloads, in addition to upstream's class.
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +---+-----------+-+-+-----------+-------------------------------+
 *     |Ver|  Opt Len  |O|C|  Reserved |         Protocol Type         |
 *     +---+-----------+-+-+-----------+---------------+---------------+
 *     |        Virtual Network Identifier (VNI)       |    Reserved   |
 *     +-----------------------------------------------+---------------+
 *     |                         Options ...                           |
 */

#include <config.h>

#include "overlay/geneve/payload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "dp-packet.h"
#include "dpif.h"
#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-atomic.h"
#include "packets.h"
#include "util.h"

/* A Geneve packet of a version other than 0 (section 3.4). */
COVERAGE_DEFINE(drop_geneve_version);
/* A Geneve packet with a Protocol Type that no port carries. */
COVERAGE_DEFINE(drop_geneve_payload);

/* True once a port has been configured to carry payloads other than Ethernet.
 * Until then, these are dropped. */
static atomic_bool geneve_has_l3 = false;

/* Returns true if 'type' is the type of Geneve ports. */
bool
ovl_type_is_geneve(const char *type)
{
    return !strcmp(type, "geneve");
}

/* Returns true if a port has been configured to carry IP. */
bool
ovl_geneve_has_l3(void)
{
    bool has_l3;

    atomic_read_relaxed(&geneve_has_l3, &has_l3);
    return has_l3;
}

/* Called when a tunnel port of type 'type' gets the configuration 'cfg'. */
void
ovl_geneve_configured(const char *type, const struct netdev_tunnel_config *cfg)
{
    if (ovl_type_is_geneve(type) && cfg->pt_mode != NETDEV_PT_LEGACY_L2) {
        atomic_store_relaxed(&geneve_has_l3, true);
    }
}

/* Returns true if Protocol Type 'proto_type' is IPv4 or IPv6. */
static bool
is_ip_payload(ovs_be16 proto_type)
{
    return (proto_type == htons(ETH_TYPE_IP)
            || proto_type == htons(ETH_TYPE_IPV6));
}

/* Counts the packet with header 'gnh' if its version is unknown, for which
 * upstream drops it. */
void
ovl_geneve_check_version(const struct genevehdr *gnh)
{
    if (OVS_UNLIKELY(gnh->ver)) {
        COVERAGE_INC(drop_geneve_version);
    }
}

/* Returns true if ports may carry the payload of the received packet with
 * header 'gnh'.  Otherwise, counts the packet, which upstream drops. */
bool
ovl_geneve_takes_payload(const struct genevehdr *gnh)
{
    bool has_l3;

    if (OVS_LIKELY(gnh->proto_type == htons(ETH_TYPE_TEB))) {
        return true;
    }
    atomic_read_relaxed(&geneve_has_l3, &has_l3);
    if (has_l3 && is_ip_payload(gnh->proto_type)) {
        return true;
    }
    COVERAGE_INC(drop_geneve_payload);
    return false;
}

/* Completes 'packet', from which the headers that end with 'gnh' were just
 * removed: sets its packet type, if it is not Ethernet. */
void
ovl_geneve_popped(struct dp_packet *packet, const struct genevehdr *gnh)
{
    if (gnh->proto_type != htons(ETH_TYPE_TEB)) {
        packet->packet_type = PACKET_TYPE_BE(OFPHTN_ETHERTYPE,
                                             ntohs(gnh->proto_type));
        packet->l3_ofs = 0;
    }
}

/* Sets the Protocol Type of 'gnh', to be pushed onto packets of 'flow'.
 * Returns false if they are neither Ethernet nor IP. */
bool
ovl_geneve_set_payload(struct genevehdr *gnh, const struct flow *flow)
{
    if (flow->packet_type != htonl(PT_ETH)) {
        gnh->proto_type = pt_ns_type_be(flow->packet_type);
        return (pt_ns(flow->packet_type) == OFPHTN_ETHERTYPE
                && is_ip_payload(gnh->proto_type));
    }
    return true;
}

/* Appends the Protocol Type of 'gnh' to 's', the text of a tnl_push action,
 * unless it is Ethernet. */
void
ovl_geneve_format_payload(const struct genevehdr *gnh, struct ds *s)
{
    if (gnh->proto_type != htons(ETH_TYPE_TEB)) {
        ds_put_format(s, ",proto=0x%04"PRIx16, ntohs(gnh->proto_type));
    }
}

/* The inverse: returns the Protocol Type at the start of 's' + '*n', and adds
 * the length of its text to '*n', or returns Ethernet if there is none. */
ovs_be16
ovl_geneve_parse_payload(const char *s, int *n)
{
    uint16_t proto_type = ETH_TYPE_TEB;

    ovs_scan_len(s, n, ",proto=0x%"SCNx16, &proto_type);
    return htons(proto_type);
}
