@include "overlay/port-io.h"

# Receive buffers: the socket, and the number of packets that the kernel
# dropped.
@in struct netdev_linux after uint64_t rx_dropped;        /* Packets dropped while recv from kernel. */
    struct ovl_port_rx port_rx;
