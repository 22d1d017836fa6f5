@include "overlay/afxdp.h"

# AF_XDP: what is freed may have been moved out of its frame.
@in free_afxdp_buf after xpacket = dp_packet_cast_afxdp(p);
    ovl_afxdp_restore(xpacket);

# AF_XDP: what may have been moved out of its frame is freed one by one.
@in check_free_batch after xpacket = dp_packet_cast_afxdp(packet);
        if (xpacket->frame) {
            return false;
        }

# AF_XDP: what does not fit into a frame of the ring would overwrite those
# behind.
@in afxdp_batch_send first
    ovl_afxdp_drop_long(batch, FRAME_SIZE);
    if (dp_packet_batch_is_empty(batch)) {
        return 0;
    }
