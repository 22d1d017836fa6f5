@include "tnl-geneve.h"
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

# Why: Geneve carries IP, too.
@in dpif_netlink_rtnl_create after nl_msg_put_be16(&request, IFLA_GENEVE_PORT, tnl_cfg->dst_port);
        tnl_rtnl_put_geneve(tnl_cfg, &request);

# Why: and a kernel may not know that.
@in dpif_netlink_rtnl_geneve_verify before return err;
    if (!err) {
        err = tnl_rtnl_verify_geneve(tnl_cfg, reply);
    }
