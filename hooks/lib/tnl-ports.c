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
# Multicast: the groups of a device are addresses of it.
@in insert_ipdev__ before map_insert_ipdev(ip_dev);
    ovl_port_device_add(ip_dev->dev_name, addr, n_addr);
    ovl_mcast_device_add(ip_dev->dev_name, &ip_dev->addr, &ip_dev->n_addr);

# Receive buffers, multicast: an address is deleted.
@in delete_ipdev first
    ovl_port_device_remove(ip_dev->dev_name);
    ovl_mcast_device_remove(ip_dev->dev_name);

# Multicast: each group has a MAC address of its own.
@in tnl_port_init_flow after flow->dl_dst = mac;
    ovl_mcast_get_mac(addr, &flow->dl_dst);

# Multicast: the groups of devices may change.
@in tnl_port_map_run first
    ovl_mcast_run();

# Multicast: the command that shows them.
@in tnl_port_map_init first
    ovl_mcast_init();
