/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-live.h"

#include <string.h>

#include "dp-packet.h"
#include "dpif-netdev.h"
#include "dpif.h"
#include "flow.h"
#include "hash.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "netlink.h"
#include "odp-util.h"
#include "ofproto-dpif-meter.h"
#include "ofproto-dpif-rid.h"
#include "ofproto-dpif-trace.h"
#include "ofproto-dpif-xlate-cache.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/token-bucket.h"
#include "overlay/copies.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "simap.h"
#include "timeval.h"
#include "util.h"

/* Collector set ID in the cookie of a copy.  OpenFlow allows this number for
 * sets of IPFIX as well, but none has the ID of a session as its observation
 * domain. */
#define LIVE_SET 0xfffff11e

/* Times in ms: after the last copy, in which more may come; the same while a
 * packet that continues after recirculation has no report of that; between the
 * end of a session and that of its meter, in which revalidation removes the
 * actions; and after the end, in which reports are kept. */
#define LIVE_SETTLE 500
#define LIVE_CONTINUE 3000
#define LIVE_METER 10000
#define LIVE_KEEP (10 * 60 * 1000)

/* Tokens of a copy, of which a meter gets its rate each ms. */
#define LIVE_TOKENS 1000

/* Reports of a session, of all parts of all of its packets. */
#define LIVE_MAX_REPORTS 500

/* Bytes of a packet's payload that its digest covers. */
#define LIVE_PAYLOAD 32

enum live_state {
    LIVE_ACTIVE,                /* Takes copies. */
    LIVE_DONE,                  /* Has all packets. */
    LIVE_TIMED_OUT,
    LIVE_NO_BRIDGE,             /* The bridge was deleted. */
    LIVE_STOPPED                /* By the user; waits for LIVE_METER. */
};

struct live_session {
    /* Immutable. */
    unsigned int id;
    char *bridge;
    char *match_text;
    struct uuid ofproto;        /* The bridge, or zeros for all. */
    struct match match;
    struct ovl_live_settings settings;
    size_t slot;                /* Index in 'sessions', and of the meter. */
    long long int deadline;     /* In ms. */

    /* Written by the main thread only. */
    atomic_bool active;         /* Is 'state' LIVE_ACTIVE? */
    enum live_state state;
    long long int ended;        /* When 'state' changed last, in ms. */

    struct ovs_mutex mutex;
    struct json *reports OVS_GUARDED;
    uint64_t *digests OVS_GUARDED; /* Of the packets that entered. */
    unsigned int n_packets OVS_GUARDED; /* Size of 'digests'. */
    unsigned int n_copies OVS_GUARDED;
    unsigned int n_continue OVS_GUARDED; /* Parts of packets to come. */
    long long int last_copy OVS_GUARDED; /* In ms. */

    /* The meter of the userspace datapath, as ovs-vswitchd knows it. */
    struct token_bucket tokens OVS_GUARDED;
    long long int pause OVS_GUARDED; /* When it ends, in ms, or 0 if none. */
};

/* Sessions.  Written by the main thread only. */
static OVSRCU_TYPE(struct live_session *) sessions[OVL_LIVE_MAX];

atomic_uint ovl_live_n_active = 0;

/* Changes when a session has its last packet. */
static struct seq *live_seq;

static struct live_session *
get_session(size_t slot)
{
    return ovsrcu_get(struct live_session *, &sessions[slot]);
}

static bool
is_active(const struct live_session *s)
{
    bool active;

    atomic_read_relaxed(&CONST_CAST(struct live_session *, s)->active,
                        &active);
    return active;
}

/* Returns the session with 'id', or NULL. */
static struct live_session *
find_session(unsigned int id)
{
    for (size_t i = 0; id && i < OVL_LIVE_MAX; i++) {
        struct live_session *s = get_session(i);

        if (s && s->id == id) {
            return s;
        }
    }
    return NULL;
}

/* Returns true if packets that enter 'ofproto' can belong to 's'. */
static bool
is_bridge(const struct live_session *s, const struct ofproto_dpif *ofproto)
{
    return (uuid_is_zero(&s->ofproto)
            || uuid_equals(&s->ofproto, &ofproto->uuid));
}

/* Translation. */

/* Makes 'wc' match on why 'flow' does not match 'match': on a bit in word
 * number 'word' of 'diff', the bits that differ.  That splits the datapath
 * flows for packets that do not match into as many as 'match' has bits, at
 * most.  Fields before the word are equal; some are prerequisites of those in
 * the word, so 'wc' matches on them, too. */
static void
match_difference(const struct match *match, size_t word, uint64_t diff,
                 struct flow_wildcards *wc)
{
    const uint64_t *mask = (const uint64_t *) &match->wc.masks;
    uint64_t *wildcards = (uint64_t *) &wc->masks;

    /* Datapath flows match on these members of tunnel packets anyway. */
    if (word < offsetof(struct flow, tunnel.flags) / sizeof diff) {
        return;
    }
    for (size_t i = 0; i < word; i++) {
        wildcards[i] |= mask[i];
    }
    wildcards[word] |= rightmost_1bit(diff);

