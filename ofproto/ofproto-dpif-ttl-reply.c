/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-ttl-reply.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "dp-packet.h"
#include "dpif.h"
#include "flow.h"
#include "hash.h"
#include "netlink.h"
#include "nx-match.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "ofproto-dpif-meter.h"
#include "ofproto-dpif-overlay.h"
#include "ofproto-dpif-rid.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "ofproto-provider.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "overlay/counters.h"
#include "overlay/icmp-error.h"
#include "overlay/icmp-limit.h"
#include "overlay/log.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "unixctl.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(ttl_reply);

/* Counters of packets whose TTL expired. */
enum { SENT, LIMITED, UNANSWERABLE };
static struct ovl_counter counters[] = {
    [SENT] = { .name = "sent", .meaning = "answered" },
    [LIMITED] = { .name = "rate_limited",
                  .meaning = "not answered because of the rate limit" },
    [UNANSWERABLE] = { .name = "unanswerable",
                       .meaning = "must not be answered" },
};

/* Number of packets per second that a meter passes.  Tenants share the meters
 * by hash. */
#define TTL_REPLY_RATE 200

/* The registers that have the address of the router.  'n_bits' is 0 if the
 * bridge does not answer. */
struct ovl_ttl_reply {
    struct mf_subfield ipv4;    /* 32 bits. */
    struct mf_subfield ipv6;    /* 128 bits. */
};

/* Configuration. */

/* Parses 'key' in 'other_config' of 'bridge' into '*sf', which must be a part
 * of a register that has 'n_bits' bits.  If it is not, logs why. */
static void
parse_register(const char *bridge, const struct smap *other_config,
               const char *key, int n_bits, struct mf_subfield *sf)
{
    const char *value = smap_get(other_config, key);
    struct mf_subfield parsed;
    char *error, *s;

    if (!value) {
        return;
    }
    error = mf_parse_subfield(&parsed, value);
    if (!error && mf_is_register(parsed.field->id)
        && parsed.n_bits == n_bits) {
        *sf = parsed;
        return;
    }
    s = xasprintf("bridge %s: other_config:%s: \"%s\" is not %d bits of a "
                  "register", bridge, key, value, n_bits);
    VLOG(ovl_warn_level(s), "%s", s);
    free(s);
    free(error);
}

/* Returns the 'i'th of the meters for TTL replies. */
static size_t
ttl_meter(size_t i)
{
    return OVL_LIVE_METERS + i;
}

/* Makes the meters of 'backer'.  Returns a positive errno value if that does
 * not work. */
static int
make_meters(const struct dpif_backer *backer)
{
    if (!ovl_has_meters(backer)) {
        return EOPNOTSUPP;
    }
    for (size_t i = 0; i < OVL_TTL_METERS; i++) {
        int error = ovl_meter_set(backer, ttl_meter(i), TTL_REPLY_RATE);

        if (error) {
            return error;
        }
    }
    return 0;
}

/* Returns the number of packets that the meters of 'backer' have dropped. */
static uint64_t
count_metered(const struct dpif_backer *backer)
{
    uint64_t n = 0;

    for (size_t i = 0; i < OVL_TTL_METERS; i++) {
        n += ovl_meter_count(backer, ttl_meter(i));
    }
    return n;
}

/* Implements "ovs-appctl ttl-reply/show". */
static void
ttl_reply_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct shash_node *node;
    uint64_t metered = 0;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        metered += count_metered(node->data);
    }
    ovl_show_counters(&s, counters, ARRAY_SIZE(counters));
    ovl_show_counter(&s, "metered", metered, "dropped by the meter");
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* Returns true if 'a' and 'b' are the same registers. */
static bool
ttl_reply_equals(const struct ovl_ttl_reply *a, const struct ovl_ttl_reply *b)
{
    return (a->ipv4.field == b->ipv4.field && a->ipv4.ofs == b->ipv4.ofs
            && a->ipv6.field == b->ipv6.field && a->ipv6.ofs == b->ipv6.ofs);
}

