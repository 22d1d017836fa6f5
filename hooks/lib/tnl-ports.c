@include "tnl-provider.h"

# Why: under which IP protocol the packets of an overlay type arrive.
@in tnl_type_to_nw_proto first
    if (tnl_type_to_nw_protos(type, nw_protos)) {
        return;
    }
