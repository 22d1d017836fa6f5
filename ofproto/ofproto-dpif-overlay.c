/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-overlay.h"

#include <errno.h>

#include "dpif-netdev.h"
#include "flow.h"
#include "odp-util.h"
#include "ofproto-dpif-meter.h"
#include "ofproto-dpif-xlate-cache.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "overlay/no-port.h"
#include "overlay/port-io.h"
#include "overlay/xlate.h"
#include "packets.h"
#include "simap.h"
#include "tunnel.h"

/* ECN, by RFC 6040.  Upstream implements drop and CE of section 4.2. */

/* Implements the rest of section 4.2 for 'flow', which may be from a tunnel:
 * outer ECT(1) changes inner ECT(0) into ECT(1).  Unwildcards in 'wc' the
 * fields on which this depends. */
void
ovl_xlate_receive_ecn(struct flow *flow, struct flow_wildcards *wc)
{
    if (tnl_port_should_receive(flow) && is_ip_any(flow)
        && (flow->tunnel.ip_tos & IP_ECN_MASK) == IP_ECN_ECT_1) {
        wc->masks.nw_tos |= IP_ECN_MASK;
        if ((flow->nw_tos & IP_ECN_MASK) == IP_ECN_ECT_0) {
            flow->nw_tos ^= IP_ECN_ECT_0 | IP_ECN_ECT_1;
        }
    }
}

/* Copies the ECN field of 'flow', which is output to a tunnel, to the outer
 * header (section 4.1, normal mode).  Upstream sets ECT(0) instead of CE. */
void
ovl_xlate_send_ecn(struct flow *flow)
{
    flow->tunnel.ip_tos &= IP_DSCP_MASK;
    if (is_ip_any(flow)) {
        flow->tunnel.ip_tos |= flow->nw_tos & IP_ECN_MASK;
    }
}

/* Adds to 'ofpacts', which send a packet of the switch itself (BFD, CFM, LACP,
 * LLDP, STP) to 'netdev', actions that set the tunnel key, if 'netdev' needs
 * one, and OVL_FLOW_F_OWN, which OpenFlow cannot set. */
void
ovl_xlate_put_own_key(struct ofpbuf *ofpacts, const struct netdev *netdev)
{
    ovs_be64 key = htonll(ovl_get_own_key(netdev));

    if (key) {
        const ovs_be16 own = htons(OVL_FLOW_F_OWN);

        ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_ID), &key, NULL);
        ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_FLAGS), &own, &own);
    }
}

/* Adds to 'ofpacts' actions that set the outer addresses of a packet, which
 * must be of the same family: 'src', unless it is all zeros, and 'dst', also
 * for a port that sends to a group otherwise.  IPv4 is mapped. */
void
ovl_put_tunnel_addresses(struct ofpbuf *ofpacts, const struct in6_addr *src,
                         const struct in6_addr *dst)
{
    bool ipv4 = IN6_IS_ADDR_V4MAPPED(dst);
    ovs_be32 src4 = in6_addr_get_mapped_ipv4(src);
    ovs_be32 dst4 = in6_addr_get_mapped_ipv4(dst);

    const ovs_be16 remote = htons(OVL_FLOW_F_REMOTE);

    ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_FLAGS), &remote, &remote);
    if (ipv6_addr_is_set(src)) {
        ofpact_put_set_field(ofpacts, mf_from_id(ipv4 ? MFF_TUN_SRC
                                                 : MFF_TUN_IPV6_SRC),
                             ipv4 ? (const void *) &src4 : src, NULL);
    }
    ofpact_put_set_field(ofpacts, mf_from_id(ipv4 ? MFF_TUN_DST
                                             : MFF_TUN_IPV6_DST),
                         ipv4 ? (const void *) &dst4 : dst, NULL);
}

/* Counts 'n' packets of 'flow', from 'dpif', if they are from a tunnel and
 * 'error', from xlate_lookup(), means that there is no port for them. */
void
ovl_xlate_no_port(int error, const struct dpif *dpif, const struct flow *flow,
                  uint64_t n)
{
    if (error == ENODEV && !flow->recirc_id && tnl_port_should_receive(flow)) {
        ovl_no_port_count(flow->in_port.odp_port, dpif_is_netdev(dpif),
                          &flow->tunnel, n);
    }
}

