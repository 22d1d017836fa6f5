@include "overlay/hooks.h"

# AF_XDP: packets may grow, too.  Tailroom: the first segment of a long
# packet has as much as the rest was long, and lengths have 16 bits.
@in dp_packet_resize first
    if (ovl_afxdp_resize(b, new_headroom, new_tailroom)) {
        return;
    }
    new_tailroom = ovl_limit_tailroom(b, new_headroom, new_tailroom);
