@include "ofproto-dpif-overlay.h"

# Templates: the MTU of the device with the local address is part of them.
@in port_modified before if (port->bundle && port->bundle->bond) {
    ovl_port_modified();

# Geneve with IP: not every datapath can carry every payload.  Conflicts:
# two types must not receive the same packets.
@in port_add before if (!dpif_port_exists(ofproto->backer->dpif, dp_port_name)) {
    int refused = ovl_admit(netdev, ofproto_->type, ofproto->backer->dpif);
    if (refused) {
        return refused;
    }

# Conflicts: from here on, no other type may receive the same packets.
@in port_construct before port->is_tunnel = true;
        ovl_conflict_add(netdev);

# Conflicts: from here on, another type may receive the same packets.
@in port_destruct after tnl_port_del(port, port->odp_port);
    ovl_conflict_remove(port->up.netdev);

# Error messages: for the interface's "error" column.
@in vport_get_status first
    if (ovl_get_error(ofport_->netdev,
                      tnl_port_get_type(ofport_dpif_cast(ofport_)), errp)) {
        return EINVAL;
    }

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in ofproto_dpif_xcache_execute before case XC_TUNNEL_HEADER:
        case XC_GENEVE:
        case XC_FDB:

# Receive buffers: larger on ports that may receive tunnel packets.  Active
# OAM: the ports that can send test packets.
@in type_run before xlate_ofproto_set(ofproto, ofproto->up.name,
            ovl_ofproto_changed(ofproto);

# Accounts: remove old ones, and apply a new configuration.  Live traces: end
# those that are complete.
@in type_run first
    ovl_ofproto_run();

# Live traces, TTL replies: meters for them.
@in open_dpif_backer before ct_zone_config_init(backer);
    ovl_backer_opened(backer, features.max_meters);

# TTL replies: the configuration goes away with the bridge.  Active OAM: no
# test packet may be sent by it any more.
@in destruct first
    ovl_ofproto_destroy(ofproto_dpif_cast(ofproto_));

# Forwarding databases: show the remote endpoint behind a port.
@in ofproto_unixctl_fdb_show_text before first = false;
        ovl_fdb_put_remote(ofbundle_get_a_port(bundle)->up.netdev, e->mac,
                           e->vlan, ds);

# Forwarding databases: how the MAC learning table knows the port, and its
# VLAN.
@in bundle_set before if (vlan != bundle->vlan) {
    ovl_fdb_set_bundle(CONTAINER_OF(ovs_list_front(&bundle->ports),
                                    struct ofport_dpif,
                                    bundle_node)->up.netdev, bundle, vlan);
