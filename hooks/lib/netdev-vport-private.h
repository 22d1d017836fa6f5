@include "overlay/geneve/unknown.h"

# Geneve options: counters of unknown ones.  too_big: counters, and limits
# for the answers.
@in struct netdev_vport after struct netdev_stats stats;
    struct ovl_geneve_stats geneve;
    struct ovl_too_big_port *too_big;
