@include "overlay/hooks.h"

# AF_XDP: packets get longer, too.  Room: behind the first segment of a
# long packet there is as much as that was long, and lengths have 16 bits.
@in dp_packet_resize first
    if (ovl_afxdp_resize(b, new_headroom, new_tailroom)) {
        return;
    }
    new_tailroom = ovl_limit_tailroom(b, new_headroom, new_tailroom);