    /* The type of ICMPv6 is a prerequisite of members before it. */
    if (word >= offsetof(struct flow, nd_target) / sizeof diff
        && word < offsetof(struct flow, tp_src) / sizeof diff) {
        wc->masks.tp_src |= match->wc.masks.tp_src;
        wc->masks.tp_dst |= match->wc.masks.tp_dst;
    }
}

/* Returns true if 'flow' matches 'match'.  Makes 'wc' match on what decides
 * that. */
static bool
matches(const struct match *match, const struct flow *flow,
        struct flow_wildcards *wc)
{
    const uint64_t *value = (const uint64_t *) &match->flow;
    const uint64_t *mask = (const uint64_t *) &match->wc.masks;
    const uint64_t *actual = (const uint64_t *) flow;
    uint64_t *wildcards = (uint64_t *) &wc->masks;
    size_t first = FLOW_U64S;
    uint64_t first_diff = 0;

    for (size_t i = 0; i < FLOW_U64S; i++) {
        uint64_t diff = (actual[i] ^ value[i]) & mask[i];

        if (diff & wildcards[i]) {
            return false;
        }
        if (diff && first == FLOW_U64S) {
            first = i;
            first_diff = diff;
        }
    }
    if (first < FLOW_U64S) {
        match_difference(match, first, first_diff, wc);
        return false;
    }
    for (size_t i = 0; i < FLOW_U64S; i++) {
        wildcards[i] |= mask[i];
    }
    return true;
}

/* Returns the active session to which packets belong that enter with the flow
 * of 'xin', or that continue after recirculation, or NULL.  Makes 'wc' match
 * on what decides that. */
static const struct live_session *
find_active(const struct xlate_in *xin, struct flow_wildcards *wc)
{
    for (size_t i = 0; i < OVL_LIVE_MAX; i++) {
        const struct live_session *s = get_session(i);

        if (s && is_active(s)
            && (xin->frozen_state
                ? xin->frozen_state->metadata.live == s->id
                : (is_bridge(s, xin->ofproto)
                   && matches(&s->match, &xin->flow, wc)))) {
            return s;
        }
    }
    return NULL;
}

/* Translation of 'xin' into 'xout' and 'odp_actions' begins.  The packets are
 * in 'dpif', and come from the port 'in_port', whose numbers are 'ofp_port'
 * and 'odp_port'.  If they belong to a session, adds an action that copies
 * them, and makes 'live' the state for the rest of translation. */
void
ovl_live_compose(struct ovl_live *live, const struct xlate_in *xin,
                 struct xlate_out *xout, struct flow_wildcards *wc,
                 struct ofpbuf *odp_actions, const struct dpif *dpif,
                 const struct netdev *in_port, ofp_port_t ofp_port,
                 odp_port_t odp_port)
{
    const struct live_session *s = find_active(xin, wc);
    struct user_action_cookie cookie;
    size_t sample, actions;

    if (xin->live) {
        xin->live->in_port = netdev_get_name(in_port);
    }
    live->session = 0;
    if (!s || !ovl_has_meters(xin->ofproto->backer)) {
        return;
    }
    live->session = s->id;

    memset(&cookie, 0, sizeof cookie);
    cookie.type = USER_ACTION_COOKIE_FLOW_SAMPLE;
    cookie.ofp_in_port = ofp_port;
    cookie.ofproto_uuid = xin->ofproto->uuid;
    cookie.flow_sample.collector_set_id = LIVE_SET;
    cookie.flow_sample.obs_domain_id = s->id;
    cookie.flow_sample.output_odp_port
        = u32_to_odp(xin->upcall_flow->recirc_id);

    /* The meter is in a "sample" so that it drops the copy only. */
    xout->last_observe_offset = odp_actions->size;
    sample = nl_msg_start_nested(odp_actions, OVS_ACTION_ATTR_SAMPLE);
    nl_msg_put_u32(odp_actions, OVS_SAMPLE_ATTR_PROBABILITY, UINT32_MAX);
    actions = nl_msg_start_nested(odp_actions, OVS_SAMPLE_ATTR_ACTIONS);
    nl_msg_put_u32(odp_actions, OVS_ACTION_ATTR_METER,
                   ovl_meter_id(xin->ofproto->backer, s->slot));
    odp_put_userspace_action(dpif_port_get_pid(dpif, odp_port), &cookie,
                             sizeof cookie, ODPP_NONE, false, odp_actions,
                             &live->cookie_offset);
    nl_msg_end_nested(odp_actions, actions);
    nl_msg_end_nested(odp_actions, sample);
    live->actions_offset = odp_actions->size;
}

/* Returns true if 'odp_actions' still has the action that copies: translation
 * removes all actions if a packet has too many MPLS labels. */
