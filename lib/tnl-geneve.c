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
#include "dpif.h"
#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-atomic.h"
#include "packets.h"
#include "tnl-geneve-opts.h"
#include "util.h"

/* A Geneve packet of a version other than 0 (section 3.4). */
COVERAGE_DEFINE(drop_geneve_version);
/* A Geneve packet with a Protocol Type that no port takes. */
COVERAGE_DEFINE(drop_geneve_payload);

/* Configuration. */

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

/* Kernel datapath.
 *
 * One device has all ports with the same dst_port.  It carries either Ethernet
 * or, with inner-protocol-inherit, IP: what such a device receives of Ethernet
 * comes out of it without the Ethernet header.  So the ports of a device must
 * agree, and none can have both. */

/* Returns true if 'netdev' is a Geneve port that the kernel datapath cannot
 * have, whatever other ports there are. */
static bool
needs_userspace(const struct netdev *netdev)
{
    return (netdev_get_pt_mode(netdev) == NETDEV_PT_AWARE
            || tnl_geneve_wants_relay(netdev));
}

/* Returns true if 'netdev' is a Geneve port of the kernel datapath, and not
 * the device, which may outlive the ports. */
static bool
is_kernel_port(const struct netdev *netdev)
{
    const char *dpif_type = netdev_get_dpif_type(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    return (dpif_type && !strcmp(dpif_type, "system")
            && tnl_type_is_geneve(netdev_get_type(netdev))
            && strcmp(netdev_get_name(netdev),
                      netdev_vport_get_dpif_port(netdev, namebuf,
                                                 sizeof namebuf)));
}

/* Returns a Geneve port of the kernel datapath that has the same device as
 * 'netdev' would have there, but another payload, or NULL if there is none.
 * The caller must close it. */
static struct netdev *
find_other_payload(const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    struct netdev *other = NULL;
    struct netdev **vports;
    bool has_l3;
    size_t n;

    atomic_read_relaxed(&geneve_has_l3, &has_l3);
    if (!has_l3) {
        return NULL;
    }
    vports = netdev_get_vports(&n);
    for (size_t i = 0; i < n; i++) {
        if (!other && is_kernel_port(vports[i])
            && netdev_get_tunnel_config(vports[i])->dst_port == cfg->dst_port
            && netdev_get_pt_mode(vports[i]) != cfg->pt_mode) {
            other = vports[i];
        } else {
            netdev_close(vports[i]);
        }
    }
    free(vports);
    return other;
}

/* Returns true if the device for 'netdev', if it is there, has the payload of
 * that port. */
static bool
device_fits(const struct netdev *netdev OVS_UNUSED)
{
#ifdef __linux__
    return tnl_rtnl_check_geneve(netdev) != EOPNOTSUPP;
#else
    return true;
#endif
}

/* Returns true if 'netdev', whose options may have changed, can stay a port of
 * a bridge of type 'datapath_type'.  Otherwise it must be removed and added
 * again, as if it were new. */
bool
tnl_geneve_can_stay(const struct netdev *netdev, const char *datapath_type)
{
    bool has_l3;

    if (strcmp(datapath_type, "system")
        || !tnl_type_is_geneve(netdev_get_type(netdev))) {
        return true;
    }
    atomic_read_relaxed(&geneve_has_l3, &has_l3);
    return !needs_userspace(netdev) && (!has_l3 || device_fits(netdev));
}

/* Returns true if the datapath 'dpif' can have the port 'netdev'.  If its
 * device is there from ports that are gone, with the other payload, removes
 * it. */
bool
tnl_geneve_can_add(const struct netdev *netdev, struct dpif *dpif)
{
    const char *type = dpif_normalize_type(dpif_type(dpif));
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    struct dpif_port port;
    struct netdev *other;

    if (strcmp(type, "system")
        || !tnl_type_is_geneve(netdev_get_type(netdev))) {
        return true;
    } else if (needs_userspace(netdev)) {
        return false;
    } else if (device_fits(netdev)) {
        return true;
    }
    other = find_other_payload(netdev);
    if (other) {
        netdev_close(other);
        return false;
    }
    if (!dpif_port_query_by_name(dpif, netdev_vport_get_dpif_port(
                                     netdev, namebuf, sizeof namebuf),
                                 &port)) {
        dpif_port_del(dpif, port.port_no, false);
        dpif_port_destroy(&port);
    }
    return true;
}

/* Says in '*errp' why 'netdev' could not be added to a bridge of type
 * 'datapath_type', if it is a Geneve port and 'error' is EOPNOTSUPP. */
void
tnl_geneve_explain_add_error(const struct netdev *netdev,
                             const char *datapath_type, int error,
                             char **errp)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const char *name = netdev_get_name(netdev);
    struct netdev *other;

    if (error != EOPNOTSUPP || strcmp(datapath_type, "system")
        || !tnl_type_is_geneve(netdev_get_type(netdev))) {
        return;
    }
    other = find_other_payload(netdev);
    if (needs_userspace(netdev)) {
        free(*errp);
        *errp = xasprintf("%s: %s needs the userspace datapath: set the "
                          "bridge's datapath_type to netdev", name,
                          tnl_geneve_wants_relay(netdev)
                          ? "unknown_options=relay" : "packet_type=ptap");
    } else if (other) {
        free(*errp);
        *errp = xasprintf("%s: in the kernel datapath, ports with the same "
                          "dst_port must have the same packet_type, and port "
                          "%s has another: set options:dst_port",
                          name, netdev_get_name(other));
    } else if (cfg->pt_mode == NETDEV_PT_LEGACY_L3) {
        free(*errp);
        *errp = xasprintf("%s: this kernel's Geneve carries Ethernet only: "
                          "set the bridge's datapath_type to netdev", name);
    }
    netdev_close(other);
}

/* Payload and flags. */

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
