@include "tnl-provider.h"

# Why: the kernel's default of 208 kB is room for three frames of 64 kB, and
# what comes while the switch does something else is lost.
@in netdev_linux_rxq_construct before error = set_nonblocking(rx->fd);
        tnl_set_rx_buffer(rx->fd);
