@include "tnl-fields.h"

# Why: at first, no action has written tun_tp_src.
@in tnl_wc_init first
    tnl_fields_start(flow);

# Why: actions may have written it.  The next line becomes the body of the if.
@in tnl_port_send before flow->tunnel.tp_src = 0; /* Do not carry from a previous tunnel. */
    if (!tnl_take_tp_src(flow, wc))
