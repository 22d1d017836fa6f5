/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Packets that are too big for a tunnel.
 *
 * Translation stores the MTU in the template of the tnl_push action, and the
 * datapath compares the size of each packet before the push.  It recirculates
 * the ICMP error for a packet that is too big as a packet received from that
 * tunnel: from the peer, with the key of packets from there.  So the flows
 * that forward the peer's packets to the sender forward the error, too,
 * through any further encapsulation.  The source address of the error is the
 * destination of the packet, because a bridge has no address of its own. */

#include <config.h>

#include "overlay/too-big.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "byte-order.h"
#include "cmap.h"
#include "coverage.h"
#include "dp-packet.h"
#include "hash.h"
#include "netdev-vport-private.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/account.h"
#include "overlay/class.h"
#include "overlay/fdb.h"
#include "overlay/geneve/unknown.h"
#include "overlay/icmp-error.h"
#include "overlay/icmp-limit.h"
#include "overlay/recirculate.h"
#include "overlay/template.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_too_big_stale);

/* Counters of packets that are too big.
 *
 * COUNTER(NAME, statistic) */
#define TOO_BIG_COUNTERS(COUNTER)                               \
    COUNTER(ANSWERED, "tx_too_big_answered")                    \
    COUNTER(LIMITED, "tx_too_big_rate_limited")                 \
    COUNTER(UNANSWERABLE, "tx_too_big_unanswerable")            \
    COUNTER(DROPPED, "tx_too_big_dropped")

enum too_big_counter {
#define TOO_BIG_COUNTER(NAME, STRING) TOO_BIG_##NAME,
    TOO_BIG_COUNTERS(TOO_BIG_COUNTER)
#undef TOO_BIG_COUNTER
    TOO_BIG_N_COUNTERS
};

/* A tunnel port.  Flows refer to it by 'id', which is not reused, so that a
 * flow that outlives its port does not count for another. */
struct ovl_too_big_port {
    struct cmap_node node;      /* In 'too_big_ports'. */
    uint32_t id;
    atomic_uint64_t counters[TOO_BIG_N_COUNTERS];
    struct ovl_icmp_limits limits;
};

static struct ovs_mutex too_big_mutex = OVS_MUTEX_INITIALIZER;
static struct cmap too_big_ports = CMAP_INITIALIZER;
static uint32_t too_big_last_id OVS_GUARDED_BY(too_big_mutex);

/* True once a port has had a mode other than "send". */
static atomic_bool too_big_used = false;

/* Returns the port with 'id', or NULL if there is none. */
static struct ovl_too_big_port *
too_big_find_port(uint32_t id)
{
    struct ovl_too_big_port *port;

    CMAP_FOR_EACH_WITH_HASH (port, node, hash_int(id, 0), &too_big_ports) {
        if (port->id == id) {
            return port;
        }
    }
    return NULL;
}

/* Returns the state for a new tunnel port, with an 'id' of its own. */
struct ovl_too_big_port *
ovl_too_big_port_create(void)
{
    struct ovl_too_big_port *port = xzalloc(sizeof *port);

    ovl_icmp_limits_init(&port->limits);

    ovs_mutex_lock(&too_big_mutex);
    do {
        port->id = ++too_big_last_id;
    } while (!port->id || too_big_find_port(port->id));
    cmap_insert(&too_big_ports, &port->node, hash_int(port->id, 0));
    ovs_mutex_unlock(&too_big_mutex);
    return port;
}

/* Frees 'port', which no thread uses any more. */
static void
too_big_port_free(struct ovl_too_big_port *port)
{
    ovl_icmp_limits_destroy(&port->limits);
    free(port);
}

/* Destroys 'port', which may be null, when no thread uses it any more. */
void
ovl_too_big_port_destroy(struct ovl_too_big_port *port)
{
    if (port) {
        ovs_mutex_lock(&too_big_mutex);
        cmap_remove(&too_big_ports, &port->node, hash_int(port->id, 0));
        ovs_mutex_unlock(&too_big_mutex);
        ovsrcu_postpone(too_big_port_free, port);
    }
}

