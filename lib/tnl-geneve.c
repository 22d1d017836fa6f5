/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Geneve (RFC 8926): what this project adds to upstream's class.
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

#include "tnl-geneve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-atomic.h"
#include "packets.h"
#include "tnl-geneve-opts.h"
#include "util.h"

/* Payload and flags. */

/* A Geneve packet of a version other than 0 (section 3.4). */
COVERAGE_DEFINE(drop_geneve_version);
/* A Geneve packet with a Protocol Type that no port takes. */
COVERAGE_DEFINE(drop_geneve_payload);

/* True from the time that a port was first configured to carry payloads other
 * than Ethernet.  Until then they are dropped at once, as if unknown. */
static atomic_bool geneve_has_l3 = false;

/* Returns true if 'type' is the type of Geneve ports. */
bool
tnl_type_is_geneve(const char *type)
{
    return !strcmp(type, "geneve");
}

/* Takes note of the configuration 'cfg' of a tunnel port of type 'type'. */
void
tnl_geneve_configured(const char *type, const struct netdev_tunnel_config *cfg)
{
    if (tnl_type_is_geneve(type) && cfg->pt_mode != NETDEV_PT_LEGACY_L2) {
        atomic_store_relaxed(&geneve_has_l3, true);
    }
}

/* Returns 0 if a datapath of type 'dpif_type' can have the port 'netdev',
 * otherwise a positive errno value: the device of the kernel datapath takes
 * Ethernet only. */
int
tnl_geneve_check_datapath(const struct netdev *netdev, const char *dpif_type)
{
    return (tnl_type_is_geneve(netdev_get_type(netdev))
            && (netdev_get_pt_mode(netdev) != NETDEV_PT_LEGACY_L2
                || tnl_geneve_wants_relay(netdev))
            && !strcmp(dpif_type, "system")
            ? EOPNOTSUPP : 0);
}

/* Says in '*errp' why 'netdev' could not be added to a bridge of type
 * 'datapath_type', if 'error' is tnl_geneve_check_datapath()'s. */
void
tnl_geneve_explain_add_error(const struct netdev *netdev,
                             const char *datapath_type, int error,
                             char **errp)
{
    if (error == EOPNOTSUPP
        && tnl_geneve_check_datapath(netdev, datapath_type)) {
        free(*errp);
        *errp = xasprintf("%s: %s needs the userspace datapath: set the "
                          "bridge's datapath_type to netdev",
                          netdev_get_name(netdev),
                          tnl_geneve_wants_relay(netdev)
                          ? "unknown_options=relay"
                          : "packet_type other than legacy_l2");
    }
}

/* Returns true if Protocol Type 'proto_type' is IPv4 or IPv6. */
static bool
is_ip_payload(ovs_be16 proto_type)
{
    return (proto_type == htons(ETH_TYPE_IP)
            || proto_type == htons(ETH_TYPE_IPV6));
}

/* Counts the packet with header 'gnh' if it will be dropped for its version,
 * behind which nothing is known about it. */
void
tnl_geneve_check_version(const struct genevehdr *gnh)
{
    if (OVS_UNLIKELY(gnh->ver)) {
        COVERAGE_INC(drop_geneve_version);
    }
}

/* Returns true if the payload of the received packet with header 'gnh' is of a
 * type that ports carry.  Otherwise, counts the packet, which will be
 * dropped. */
bool
tnl_geneve_takes_payload(const struct genevehdr *gnh)
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
 * removed: tells what it starts with. */
void
tnl_geneve_popped(struct dp_packet *packet, const struct genevehdr *gnh)
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
tnl_geneve_set_payload(struct genevehdr *gnh, const struct flow *flow)
{
    if (flow->packet_type != htonl(PT_ETH)) {
        gnh->proto_type = pt_ns_type_be(flow->packet_type);
        return (pt_ns(flow->packet_type) == OFPHTN_ETHERTYPE
                && is_ip_payload(gnh->proto_type));
    }
    return true;
}

/* Has the control packets among 'packets', which were just received by
 * 'netdev', processed first, as what came by 'port_no': takes them out and
 * hands them to 'recirculate', with 'pmd', at one more than '*depth'
 * recirculations. */
void
tnl_geneve_oam_first(const struct netdev *netdev, odp_port_t port_no,
                     struct dp_packet_batch *packets,
                     tnl_recirculate_func *recirculate,
                     struct dp_netdev_pmd_thread *pmd, uint32_t *depth)
{
    size_t i, size = dp_packet_batch_size(packets);
    struct dp_packet_batch oam;
    struct dp_packet *packet;
    size_t n_oam = 0;

    if (!tnl_type_is_geneve(netdev_get_type(netdev))) {
        return;
    }
    DP_PACKET_BATCH_FOR_EACH (j, packet, packets) {
        n_oam += (packet->md.tunnel.flags & FLOW_TNL_F_OAM) != 0;
    }
    if (OVS_LIKELY(!n_oam || n_oam == size)) {
        return;
    }

    dp_packet_batch_init(&oam);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, packets) {
        if (packet->md.tunnel.flags & FLOW_TNL_F_OAM) {
            packet->md.in_port.odp_port = port_no;
            dp_packet_batch_add(&oam, packet);
        } else {
            dp_packet_batch_add(packets, packet);
        }
    }
    ++*depth;
    recirculate(pmd, &oam);
    --*depth;
    dp_packet_batch_destroy(&oam);
}

/* Appends the Protocol Type of 'gnh' to 's', the text of a tnl_push action,
 * unless it is Ethernet. */
void
tnl_geneve_format_payload(const struct genevehdr *gnh, struct ds *s)
{
    if (gnh->proto_type != htons(ETH_TYPE_TEB)) {
        ds_put_format(s, ",proto=0x%04"PRIx16, ntohs(gnh->proto_type));
    }
}

/* The inverse: returns the Protocol Type that 's' + '*n' starts with, having
 * added its length to '*n', or Ethernet if there is none. */
ovs_be16
tnl_geneve_parse_payload(const char *s, int *n)
{
    uint16_t proto_type = ETH_TYPE_TEB;

    ovs_scan_len(s, n, ",proto=0x%"SCNx16, &proto_type);
    return htons(proto_type);
}
