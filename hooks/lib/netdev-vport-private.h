@include "tnl-geneve-opts.h"

# Why: counters of what became of unknown options.
@in struct netdev_vport after struct netdev_stats stats;
    struct tnl_geneve_stats geneve;

# Why: counters of packets that are too big, and limits for the answers.
@in struct netdev_vport after struct netdev_stats stats;
    struct tnl_too_big_port *too_big;
