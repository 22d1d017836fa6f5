@include "overlay/port-io.h"

# Why: what the kernel drops because the switch is too slow to receive it.
@in struct netdev_linux after uint64_t rx_dropped;        /* Packets dropped while recv from kernel. */
    struct ovl_port_rx port_rx;
