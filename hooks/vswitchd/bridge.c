@include "ofproto/ofproto-dpif-overlay.h"

# Classes: settings in other_config.
@in bridge_reconfigure before add_del_bridges(ovs_cfg);
    ovl_set_other_config(&ovs_cfg->other_config);
    ovl_account_set_other_config(&ovs_cfg->other_config);
    ovl_stamp_set_other_config(&ovs_cfg->other_config);

# Error messages: tell why a port cannot be added, and what to change.
@in iface_do_create before if (!VLOG_DROP_WARN(&rl)) {
        ovl_explain_add_error(netdev, br->type, error, errp);

# Error messages: tell that a type is unknown.
@in iface_do_create before error = netdev_open(iface_cfg->name, type, &netdev);
    error = ovl_check_type(iface_cfg->name, type, errp);
    if (error) {
        goto error;
    }

# Options: refuse those that the bridge's datapath does not support.
# Receive buffers: set the size.
@in iface_do_create before iface_set_netdev_mtu(iface_cfg, netdev);
    error = ovl_check_options(netdev, &iface_cfg->options, br->type, errp);
    if (error) {
        goto error;
    }
    ovl_port_configure(netdev, &iface_cfg->other_config);

# Options, Geneve with IP, kernel devices: a port that cannot stay as
# it is must be deleted and added again.  Receive buffers: set the size.
@in bridge_delete_or_reconfigure_ports before iface_set_netdev_mtu(iface->cfg, iface->netdev);
        if (!ovl_can_stay(iface->netdev, &iface->cfg->options, br->type)) {
            goto delete;
        }
        ovl_port_configure(iface->netdev, &iface->cfg->other_config);

# Accounts: the column that says which collector sets count.
@in bridge_init after ovsdb_idl_omit(idl, &ovsrec_flow_sample_collector_set_col_external_ids);
    ovl_account_monitor(idl);

# Accounts: the collector sets that count.  TTL replies: the registers that
# have the addresses of routers.
@in bridge_configure_mac_table first
    ovl_account_set_edges(idl, br->cfg);
    ovl_ttl_reply_configure(br->ofproto, &br->cfg->other_config);

# Multicast: the error of a port ends without a change of its configuration.
@in iface_refresh_ofproto_status before current = ofproto_port_is_lacp_current(iface->port->bridge->ofproto,
    if (!error && iface->cfg->error) {
        ovsrec_interface_verify_error(iface->cfg);
        ovsrec_interface_set_error(iface->cfg, NULL);
    }

# Active OAM: the status of tunnel ports.  Number 0 is that of no change.
@in iface_refresh_netdev_status before if (iface->change_seq == netdev_get_change_seq(iface->netdev)
    if (ovl_stamp_status_changed(iface->netdev)) {
        iface->change_seq = 0;
    }

# Active OAM: the status of tunnel ports.
@in iface_refresh_netdev_status before ovsrec_interface_set_status(iface->cfg, &smap);
        ovl_stamp_get_status(iface->netdev, &smap);
