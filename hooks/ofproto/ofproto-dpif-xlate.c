@include "ofproto-dpif-geneve.h"
@include "tnl-fields.h"
@include "tnl-provider.h"

# Why: the IP protocol of overlay types.  The switch becomes the body of the if.
@in propagate_tunnel_data_to_flow before switch (tnl_type) {
    if (!tnl_vport_type_to_nw_proto(tnl_type, &nw_proto))

# Why: overlay types that segment need the MTU of the local device.
@in native_tunnel_output before tnl_push_data.tnl_port = tunnel_odp_port;
    tnl_set_egress(&tnl_push_data, out_dev->netdev);

# Why: what becomes of unknown Geneve options is up to the port.
@in xlate_actions before err = tun_metadata_from_geneve_udpif(tun_tab, &xin->upcall_flow->tunnel,
        const struct xport *rx = get_ofp_port(xbridge, flow->in_port.ofp_port);

        if (!xlate_geneve_receive(xin, rx ? rx->netdev : NULL, tun_tab)) {
            xlate_report(&ctx, OFT_WARN, "unknown Geneve options");
            ctx.error = XLATE_INVALID_TUNNEL_METADATA;
            goto exit;
        }

# Why: and is so for the packets whose options have the same headers.
@in xlate_actions before if (xin->upcall_flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
    tnl_geneve_match_headers(&xin->upcall_flow->tunnel, ctx.wc);

# Why: the same, for packets that are dropped.
@in xlate_actions after exit:
    if (ctx.error) {
        tnl_geneve_match_dropped(&xin->upcall_flow->tunnel, &flow->tunnel,
                                 ctx.wc);
    }

# Why: fields of tunnels, and the absence of Geneve options.
@in xlate_actions before xlate_wc_finish(&ctx);
    tnl_fields_finish(xin->upcall_flow, in_port ? in_port->netdev : NULL,
                      ctx.wc);
