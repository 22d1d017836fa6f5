@include "ofproto-dpif-overlay.h"

# Translation: the IP protocol of overlay types.
@in propagate_tunnel_data_to_flow guard switch (tnl_type) {
    if (!ovl_vport_type_to_nw_proto(tnl_type, &nw_proto))

# Templates: parameters of the push beyond the headers.
@in native_tunnel_output before tnl_push_data.tnl_port = tunnel_odp_port;
    if (ovl_finish_template(&tnl_push_data, xport->netdev, out_dev->netdev,
                            &ctx->xin->upcall_flow->tunnel, &flow->tunnel)) {
        put_cloned_drop_action(ctx->xbridge->ofproto, ctx->odp_actions,
                               XLATE_TUNNEL_HEADER_BUILD_FAILED,
                               !is_last_action);
        return E2BIG;
    }

# Multicast: packets for a group leave by the device that is a member of it,
# not for a router.
@in tnl_route_lookup_flow guard if (!ovs_router_lookup(oflow->pkt_mark, &dst, out_dev, src, &gw)) {
    if (!ovl_mcast_route(oflow->pkt_mark, &dst, out_dev, src, &gw))

# Multicast: the address of a group gives its MAC address.
@in native_tunnel_output guard err = tnl_neigh_lookup(out_dev->xbridge->name, &d_ip6, &dmac, true);
    if (!ovl_mcast_get_mac(&d_ip6, &dmac))

# Statistics: compose_output_action__() has counted a frame of a tunnel.
@in patch_port_output guard netdev_vport_inc_tx(in_dev->netdev, ctx->xin->resubmit_stats);
        if (!in_dev->is_tunnel)

# Statistics: compose_output_action__() has counted a frame of a tunnel.
@in patch_port_output guard entry->dev.tx = netdev_ref(in_dev->netdev);
        if (!in_dev->is_tunnel)

# Multicast: other devices than the one that is a member of a group may get
# its packets, but do not take them.
@in terminate_native_tunnel guard *tnl_port = tnl_port_map_lookup(flow, wc);
        if (ovl_mcast_may_terminate(netdev_get_name(xport->netdev), flow, wc))

# Forwarding databases: learn the remote endpoint behind which the source is.
@in xlate_normal before /* Determine output bundle. */
    ovl_xlate_fdb_learn(ctx->xin, in_port ? in_port->netdev : NULL,
                        ctx->xbridge->ml, vlan);

# Forwarding databases: an entry that is not learned tells the port.
@in xlate_normal before if (mac_port) {
        const struct xport *fixed = get_ofp_port(
            ctx->xbridge, ovl_fdb_find_static(ctx->xbridge->ofproto,
                                              flow->dl_dst, vlan,
                                              mac_port != NULL));
        if (fixed && fixed->xbundle
            && xbundle_includes_vlan(fixed->xbundle, &xvlan)) {
            mac_port = fixed->xbundle->ofbundle;
        }

# Forwarding databases: a frame to each remote endpoint.
@in output_normal before compose_output_action(ctx, xport->ofp_port, use_recirc ? &xr : NULL,
    struct ovl_fdb_output out;
    ovl_fdb_output_start(&out, xport->netdev, &ctx->xin->flow,
                         xvlan->v[0].vid);
    while (ovl_fdb_output_next(&out, &ctx->xin->flow)) {
        compose_output_action(ctx, xport->ofp_port, NULL, is_last_action
                              && ovl_fdb_output_is_last(&out), false);
    }

# Forwarding databases: instead of one frame.
@in output_normal guard compose_output_action(ctx, xport->ofp_port, use_recirc ? &xr : NULL,
    if (!out.has_fdb)

# Geneve options: the port decides how to handle unknown options.
@in xlate_actions before err = tun_metadata_from_geneve_udpif(tun_tab, &xin->upcall_flow->tunnel,
        const struct xport *rx = get_ofp_port(xbridge, flow->in_port.ofp_port);

        if (!ovl_xlate_geneve_receive(xin, rx ? rx->netdev : NULL, tun_tab)) {
            ctx.error = XLATE_INVALID_TUNNEL_METADATA;
            goto exit;
        }

# Geneve options: the datapath flow is for packets whose options have the
# same headers.
@in xlate_actions before if (xin->upcall_flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
    ovl_geneve_match_headers(&xin->upcall_flow->tunnel, ctx.wc);

# Geneve options: the datapath flow is for packets whose options have the
# same headers, even if it drops them.
@in xlate_actions after exit:
    if (ctx.error) {
        ovl_geneve_match_dropped(&xin->upcall_flow->tunnel, &flow->tunnel,
                                 ctx.wc);
    }

# Tunnel fields: complete the wildcards, which may have to match on the
# absence of Geneve options.
@in xlate_actions before xlate_wc_finish(&ctx);
    ovl_fields_finish(xin->upcall_flow, in_port ? in_port->netdev : NULL,
                      ctx.wc);

# Geneve options: mark them before actions may change them.
@in xlate_actions before if (flow->packet_type != htonl(PT_ETH) && in_port &&
    if (!xin->frozen_state) {
        ovl_geneve_start(in_port ? in_port->netdev : NULL,
                         &xin->upcall_flow->tunnel, &flow->tunnel);
    }

# Geneve options: record which of them actions write.
@in do_xlate_actions before mf_set_flow_value_masked(mf, set_field->value,
                ovl_geneve_written(mf, is_all_ones(
                                       ofpact_set_field_mask(set_field),
                                       mf->n_bytes), flow, wc);

# Geneve options: only Geneve ports may send packets with an unknown
# critical option.
@in check_output_prerequisites before if (xport->pt_mode == NETDEV_PT_LEGACY_L2 &&
    const struct xport *rx = get_ofp_port(ctx->xbridge,
                                          ctx->base_flow.in_port.ofp_port);
    if (ovl_xlate_geneve_withholds(ctx->xin, rx ? rx->netdev : NULL,
                                   xport->netdev)) {
        xlate_report(ctx, OFT_WARN, "unknown critical Geneve option");
        return false;
    }

# Geneve options: the header has the values of one packet, so match on
# them.
@in compose_output_action__ before dst = flow_tnl_dst(&flow->tunnel);
        ovl_geneve_output(xport->netdev, &flow->tunnel, wc,
                          ovs_native_tunneling_is_on(ctx->xbridge->ofproto));

# Geneve options: each packet has its own when translation continues.
@in xlate_controller_action after frozen_metadata_from_flow(&state.metadata, &ctx->xin->flow);
    ovl_geneve_freeze(&ctx->xin->upcall_flow->tunnel, &ctx->xin->flow.tunnel,
                      &state.metadata.tunnel, ctx->wc);

# Geneve options: each packet has its own when translation continues.
@in finish_freezing__ after frozen_metadata_from_flow(&state.metadata, &ctx->xin->flow);
    ovl_geneve_freeze(&ctx->xin->upcall_flow->tunnel, &ctx->xin->flow.tunnel,
                      &state.metadata.tunnel, ctx->wc);

# Geneve OAM: control packets do not go to tenants.
@in struct xlate_ctx after struct xlate_out *xout;
    struct ovl_xlate_oam oam;

# Geneve OAM: the translation of a packet begins.
@in xlate_actions before if (in_port && !in_port->peer) {
    ovl_xlate_oam_init(&ctx.oam, xin, in_port ? in_port->netdev : NULL);

# Geneve OAM: the translation of the first rule begins.
@in xlate_actions before if (!xin->frozen_state && in_port && in_port->is_tunnel) {
    ovl_xlate_oam_enter(&ctx.oam, ctx.rule);

# Geneve OAM: the translation of another rule begins.
@in xlate_recursively after ctx->rule = rule;
    ovl_xlate_oam_enter(&ctx->oam, rule);

# Geneve OAM: the translation of a rule ends.
@in xlate_recursively before ctx->rule = old_rule;
    ovl_xlate_oam_leave(&ctx->oam, rule);

# Geneve OAM: refuse output to a tenant.
@in compose_output_action__ before if (flow->packet_type == htonl(PT_ETH)) {
    if (ovl_xlate_oam_refuses(&ctx->oam, ctx->xin, wc,
                              !xport->is_tunnel && !xport->peer
                              && !(xport->xbundle
                                   && xbundle_mirror_out(ctx->xbridge,
                                                         xport->xbundle)))) {
        xlate_report(ctx, OFT_WARN, "no flow asks for OAM packets");
        return;
    }

# Geneve OAM: NORMAL does not forward control packets.
@in xlate_normal first
    if (ovl_xlate_oam_refuses_normal(&ctx->oam, ctx->xin, ctx->wc)) {
        xlate_report(ctx, OFT_WARN, "NORMAL does not forward OAM packets");
        return;
    }

# Geneve OAM: with a tunnel header, the packet is one of the underlay.
@in native_tunnel_output before patch_port_output(ctx, xport, out_dev, is_last_action);
        ctx->oam.n_pushed++;

# Geneve OAM: the translation of the underlay's packet ends.
@in native_tunnel_output after patch_port_output(ctx, xport, out_dev, is_last_action);
        ctx->oam.n_pushed--;

# Neighbors: a port may have several addresses, of either family.
@in is_neighbor_reply_correct after ret = is_neighbor_reply_matched(flow, ip_addr);
                ret = ovl_neigh_is_reply_to(flow, ip_addr, n_in6);

# Neighbors: a host that takes over an address announces it, and may do so
# again before the datapath flow of the last announcement has expired.
@in terminate_native_tunnel before /* If no tunnel port was found and it's about an ARP or ICMPv6 packet,
        if (*tnl_port == ODPP_NONE
            && ovl_neigh_hear(flow, wc, ctx->xbridge->name,
                              check_neighbor_reply(ctx, flow),
                              ctx->xin->allow_side_effects,
                              &ctx->xout->slow)) {
            return false;
        }

# Mirrors: a mirror sends the packet after this output, and so does
# in-band control.
@in compose_output_action__ before native_tunnel_output(ctx, xport, flow, odp_port, truncate,
            if (mbridge_has_mirrors(ctx->xbridge->mbridge)
                || ctx->xbridge->has_in_band) {
                is_last_action = false;
            }

# ECN: outer ECT(1) changes inner ECT(0) into ECT(1).
@in xlate_actions before bool ecn_drop = !tnl_process_ecn(flow);
        if (!xin->frozen_state) {
            ovl_xlate_receive_ecn(flow, ctx.wc);
        }

# The switch's own packets: some types need a key other than 0.
@in xlate_send_packet before ofpact_put_OUTPUT(&ofpacts)->port = xport->ofp_port;
    ovl_xlate_put_own_key(&ofpacts, xport->netdev);

# Accounts: bytes that tunnel headers add to a packet.
@in struct xlate_ctx after struct xlate_out *xout;
    int pushed;                 /* See ovl_account_pushed(). */

# Accounts: with a tunnel header, the packet is one of the underlay.
@in native_tunnel_output before tnl_push_data.out_port = out_dev->odp_port;
    int pushed = ctx->pushed;
    ctx->pushed = ovl_account_pushed(pushed, flow, &tnl_push_data);

# Accounts, live traces: a frame is sent if the underlay has an output for it.
@in native_tunnel_output before /* Restore sFlow data. */
    ctx->pushed = pushed;
    if (ctx->odp_actions->size >= push_action_size) {
        ovl_xlate_sent(ctx->xout, ctx->xin, xport->netdev, pushed);
    }

# Accounts, live traces: a frame is sent by the kernel, unless recirculation
# comes first.
@in compose_output_action__ before commit_odp_tunnel_action(flow, &ctx->base_flow,
            if (!xr) {
                ovl_xlate_sent(ctx->xout, ctx->xin, xport->netdev,
                               ctx->pushed);
            }

# Accounts: STP discards the actions that follow.
@in patch_port_output after mirror_mask_t old_mirrors2 = ctx->mirrors;
            size_t n_accounts = ctx->xout->accounts.n;

# Accounts: STP discards the actions.
@in patch_port_output before ctx->odp_actions->size = old_size;
            ovl_account_list_truncate(&ctx->xout->accounts, n_accounts);

# Accounts: an action that marks an edge.
@in xlate_sample_action first
    if (ovl_account_is_edge(ctx->xbridge->name, os->collector_set_id)) {
        ovl_account_edge(ctx->xout, ctx->xin, ctx->xbridge->name,
                         os->collector_set_id,
                         ofpact_sample_get_domain(ctx, os),
                         ofpact_sample_get_point(ctx, os), ctx->pushed);
        return;
    }

# Accounts: frames received, and the packet of this translation.
@in xlate_actions after exit:
    const struct xport *rx_port
        = get_ofp_port(xbridge, ctx.base_flow.in_port.ofp_port);
    ovl_account_translated(xout, xin, rx_port && rx_port->is_tunnel
                           ? rx_port->netdev : NULL, ctx.error,
                           ctx.nf_output_iface != NF_OUT_DROP);

# Accounts: free the list.
@in xlate_out_uninit after recirc_refs_unref(&xout->recircs);
        ovl_account_list_clear(&xout->accounts);

# Live traces: the session that the packets belong to.
@in struct xlate_ctx after struct xlate_out *xout;
    struct ovl_live live;

# Live traces: copy the packets of a session.
@in xlate_actions before size_t sample_actions_len = ctx.odp_actions->size;
        if (in_port && (xin->live || ovl_live_is_on())) {
            ovl_live_compose(&ctx.live, xin, xout, ctx.wc, ctx.odp_actions,
                             xbridge->dpif, in_port->netdev,
                             in_port->ofp_port, in_port->odp_port);
        }

# Live traces: copy packets that an error drops.
@in xlate_actions before put_drop_action(ctx.xbridge->ofproto, xin->odp_actions, ctx.error);
            if (rx_port && (xin->live || ovl_live_is_on())) {
                ovl_live_compose(&ctx.live, xin, xout, ctx.wc,
                                 xin->odp_actions, xbridge->dpif,
                                 rx_port->netdev, rx_port->ofp_port,
                                 rx_port->odp_port);
            }

# Live traces: the copy tells what the datapath does.
@in xlate_actions before xlate_wc_finish(&ctx);
    ovl_live_finish(&ctx.live, xin, ctx.odp_actions);

# Live traces: the packets still belong to it when translation continues.
@in finish_freezing__ after frozen_metadata_from_flow(&state.metadata, &ctx->xin->flow);
    state.metadata.live = ctx->live.session;

# Live traces: no copy, by default.
@in xlate_in_init after xin->recirc_queue = NULL;
    xin->live = NULL;

# TTL replies: before an action for a controller changes the packet.
@in compose_dec_ttl before for (i = 0; i < ids->n_controllers; i++) {
        char *from = (ctx->oam.n_pushed ? NULL
                      : ovl_ttl_reply_compose(
                          ctx->xbridge->ofproto, ctx->xin, ctx->xout,
                          ctx->wc, &ctx->base_flow,
                          ofp_port_to_odp_port(ctx->xbridge,
                                               flow->in_port.ofp_port),
                          ctx->odp_actions));
        if (from) {
            xlate_report(ctx, OFT_DETAIL, "time exceeded, from %s", from);
            free(from);
        }
