@include "tnl-provider.h"

# Why: the IP protocol of overlay types.  The switch becomes the body of the if.
@in propagate_tunnel_data_to_flow before switch (tnl_type) {
    if (!tnl_vport_type_to_nw_proto(tnl_type, &nw_proto))

# Why: overlay types that segment need the MTU of the local device.
@in native_tunnel_output before tnl_push_data.tnl_port = tunnel_odp_port;
    tnl_set_egress(&tnl_push_data, out_dev->netdev);
