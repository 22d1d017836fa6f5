@include "overlay/port-io.h"

# Transmission: a packet that the device refuses, such as one that a tunnel
# header made too long, must not cause the loss of the rest of the batch.
@in netdev_linux_sock_batch_send before if (error) {
        if (ovl_port_tx_skip(netdev_, &error, &ofs, cnt,
                             &netdev->tx_dropped)) {
            continue;
        }

# Transmission: a packet that the device refuses, such as one that a tunnel
# header made too long, must not cause the loss of the rest of the batch.
@in netdev_linux_tap_batch_send before if (error) {
        if (ovl_port_tap_skip(netdev_, error, retval, size,
                              &netdev->tx_dropped)) {
            continue;
        }

# Statistics: packets that the device refused, and that the kernel dropped
# because the switch was too slow to receive them.
@in netdev_linux_get_stats before ovs_mutex_unlock(&netdev->mutex);
    stats->tx_dropped += netdev->tx_dropped;
    stats->rx_missed_errors += ovl_port_rx_missed(&netdev->port_rx);

# Receive buffers: the kernel's default of 208 kB has room for three frames
# of 64 kB, so packets are lost while the switch is busy.
@in netdev_linux_rxq_construct before /* Get ethernet device index. */
        ovl_port_rx_open(&netdev->port_rx, rx->fd);

# Receive buffers: the socket is closed.
@in netdev_linux_rxq_construct after error:
    ovl_port_rx_close(&netdev->port_rx);

# Receive buffers: the socket is closed.
@in netdev_linux_rxq_destruct first
    struct netdev_linux *netdev = netdev_linux_cast(rxq_->netdev);
    ovs_mutex_lock(&netdev->mutex);
    ovl_port_rx_close(&netdev->port_rx);
    ovs_mutex_unlock(&netdev->mutex);
