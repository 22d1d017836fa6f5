@include "tnl-admit.h"
@include "tnl-provider.h"
@include "tnl-geneve.h"
@include "ofproto-dpif-tnl.h"

# Why: the MTU of the device with the local address is part of the header.
@in port_modified before if (port->bundle && port->bundle->bond) {
    tnl_port_modified();

# Why: not every datapath has ports for every payload of Geneve.
@in port_add before if (!dpif_port_exists(ofproto->backer->dpif, dp_port_name)) {
    if (!tnl_geneve_can_add(netdev, ofproto->backer->dpif)) {
        return EOPNOTSUPP;
    }

# Why: two types may receive the same packets.
@in port_add before if (!dpif_port_exists(ofproto->backer->dpif, dp_port_name)) {
    if (!tnl_admit(netdev, ofproto_->type)) {
        return EBUSY;
    }

# Why: from here on, others may not receive the same packets.
@in port_construct before port->is_tunnel = true;
        tnl_admit_add(netdev);

# Why: and until here.
@in port_destruct after tnl_port_del(port, port->odp_port);
    tnl_admit_remove(port->up.netdev);

# Why: what does not work, for the interface's "error" column.
@in vport_get_status first
    if (tnl_get_error(ofport_->netdev,
                      tnl_port_get_type(ofport_dpif_cast(ofport_)), errp)) {
        return EINVAL;
    }

# Why: counters of what became of unknown Geneve options.
@in ofproto_dpif_xcache_execute before case XC_TUNNEL_HEADER:
        case XC_GENEVE:

# Why: ports by which packets of tunnels may come have larger receive buffers.
@in type_run before xlate_ofproto_set(ofproto, ofproto->up.name,
            ofproto_dpif_set_tunnels(ofproto);
