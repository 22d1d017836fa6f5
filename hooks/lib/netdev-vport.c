@include "overlay/hooks.h"

# Geneve with IP: Geneve carries Ethernet and IP.
@in tunnel_supported_layers first
    if (ovl_type_is_geneve(type)) {
        return TNL_L2 | TNL_L3;
    }

# Classes: an overlay type may have its L4 port in the datapath port's
# name.
@in netdev_vport_needs_dst_port first
    if (ovl_type_needs_dst_port(netdev_get_type(dev))) {
        return true;
    }

# Classes: the default L4 port, and the state of a new port.
@in netdev_vport_construct before tnl_cfg->dont_fragment = true;
    ovl_construct(netdev_, port, tnl_cfg);

# too_big, forwarding databases: free the state of a tunnel port.
@in netdev_vport_destruct first
    ovl_too_big_port_destroy(netdev_vport_cast(netdev_)->too_big);
    ovl_fdb_destroy(netdev_);

# Classes: overlay types are upstream's tunnel class with some members
# replaced.
@in netdev_vport_tunnel_register before unixctl_command_register("tnl/egress_port_range", "min max", 0, 2,
        static struct vport_class overlay[OVL_N_CLASSES];
        for (i = 0; i < OVL_N_CLASSES; i++) {
            overlay[i] = vport_classes[0];
            ovl_class_register(i, &overlay[i].dpif_port,
                               &overlay[i].netdev_class);
        }

# Options: defaults of the options common to several types.
@in set_tunnel_config before SMAP_FOR_EACH (node, args) {
    ovl_init_common_options(type, &tnl_cfg);

# Options: parse those common to several types.
@in set_tunnel_config before if (!strcmp(node->key, "remote_ip")) {
        if (ovl_set_common_option(name, type, node, &tnl_cfg, &errors, &err)) {
            if (err) {
                goto out;
            }
            continue;
        }

# Options: show those common to several types, and a group as the remote
# endpoint.
@in get_tunnel_config before if (ipv6_addr_is_set(&tnl_cfg->ipv6_src)) {
    ovl_get_common_options(dev, args);

# Multicast: the groups that the host is a member of.
@in tunnel_get_status first
    ovl_mcast_get_status(netdev_, smap);

# Statistics: counters of tunnel ports.
@in netdev_vport_tunnel_register before netdev_register_provider(&vport_classes[i].netdev_class);
            vport_classes[i].netdev_class.get_custom_stats
                = ovl_get_custom_stats;

# Error messages: do not repeat a warning with each change of the database.
@in set_tunnel_config replace VLOG_WARN("%s", ds_cstr(&errors));
        VLOG(ovl_warn_level(ds_cstr(&errors)), "%s", ds_cstr(&errors));

# Conflicts: refuse options with which two types would receive the same
# packets.  Forwarding databases, multicast, Geneve with IP: apply the options.
@in set_tunnel_config before ovs_mutex_lock(&dev->mutex);
    err = ovl_apply_options(dev_, args, &tnl_cfg, &errors);
    if (err) {
        goto out;
    }
