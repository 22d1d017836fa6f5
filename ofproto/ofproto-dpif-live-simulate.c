/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-live-simulate.h"

#include <string.h>

#include "dp-packet.h"
#include "dpif.h"
#include "flow.h"
#include "netdev.h"
#include "odp-util.h"
#include "ofproto-dpif-live.h"
#include "ofproto-dpif-trace.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "ofproto-provider.h"
#include "openvswitch/json.h"
#include "openvswitch/list.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "random.h"
#include "simap.h"
#include "util.h"

/* Bytes of payload of a packet. */
#define SIMULATE_PAYLOAD 56

/* Maximum number of reports: flows may recirculate a packet without end. */
#define SIMULATE_MAX_REPORTS 32

/* Finds the tunnel port, of 'type' unless that is null, that receives packets
 * with 'flow'.  Stores its OpenFlow number in 'flow', and returns its bridge.
 * Returns NULL if there is none. */
static struct ofproto_dpif *
find_tunnel(const char *type, struct flow *flow)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        const struct dpif_backer *backer = node->data;
        const struct simap_node *tunnel;

        SIMAP_FOR_EACH (tunnel, &backer->tnl_backers) {
            const char *its = netdev_get_type_from_name(tunnel->name);
            struct ofproto_dpif *ofproto;
            ofp_port_t in_port;

            if (type && (!its || strcmp(its, type))) {
                continue;
            }
            flow->in_port.odp_port = u32_to_odp(tunnel->data);
            if (!xlate_lookup(backer, flow, &ofproto, NULL, NULL, NULL,
                              &in_port, NULL)) {
                flow->in_port.ofp_port = in_port;
                return ofproto;
            }
        }
    }
    return NULL;
}

/* Returns a report of what 'ofproto' does with 'packet', with 'flow', that
 * enters by 'in_port'.  The other arguments are those of ovl_live_report(). */
static struct json *
make_report(struct ofproto_dpif *ofproto, ofp_port_t in_port,
            const struct dp_packet *packet, const struct flow *flow,
            struct ofpbuf *actions, struct ovs_list *recircs)
{
    struct json *report = ovl_live_report(ofproto, in_port, packet, flow, NULL,
                                          actions, recircs);

    json_object_put(report, "packet", json_integer_create(1));
    return report;
}

/* Appends to 'reports' what 'ofproto' does with a packet of 'flow', which
 * enters by the port in it. */
static void
simulate(struct ofproto_dpif *ofproto, const struct flow *flow,
         struct json *reports)
{
    struct ovs_list recircs = OVS_LIST_INITIALIZER(&recircs);
    ofp_port_t in_port = flow->in_port.ofp_port;
    struct oftrace_recirc_node *node;
    struct dp_packet packet;
    struct ofpbuf actions;

    ofpbuf_init(&actions, 0);
    dp_packet_init(&packet, 0);
    flow_compose(&packet, flow, NULL, SIMULATE_PAYLOAD, false);
    json_array_add(reports, make_report(ofproto, in_port, &packet, flow,
                                        &actions, &recircs));
    dp_packet_uninit(&packet);

    LIST_FOR_EACH_POP (node, node, &recircs) {
        node->flow.recirc_id = node->recirc_id;
        if (node->type == OFT_RECIRC_CONNTRACK) {
            node->flow.ct_state = CS_TRACKED | CS_NEW;
        }
        if (json_array_size(reports) < SIMULATE_MAX_REPORTS) {
            ofpbuf_clear(&actions);
            json_array_add(reports, make_report(ofproto, in_port, node->packet,
                                                &node->flow, &actions,
                                                &recircs));
        }
        ovl_live_free_recirc(node);
    }
    ofpbuf_uninit(&actions);
}

/* Finds 'bridge', and parses the fields of a packet in 'flow_text'; others are
 * 0.  Returns an error message, which the caller must free, or NULL.  Stores
 * NULL in '*ofproto' if 'bridge' is "-". */
