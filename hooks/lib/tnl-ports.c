@include "overlay/hooks.h"

# Demultiplexing: under which IP protocol the packets of an overlay type
# arrive.
@in tnl_type_to_nw_proto first
    if (ovl_type_to_nw_protos(type, nw_protos)) {
        return;
    }

# Demultiplexing: of an overlay type with two protocols, a port has one.
@in tnl_port_map_insert after tnl_type_to_nw_proto(type, nw_protos);
    ovl_filter_nw_protos(type, tp_port, nw_protos);

# Receive buffers: larger where packets of tunnels may come.
@in insert_ipdev__ before map_insert_ipdev(ip_dev);
    ovl_port_device_add(ip_dev->dev_name, addr, n_addr);

# Receive buffers: an address goes.
@in delete_ipdev first
    ovl_port_device_remove(ip_dev->dev_name);
