@include "tnl-provider.h"

# Why: under which IP protocol the packets of an overlay type arrive.
@in tnl_type_to_nw_proto first
    if (tnl_type_to_nw_protos(type, nw_protos)) {
        return;
    }

# Why: of an overlay type with two protocols, a port has one.
@in tnl_port_map_insert after tnl_type_to_nw_proto(type, nw_protos);
    tnl_filter_nw_protos(type, tp_port, nw_protos);

# Why: which port an IP protocol's packets are for, if several types have it.
@in tnl_port_map_insert first
    tnl_map_insert(port, type);

# Why: the same.
@in tnl_port_map_delete first
    tnl_map_delete(port, type);

# Why: the same.
@in tnl_port_map_lookup before return (cr) ? tnl_port_cast(cr)->portno : ODPP_NONE;
    odp_port_t shared = cr ? tnl_map_lookup(flow->nw_proto) : 0;
    if (shared) {
        return shared;
    }
