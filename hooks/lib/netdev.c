@include "overlay/hooks.h"

# GSO: segment a frame that was encapsulated whole for the device that
# sends it.
@in netdev_send first
    ovl_send_prepare(netdev, batch);

# Push: overlay types push a batch at a time and keep inner offloads.  GRE:
# complete the packets before upstream computes checksums and sequence
# numbers.  Geneve options: relayed options differ in each packet.
@in netdev_push_header first
    if (ovl_push(netdev, ingress_netdev, batch, data)) {
        return 0;
    }

# GRE: upstream sets the sequence number after it has computed the
# checksum.
@in netdev_push_header before return 0;
    ovl_gre_finish(batch, data);

# Pop: overlay types pop a batch at a time, keep segments, and set inner
# offloads, which this function would reset.
@in netdev_pop_header first
    if (ovl_pop(netdev, batch)) {
        return;
    }

# End of the process: the thread that handles a signal reads the list of
# devices, while other threads open and close some.
@in restore_all_flags before SHASH_FOR_EACH (node, &netdev_shash) {
    ovs_mutex_lock(&netdev_mutex);

# End of the process: the list was read.
@in restore_all_flags last
    ovs_mutex_unlock(&netdev_mutex);