static char *
parse(const char *bridge, const char *flow_text, struct ofproto_dpif **ofproto,
      struct flow *flow)
{
    struct match match;
    char *error;

    *ofproto = ofproto_dpif_lookup_by_name(bridge);
    if (!*ofproto && strcmp(bridge, "-")) {
        return xasprintf("%s: no such bridge", bridge);
    }
    error = ovl_live_parse_match(*ofproto, flow_text, &match);
    if (!error) {
        *flow = match.flow;
        flow->recirc_id = 0;
    }
    return error;
}

/* Parses 'flow_text' and simulates a packet with these fields that enters
 * 'bridge', or if that is "-", whichever bridge has the tunnel port, of 'type'
 * unless that is null, that receives it.  Stores a JSON array with one
 * session, which has the reports, in '*sessions'.  Returns an error message,
 * which the caller must free, or NULL. */
char *
ovl_live_simulate(const char *bridge, const char *flow_text, const char *type,
                  struct json **sessions)
{
    struct json *session, *reports;
    struct ofproto_dpif *ofproto;
    struct flow flow;
    char *error = parse(bridge, flow_text, &ofproto, &flow);

    if (error) {
        return error;
    } else if (!ofproto) {
        ofproto = find_tunnel(type, &flow);
        if (!ofproto) {
            return xasprintf("no interface%s%s receives such a packet",
                             type ? " of type " : "", type ? type : "");
        }
    }

    reports = json_array_create_empty();
    simulate(ofproto, &flow, reports);
    ovl_live_name_outputs(reports);
    session = json_object_create();
    json_object_put_string(session, "bridge", ofproto->up.name);
    json_object_put_string(session, "match", flow_text);
    json_object_put(session, "reports", reports);
    *sessions = json_array_create_1(session);
    return NULL;
}

/* Returns an error message, which the caller must free, if a packet with
 * 'report' does not leave by Geneve tunnels only, with the O bit, otherwise
 * NULL. */
static char *
check_report(const struct json *report)
{
    const struct shash *members = json_object(report);
    const struct json *outputs = shash_find_data(members, "outputs");
    const struct json *tunnels = shash_find_data(members, "tunnels");

    for (size_t i = 0; i < json_array_size(tunnels); i++) {
        const struct shash *tunnel = json_object(json_array_at(tunnels, i));
        const char *type = json_string(shash_find_data(tunnel, "type"));
        const char *port = json_string(shash_find_data(tunnel, "port"));

        if (strcmp(type, "geneve")) {
            return xasprintf("the packet would leave by %s, of type %s: only "
                             "Geneve has a bit that keeps it from tenants",
                             port, type);
        } else if (!json_boolean(shash_find_data(tunnel, "oam"))) {
            return xasprintf("the packet would leave by %s without the bit "
                             "that keeps it from tenants, for example because "
                             "it passes a patch port", port);
        }
    }
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        const struct shash *output = json_object(json_array_at(outputs, i));
        const struct json *port = shash_find_data(output, "output");

        if (port && port->type == JSON_STRING) {
            return xasprintf("the packet would reach port %s of this host",
                             json_string(port));
        } else if (shash_find(output, "recirc")) {
            return xstrdup("the packet would be recirculated, for example by "
                           "connection tracking: what then becomes of it is "
                           "not known before");
        } else if (!shash_find(output, "underlay")
                   && !shash_find(output, "meter")) {
            return xstrdup("the packet would not only leave by tunnels");
        }
    }
    return (json_array_size(tunnels)
            ? NULL : xstrdup("the packet would leave by no tunnel"));
}

/* Returns true if check_report() knows all that datapath 'actions', of 'len'
 * bytes, do to more than the packet. */
