@include "ofproto-dpif-geneve.h"

# Geneve options: the port decides how to handle unknown options.
@in parse_flow_and_packet guard if (flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
        if (!trace_geneve_keeps(&(*ofprotop)->up, flow))

# Geneve options: the port decides how to handle unknown options, also
# after recirculation.
@in ofproto_trace before ofproto_trace_recirc_node(recirc_node, next_ct_states, output);
        trace_geneve_recirculate(flow, &recirc_node->flow);