/* Options. */

static const char *const too_big_modes[] = {
    [OVL_TOO_BIG_SEND] = "send",
    [OVL_TOO_BIG_DROP] = "drop",
    [OVL_TOO_BIG_ICMP] = "icmp",
};

/* Returns the name of 'mode', of enum ovl_too_big_mode. */
const char *
ovl_too_big_mode_to_string(uint8_t mode)
{
    return mode < ARRAY_SIZE(too_big_modes) ? too_big_modes[mode] : "?";
}

/* Stores the mode called 's' in '*mode'.  Returns false if there is none. */
bool
ovl_too_big_mode_from_string(const char *s, uint8_t *mode)
{
    for (size_t i = 0; i < ARRAY_SIZE(too_big_modes); i++) {
        if (!strcmp(s, too_big_modes[i])) {
            *mode = i;
            return true;
        }
    }
    return false;
}

/* Returns the default mode for tunnels of type 'type'.  For upstream's types,
 * it is that of upstream. */
static enum ovl_too_big_mode
too_big_default(const char *type)
{
    const struct ovl_class *class = ovl_class_from_type(type);

    return class && !class->segments ? OVL_TOO_BIG_ICMP : OVL_TOO_BIG_SEND;
}

/* Sets '*modep' to 'mode', and 'too_big_used' if that is not "send". */
static void
too_big_set_mode(enum ovl_too_big_mode *modep, enum ovl_too_big_mode mode)
{
    *modep = mode;
    if (mode) {
        atomic_store_relaxed(&too_big_used, true);
    }
}

/* Sets '*mode' to the default for a tunnel of type 'type'. */
void
ovl_too_big_set_default(enum ovl_too_big_mode *mode, const char *type)
{
    too_big_set_mode(mode, too_big_default(type));
}

/* If 'key' is "too_big", an option of a tunnel of type 'type', stores 'value'
 * in '*mode', or appends the allowed values to 'allowed', as 'set_option' of
 * struct ovl_class does, and returns true. */
bool
ovl_too_big_set_option(enum ovl_too_big_mode *mode, const char *type,
                       const char *key, const char *value, struct ds *allowed)
{
    const struct ovl_class *class = ovl_class_from_type(type);
    uint8_t value_mode;

    if (strcmp(key, "too_big")) {
        return false;
    } else if (class && class->segments) {
        ds_put_cstr(allowed,
                    "left out: this encapsulation cuts what is too big");
    } else if (ovl_too_big_mode_from_string(value, &value_mode)) {
        too_big_set_mode(mode, value_mode);
    } else {
        ds_put_cstr(allowed, "\"icmp\", \"drop\" or \"send\"");
    }
    return true;
}

/* Adds the option for 'mode', of a tunnel of type 'type', to 'args', unless it
 * is the default. */
void
ovl_too_big_get_options(enum ovl_too_big_mode mode, const char *type,
                        struct smap *args)
{
    if (mode != too_big_default(type)) {
        smap_add(args, "too_big", ovl_too_big_mode_to_string(mode));
    }
}

/* Implements 'get_custom_stats' of struct netdev_class for all tunnels: the
 * counters of Geneve's options, those of its accounts, and, unless the mode is
 * "send", those of packets that are too big. */
int
ovl_get_custom_stats(const struct netdev *netdev,
                     struct netdev_custom_stats *stats)
{
    static const char *const names[] = {
#define TOO_BIG_COUNTER(NAME, STRING) STRING,
        TOO_BIG_COUNTERS(TOO_BIG_COUNTER)
#undef TOO_BIG_COUNTER
    };
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    struct ovl_too_big_port *port = netdev_vport_cast(netdev)->too_big;

