@include "ofproto-dpif-tnl.h"

# Why: counts packets of tunnels that no port is for, each in the userspace
# datapath, and the first in the kernel's, which gets a flow.
@in upcall_receive before if (error) {
        xlate_tnl_no_port(error, backer->dpif, flow, 1);

# Why: and those that came by this flow.
@in xlate_key before if (error) {
    xlate_tnl_no_port(error, udpif->dpif, &ctx->flow, push->n_packets);
