/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/xlate.h"

#include "flow.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "overlay/class.h"
#include "overlay/too-big.h"
#include "packets.h"
#include "seq.h"
#include "timeval.h"

/* Returns the tunnel key that the switch's own packets need to leave by
 * 'netdev', or 0 if they need none but what the port has. */
uint64_t
ovl_get_own_key(const struct netdev *netdev)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    return (class && netdev_get_tunnel_config(netdev)->out_key_flow
            ? class->own_key : 0);
}

BUILD_ASSERT_DECL(!(OVL_FLOW_F_OWN & (FLOW_TNL_F_MASK | FLOW_TNL_F_UDPIF)));

/* Returns true if a packet of 'flow', on its way out of 'netdev', has the
 * tunnel key of the switch's own packets and is none: flows gave it the
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

/* If 'vport_type' is one of ours, stores the IP protocol of the packets that
 * it sends in '*nw_proto' and returns true. */
bool
ovl_vport_type_to_nw_proto(uint32_t vport_type, uint8_t *nw_proto)
{
    const struct ovl_class *class = ovl_class_from_vport_type(vport_type);

    if (class) {
        *nw_proto = class->nw_proto;
    }
    return class != NULL;
}

/* Tells 'data', if it is one of ours, that its packets are sent from an
 * address of 'egress'. */
void
ovl_set_egress(struct ovs_action_push_tnl *data, const struct netdev *egress)
{
    const struct ovl_class *class = ovl_class_from_vport_type(data->tnl_type);
    int mtu;

    if (class && class->set_mtu) {
        if (netdev_get_mtu(egress, &mtu)) {
            mtu = ETH_PAYLOAD_MAX;
        }
        class->set_mtu(data, mtu);
    }
}

/* Has the datapath flows translated again, because some port changed and the
 * MTU is part of the header that ovl_set_egress() made. */
void
ovl_port_modified(void)
{
    if (ovl_is_active() || ovl_too_big_is_used()) {
        seq_change(tnl_conf_seq);
    }
}