static bool
has_copy(const struct ovl_live *live, const struct ofpbuf *odp_actions)
{
    const struct user_action_cookie *cookie;

    if (odp_actions->size < live->actions_offset) {
        return false;
    }
    cookie = ofpbuf_at_assert(odp_actions, live->cookie_offset,
                              sizeof *cookie);
    return (cookie->type == USER_ACTION_COOKIE_FLOW_SAMPLE
            && cookie->flow_sample.collector_set_id == LIVE_SET
            && cookie->flow_sample.obs_domain_id == live->session);
}

/* Translation of 'xin' into 'odp_actions' ends.  Puts a hash of the actions
 * into the cookie of the action that copies, so that the translation of a copy
 * shows whether the datapath does the same. */
void
ovl_live_finish(const struct ovl_live *live, const struct xlate_in *xin,
                struct ofpbuf *odp_actions)
{
    struct user_action_cookie *cookie;
    uint32_t hash;

    if (!live->session || !has_copy(live, odp_actions)) {
        return;
    }
    hash = hash_bytes(ofpbuf_at_assert(odp_actions, live->actions_offset, 0),
                      odp_actions->size - live->actions_offset, 0);
    cookie = ofpbuf_at_assert(odp_actions, live->cookie_offset,
                              sizeof *cookie);
    cookie->flow_sample.obs_point_id = hash;
    if (xin->live) {
        xin->live->hash = hash;
    }
}

/* Appends to 's' a match on those fields of 'flow' that a network leaves as
 * they are, or the MAC addresses if it is not IP. */
static void
format_frame(const struct flow *flow, struct ds *s)
{
    struct match match;

    match_init_catchall(&match);
    match_set_dl_type(&match, flow->dl_type);
    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        match_set_nw_src(&match, flow->nw_src);
        match_set_nw_dst(&match, flow->nw_dst);
    } else if (flow->dl_type == htons(ETH_TYPE_IPV6)) {
        match_set_ipv6_src(&match, &flow->ipv6_src);
        match_set_ipv6_dst(&match, &flow->ipv6_dst);
    } else {
        match_set_dl_src(&match, flow->dl_src);
        match_set_dl_dst(&match, flow->dl_dst);
    }
    if (is_ip_any(flow)) {
        match_set_nw_proto(&match, flow->nw_proto);
        if ((flow->nw_proto == IPPROTO_TCP || flow->nw_proto == IPPROTO_UDP
             || flow->nw_proto == IPPROTO_SCTP)
            && !(flow->nw_frag & FLOW_NW_FRAG_LATER)) {
            match_set_tp_src(&match, flow->tp_src);
            match_set_tp_dst(&match, flow->tp_dst);
        }
    }
    match_format(&match, NULL, s, OFP_DEFAULT_PRIORITY);
}

/* Appends to 's' a match on all fields of the packet in 'flow' but TCP flags,
 * and not on its metadata. */
static void
format_packet(const struct flow *flow, struct ds *s)
{
    struct flow_wildcards wc;
    struct match match;

    flow_wildcards_init_for_packet(&wc, flow);
    memset(&wc.masks, 0, offsetof(struct flow, dl_dst));
    wc.masks.packet_type = OVS_BE32_MAX;
    wc.masks.ct_nw_src = wc.masks.ct_nw_dst = 0;
    memset(&wc.masks.ct_ipv6_src, 0, sizeof wc.masks.ct_ipv6_src);
    memset(&wc.masks.ct_ipv6_dst, 0, sizeof wc.masks.ct_ipv6_dst);
    wc.masks.ct_tp_src = wc.masks.ct_tp_dst = 0;
    wc.masks.tcp_flags = 0;
    match_init(&match, flow, &wc);
    match_format(&match, NULL, s, OFP_DEFAULT_PRIORITY);
}

/* Puts 'address' into 'object', unless it is not set. */
static void
put_address(struct json *object, const char *name,
            const struct in6_addr *address)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (ipv6_addr_is_set(address)) {
        ipv6_format_mapped(address, &s);
        json_object_put_string(object, name, ds_cstr(&s));
        ds_destroy(&s);
    }
}

/* The packets that 'xin' is translating were sent to the tunnel port
 * 'netdev'. */
void
ovl_live_sent(const struct xlate_in *xin, const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct flow_tnl *tnl = &xin->flow.tunnel;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct in6_addr address;
    struct json *object;

    if (!xin->live) {
        return;
    }
    object = json_object_create();
    json_object_put_string(object, "port", netdev_get_name(netdev));
    json_object_put_string(object, "type", netdev_get_type(netdev));
    if (tnl->flags & FLOW_TNL_F_KEY) {
        json_object_put_format(object, "key", "%"PRIu64,
                               ntohll(tnl->tun_id));
    }
    if (cfg && cfg->dst_port) {
        json_object_put(object, "dst_port",
                        json_integer_create(ntohs(cfg->dst_port)));
    }
    json_object_put(object, "oam",
                    json_boolean_create(tnl->flags & FLOW_TNL_F_OAM));
    address = flow_tnl_src(tnl);
    put_address(object, "local", &address);
    address = flow_tnl_dst(tnl);
    put_address(object, "remote", &address);
    format_frame(&xin->flow, &s);
    json_object_put_string(object, "frame", ds_cstr(&s));
    ds_clear(&s);
    format_packet(&xin->flow, &s);
    json_object_put_string(object, "flow", ds_cstr(&s));
    ds_destroy(&s);
    json_array_add(xin->live->tunnels, object);
}

