@include "overlay/hooks.h"

# GSO: a frame that was encapsulated whole is segmented for the device
# that it really leaves from.
@in netdev_send first
    ovl_send_prepare(netdev, batch);

# Push: overlay types push a batch at a time and keep inner offloads.
# GRE: complete the packets before upstream sums up and numbers them.  Geneve
# options: relayed ones are different in each packet.
@in netdev_push_header first
    if (ovl_push(netdev, batch, data)) {
        return 0;
    }
    ovl_gre_prepare(batch, data);
    if (ovl_geneve_push(netdev, ingress_netdev, batch, data)) {
        return 0;
    }

# GRE: upstream numbers a packet after it has summed it up.
@in netdev_push_header before return 0;
    ovl_gre_finish(batch, data);

# Pop: overlay types pop a batch at a time, keep segments, and set inner
# offloads, which this function would reset.
@in netdev_pop_header first
    if (ovl_pop(netdev, batch)) {
        return;
    }
