@include "overlay/hooks.h"

# sFlow: overlay types are tunnels, which their numbers tell apart.
@in dpif_sflow_tunnel_type before if (strcmp(type, "gre") == 0) {
        if (ovl_to_vport_type(ofport->netdev)) {
            return ovl_to_vport_type(ofport->netdev);
        }

# sFlow: the IP protocol of overlay types.
@in dpif_sflow_tunnel_proto guard switch(tunnel_type) {
    if (!ovl_vport_type_to_nw_proto(tunnel_type, &ipproto))

# sFlow: the headers of overlay types.
@in sflow_read_tnl_push_action after sflow_actions->out_port = data->out_port;
    if (ovl_read_push(data, &sflow_actions->tunnel,
                      &sflow_actions->tunnel_ipproto)) {
        sflow_actions->tunnel_err |= !sflow_actions->tunnel.ip_dst;
        return;
    }
