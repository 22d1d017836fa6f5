@include "ofproto-dpif-overlay.h"

# Packets without a port: the datapath ports at which they arrive.
# Demultiplexing: record the datapath port, to correct the map when one is
# deleted.
@in tnl_port_add__ before return true;
    ovl_no_port_add(odp_port, native_tnl, name, netdev);
    if (native_tnl) {
        ovl_demux_insert(netdev, odp_port, name);
    }

# Demultiplexing: correct the map.  A port of a kernel datapath is not in
# it, but a userspace port with the same number may be.
@in tnl_port_del__ replace tnl_port_map_delete(odp_port, netdev_get_type(tnl_port->netdev));
        ovl_demux_delete(tnl_port->netdev, odp_port);

# Multicast: a port with options:local_ip may have groups, too.
@in tnl_find after match.ipv6_src = flow_tnl_dst(&flow->tunnel);
                        if (ip_dst_flow) {
                            ovl_mcast_get_local(flow, in_key_flow,
                                                &match.ipv6_src);
                        }

# Forwarding databases: only packets of remote endpoints that are allowed.
# Multicast: only packets from other hosts.
@in tnl_port_receive after tnl_port = tnl_find(flow);
    if (tnl_port && !ovl_fdb_accepts(tnl_port->netdev, flow)) {
        tnl_port = NULL;
    }

# Forwarding databases: the remote endpoint may be a group.
@in tnl_port_send before if (!cfg->ip_dst_flow) {
    ovl_fdb_set_group(cfg, flow);

# Tunnel fields: at first, no action has written tun_tp_src.
@in tnl_wc_init first
    ovl_fields_start(flow);

# Tunnel fields: actions may have written tun_tp_src.
@in tnl_port_send guard flow->tunnel.tp_src = 0; /* Do not carry from a previous tunnel. */
    if (!ovl_fields_take_tp_src(flow, wc))

# Active OAM: answers keep their source address.
@in tnl_port_send guard if (!cfg->ip_src_flow) {
    if (!ovl_oam_keeps_source(flow))

# Active OAM: test packets keep their key, which no port has.
@in tnl_port_send guard if (!cfg->out_key_flow) {
    if (!ovl_oam_is_own(flow))

# Active OAM: flows must not send with its key.
@in tnl_port_send before if (cfg->csum == NETDEV_TNL_CSUM_ENABLED ||
    if (!ovl_oam_may_send(flow)) {
        free(pre_flow_str);
        out_port = ODPP_NONE;
        goto out;
    }

# ECN: copy CE, too, to the outer header.
@in tnl_port_send before flow->tunnel.flags &= ~(FLOW_TNL_F_MASK & ~FLOW_TNL_PUB_F_MASK);
    ovl_xlate_send_ecn(flow);

# Packets without a port, accounts, live traces, active OAM, forwarding
# databases: the commands that show them.
@in ofproto_tunnel_init before fat_rwlock_init(&rwlock);
        ovl_no_port_init();
        ovl_account_show_init();
        ovl_live_show_init();
        ovl_stamp_show_init();
        ovl_fdb_init();
