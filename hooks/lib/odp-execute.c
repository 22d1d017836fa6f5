@include "overlay/copies.h"

# Live traces: no copy of a packet that the meter would drop.
@in odp_execute_sample before if (!steal) {
    if (ovl_copies_skip(packet, steal, subactions)) {
        return;
    }
