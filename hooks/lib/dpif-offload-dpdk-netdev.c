@include "overlay/action.h"

# Hardware: rte_flow would send the template's headers unchanged.
@in parse_flow_actions first
    if (ovl_refuse_offload(nl_actions, nl_actions_len)) {
        return -1;
    }
