@include "ofproto-dpif-overlay.h"

# Geneve OAM, accounts, live traces: the state of a translation.
@in struct xlate_ctx after struct xlate_out *xout;
    struct ovl_xlate ovl;

# All features: functions that use this file's private structures.
@line before /* Extract VLAN information (headers) from flow */
#include "ofproto-dpif-xlate-overlay.inc"


# Translation: the IP protocol of overlay types.
@in propagate_tunnel_data_to_flow guard switch (tnl_type) {
    if (!ovl_vport_type_to_nw_proto(tnl_type, &nw_proto))

# Multicast: packets for a group leave by the device that is a member of it,
# not for a router.
@in tnl_route_lookup_flow guard if (!ovs_router_lookup(oflow->pkt_mark, &dst, out_dev, src, &gw)) {
    if (!ovl_mcast_route(oflow->pkt_mark, &dst, out_dev, src, &gw))

# Multicast: the address of a group gives its MAC address.
@in native_tunnel_output guard err = tnl_neigh_lookup(out_dev->xbridge->name, &d_ip6, &dmac, true);
    if (!ovl_mcast_get_mac(&d_ip6, &dmac))

# Multicast: other devices than the one that is a member of a group may get
# its packets, but do not take them.
@in terminate_native_tunnel guard *tnl_port = tnl_port_map_lookup(flow, wc);
        if (ovl_mcast_may_terminate(netdev_get_name(xport->netdev), flow, wc))

# Statistics: compose_output_action__() has counted a frame of a tunnel.
@in patch_port_output guard netdev_vport_inc_tx(in_dev->netdev, ctx->xin->resubmit_stats);
        if (!in_dev->is_tunnel)

# Statistics: compose_output_action__() has counted a frame of a tunnel.
@in patch_port_output guard entry->dev.tx = netdev_ref(in_dev->netdev);
        if (!in_dev->is_tunnel)

# Templates: parameters of the push beyond the headers.  Geneve OAM, accounts:
# with a tunnel header, the packet is one of the underlay.
@in native_tunnel_output before tnl_push_data.tnl_port = tunnel_odp_port;
    if (!ovl_ctx_push_begin(ctx, xport, out_dev, flow, &tnl_push_data,
                            is_last_action)) {
        return E2BIG;
    }

# Geneve OAM, accounts, live traces: the underlay's packet was translated.
@in native_tunnel_output before /* Restore sFlow data. */
    ovl_ctx_push_end(ctx, xport, flow, &tnl_push_data, push_action_size);

# Forwarding databases: learn the remote endpoint behind which the source is.
@in xlate_normal before /* Determine output bundle. */
    ovl_xlate_fdb_learn(ctx->xin, in_port ? in_port->netdev : NULL,
                        ctx->xbridge->ml, vlan);

# Forwarding databases: an entry that is not learned tells the port.
@in xlate_normal before if (mac_port) {
        mac_port = ovl_ctx_normal_port(ctx, &xvlan, mac_port);

# Forwarding databases: instead of one frame, one to each remote endpoint.
@in output_normal guard compose_output_action(ctx, xport->ofp_port, use_recirc ? &xr : NULL,
    if (!ovl_ctx_normal_output(ctx, xport, xvlan, is_last_action))

# Geneve options: the port decides how to handle unknown options.
@in xlate_actions before err = tun_metadata_from_geneve_udpif(tun_tab, &xin->upcall_flow->tunnel,
        if (!ovl_ctx_receive_options(
                &ctx, get_ofp_port(xbridge, flow->in_port.ofp_port),
                tun_tab)) {
            goto exit;
        }

# Geneve options: the datapath flow is for packets whose options have the
# same headers.
@in xlate_actions before if (xin->upcall_flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
    ovl_geneve_match_headers(&xin->upcall_flow->tunnel, ctx.wc);

# Geneve options: record which of them actions write.
@in do_xlate_actions before mf_set_flow_value_masked(mf, set_field->value,
                ovl_geneve_written(mf, is_all_ones(
                                       ofpact_set_field_mask(set_field),
                                       mf->n_bytes), flow, wc);

# Geneve options: the header has the values of one packet, so match on
# them.
@in compose_output_action__ before dst = flow_tnl_dst(&flow->tunnel);
        ovl_geneve_output(xport->netdev, &flow->tunnel, wc,
                          ovs_native_tunneling_is_on(ctx->xbridge->ofproto));

# Geneve options: each packet has its own when translation continues.
@in xlate_controller_action after frozen_metadata_from_flow(&state.metadata, &ctx->xin->flow);
    ovl_geneve_freeze(&ctx->xin->upcall_flow->tunnel, &ctx->xin->flow.tunnel,
                      &state.metadata.tunnel, ctx->wc);

# Geneve options: each packet has its own when translation continues.  Live
# traces: the packets still belong to one then.
@in finish_freezing__ after frozen_metadata_from_flow(&state.metadata, &ctx->xin->flow);
    ovl_ctx_freeze(ctx, &state.metadata);

# Geneve OAM: the translation of a packet begins.  Geneve options: mark them
# before actions may change them.
@in xlate_actions before if (flow->packet_type != htonl(PT_ETH) && in_port &&
    ovl_ctx_start(&ctx, in_port);

# Geneve OAM: the translation of the first rule begins.
@in xlate_actions before if (!xin->frozen_state && in_port && in_port->is_tunnel) {
    ovl_xlate_oam_enter(&ctx.ovl.oam, ctx.rule);

# Geneve OAM: the translation of another rule begins.
@in xlate_recursively after ctx->rule = rule;
    ovl_xlate_oam_enter(&ctx->ovl.oam, rule);

# Geneve OAM: the translation of a rule ends.
@in xlate_recursively before ctx->rule = old_rule;
    ovl_xlate_oam_leave(&ctx->ovl.oam, rule);

# Geneve OAM: NORMAL does not forward control packets.
@in xlate_normal first
    if (ovl_ctx_normal_refuses(ctx)) {
        return;
    }

# Geneve options: only Geneve ports may send packets with an unknown
# critical option.  Geneve OAM: control packets do not go to tenants.
@in check_output_prerequisites before return true;
    if (!ovl_ctx_may_output(ctx, xport)) {
        return false;
    }

# Neighbors: a port may have several addresses, of either family.
@in is_neighbor_reply_correct after ret = is_neighbor_reply_matched(flow, ip_addr);
                ret = ovl_neigh_is_reply_to(flow, ip_addr, n_in6);

# Neighbors: a host that takes over an address announces it, and may do so
# again before the datapath flow of the last announcement has expired.
@in terminate_native_tunnel before /* If no tunnel port was found and it's about an ARP or ICMPv6 packet,
        if (ovl_ctx_hears_neighbor(ctx, flow, wc, *tnl_port)) {
            return false;
        }

# Mirrors: the output to a tunnel may not be the last action.
@in compose_output_action__ before native_tunnel_output(ctx, xport, flow, odp_port, truncate,
            is_last_action = is_last_action && !ovl_ctx_sends_more(ctx);

# Live traces: copy the packets of a session.  ECN: outer ECT(1) changes inner
# ECT(0) into ECT(1).
@in xlate_actions before size_t sample_actions_len = ctx.odp_actions->size;
        ovl_ctx_received(&ctx, in_port);

# The switch's own packets: some types need a key other than 0.
@in xlate_send_packet before ofpact_put_OUTPUT(&ofpacts)->port = xport->ofp_port;
    ovl_xlate_put_own_key(&ofpacts, xport->netdev);

# Accounts, live traces: a frame is sent by the kernel, unless recirculation
# comes first.
@in compose_output_action__ before commit_odp_tunnel_action(flow, &ctx->base_flow,
            if (!xr) {
                ovl_xlate_sent(ctx->xout, ctx->xin, xport->netdev,
                               ctx->ovl.pushed);
            }

# Accounts: STP discards the actions that follow.
@in patch_port_output after mirror_mask_t old_mirrors2 = ctx->mirrors;
            size_t n_accounts = ctx->xout->accounts.n;

# Accounts: STP discards the actions.
@in patch_port_output before ctx->odp_actions->size = old_size;
            ovl_account_list_truncate(&ctx->xout->accounts, n_accounts);

# Accounts: an action that marks an edge.
@in xlate_sample_action first
    if (ovl_ctx_count_edge(ctx, os)) {
        return;
    }

# Tunnel fields: complete the wildcards, which may have to match on the
# absence of Geneve options.  Live traces: the copy tells what the datapath
# does.
@in xlate_actions before xlate_wc_finish(&ctx);
    ovl_ctx_finish(&ctx, in_port);

# Geneve options: the datapath flow is for packets whose options have the
# same headers, even if it drops them.  Accounts: frames received.
@in xlate_actions after exit:
    ovl_ctx_exit(&ctx, get_ofp_port(xbridge,
                                    ctx.base_flow.in_port.ofp_port));

# Accounts: free the list.
@in xlate_out_uninit after recirc_refs_unref(&xout->recircs);
        ovl_account_list_clear(&xout->accounts);

# Live traces: copy packets that an error drops.
@in xlate_actions before put_drop_action(ctx.xbridge->ofproto, xin->odp_actions, ctx.error);
            ovl_ctx_copy(&ctx, get_ofp_port(xbridge,
                                            ctx.base_flow.in_port.ofp_port));

# Live traces: no copy, by default.
@in xlate_in_init after xin->recirc_queue = NULL;
    xin->live = NULL;

# TTL replies: before an action for a controller changes the packet.
@in compose_dec_ttl before for (i = 0; i < ids->n_controllers; i++) {
        ovl_ctx_ttl_expired(ctx);