/* Copies. */

/* Returns a hash of what networks leave as it is in 'packet', which has
 * 'flow'.  It is the same on all hosts. */
static uint64_t
make_digest(const struct dp_packet *packet, const struct flow *flow)
{
    const uint8_t *tail = dp_packet_tail(packet);
    const uint8_t *from = dp_packet_l4(packet);
    uint8_t data[64];
    ovs_u128 hash;
    size_t n = 0;

    memset(data, 0, sizeof data);
    if (is_ip_any(flow) && from) {
        data[n++] = flow->nw_proto;
        if (flow->dl_type == htons(ETH_TYPE_IP)) {
            const struct ip_header *ip = dp_packet_l3(packet);

            memcpy(data + n, &ip->ip_id, sizeof ip->ip_id);
            n += sizeof ip->ip_id;
            memcpy(data + n, &ip->ip_frag_off, sizeof ip->ip_frag_off);
            n += sizeof ip->ip_frag_off;
        }
        if (!(flow->nw_frag & FLOW_NW_FRAG_LATER)) {
            if (flow->nw_proto == IPPROTO_TCP
                && dp_packet_get_tcp_payload(packet)) {
                const struct tcp_header *tcp = dp_packet_l4(packet);

                memcpy(data + n, &tcp->tcp_seq, sizeof tcp->tcp_seq);
                n += sizeof tcp->tcp_seq;
                memcpy(data + n, &tcp->tcp_ack, sizeof tcp->tcp_ack);
                n += sizeof tcp->tcp_ack;
                from = dp_packet_get_tcp_payload(packet);
            } else if (flow->nw_proto == IPPROTO_UDP
                       && tail - from >= UDP_HEADER_LEN) {
                from += UDP_HEADER_LEN;
            }
        }
    } else {
        from = dp_packet_l3(packet);
    }
    if (from && from < tail) {
        memcpy(data + n, from, MIN(tail - from, LIVE_PAYLOAD));
    }
    hash_bytes128(data, sizeof data, 0, &hash);
    return hash.u64.lo;
}

/* Converts the nodes of 'trace' to JSON, and frees them. */
static struct json *
trace_to_json(struct ovs_list *trace)
{
    static const char *const types[] = {
        [OFT_BRIDGE] = "bridge", [OFT_TABLE] = "table",
        [OFT_BUCKET] = "bucket", [OFT_THAW] = "thaw",
        [OFT_ACTION] = "action", [OFT_DETAIL] = "detail",
        [OFT_WARN] = "warning", [OFT_ERROR] = "error",
    };
    struct json *array = json_array_create_empty();
    struct oftrace_node *node;

    LIST_FOR_EACH_POP (node, node, trace) {
        struct json *object = json_object_create();

        json_object_put_string(object, "type", types[node->type]);
        json_object_put(object, "text", json_string_create_nocopy(node->text));
        if (!ovs_list_is_empty(&node->subs)) {
            json_object_put(object, "nodes", trace_to_json(&node->subs));
        }
        json_array_add(array, object);
        free(node);
    }
    return array;
}

/* Adds an object with the member 'name' and its value 'number' to
 * 'outputs'. */
static void
add_output(struct json *outputs, const char *name, uint32_t number)
{
    struct json *object = json_object_create();

    json_object_put(object, name, json_integer_create(number));
    json_array_add(outputs, object);
}

/* Adds to 'outputs' where a "userspace" action with 'cookie' sends a
 * packet. */
static void
add_userspace(struct json *outputs, const struct user_action_cookie *cookie)
{
    if (cookie->type == USER_ACTION_COOKIE_CONTROLLER) {
        add_output(outputs, cookie->controller.reason == OFPR_INVALID_TTL
                   ? "ttl_expired" : "controller",
                   cookie->controller.controller_id);
    } else if (cookie->type == USER_ACTION_COOKIE_TTL) {
        add_output(outputs, "ttl_reply", cookie->ofp_in_port);
    }
}

/* Adds to 'outputs' where datapath 'actions', of 'len' bytes, send a packet.
 * If they are 'sampled', meters among them do not drop the packet.  Ports have
 * their numbers, because a thread that forwards packets must not wait for the
 * lock of the datapath's ports. */