/* Configures the bridge 'ofproto_' with its 'other_config'.  To be called by
 * the main thread. */
void
ovl_ttl_reply_configure(struct ofproto *ofproto_,
                        const struct smap *other_config)
{
    struct ofproto_dpif *ofproto = CONTAINER_OF(ofproto_, struct ofproto_dpif,
                                                up);
    struct ovl_ttl_reply *old = ovsrcu_get_protected(struct ovl_ttl_reply *,
                                                     &ofproto->ttl_reply);
    const struct ovl_ttl_reply none = { .ipv4.n_bits = 0 };
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    struct ovl_ttl_reply new = none;

    if (ovsthread_once_start(&once)) {
        unixctl_command_register("ttl-reply/show", "", 0, 0, ttl_reply_show,
                                 NULL);
        ovsthread_once_done(&once);
    }
    parse_register(ofproto_->name, other_config, "ttl-reply", 32, &new.ipv4);
    parse_register(ofproto_->name, other_config, "ttl-reply6", 128,
                   &new.ipv6);
    if (ttl_reply_equals(&new, old ? old : &none)) {
        return;
    }
    if (!ttl_reply_equals(&new, &none)) {
        int error = make_meters(ofproto->backer);

        if (error) {
            char *s = xasprintf("bridge %s: other_config:ttl-reply needs "
                                "meters, which the datapath does not have "
                                "(%s)", ofproto_->name, ovs_strerror(error));

            VLOG(ovl_warn_level(s), "%s", s);
            free(s);
            new = none;
        }
    }
    ovsrcu_set(&ofproto->ttl_reply, xmemdup(&new, sizeof new));
    if (old) {
        ovsrcu_postpone(free, old);
    }
    ofproto->backer->need_revalidate = REV_RECONFIGURE;
}

/* Frees the configuration of 'ofproto', which is going away. */
void
ovl_ttl_reply_destroy(struct ofproto_dpif *ofproto)
{
    struct ovl_ttl_reply *old = ovsrcu_get_protected(struct ovl_ttl_reply *,
                                                     &ofproto->ttl_reply);

    if (old) {
        ovsrcu_set(&ofproto->ttl_reply, NULL);
        ovsrcu_postpone(free, old);
    }
}

/* Translation. */

/* Stores in '*from' the address of the router, from the registers of 'flow'.
 * Returns false if there is none. */
static bool
read_address(const struct ovl_ttl_reply *reply, const struct flow *flow,
             struct in6_addr *from)
{
    union mf_subvalue value;

    if (flow->dl_type == htons(ETH_TYPE_IP)) {
        if (!reply->ipv4.n_bits) {
            return false;
        }
        mf_read_subfield(&reply->ipv4, flow, &value);
        in6_addr_set_mapped_ipv4(from, value.ipv4);
        return value.ipv4 && !ip_is_multicast(value.ipv4);
    } else {
        if (!reply->ipv6.n_bits) {
            return false;
        }
        mf_read_subfield(&reply->ipv6, flow, &value);
        *from = value.ipv6;
        return ipv6_addr_is_set(from) && !ipv6_addr_is_multicast(from)
               && !IN6_IS_ADDR_V4MAPPED(from);
    }
}

/* Returns a number for the port 'in_port' of the bridge with 'uuid'. */
static uint32_t
hash_port(const struct uuid *uuid, ofp_port_t in_port)
{
    return hash_int(ofp_to_u16(in_port), uuid_hash(uuid));
}

/* Returns true if 'base', the packet that the next datapath action gets, has
 * the addresses, tags and type of 'original', the packet of the datapath
 * flow. */
