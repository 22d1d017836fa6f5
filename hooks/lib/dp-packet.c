@include "tnl-afxdp.h"

# Why: packets of AF_XDP ports get longer, too.
@in dp_packet_resize first
    if (tnl_afxdp_resize(b, new_headroom, new_tailroom)) {
        return;
    }