static void
outputs_to_json(struct json *outputs, const struct nlattr *actions,
                size_t len, bool sampled)
{
    bool pushed = false;
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, len) {
        int type = nl_attr_type(a);
        const struct nlattr *nested;

        if (type == OVS_ACTION_ATTR_OUTPUT) {
            add_output(outputs, pushed ? "underlay" : "output",
                       nl_attr_get_u32(a));
        } else if (type == OVS_ACTION_ATTR_TUNNEL_PUSH) {
            pushed = true;
        } else if (type == OVS_ACTION_ATTR_LB_OUTPUT) {
            add_output(outputs, "bond", nl_attr_get_u32(a));
        } else if (type == OVS_ACTION_ATTR_TUNNEL_POP) {
            add_output(outputs, "tunnel_pop", nl_attr_get_u32(a));
        } else if (type == OVS_ACTION_ATTR_RECIRC) {
            add_output(outputs, "recirc", nl_attr_get_u32(a));
        } else if (type == OVS_ACTION_ATTR_METER && !sampled) {
            add_output(outputs, "meter", nl_attr_get_u32(a));
        } else if (type == OVS_ACTION_ATTR_USERSPACE) {
            nested = nl_attr_find_nested(a, OVS_USERSPACE_ATTR_USERDATA);
            if (nested) {
                add_userspace(outputs, nl_attr_get(nested));
            }
        } else if (type == OVS_ACTION_ATTR_SAMPLE) {
            nested = nl_attr_find_nested(a, OVS_SAMPLE_ATTR_ACTIONS);
            outputs_to_json(outputs, nl_attr_get(nested),
                            nl_attr_get_size(nested), true);
        } else if (type == OVS_ACTION_ATTR_CLONE) {
            outputs_to_json(outputs, nl_attr_get(a), nl_attr_get_size(a),
                            sampled);
        } else if (type == OVS_ACTION_ATTR_CHECK_PKT_LEN) {
            for (uint16_t branch
                     = OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_GREATER;
                 branch <= OVS_CHECK_PKT_LEN_ATTR_ACTIONS_IF_LESS_EQUAL;
                 branch++) {
                nested = nl_attr_find_nested(a, branch);
                if (nested) {
                    outputs_to_json(outputs, nl_attr_get(nested),
                                    nl_attr_get_size(nested), sampled);
                }
            }
        }
    }
}

/* Frees 'node', which is in no list. */
void
ovl_live_free_recirc(struct oftrace_recirc_node *node)
{
    dp_packet_delete(node->packet);
    free(node->nat_act);
    recirc_free_id(node->recirc_id);
    free(node);
}

/* Returns a report of what 'ofproto' does with 'packet', with 'flow', from
 * 'in_port'.  If the datapath has made the copy, 'hash' points to the hash of
 * the actions there.  Appends the datapath actions to 'actions', and to
 * 'recircs' a struct oftrace_recirc_node for each time that the packet
 * recirculates. */
struct json *
ovl_live_report(struct ofproto_dpif *ofproto, ofp_port_t in_port,
                const struct dp_packet *packet, const struct flow *flow,
                const uint32_t *hash, struct ofpbuf *actions,
                struct ovs_list *recircs)
{
    struct json *report = json_object_create();
    struct json *outputs = json_array_create_empty();
    struct ovl_live_copy copy = { .tunnels = json_array_create_empty() };
    struct ovs_list trace = OVS_LIST_INITIALIZER(&trace);
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_wildcards wc;
    struct xlate_cache xcache;
    enum xlate_error error;
    struct xlate_out xout;
    struct xlate_in xin;
    struct flow shown = *flow;

    /* A cache collects the effects of translation, which are not wanted. */
    xlate_cache_init(&xcache);
    xlate_in_init(&xin, ofproto, ofproto_dpif_get_tables_version(ofproto),
                  flow, in_port, NULL, ntohs(flow->tcp_flags),
                  packet, &wc, actions);
    xin.allow_side_effects = false;
    xin.xcache = &xcache;
    xin.trace = &trace;
    xin.recirc_queue = recircs;
    xin.names = true;
    xin.live = &copy;
    error = xlate_actions(&xin, &xout);

    json_object_put_format(report, "digest", "%016"PRIx64,
                           make_digest(packet, flow));
    json_object_put(report, "time", json_integer_create(time_wall_msec()));
    json_object_put(report, "length",
                    json_integer_create(dp_packet_size(packet)));
    json_object_put_string(report, "bridge", ofproto->up.name);
    json_object_put_string(report, "in_port",
                           copy.in_port ? copy.in_port : "-");
    json_object_put(report, "recirc",
                    json_integer_create(flow->recirc_id));
    shown.in_port.ofp_port = in_port;
    flow_format(&s, &shown, NULL);
    json_object_put_string(report, "flow", ds_cstr(&s));
    json_object_put(report, "trace", trace_to_json(&trace));
    ds_clear(&s);
    format_odp_actions(&s, actions->data, actions->size, NULL);
    json_object_put_string(report, "actions", ds_cstr(&s));
    outputs_to_json(outputs, actions->data, actions->size, false);
    json_object_put(report, "outputs", outputs);
    json_object_put(report, "tunnels", copy.tunnels);
    if (error) {
        json_object_put_string(report, "error", xlate_strerror(error));
    }
    json_object_put(report, "stale",
                    json_boolean_create(hash && copy.hash != *hash));

