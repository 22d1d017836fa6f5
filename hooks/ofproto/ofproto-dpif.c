@include "overlay/hooks.h"
@include "ofproto-dpif-overlay.h"

# Why: the MTU of the device with the local address is part of the header.
@in port_modified before if (port->bundle && port->bundle->bond) {
    ovl_port_modified();

# Why: not every datapath has ports for every payload of Geneve; two types may
# receive the same packets.
@in port_add before if (!dpif_port_exists(ofproto->backer->dpif, dp_port_name)) {
    if (!ovl_geneve_can_add(netdev, ofproto->backer->dpif)) {
        return EOPNOTSUPP;
    }
    if (!ovl_admit(netdev, ofproto_->type)) {
        return EBUSY;
    }

# Why: from here on, others may not receive the same packets.
@in port_construct before port->is_tunnel = true;
        ovl_conflict_add(netdev);

# Why: and until here.
@in port_destruct after tnl_port_del(port, port->odp_port);
    ovl_conflict_remove(port->up.netdev);

# Why: what does not work, for the interface's "error" column.
@in vport_get_status first
    if (ovl_get_error(ofport_->netdev,
                      tnl_port_get_type(ofport_dpif_cast(ofport_)), errp)) {
        return EINVAL;
    }

# Why: counters of what became of unknown Geneve options.
@in ofproto_dpif_xcache_execute before case XC_TUNNEL_HEADER:
        case XC_GENEVE:

# Why: ports by which packets of tunnels may come have larger receive buffers.
@in type_run before xlate_ofproto_set(ofproto, ofproto->up.name,
            ovl_ofproto_set_tunnels(ofproto);
