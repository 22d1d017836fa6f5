@include "overlay/class.h"
@include "overlay/geneve/kernel.h"
@include "overlay/rtnl.h"

# Kernel datapath: create the device of an overlay type.
@in dpif_netlink_rtnl_tunnel_create first
    if (ovl_class_from_netdev(netdev)) {
        return ovl_rtnl_create(netdev);
    }

# Kernel datapath: delete the device of an overlay type.
@in dpif_netlink_rtnl_tunnel_destroy first
    if (ovl_class_from_type(type)) {
        return ovl_rtnl_destroy(name, type);
    }

# Geneve with IP: the device must carry IP.
@in dpif_netlink_rtnl_create after nl_msg_put_be16(&request, IFLA_GENEVE_PORT, tnl_cfg->dst_port);
        ovl_geneve_put_link(tnl_cfg, &request);

# Geneve with IP: an older kernel may have ignored this.
@in dpif_netlink_rtnl_geneve_verify before return err;
    if (!err) {
        err = ovl_geneve_verify_link(tnl_cfg, reply);
    }