    ds_destroy(&s);
    xlate_out_uninit(&xout);
    xlate_cache_uninit(&xcache);
    return report;
}

/* Returns the number of the packet with 'digest' in 's', from 1, or 0 if it
 * has another one.  If 'enters', the packet enters the bridge, and gets a
 * number unless there are enough. */
static unsigned int
number_packet(struct live_session *s, uint64_t digest, bool enters)
    OVS_REQUIRES(s->mutex)
{
    if (enters) {
        if (s->n_packets < s->settings.count) {
            s->digests[s->n_packets++] = digest;
            return s->n_packets;
        }
        return 0;
    }
    for (unsigned int i = s->n_packets; i > 0; i--) {
        if (s->digests[i - 1] == digest) {
            return i;
        }
    }
    return 0;
}

/* A copy for 's' has arrived.  Pauses its meter in the userspace datapath if
 * that has no more for now, or no more are wanted. */
static void
pause_meter(struct live_session *s)
    OVS_REQUIRES(s->mutex)
{
    token_bucket_withdraw(&s->tokens, LIVE_TOKENS);
    if (s->n_packets == s->settings.count) {
        s->pause = LLONG_MAX;
    } else if (s->tokens.tokens < LIVE_TOKENS) {
        s->pause = time_msec() + LIVE_TOKENS / s->settings.rate;
    } else {
        return;
    }
    ovl_copies_pause(s->slot, true);
    seq_change(live_seq);
}

/* Ends the pause of the meter of 's' when it is time.  Returns when that will
 * be, in ms. */
static long long int
resume_meter(struct live_session *s, long long int now)
    OVS_REQUIRES(s->mutex)
{
    if (!s->pause) {
        return LLONG_MAX;
    } else if (now >= s->pause) {
        s->pause = 0;
        ovl_copies_pause(s->slot, false);
        return LLONG_MAX;
    }
    return s->pause;
}

/* Handles an upcall with 'cookie', 'packet' and 'flow_' for 'ofproto'.
 * Returns true if it is a copy for a session. */
bool
ovl_live_receive(const struct user_action_cookie *cookie,
                 struct ofproto_dpif *ofproto, const struct dp_packet *packet,
                 const struct flow *flow_)
{
    struct flow flow = *flow_;
    struct live_session *s;
    struct json *report;
    unsigned int number;
    uint64_t digest;

    if (cookie->type != USER_ACTION_COOKIE_FLOW_SAMPLE
        || cookie->flow_sample.collector_set_id != LIVE_SET) {
        return false;
    }
    s = find_session(cookie->flow_sample.obs_domain_id);
    if (!s) {
        return false;
    }
    if (!is_active(s)) {
        return true;
    }

    /* The kernel does not know the recirculation ID of a packet whose actions
     * ovs-vswitchd has it execute. */
    flow.recirc_id = odp_to_u32(cookie->flow_sample.output_odp_port);
    digest = make_digest(packet, &flow);
    ovs_mutex_lock(&s->mutex);
    number = number_packet(s, digest, !flow.recirc_id);
    s->n_copies++;
    if (number && json_array_size(s->reports) < LIVE_MAX_REPORTS) {
        struct ovs_list recircs = OVS_LIST_INITIALIZER(&recircs);
        struct oftrace_recirc_node *node;
        struct ofpbuf actions;

        ofpbuf_init(&actions, 0);
        report = ovl_live_report(ofproto, cookie->ofp_in_port, packet, &flow,
                                 &cookie->flow_sample.obs_point_id, &actions,
                                 &recircs);
        ofpbuf_uninit(&actions);
        s->n_continue += ovs_list_size(&recircs);
        LIST_FOR_EACH_POP (node, node, &recircs) {
            ovl_live_free_recirc(node);
        }
        if (flow.recirc_id && s->n_continue) {
            s->n_continue--;
        }
        json_object_put(report, "packet", json_integer_create(number));
        json_array_add(s->reports, report);
        s->last_copy = time_msec();
    }
    pause_meter(s);
    ovs_mutex_unlock(&s->mutex);
    return true;
}

/* Meters. */

/* 'backer' has got meters for sessions.  If an earlier ovs-vswitchd left some
 * behind, deletes them. */
void
ovl_live_init_meters(const struct dpif_backer *backer)
{
    BUILD_ASSERT(OVL_COPIES_METERS == OVL_LIVE_MAX);
    if (dpif_is_netdev(backer->dpif)) {
        ovl_copies_set_meters(ovl_meter_id(backer, 0));
        return;
    }
    for (size_t i = 0; i < OVL_LIVE_MAX; i++) {
        ovl_meter_delete(backer, i);
    }
}

/* Makes the meter of the session in 'slot', for 'rate' packets per second, in
 * all datapaths.  Returns true if that works in one of them. */
