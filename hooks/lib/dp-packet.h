@include "overlay/truncate.h"

# Truncation: no segmentation or checksum of a truncated packet is pending.
@in dp_packet_batch_apply_cutlen after dp_packet_set_size(packet, dp_packet_get_send_len(packet));
            ovl_packet_truncated(packet);

# AF_XDP: the frame of a packet whose data was moved out of it.
@in struct dp_packet_afxdp after struct umem_pool *mpool;
    void *frame;
