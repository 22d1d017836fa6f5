@include "overlay/geneve/own-options.h"

# Geneve options: the TLV map may change before translation continues.  Live
# traces: the packets still belong to a session then.
@in struct frozen_metadata after struct flow_tnl tunnel;       /* Encapsulating tunnel parameters. */
    uint64_t tun_map_seq;         /* TLV map of 'tunnel'. */
    uint64_t live;                /* Session of a live trace, or 0. */

# Geneve options: the TLV map may change before translation continues.
@in frozen_metadata_from_flow before md->tunnel.metadata.tab = NULL;
    md->tun_map_seq = ovl_tlv_seq(flow->tunnel.metadata.tab);

# Geneve options: those that are not in the frozen state are taken from the
# packet.
@in frozen_metadata_to_flow first
    const struct flow_tnl packet = flow->tunnel;

# Geneve options: those that are not in the frozen state are taken from the
# packet.
@in frozen_metadata_to_flow after flow->tunnel.metadata.tab = ofproto_get_tun_tab(ofproto);
    ovl_geneve_thaw(&packet, md->tun_map_seq, &flow->tunnel);
