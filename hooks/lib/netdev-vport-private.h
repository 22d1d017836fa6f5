@include "overlay/geneve/unknown.h"

# Geneve options: counters for unknown options.  too_big: counters, and
# rate limits for ICMP errors.
@in struct netdev_vport after struct netdev_stats stats;
    struct ovl_geneve_stats geneve;
    struct ovl_too_big_port *too_big;