    if (!strcmp(netdev_get_type(netdev), "geneve")) {
        ovl_geneve_get_custom_stats(netdev, stats);
    }
    ovl_account_get_custom_stats(netdev, stats);
    ovl_fdb_get_custom_stats(netdev, stats);
    if (!cfg || !cfg->ovl.too_big) {
        return stats->size ? 0 : EOPNOTSUPP;
    }
    stats->counters = xrealloc(stats->counters,
                               (stats->size + ARRAY_SIZE(names))
                               * sizeof *stats->counters);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct netdev_custom_counter *c = &stats->counters[stats->size++];

        atomic_read_relaxed(&port->counters[i], &c->value);
        ovs_strlcpy(c->name, names[i], sizeof c->name);
    }
    return 0;
}

/* Returns true if a port has or had a mode other than "send". */
bool
ovl_too_big_is_used(void)
{
    bool used;

    atomic_read_relaxed(&too_big_used, &used);
    return used;
}

/* Action. */

/* Stores in 'data', the header for packets with key 'tun_id' that 'port' sends
 * from an address of 'egress', the limit and mode for packets that are too
 * big. */
void
ovl_too_big_set_limit(struct ovs_action_push_tnl *data,
                      const struct netdev *port, const struct netdev *egress,
                      ovs_be64 tun_id)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(port);
    struct ovl_too_big_limit *limit = &data->ovl.too_big;
    ovs_be64 rx_tun_id = cfg->in_key_flow ? tun_id : cfg->in_key;
    int mtu;

    if (OVS_LIKELY(!cfg->ovl.too_big) || netdev_get_mtu(egress, &mtu)) {
        return;
    }
    put_32aligned_be64(&limit->tun_id, rx_tun_id);
    put_32aligned_be64(&limit->tenant,
                       cfg->out_key_flow ? tun_id : rx_tun_id);
    limit->port = netdev_vport_cast(port)->too_big->id;
    limit->mtu = MIN(mtu, UINT16_MAX);
    limit->mode = cfg->ovl.too_big;
    limit->has_key = cfg->in_key_present;
}

/* Datapath. */

/* Returns the length of the longest segment of 'packet', an inner packet, with
 * the headers in front of its IP header, or that of 'packet' if it is not to
 * be segmented, in bytes. */
static size_t
too_big_size(struct dp_packet *packet)
{
    uint16_t segsz = dp_packet_get_tso_segsz(packet);

    if (OVS_UNLIKELY(segsz)) {
        const char *payload = (dp_packet_tunnel(packet)
                               ? dp_packet_get_inner_tcp_payload(packet)
                               : dp_packet_get_tcp_payload(packet));

        if (payload) {
            size_t headers = payload - (const char *) dp_packet_data(packet);

            return MIN(headers + segsz, dp_packet_size(packet));
        }
    }
    return dp_packet_size(packet);
}

/* Sets the metadata of 'error' to that of a packet received from the peer to
 * which 'data' sends. */
static void
too_big_set_metadata(struct dp_packet *error,
                     const struct ovs_action_push_tnl *data)
{
    const struct ovl_too_big_limit *limit = &data->ovl.too_big;
    const struct eth_header *eth = (const struct eth_header *) data->header;
    struct flow_tnl *tnl = &error->md.tunnel;

    error->md.in_port.odp_port = data->tnl_port;
    pkt_metadata_init_tnl(&error->md);
    pkt_metadata_init_conn(&error->md);
    error->md.in_port.odp_port = data->tnl_port;
    if (eth->eth_type == htons(ETH_TYPE_IP)) {
        const struct ip_header *ip = (const void *) (eth + 1);

        tnl->ip_src = get_16aligned_be32(&ip->ip_dst);
        tnl->ip_dst = get_16aligned_be32(&ip->ip_src);
    } else {
        const struct ovs_16aligned_ip6_hdr *ip6 = (const void *) (eth + 1);

        memcpy(&tnl->ipv6_src, &ip6->ip6_dst, sizeof tnl->ipv6_src);
        memcpy(&tnl->ipv6_dst, &ip6->ip6_src, sizeof tnl->ipv6_dst);
    }
    tnl->ip_ttl = 64;
    if (limit->has_key) {
        tnl->tun_id = get_32aligned_be64(&limit->tun_id);
        tnl->flags |= FLOW_TNL_F_KEY;
    }
    if (data->tnl_type == OVS_VPORT_TYPE_GENEVE) {
        tnl->flags |= FLOW_TNL_F_UDPIF;
    }
}

