@include "tnl-cut.h"

# Why: what truncation leaves is neither to be segmented nor to be summed up.
@in dpif_execute_helper_cb after dp_packet_set_size(packet, dp_packet_size(packet) - cutlen);
            tnl_packet_cut(packet);