static bool
is_unchanged(const struct flow *base, const struct flow *original)
{
    return (base->packet_type == original->packet_type
            && eth_addr_equals(base->dl_src, original->dl_src)
            && eth_addr_equals(base->dl_dst, original->dl_dst)
            && base->dl_type == original->dl_type
            && !memcmp(base->vlans, original->vlans, sizeof base->vlans)
            && base->nw_src == original->nw_src
            && base->nw_dst == original->nw_dst
            && ipv6_addr_equals(&base->ipv6_src, &original->ipv6_src)
            && ipv6_addr_equals(&base->ipv6_dst, &original->ipv6_dst));
}

/* Stores in 'cookie' the port to which the packets of 'xin' are answered:
 * 'in_port', by which they came in, or if translation continues in a bridge
 * behind a patch port, the port by which they came in there.  Returns false if
 * there is none. */
static bool
set_port(struct user_action_cookie *cookie, const struct xlate_in *xin,
         ofp_port_t in_port)
{
    const struct frozen_state *frozen = xin->frozen_state;

    if (frozen && !uuid_equals(&frozen->ofproto_uuid, &xin->ofproto->uuid)) {
        cookie->ofp_in_port = frozen->metadata.in_port;
        cookie->ofproto_uuid = frozen->ofproto_uuid;
    } else {
        cookie->ofp_in_port = in_port;
        cookie->ofproto_uuid = xin->ofproto->uuid;
    }
    return (ofp_to_u16(cookie->ofp_in_port) < ofp_to_u16(OFPP_MAX)
            || cookie->ofp_in_port == OFPP_LOCAL);
}

/* Translation of 'xin' into 'xout' and 'odp_actions' has come to dec_ttl in
 * 'bridge', and the TTL expires.  The packets are from the port in 'base', and
 * the next datapath action gets them with the headers in 'base'; 'odp_port' is
 * any port of the datapath.  Adds an action that has them answered, if there
 * is an address to answer from, unless they have changed, or have the O bit of
 * Geneve, which the answer would not have.  Returns this address, as a
 * malloc()'d string, or NULL. */
char *
ovl_ttl_reply_compose(const struct ofproto_dpif *bridge,
                      const struct xlate_in *xin, struct xlate_out *xout,
                      struct flow_wildcards *wc, const struct flow *base,
                      odp_port_t odp_port, struct ofpbuf *odp_actions)
{
    const struct ovl_ttl_reply *reply = ovsrcu_get(struct ovl_ttl_reply *,
                                                   &bridge->ttl_reply);
    const struct flow_tnl *tnl = &xin->upcall_flow->tunnel;
    const struct dpif_backer *backer = bridge->backer;
    struct user_action_cookie cookie;
    size_t sample, actions;
    struct ds s = DS_EMPTY_INITIALIZER;
    uint32_t hash;

    memset(&cookie, 0, sizeof cookie);
    if (!reply || !read_address(reply, &xin->flow, &cookie.ttl.from)
        || !set_port(&cookie, xin, base->in_port.ofp_port)
        || !is_unchanged(base, xin->upcall_flow)) {
        return NULL;
    }
    if (flow_tnl_dst_is_set(tnl)) {
        wc->masks.tunnel.flags |= FLOW_TNL_F_OAM;
    }
    if (tnl->flags & FLOW_TNL_F_OAM) {
        return NULL;
    }
    cookie.type = USER_ACTION_COOKIE_TTL;
    hash = hash_uint64_basis(
        (OVS_FORCE uint64_t) tnl->tun_id,
        hash_port(&cookie.ofproto_uuid, cookie.ofp_in_port));

    /* The meter is in a "sample" so that actions after it see the packet. */
    xout->last_observe_offset = odp_actions->size;
    sample = nl_msg_start_nested(odp_actions, OVS_ACTION_ATTR_SAMPLE);
    nl_msg_put_u32(odp_actions, OVS_SAMPLE_ATTR_PROBABILITY, UINT32_MAX);
    actions = nl_msg_start_nested(odp_actions, OVS_SAMPLE_ATTR_ACTIONS);
    nl_msg_put_u32(odp_actions, OVS_ACTION_ATTR_METER,
                   ovl_meter_id(backer, ttl_meter(hash % OVL_TTL_METERS)));
    odp_put_userspace_action(dpif_port_get_pid(backer->dpif, odp_port),
                             &cookie, sizeof cookie, ODPP_NONE, false,
                             odp_actions, NULL);
    nl_msg_end_nested(odp_actions, actions);
    nl_msg_end_nested(odp_actions, sample);

    ipv6_format_mapped(&cookie.ttl.from, &s);
    return ds_steal_cstr(&s);
}

