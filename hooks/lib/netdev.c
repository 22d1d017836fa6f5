@include "overlay/hooks.h"

# Why: a frame that was encapsulated whole is cut for the device that it really
# leaves from.
@in netdev_send first
    ovl_send_prepare(netdev, batch);

# Why: overlay types push a batch at a time and keep inner offloads; upstream
# sums up and numbers GRE packets before they are complete; relayed options are
# different in each packet.
@in netdev_push_header first
    if (ovl_push(netdev, batch, data)) {
        return 0;
    }
    ovl_gre_prepare(batch, data);
    if (ovl_geneve_push(netdev, ingress_netdev, batch, data)) {
        return 0;
    }

# Why: upstream numbers a GRE packet after it has summed it up.
@in netdev_push_header before return 0;
    ovl_gre_finish(batch, data);

# Why: overlay types pop a batch at a time, keep segments, and set inner
# offloads, which this function would reset.
@in netdev_pop_header first
    if (ovl_pop(netdev, batch)) {
        return;
    }
