@include "ofproto-dpif-geneve.h"

# Why: what becomes of options is up to the port.  The if becomes the body of
# this one.
@in parse_flow_and_packet before if (flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
        if (!trace_geneve_keeps(&(*ofprotop)->up, flow))

# Why: the same, when translation goes on.
@in ofproto_trace before ofproto_trace_recirc_node(recirc_node, next_ct_states, output);
        trace_geneve_recirculate(flow, &recirc_node->flow);
