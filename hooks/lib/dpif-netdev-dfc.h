@include "overlay/geneve/emc.h"

# Geneve options: values that no flow matches need no entry each.
@in emc_lookup before return NULL;
    struct dp_netdev_flow *found = ovl_geneve_emc_lookup(cache, key);
    if (found) {
        return found;
    }