static bool
set_meters(size_t slot, unsigned int rate)
{
    struct shash_node *node;
    bool done = false;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        const struct dpif_backer *backer = node->data;

        if (ovl_has_meters(backer) && !ovl_meter_set(backer, slot, rate)) {
            done = true;
        }
    }
    return done;
}

/* Deletes the meter of the session in 'slot' from all datapaths. */
static void
delete_meters(size_t slot)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        const struct dpif_backer *backer = node->data;

        if (ovl_has_meters(backer)) {
            ovl_meter_delete(backer, slot);
        }
    }
}

/* Sessions. */

/* Parses 'match_text', as ovs-ofctl does, for 'ofproto', or if it is null, for
 * all bridges.  Returns an error message, which the caller must free, or
 * NULL. */
char *
ovl_live_parse_match(const struct ofproto_dpif *ofproto,
                     const char *match_text, struct match *match)
{
    struct ofputil_port_map map = OFPUTIL_PORT_MAP_INITIALIZER(&map);
    struct ofputil_flow_stats_request request;
    enum ofputil_protocol usable;
    char *error;

    if (ofproto) {
        ofproto_append_ports_to_map(&map, ofproto->up.ports);
    }
    error = parse_ofp_flow_stats_request_str(&request, false, match_text,
                                             &map, NULL, &usable);
    ofputil_port_map_destroy(&map);
    if (error) {
        return error;
    }
    if (request.cookie_mask || request.out_port != OFPP_ANY
        || request.out_group != OFPG_ANY
        || request.table_id != OFPTT_ALL) {
        return xstrdup("only header fields can be matched");
    }
    if (request.match.wc.masks.tunnel.metadata.present.map) {
        return xstrdup("Geneve options cannot be matched");
    }
    if (!ofproto && request.match.wc.masks.in_port.ofp_port) {
        return xstrdup("in_port can be matched in one bridge only");
    }
    *match = request.match;
    memset(&match->wc.masks.tunnel.metadata, 0,
           sizeof match->wc.masks.tunnel.metadata);
    return NULL;
}

static void
free_session(struct live_session *s)
{
    free(s->bridge);
    free(s->match_text);
    free(s->digests);
    json_destroy(s->reports);
    ovs_mutex_destroy(&s->mutex);
    free(s);
}

/* Has all datapath flows translated again. */
static void
revalidate_all(void)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        struct dpif_backer *backer = node->data;

        backer->need_revalidate = REV_RECONFIGURE;
    }
}

/* Ends 's', in 'state'. */
static void
end_session(struct live_session *s, enum live_state state)
{
    unsigned int orig;

    if (s->state == LIVE_ACTIVE) {
        atomic_store_relaxed(&s->active, false);
        atomic_sub_relaxed(&ovl_live_n_active, 1, &orig);
        ovl_copies_pause(s->slot, true);
        revalidate_all();
        s->ended = time_msec();
    }
    s->state = state;
}

/* Starts a session for packets that enter 'bridge', or any bridge if it is
 * "-", and match 'match_text'.  Stores its ID in '*id'.  Returns an error
 * message, which the caller must free, or NULL. */
char *
ovl_live_start(const char *bridge, const char *match_text,
               const struct ovl_live_settings *settings, unsigned int *id)
{
    struct ofproto_dpif *ofproto = ofproto_dpif_lookup_by_name(bridge);
    static unsigned int last_id;
    struct live_session *s;
    unsigned int orig;
    struct match match;
    size_t slot;
    char *error;

    if (!ofproto && strcmp(bridge, "-")) {
        return xasprintf("%s: no such bridge", bridge);
    }
    error = ovl_live_parse_match(ofproto, match_text, &match);
    if (error) {
        return error;
    }
    for (slot = 0; slot < OVL_LIVE_MAX && get_session(slot); slot++) {
        continue;
    }
    if (slot == OVL_LIVE_MAX) {
        return xasprintf("there are %d sessions; live/stop ends one and "
                         "frees its place after %d s",
                         OVL_LIVE_MAX, LIVE_METER / 1000);
    }
    if (!set_meters(slot, settings->rate)) {
        return xstrdup("the datapath has no meters");
    }

    s = xzalloc(sizeof *s);
    s->id = *id = ++last_id;
    s->bridge = xstrdup(bridge);
    s->match_text = xstrdup(match_text);
    s->ofproto = ofproto ? ofproto->uuid : UUID_ZERO;
    s->match = match;
    s->settings = *settings;
    s->slot = slot;
    s->deadline = time_msec() + settings->timeout * 1000LL;
    atomic_init(&s->active, true);
    ovs_mutex_init(&s->mutex);
    s->reports = json_array_create_empty();
    s->digests = xmalloc(settings->count * sizeof *s->digests);
    token_bucket_init(&s->tokens, settings->rate,
                      settings->rate * LIVE_TOKENS);
    ovl_copies_pause(slot, false);
    ovsrcu_set(&sessions[slot], s);

    if (!live_seq) {
        live_seq = seq_create();
    }
    atomic_add_relaxed(&ovl_live_n_active, 1, &orig);
    revalidate_all();
    return NULL;
}

