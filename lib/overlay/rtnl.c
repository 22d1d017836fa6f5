/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Tunnel devices of the Linux kernel, by rtnetlink.
 *
 * The kernel datapath has one device for all ports of an encapsulation with
 * the same dst_port.  It is in collect-metadata mode: flows set the remote
 * address and the key of each packet. */

#include <config.h>

#include "overlay/rtnl.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "netdev-vport.h"
#include "netdev.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "overlay/class.h"

VLOG_DEFINE_THIS_MODULE(ovl_rtnl);

/* MTU of a new device, in bytes: close to the largest that the kernel
 * allows. */
#define RTNL_MTU 65000

/* Composes in 'request' a message of 'type' (RTM_*) with 'flags' (NLM_F_*)
 * about the device 'name'.  Returns its header. */
static struct ifinfomsg *
link_start(struct ofpbuf *request, uint32_t type, uint32_t flags,
               const char *name)
{
    size_t ofs;

    ofpbuf_init(request, 0);
    nl_msg_put_nlmsghdr(request, 0, type, NLM_F_REQUEST | flags);
    ofs = request->size;
    ofpbuf_put_zeros(request, sizeof(struct ifinfomsg));
    nl_msg_put_string(request, IFLA_IFNAME, name);
    return ofpbuf_at_assert(request, ofs, sizeof(struct ifinfomsg));
}

/* Sends 'request' and frees its content.  Returns 0, and stores the reply in
 * '*reply' unless 'reply' is null, or a positive errno value. */
static int
link_finish(struct ofpbuf *request, struct ofpbuf **reply)
{
    int error = nl_transact(NETLINK_ROUTE, request, reply);

    ofpbuf_uninit(request);
    return error;
}

/* Creates the device 'name' for 'class' and 'cfg', and brings it up.  Returns
 * 0 or a positive errno value: EEXIST if there is a device of that name,
 * EOPNOTSUPP if the kernel does not know the kind. */
static int
link_new(const struct ovl_class *class,
             const struct netdev_tunnel_config *cfg, const char *name)
{
    struct ofpbuf request;
    struct ifinfomsg *ifinfo;
    size_t linkinfo, data;

    ifinfo = link_start(&request, RTM_NEWLINK,
                            NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, name);
    ifinfo->ifi_change = ifinfo->ifi_flags = IFF_UP;
    nl_msg_put_u32(&request, IFLA_MTU, RTNL_MTU);
    linkinfo = nl_msg_start_nested(&request, IFLA_LINKINFO);
    nl_msg_put_string(&request, IFLA_INFO_KIND, class->kind);
    data = nl_msg_start_nested(&request, IFLA_INFO_DATA);
    class->rtnl_put(cfg, &request);
    nl_msg_end_nested(&request, data);
    nl_msg_end_nested(&request, linkinfo);
    return link_finish(&request, NULL);
}

/* Returns the attribute IFLA_INFO_DATA of 'reply', which describes a device,
 * if it is of 'kind', otherwise NULL. */
const struct nlattr *
ovl_rtnl_get_info(const struct ofpbuf *reply, const char *kind)
{
    static const struct nl_policy link_policy[] = {
        [IFLA_LINKINFO] = { .type = NL_A_NESTED },
    };
    static const struct nl_policy info_policy[] = {
        [IFLA_INFO_KIND] = { .type = NL_A_STRING },
        [IFLA_INFO_DATA] = { .type = NL_A_NESTED },
    };
    struct nlattr *link[ARRAY_SIZE(link_policy)];
    struct nlattr *info[ARRAY_SIZE(info_policy)];

    return (nl_policy_parse(reply, NLMSG_HDRLEN + sizeof(struct ifinfomsg),
                            link_policy, link, ARRAY_SIZE(link_policy))
            && nl_parse_nested(link[IFLA_LINKINFO], info_policy, info,
                               ARRAY_SIZE(info_policy))
            && !strcmp(nl_attr_get_string(info[IFLA_INFO_KIND]), kind)
            ? info[IFLA_INFO_DATA] : NULL);
}

/* Stores the kernel's description of the device 'name' in '*reply'.  Returns 0
 * or a positive errno value: ENODEV if there is none. */
int
ovl_rtnl_get(const char *name, struct ofpbuf **reply)
{
    struct ofpbuf request;

    link_start(&request, RTM_GETLINK, 0, name);
    return link_finish(&request, reply);
}

/* Returns 0 if the device 'name' is as link_new() creates it for 'class' and
 * 'cfg', EINVAL if it differs, or another positive errno value. */
static int
link_verify(const struct ovl_class *class,
                const struct netdev_tunnel_config *cfg, const char *name)
{
    const struct nlattr *info;
    struct ofpbuf *reply;
    int error;

    error = ovl_rtnl_get(name, &reply);
    if (error) {
        return error;
    }
    info = ovl_rtnl_get_info(reply, class->kind);
    error = info && class->rtnl_verify(cfg, info) ? 0 : EINVAL;
    ofpbuf_delete(reply);
    return error;
}

/* Removes the device 'name'.  Returns 0 or a positive errno value. */
static int
link_delete(const char *name)
{
    struct ofpbuf request;

    link_start(&request, RTM_DELLINK, NLM_F_ACK, name);
    return link_finish(&request, NULL);
}

/* Creates the kernel's device for 'netdev', which must be one of ours, unless
 * it exists.  Replaces a device of the same name that differs.  Returns 0 or a
 * positive errno value: EOPNOTSUPP if this encapsulation has no kernel module,
 * or the module is not installed; EADDRINUSE if another device or a program
 * uses the L4 port. */
int
ovl_rtnl_create(const struct netdev *netdev)
{
    const struct ovl_class *class;
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    const char *name;
    int error;

    class = ovl_class_from_type(netdev_get_type(netdev));
    if (!class->kind) {
        return EOPNOTSUPP;
    }
    name = netdev_vport_get_dpif_port(netdev, namebuf, sizeof namebuf);
    error = link_new(class, cfg, name);
    if (error == EEXIST) {
        error = link_verify(class, cfg, name);
        if (!error) {
            return 0;
        } else if (error == ENODEV) {
            /* The name is free, so EEXIST means that the L4 port is in use. */
            return EADDRINUSE;
        }
        error = link_delete(name);
        if (error) {
            VLOG_WARN("%s: cannot delete the device that has this name (%s)",
                      name, ovs_strerror(error));
            return error;
        }
        error = link_new(class, cfg, name);
    }
    if (!error) {
        error = link_verify(class, cfg, name);
        if (error) {
            VLOG_WARN("%s: the kernel's module \"%s\" did not do what was "
                      "asked for", name, class->kind);
            link_delete(name);
        }
    }
    return error;
}

/* Removes the kernel's device 'name' of 'type', which must be one of ours.
 * Returns 0 or a positive errno value: EOPNOTSUPP if 'type' has no kernel
 * module. */
int
ovl_rtnl_destroy(const char *name, const char *type)
{
    return ovl_class_from_type(type)->kind ? link_delete(name)
                                           : EOPNOTSUPP;
}
