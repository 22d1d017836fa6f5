@include "overlay/geneve/emc.h"

# Geneve options: packets that differ only in values that their flow does
# not match share an entry.
@in emc_lookup before return NULL;
    struct dp_netdev_flow *found = ovl_geneve_emc_lookup(cache, key);
    if (found) {
        return found;
    }
