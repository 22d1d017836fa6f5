@include "overlay/hooks.h"

# Why: packets of AF_XDP ports get longer, too; the room behind the first
# segment of a long packet is as long as that was, and lengths have 16 bits.
@in dp_packet_resize first
    if (ovl_afxdp_resize(b, new_headroom, new_tailroom)) {
        return;
    }
    new_tailroom = ovl_limit_tailroom(b, new_headroom, new_tailroom);
