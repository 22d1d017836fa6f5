@include "tnl-provider.h"

# Why: the MTU of an overlay port is that of its inner packets, and none of the
# bridge's business.
@in find_min_mtu before if (netdev_get_mtu(netdev, &dev_mtu)) {
        if (tnl_owns(netdev)) {
            continue;
        }