/* Packets. */

/* Adds to 'ofpacts' actions that send a packet with 'tunnel', the tunnel
 * metadata of a received packet, back to its sender. */
static void
put_tunnel(const struct flow_tnl *tunnel, struct ofpbuf *ofpacts)
{
    struct in6_addr src = flow_tnl_src(tunnel), dst = flow_tnl_dst(tunnel);

    if (!flow_tnl_dst_is_set(tunnel)) {
        return;
    }
    if (tunnel->flags & FLOW_TNL_F_KEY) {
        ofpact_put_set_field(ofpacts, mf_from_id(MFF_TUN_ID), &tunnel->tun_id,
                             NULL);
    }
    ovl_put_tunnel_addresses(ofpacts, &dst, &src);
}

/* Sends 'error' to 'port' of 'ofproto', from which a packet with 'tunnel'
 * came. */
static void
send_error(struct ofproto_dpif *ofproto, ofp_port_t port,
           const struct flow_tnl *tunnel, struct dp_packet *error)
{
    uint64_t ofpacts_stub[512 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(ofpacts_stub);
    struct flow flow;

    flow_extract(error, &flow);
    flow.in_port.ofp_port = OFPP_NONE;
    put_tunnel(tunnel, &ofpacts);
    ofpact_put_OUTPUT(&ofpacts)->port = port;

    /* The actions do not refer to flow tables. */
    ofproto_dpif_execute_actions(ofproto, OVS_VERSION_MAX, &flow, NULL,
                                 ofpacts.data, ofpacts.size, error);
    ofpbuf_uninit(&ofpacts);
}

/* Returns the rate limits of all bridges. */
static struct ovl_icmp_limits *
get_limits(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static struct ovl_icmp_limits limits;

    if (ovsthread_once_start(&once)) {
        ovl_icmp_limits_init(&limits);
        ovsthread_once_done(&once);
    }
    return &limits;
}

/* Handles an upcall with 'cookie', 'packet' and 'flow' for 'ofproto'.  Returns
 * true if it is a packet whose TTL has expired. */
bool
ovl_ttl_reply_receive(const struct user_action_cookie *cookie,
                      struct ofproto_dpif *ofproto,
                      const struct dp_packet *packet, const struct flow *flow)
{
    const struct in6_addr *from = &cookie->ttl.from;
    struct ovl_icmp_quoted quoted;

    if (cookie->type != USER_ACTION_COOKIE_TTL) {
        return false;
    }
    if (!ovl_icmp_error_is_allowed(packet, &quoted)
        || quoted.ipv6 == IN6_IS_ADDR_V4MAPPED(from)) {
        ovl_count(&counters[UNANSWERABLE]);
    } else if (!ovl_icmp_limits_allow(get_limits(),
                                      hash_port(&ofproto->uuid,
                                                cookie->ofp_in_port),
                                      flow->tunnel.tun_id, quoted.src,
                                      quoted.src_size)) {
        ovl_count(&counters[LIMITED]);
    } else {
        struct dp_packet *error
            = ovl_icmp_error_compose(&quoted, OVL_ICMP_TIME_EXCEEDED, from, 0);

        send_error(ofproto, cookie->ofp_in_port, &flow->tunnel, error);
        dp_packet_delete(error);
        ovl_count(&counters[SENT]);
    }
    return true;
}
