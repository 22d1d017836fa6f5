@include "overlay/hooks.h"

# Demultiplexing: the IP protocols of an overlay type.
@in tnl_type_to_nw_proto first
    if (ovl_type_to_nw_protos(type, nw_protos)) {
        return;
    }

# Demultiplexing: a port of an overlay type with two protocols has one.
@in tnl_port_map_insert after tnl_type_to_nw_proto(type, nw_protos);
    ovl_filter_nw_protos(type, tp_port, nw_protos);

# Receive buffers: larger on ports that may receive tunnel packets.
@in insert_ipdev__ before map_insert_ipdev(ip_dev);
    ovl_port_device_add(ip_dev->dev_name, addr, n_addr);

# Receive buffers: an address is deleted.
@in delete_ipdev first
    ovl_port_device_remove(ip_dev->dev_name);