/* Ends the session 'id', and forgets it.  Returns false if there is none. */
bool
ovl_live_stop(unsigned int id)
{
    struct live_session *s = find_session(id);

    if (!s || s->state == LIVE_STOPPED) {
        return false;
    }
    end_session(s, LIVE_STOPPED);
    return true;
}

/* Ends sessions that have what they want, or that waited for long, and forgets
 * those that ended long ago.  To be called often, by the main thread. */
void
ovl_live_run(void)
{
    long long int now = time_msec();

    for (size_t i = 0; i < OVL_LIVE_MAX; i++) {
        struct live_session *s = get_session(i);
        long long int next;

        if (!s) {
            continue;
        }
        if (s->state == LIVE_ACTIVE) {
            uint64_t seq = seq_read(live_seq);
            bool complete;

            ovs_mutex_lock(&s->mutex);
            complete = s->n_packets == s->settings.count;
            next = (!complete ? s->deadline
                    : s->last_copy + (s->n_continue ? LIVE_CONTINUE
                                      : LIVE_SETTLE));
            next = MIN(next, resume_meter(s, now));
            ovs_mutex_unlock(&s->mutex);
            if (!uuid_is_zero(&s->ofproto)
                && !ofproto_dpif_lookup_by_uuid(&s->ofproto)) {
                end_session(s, LIVE_NO_BRIDGE);
            } else if (now >= next) {
                end_session(s, complete ? LIVE_DONE : LIVE_TIMED_OUT);
            } else {
                seq_wait(live_seq, seq);
            }
        } else {
            next = s->ended + (s->state == LIVE_STOPPED
                               ? LIVE_METER : LIVE_KEEP);
            if (now >= next) {
                delete_meters(i);
                ovsrcu_set(&sessions[i], NULL);
                ovsrcu_postpone(free_session, s);
                continue;
            }
        }
        poll_timer_wait_until(next);
    }
}

/* Replaces the number of the datapath port in 'output' of 'backer' by its
 * name. */
static void
name_output(struct json *output, const struct dpif_backer *backer)
{
    static const char *const members[] = { "output", "underlay" };

    for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
        const struct json *number = shash_find_data(json_object(output),
                                                    members[i]);
        struct dpif_port port;

        if (number && number->type == JSON_INTEGER
            && !dpif_port_query_by_number(backer->dpif,
                                          u32_to_odp(json_integer(number)),
                                          &port, false)) {
            if (simap_contains(&backer->tnl_backers, port.name)) {
                /* The kernel adds the tunnel header. */
                shash_find_and_delete(json_object(output), members[i]);
                json_object_put_string(output, "underlay", port.name);
            } else {
                json_object_put_string(output, members[i], port.name);
            }
            dpif_port_destroy(&port);
        }
    }
}

/* Replaces the numbers of datapath ports in 'reports' by their names. */
void
ovl_live_name_outputs(const struct json *reports)
{
    for (size_t i = 0; i < json_array_size(reports); i++) {
        const struct json *report = json_array_at(reports, i);
        const struct json *outputs = shash_find_data(json_object(report),
                                                     "outputs");
        struct ofproto_dpif *ofproto
            = ofproto_dpif_lookup_by_name(json_string(shash_find_data(
                json_object(report), "bridge")));

        for (size_t j = 0; ofproto && j < json_array_size(outputs); j++) {
            name_output(CONST_CAST(struct json *, json_array_at(outputs, j)),
                        ofproto->backer);
        }
    }
}

/* Returns the session 'id', or all if it is 0, as a JSON array. */
struct json *
ovl_live_get(unsigned int id)
{
    static const char *const states[] = {
        [LIVE_ACTIVE] = "active",
        [LIVE_DONE] = "done",
        [LIVE_TIMED_OUT] = "timed out",
        [LIVE_NO_BRIDGE] = "bridge deleted",
    };
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < OVL_LIVE_MAX; i++) {
        struct live_session *s = get_session(i);
        struct json *object, *reports;

        if (!s || s->state == LIVE_STOPPED || (id && s->id != id)) {
            continue;
        }
        object = json_object_create();
        json_object_put(object, "id", json_integer_create(s->id));
        json_object_put_string(object, "bridge", s->bridge);
        json_object_put_string(object, "match", s->match_text);
        json_object_put_string(object, "state", states[s->state]);
        json_object_put(object, "count",
                        json_integer_create(s->settings.count));
        ovs_mutex_lock(&s->mutex);
        json_object_put(object, "packets", json_integer_create(s->n_packets));
        json_object_put(object, "copies", json_integer_create(s->n_copies));
        reports = json_deep_clone(s->reports);
        ovs_mutex_unlock(&s->mutex);
        ovl_live_name_outputs(reports);
        json_object_put(object, "reports", reports);
        json_array_add(array, object);
    }
    return array;
}