/* Counts the 'n' packets of a datapath flow without actions, just deleted from
 * 'backer', whose key is the 'key_len' bytes 'key', if there is no port for
 * them.  Returns true if no OpenFlow flow must count them. */
bool
ovl_xlate_flow_deleted(const struct dpif_backer *backer,
                       const struct nlattr *key, size_t key_len, uint64_t n)
{
    struct ofproto_dpif *ofproto;
    ofp_port_t in_port;
    struct flow flow;

    if (ovl_stamp_flow_deleted(key, key_len, n)) {
        return true;
    }
    if (n && odp_flow_key_to_flow(key, key_len, &flow, NULL)
             != ODP_FIT_ERROR) {
        ovl_xlate_no_port(xlate_lookup(backer, &flow, &ofproto, NULL, NULL,
                                       NULL, &in_port, NULL),
                          backer->dpif, &flow, n);
    }
    return false;
}

/* Sets for the ports of 'ofproto' whether they may receive tunnel packets: if
 * there are tunnels and one of the ports has an address. */
static void
set_tunnels(const struct ofproto_dpif *ofproto)
{
    bool has_tunnels = (!simap_is_empty(&ofproto->backer->tnl_backers)
                        && ovl_port_device_among(&ofproto->up.port_by_name));
    const struct ofport *port;

    HMAP_FOR_EACH (port, hmap_node, &ofproto->up.ports) {
        ovl_port_set_tunnels(port->netdev, has_tunnels);
    }
}

/* The ports of 'ofproto', or their datapath ports, may have changed. */
void
ovl_ofproto_changed(struct ofproto_dpif *ofproto)
{
    set_tunnels(ofproto);
    ovl_fdb_update_bridge(ofproto);
    ovl_stamp_update_bridge(ofproto);
}

/* 'ofproto' is going away. */
void
ovl_ofproto_destroy(struct ofproto_dpif *ofproto)
{
    ovl_ttl_reply_destroy(ofproto);
    ovl_fdb_remove_bridge(ofproto);
    ovl_stamp_remove_bridge(ofproto);
}

/* Called often by the main thread. */
void
ovl_ofproto_run(void)
{
    ovl_account_ofproto_run();
    ovl_fdb_ofproto_run();
    ovl_live_run();
}

/* The packets that 'xin' is translating into 'xout' were sent to the tunnel
 * port 'netdev'.  'pushed' is what ovl_account_pushed() returned for the
 * tunnel header that they have already, or 0. */
void
ovl_xlate_sent(struct xlate_out *xout, const struct xlate_in *xin,
               const struct netdev *netdev, int pushed)
{
    if (!ovl_oam_is_own(&xin->flow)) {
        ovl_account_sent(xout, xin, netdev, pushed);
        ovl_live_sent(xin, netdev);
    }
}

/* The translation cache. */

/* The packets of 'stats' were forwarded by a datapath flow whose cache has
 * 'entry', one of ours. */
void
ovl_xcache_push(const struct xc_entry *entry,
                const struct dpif_flow_stats *stats)
{
    if (entry->type == XC_GENEVE) {
        ovl_geneve_count(entry->geneve.netdev, entry->geneve.rx,
                         stats->n_packets);
    } else {
        ovl_fdb_refresh(&entry->fdb, stats->used);
    }
}

/* Frees the members of 'entry', one of ours. */
void
ovl_xcache_clear(struct xc_entry *entry)
{
    if (entry->type == XC_GENEVE) {
        netdev_close(entry->geneve.netdev);
    } else {
        ovl_fdb_source_destroy(&entry->fdb);
    }
}

/* Copies of packets, and meters. */

/* Handles an upcall with 'cookie', 'packet' and 'flow' for 'ofproto'.  Returns
 * true if an action of this project asked for it. */
bool
ovl_upcall_receive(const struct user_action_cookie *cookie,
                   struct ofproto_dpif *ofproto,
                   const struct dp_packet *packet, const struct flow *flow)
{
    return (ovl_live_receive(cookie, ofproto, packet, flow)
            || ovl_ttl_reply_receive(cookie, ofproto, packet, flow));
}

/* 'backer' has been opened.  Its datapath has 'max_meters' meters. */
void
ovl_backer_opened(struct dpif_backer *backer, uint32_t max_meters)
{
    ovl_reserve_meters(backer, max_meters);
    if (ovl_has_meters(backer)) {
        ovl_live_init_meters(backer);
    }
}
