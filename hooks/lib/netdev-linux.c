@include "tnl-provider.h"
@include "tnl-too-big.h"

# Why: the kernel's default of 208 kB is room for three frames of 64 kB, and
# what comes while the switch does something else is lost.
@in netdev_linux_rxq_construct before error = set_nonblocking(rx->fd);
        tnl_set_rx_buffer(rx->fd);

# Why: a packet that is too long for the device, as one that a tunnel header made
# longer may be, must not take those behind it along.
@in netdev_linux_sock_batch_send before if (error) {
        if (tnl_too_big_skip(netdev_, &error, &ofs, &netdev->tx_dropped)) {
            continue;
        }

# Why: such packets, and others that upstream counts but does not tell.
@in netdev_linux_get_stats before ovs_mutex_unlock(&netdev->mutex);
    stats->tx_dropped += netdev->tx_dropped;
