@include "overlay/afxdp.h"

# AF_XDP: a packet's data may have been moved out of its frame.
@in free_afxdp_buf after xpacket = dp_packet_cast_afxdp(p);
    ovl_afxdp_restore(xpacket);

# AF_XDP: if data was moved out of its frame, free the packets one by one.
@in check_free_batch after xpacket = dp_packet_cast_afxdp(packet);
        if (xpacket->frame) {
            return false;
        }

# AF_XDP: a packet longer than a frame of the ring would overwrite the next
# frames.
@in afxdp_batch_send first
    ovl_afxdp_drop_long(batch, FRAME_SIZE);
    if (dp_packet_batch_is_empty(batch)) {
        return 0;
    }
