@include "tnl-provider.h"

# Why: the kernel's device of an overlay type.
@in dpif_netlink_rtnl_tunnel_create first
    if (tnl_owns(netdev)) {
        return tnl_rtnl_create(netdev);
    }

# Why: likewise.
@in dpif_netlink_rtnl_tunnel_destroy first
    if (tnl_class_from_type(type)) {
        return tnl_rtnl_destroy(name, type);
    }
