/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/xlate.h"

#include "flow.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "overlay/class.h"
#include "overlay/geneve/relay.h"
#include "overlay/src-port.h"
#include "overlay/too-big.h"
#include "packets.h"
#include "seq.h"
#include "timeval.h"

/* Returns the tunnel key, in host byte order, to set for the switch's own
 * packets on 'netdev', or 0 if none must be set. */
uint64_t
ovl_get_own_key(const struct netdev *netdev)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    return (class && netdev_get_tunnel_config(netdev)->out_key_flow
            ? class->own_key : 0);
}

BUILD_ASSERT_DECL(!(OVL_FLOW_F_OWN & (FLOW_TNL_F_MASK | FLOW_TNL_F_UDPIF)));

/* Returns true if a packet of 'flow' that is output to 'netdev' has the tunnel
 * key of the switch's own packets, but is not one of them: flows set the
 * key. */
bool
ovl_poses_as_own(const struct netdev *netdev, const struct flow *flow)
{
    uint64_t key = ovl_get_own_key(netdev);

    return (key && flow->tunnel.tun_id == htonll(key)
            && !(flow->tunnel.flags & OVL_FLOW_F_OWN));
}

/* Returns true if 'netdev' is a port of one of our classes. */
bool
ovl_owns(const struct netdev *netdev)
{
    return ovl_class_from_netdev(netdev) != NULL;
}

/* If 'vport_type' is one of ours, stores its IP protocol in '*nw_proto' and
 * returns true. */
bool
ovl_vport_type_to_nw_proto(uint32_t vport_type, uint8_t *nw_proto)
{
    const struct ovl_class *class = ovl_class_from_vport_type(vport_type);

    if (class) {
        *nw_proto = class->nw_proto;
    }
    return class != NULL;
}

/* Returns a pointer to the L4 source port in 'data', or NULL if its protocol
 * has none. */
static ovs_be16 *
find_src_port(struct ovs_action_push_tnl *data)
{
    const struct eth_header *eth = (const struct eth_header *) data->header;
    uint8_t nw_proto;
    size_t ofs;

    if (eth->eth_type == htons(ETH_TYPE_IPV6)) {
        const struct ovs_16aligned_ip6_hdr *ip6 = (const void *) (eth + 1);

        nw_proto = ip6->ip6_nxt;
        ofs = ETH_HEADER_LEN + IPV6_HEADER_LEN;
    } else {
        const struct ip_header *ip = (const void *) (eth + 1);

        nw_proto = ip->ip_proto;
        ofs = ETH_HEADER_LEN + IP_HEADER_LEN;
    }
    return (nw_proto == IPPROTO_UDP || nw_proto == IPPROTO_TCP
            ? ALIGNED_CAST(ovs_be16 *, (char *) data->header + ofs) : NULL);
}

/* Stores in 'data' the source port, or how push must choose it, for a tunnel
 * port with 'cfg'.  'tp_src' is the port that actions asked for, or 0. */
static void
set_src_port(struct ovs_action_push_tnl *data, const struct ovl_src_port *cfg,
             ovs_be16 tp_src)
{
    ovs_be16 *src = find_src_port(data);

    if (!src) {
        return;
    } else if (tp_src) {
        *src = tp_src;
    } else if (cfg->min && cfg->min == cfg->max && !cfg->keep) {
        *src = htons(cfg->min);
    } else {
        data->ovl.src_port.min = cfg->min;
        data->ovl.src_port.max = cfg->max;
        data->ovl.src_port.keep = cfg->keep;
    }
}

/* Completes 'data', for packets with 'tnl' that 'port' sends from an address
 * of 'egress': sets its 'ovl' member.  'upcall' is 'tnl' before actions.
 * Returns 0, or E2BIG if Geneve options to set or delete do not fit. */
int
ovl_finish_template(struct ovs_action_push_tnl *data,
                    const struct netdev *port, const struct netdev *egress,
                    const struct flow_tnl *upcall, const struct flow_tnl *tnl)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(port);
    const struct ovl_class *class = ovl_class_from_vport_type(data->tnl_type);
    int mtu;

    memset(&data->ovl, 0, sizeof data->ovl);
    set_src_port(data, &cfg->ovl.src_port, tnl->tp_src);
    if (class && class->set_template) {
        class->set_template(port, data, (netdev_get_mtu(egress, &mtu)
                                         ? ETH_PAYLOAD_MAX : mtu));
    }
    ovl_too_big_set_limit(data, port, egress, tnl->tun_id);
    return ovl_geneve_set_edits(data, upcall, tnl);
}

/* Causes datapath flows to be translated again, because a port has changed and
 * the output of ovl_finish_template() depends on the MTU. */
void
ovl_port_modified(void)
{
    if (ovl_is_active() || ovl_too_big_is_used()) {
        seq_change(tnl_conf_seq);
    }
}