/* Returns the ICMP error for 'packet', which was to leave through 'port' with
 * the header 'data', and may have at most 'room' bytes.  Returns NULL if an
 * ICMP error must not be sent.  Stores the counter for the packet in
 * '*counter'. */
static struct dp_packet *
too_big_answer(struct ovl_too_big_port *port,
               const struct dp_packet *packet, int room,
               const struct ovs_action_push_tnl *data,
               enum too_big_counter *counter)
{
    ovs_be64 tenant = get_32aligned_be64(&data->ovl.too_big.tenant);
    struct ovl_icmp_quoted quoted;
    struct dp_packet *error;

    if (!ovl_icmp_error_is_allowed(packet, &quoted)
        || room <= (int) quoted.ip_ofs) {
        *counter = TOO_BIG_UNANSWERABLE;
        return NULL;
    } else if (!ovl_icmp_limits_allow(&port->limits, 0, tenant, quoted.src,
                                      quoted.src_size)) {
        *counter = TOO_BIG_LIMITED;
        return NULL;
    }
    error = ovl_icmp_error_compose(&quoted, OVL_ICMP_TOO_BIG, NULL,
                                   room - quoted.ip_ofs);
    too_big_set_metadata(error, data);
    *counter = TOO_BIG_ANSWERED;
    return error;
}

/* If the tnl_push action 'a' has a limit, removes the packets that exceed it
 * from 'batch'.  Passes ICMP errors for them, if any, to 'recirculate', with
 * 'pmd', at a recirculation depth of '*depth' + 1, as packets received from
 * the tunnel. */
void
ovl_too_big_filter(const struct nlattr *a, struct dp_packet_batch *batch,
                   ovl_recirculate_func *recirculate,
                   struct dp_netdev_pmd_thread *pmd, uint32_t *depth)
{
    const struct ovs_action_push_tnl *data = nl_attr_get(a);
    size_t i, n = dp_packet_batch_size(batch);
    struct dp_packet_batch errors;
    const struct ovl_too_big_limit *limit = &data->ovl.too_big;
    struct ovl_too_big_port *port = NULL;
    struct dp_packet *packet;
    int room;

    if (OVS_LIKELY(limit->mode == OVL_TOO_BIG_SEND)) {
        return;
    }
    room = limit->mtu + ETH_HEADER_LEN - data->header_len;

    dp_packet_batch_init(&errors);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, n, packet, batch) {
        int left = room - (data->ovl.relay
                           ? packet->md.tunnel.metadata.present.len : 0);
        enum too_big_counter counter = TOO_BIG_DROPPED;
        struct dp_packet *error = NULL;
        uint64_t orig;

        if (OVS_LIKELY((int) too_big_size(packet) <= left)) {
            dp_packet_batch_add(batch, packet);
            continue;
        }
        if (!port) {
            port = too_big_find_port(limit->port);
        }
        if (port && limit->mode == OVL_TOO_BIG_ICMP) {
            error = too_big_answer(port, packet, left, data, &counter);
        }
        if (error) {
            dp_packet_batch_add(&errors, error);
        }
        dp_packet_delete(packet);
        if (port) {
            atomic_add_relaxed(&port->counters[counter], 1, &orig);
        } else {
            COVERAGE_INC(drop_tnl_too_big_stale);
        }
    }
    if (!dp_packet_batch_is_empty(&errors)) {
        ++*depth;
        recirculate(pmd, &errors);
        --*depth;
        dp_packet_batch_destroy(&errors);
    }
}
