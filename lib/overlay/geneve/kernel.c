/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Geneve in the kernel datapath.
 *
 * All ports with the same dst_port share one device.  It carries either
 * Ethernet or, with inner-protocol-inherit, IP: such a device delivers
 * received Ethernet frames without the Ethernet header.  So all ports of a
 * device must have the same payload, and no port can have both. */

#include <config.h>

#include "overlay/geneve/kernel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dpif.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/geneve/payload.h"
#include "overlay/geneve/unknown.h"
#include "overlay/rtnl.h"
#include "util.h"

#ifdef __linux__
/* On some older systems, this enum is not defined. */
enum { GENEVE_INNER_PROTO_INHERIT = 14 };

/* Appends to 'request', which creates a Geneve device for ports with 'cfg',
 * the attribute for IP payload, if they carry IP. */
void
ovl_geneve_put_link(const struct netdev_tunnel_config *cfg,
                    struct ofpbuf *request)
{
    if (cfg->pt_mode == NETDEV_PT_LEGACY_L3) {
        nl_msg_put_flag(request, GENEVE_INNER_PROTO_INHERIT);
    }
}

/* Returns true if the Geneve device that 'reply' describes carries IP. */
static bool
link_has_ip(const struct ofpbuf *reply)
{
    const struct nlattr *info = ovl_rtnl_get_info(reply, "geneve");

    return info && nl_attr_find_nested(info, GENEVE_INNER_PROTO_INHERIT);
}

/* Returns 0 if the Geneve device that 'reply' describes has the payload of
 * ports with 'cfg', otherwise EOPNOTSUPP. */
int
ovl_geneve_verify_link(const struct netdev_tunnel_config *cfg,
                       const struct ofpbuf *reply)
{
    return (link_has_ip(reply)
            == (cfg->pt_mode == NETDEV_PT_LEGACY_L3) ? 0 : EOPNOTSUPP);
}

/* Returns 0 if the Geneve device of the kernel for 'netdev' has the payload of
 * that port, EOPNOTSUPP if it has the other payload, ENODEV if there is no
 * device, or another positive errno value. */
static int
check_link(const struct netdev *netdev)
{
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    struct ofpbuf *reply;
    int error;

    error = ovl_rtnl_get(netdev_vport_get_dpif_port(netdev, namebuf,
                                                    sizeof namebuf), &reply);
    if (!error) {
        error = ovl_geneve_verify_link(netdev_get_tunnel_config(netdev),
                                       reply);
        ofpbuf_delete(reply);
    }
    return error;
}

#endif /* __linux__ */

/* Returns true if 'netdev' is a Geneve port that the kernel datapath cannot
 * have, regardless of other ports. */
static bool
needs_userspace(const struct netdev *netdev)
{
    return (netdev_get_pt_mode(netdev) == NETDEV_PT_AWARE
            || ovl_geneve_wants_relay(netdev));
}

/* Returns true if 'netdev' is a Geneve port of the kernel datapath, and not
 * the datapath port, which may outlive it. */
static bool
is_kernel_port(const struct netdev *netdev)
{
    const char *dpif_type = netdev_get_dpif_type(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    return (dpif_type && !strcmp(dpif_type, "system")
            && ovl_type_is_geneve(netdev_get_type(netdev))
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
    size_t n;

    if (!ovl_geneve_has_l3()) {
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

/* Returns true if the device for 'netdev' has the payload of that port or does
 * not exist. */
static bool
device_fits(const struct netdev *netdev OVS_UNUSED)
{
#ifdef __linux__
    return check_link(netdev) != EOPNOTSUPP;
#else
    return true;
#endif
}

/* Returns true if 'netdev', whose options may have changed, can stay a port of
 * a bridge of type 'datapath_type'.  Otherwise, the caller must remove it and
 * add it again. */
bool
ovl_geneve_can_stay(const struct netdev *netdev, const char *datapath_type)
{
    if (strcmp(datapath_type, "system")
        || !ovl_type_is_geneve(netdev_get_type(netdev))) {
        return true;
    }
    return (!needs_userspace(netdev)
            && (!ovl_geneve_has_l3() || device_fits(netdev)));
}

/* Returns true if the datapath 'dpif' can have the port 'netdev'.  If its
 * device has the other payload, but only from deleted ports, deletes the
 * device. */
bool
ovl_geneve_can_add(const struct netdev *netdev, struct dpif *dpif)
{
    const char *type = dpif_normalize_type(dpif_type(dpif));
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    struct dpif_port port;
    struct netdev *other;

    if (strcmp(type, "system")
        || !ovl_type_is_geneve(netdev_get_type(netdev))) {
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

/* Replaces '*errp', the error message for 'netdev', which could not be added
 * to a bridge of type 'datapath_type', by one that tells what to change, if
 * 'netdev' is a Geneve port and 'error' is EOPNOTSUPP. */
void
ovl_geneve_explain_add_error(const struct netdev *netdev,
                             const char *datapath_type, int error,
                             char **errp)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const char *name = netdev_get_name(netdev);
    struct netdev *other;

    if (error != EOPNOTSUPP || strcmp(datapath_type, "system")
        || !ovl_type_is_geneve(netdev_get_type(netdev))) {
        return;
    }
    other = find_other_payload(netdev);
    if (needs_userspace(netdev)) {
        free(*errp);
        *errp = xasprintf("%s: %s needs the userspace datapath: set the "
                          "bridge's datapath_type to netdev", name,
                          ovl_geneve_wants_relay(netdev)
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