static bool
are_known(const struct nlattr *actions, size_t len)
{
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, len) {
        switch (nl_attr_type(a)) {
        case OVS_ACTION_ATTR_HASH:
        case OVS_ACTION_ATTR_METER:
        case OVS_ACTION_ATTR_OUTPUT:
        case OVS_ACTION_ATTR_POP_VLAN:
        case OVS_ACTION_ATTR_PUSH_VLAN:
        case OVS_ACTION_ATTR_SAMPLE:
        case OVS_ACTION_ATTR_SET:
        case OVS_ACTION_ATTR_SET_MASKED:
        case OVS_ACTION_ATTR_TRUNC:
        case OVS_ACTION_ATTR_TUNNEL_PUSH:
        case OVS_ACTION_ATTR_USERSPACE:
            break;

        case OVS_ACTION_ATTR_CLONE:
            if (!are_known(nl_attr_get(a), nl_attr_get_size(a))) {
                return false;
            }
            break;

        default:
            return false;
        }
    }
    return true;
}

/* Sends 'packet', with 'flow', which enters 'ofproto' by the port in it, by
 * datapath 'actions'.  Returns an error message, which the caller must free,
 * or NULL. */
static char *
execute(const struct ofproto_dpif *ofproto, const struct flow *flow,
        struct dp_packet *packet, const struct ofpbuf *actions)
{
    const struct ofport *port = ofproto_get_port(&ofproto->up,
                                                 flow->in_port.ofp_port);
    struct dpif_execute op = {
        .actions = actions->data,
        .actions_len = actions->size,
        .packet = packet,
        .flow = flow,
        .needs_help = true,
    };
    struct dpif_port dpif_port;
    int error;

    if (!port || dpif_port_query_by_name(ofproto->backer->dpif,
                                         netdev_get_name(port->netdev),
                                         &dpif_port)) {
        return xstrdup("in_port is not a port of the datapath");
    }
    pkt_metadata_from_flow(&packet->md, flow);
    packet->md.in_port.odp_port = dpif_port.port_no;
    dpif_port_destroy(&dpif_port);
    error = dpif_execute(ofproto->backer->dpif, &op);
    return (error ? xasprintf("the datapath does not send the packet: %s",
                              ovs_strerror(error)) : NULL);
}

/* Parses 'flow_text' and sends a packet with these fields as if it had entered
 * 'bridge', with the O bit of Geneve, by the actions that the tables yield.
 * Returns an error message, which the caller must free, if it would reach
 * other ports than Geneve tunnels, otherwise NULL. */
char *
ovl_live_inject(const char *bridge, const char *flow_text)
{
    struct ovs_list recircs = OVS_LIST_INITIALIZER(&recircs);
    struct json *reports = json_array_create_empty();
    struct oftrace_recirc_node *node;
    struct ofproto_dpif *ofproto;
    uint8_t payload[SIMULATE_PAYLOAD];
    struct dp_packet packet;
    struct ofpbuf actions;
    struct flow flow;
    char *error = parse(bridge, flow_text, &ofproto, &flow);

    if (error || !ofproto) {
        json_destroy(reports);
        return error ? error : xstrdup("the packet must enter a bridge");
    }
    flow.tunnel.flags |= FLOW_TNL_F_OAM;
    ofpbuf_init(&actions, 0);
    dp_packet_init(&packet, 0);
    dp_packet_reserve(&packet, 128);
    /* Each packet has a digest of its own. */
    random_bytes(payload, sizeof payload);
    flow_compose(&packet, &flow, payload, sizeof payload, false);
    json_array_add(reports, make_report(ofproto, flow.in_port.ofp_port,
                                        &packet, &flow, &actions, &recircs));
    ovl_live_name_outputs(reports);
    error = check_report(json_array_at(reports, 0));
    if (!error && !are_known(actions.data, actions.size)) {
        error = xstrdup("the packet would pass an action that is for packets "
                        "of tenants only");
    }
    if (!error) {
        error = execute(ofproto, &flow, &packet, &actions);
    }
    LIST_FOR_EACH_POP (node, node, &recircs) {
        ovl_live_free_recirc(node);
    }
    json_destroy(reports);
    dp_packet_uninit(&packet);
    ofpbuf_uninit(&actions);
    return error;
}
