@include "overlay/geneve/unknown.h"

# Why: counters of what became of unknown Geneve options, and of packets that
# are too big with the limits for the answers.
@in struct netdev_vport after struct netdev_stats stats;
    struct ovl_geneve_stats geneve;
    struct ovl_too_big_port *too_big;
