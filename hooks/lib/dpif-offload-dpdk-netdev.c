@include "overlay/action.h"

# Hardware: rte_flow would send the header template of an overlay type as
# it is.
@in parse_flow_actions first
    if (ovl_refuse_offload(nl_actions, nl_actions_len)) {
        return -1;
    }
