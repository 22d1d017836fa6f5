@include "tnl-afxdp.h"
@include "tnl-provider.h"

# Why: packets of AF_XDP ports get longer, too.
@in dp_packet_resize first
    if (tnl_afxdp_resize(b, new_headroom, new_tailroom)) {
        return;
    }

# Why: the room behind the first segment of a long packet is as long as that
# was, and lengths have 16 bits.
@in dp_packet_resize first
    new_tailroom = tnl_limit_tailroom(b, new_headroom, new_tailroom);
