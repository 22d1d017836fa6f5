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
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "byte-order.h"
#include "cmap.h"
#include "coverage.h"
#include "csum.h"
#include "dp-packet.h"
#include "entropy.h"
#include "flow.h"
#include "hash.h"
#include "netdev-vport-private.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/account.h"
#include "overlay/class.h"
#include "overlay/geneve/unknown.h"
#include "overlay/recirculate.h"
#include "overlay/secret-hash.h"
#include "overlay/template.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_too_big_stale);

/* Maximum number of ICMP errors per second to one sender, and maximum
 * burst. */
#define TOO_BIG_RATE    10
#define TOO_BIG_BURST   10
#define TOO_BIG_INTERVAL (1000000 / TOO_BIG_RATE) /* Microseconds. */

/* Number of rate limits per tenant, which its senders share by hash. */
#define TOO_BIG_SENDERS 32

/* Maximum number of tenants of a port.  A tenant that had no ICMP error for a
 * second need not be kept, and each tenant has at least one datapath flow, so
 * with the default of other_config:flow-limit there are never as many. */
#define TOO_BIG_MAX_TENANTS (1 << 18)

/* The senders with one key on one port. */
struct too_big_tenant {
    struct cmap_node node;      /* In port's 'tenants'. */
    struct ovs_list list_node;  /* In port's 'tenant_list'. */
    ovs_be64 key;

    /* For each rate limit, the time at which the next ICMP error would be due
     * if they were evenly spaced, in microseconds. */
    atomic_uint64_t due[TOO_BIG_SENDERS];
};

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

    /* Tenants that had ICMP errors.  Readers of 'tenants' need no lock.
     * 'tenant_list' has the same tenants, in the order in which
     * too_big_add_tenant() checks whether they are idle. */
    struct ovs_mutex mutex;
    struct cmap tenants;
    struct ovs_list tenant_list OVS_GUARDED;
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

    ovs_mutex_init(&port->mutex);
    cmap_init(&port->tenants);
    ovs_mutex_lock(&port->mutex);
    ovs_list_init(&port->tenant_list);
    ovs_mutex_unlock(&port->mutex);

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
    struct too_big_tenant *tenant;

    ovs_mutex_lock(&port->mutex);
    LIST_FOR_EACH_POP (tenant, list_node, &port->tenant_list) {
        free(tenant);
    }
    ovs_mutex_unlock(&port->mutex);
    cmap_destroy(&port->tenants);
    ovs_mutex_destroy(&port->mutex);
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

/* Code of ICMP4_DST_UNREACH. */
#define ICMP4_FRAG_NEEDED 4

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

/* Returns the secrets for secret_hash(). */
static const uint64_t *
too_big_secrets(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static uint64_t secrets[5]; /* For an IPv6 address. */

    if (ovsthread_once_start(&once)) {
        get_entropy_or_die(secrets, sizeof secrets);
        ovsthread_once_done(&once);
    }
    return secrets;
}

/* Returns the hash of the tenant with 'key'. */
static uint32_t
too_big_hash_tenant(ovs_be64 key)
{
    uint32_t words[2];

    memcpy(words, &key, sizeof key);
    return secret_hash(too_big_secrets(), words, ARRAY_SIZE(words));
}

/* Returns the tenant of 'port' with 'key', which hashes to 'hash', or NULL if
 * it is not known. */
static struct too_big_tenant *
too_big_find_tenant(const struct ovl_too_big_port *port, ovs_be64 key,
                    uint32_t hash)
{
    struct too_big_tenant *tenant;

    CMAP_FOR_EACH_WITH_HASH (tenant, node, hash, &port->tenants) {
        if (tenant->key == key) {
            return tenant;
        }
    }
    return NULL;
}

/* Returns true if removing 'tenant' at 'now', in microseconds, and adding it
 * again would not allow more ICMP errors. */
static bool
too_big_is_idle(struct too_big_tenant *tenant, uint64_t now)
{
    for (size_t i = 0; i < ARRAY_SIZE(tenant->due); i++) {
        uint64_t due;

        atomic_read_relaxed(&tenant->due[i], &due);
        if (due > now) {
            return false;
        }
    }
    return true;
}

/* Returns the tenant of 'port' with 'key', which hashes to 'hash', adding it
 * if it is not known.  Then also removes up to two of the others that are idle
 * at 'now', in microseconds.  Returns NULL if there are too many tenants. */
static struct too_big_tenant *
too_big_add_tenant(struct ovl_too_big_port *port, ovs_be64 key, uint32_t hash,
                   uint64_t now)
{
    struct too_big_tenant *tenant;

    ovs_mutex_lock(&port->mutex);
    tenant = too_big_find_tenant(port, key, hash);
    if (!tenant) {
        /* For each one added, up to two are removed, so idle ones do not
         * accumulate. */
        for (int i = 0; i < 2 && !ovs_list_is_empty(&port->tenant_list); i++) {
            tenant = CONTAINER_OF(ovs_list_pop_front(&port->tenant_list),
                                  struct too_big_tenant, list_node);
            if (too_big_is_idle(tenant, now)) {
                cmap_remove(&port->tenants, &tenant->node,
                            too_big_hash_tenant(tenant->key));
                ovsrcu_postpone(free, tenant);
            } else {
                ovs_list_push_back(&port->tenant_list, &tenant->list_node);
            }
        }
        tenant = NULL;
        if (cmap_count(&port->tenants) < TOO_BIG_MAX_TENANTS) {
            tenant = xzalloc(sizeof *tenant);
            tenant->key = key;
            cmap_insert(&port->tenants, &tenant->node, hash);
            ovs_list_push_back(&port->tenant_list, &tenant->list_node);
        }
    }
    ovs_mutex_unlock(&port->mutex);
    return tenant;
}

/* Returns true if the rate limit allows another ICMP error to the sender with
 * address 'src', 'size' bytes, of the tenant of 'port' with 'key'.  Each
 * tenant has rate limits of its own. */
static bool
too_big_may_answer(struct ovl_too_big_port *port, ovs_be64 key,
                   const void *src, size_t size)
{
    uint32_t hash = too_big_hash_tenant(key);
    uint32_t words[sizeof(struct in6_addr) / sizeof(uint32_t)] = { 0 };
    uint64_t now = time_usec();
    struct too_big_tenant *tenant;
    atomic_uint64_t *due;
    uint64_t old, new;

    tenant = too_big_find_tenant(port, key, hash);
    if (OVS_UNLIKELY(!tenant)) {
        tenant = too_big_add_tenant(port, key, hash, now);
        if (!tenant) {
            return false;
        }
    }

    memcpy(words, src, size);
    due = &tenant->due[secret_hash(too_big_secrets(), words,
                                   ARRAY_SIZE(words)) % TOO_BIG_SENDERS];
    atomic_read_relaxed(due, &old);
    do {
        new = MAX(old, now) + TOO_BIG_INTERVAL;
        if (new - now > TOO_BIG_BURST * TOO_BIG_INTERVAL) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_relaxed(due, &old, new));
    return true;
}

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

/* Returns true if an ICMP error may be sent for 'ip', of which there are
 * 'size' bytes. */
static bool
too_big_is_answerable4(const struct ip_header *ip, size_t size)
{
    ovs_be32 src = get_16aligned_be32(&ip->ip_src);
    ovs_be32 dst = get_16aligned_be32(&ip->ip_dst);
    size_t len = IP_IHL(ip->ip_ihl_ver) * 4;

    if (IP_VER(ip->ip_ihl_ver) != 4 || len < IP_HEADER_LEN
        || size < len + ICMP_ERROR_DATA_L4_LEN
        || ip->ip_frag_off & htons(IP_FRAG_OFF_MASK)
        || ip_is_multicast(dst) || dst == OVS_BE32_MAX
        || !src || ip_is_multicast(src) || src == OVS_BE32_MAX
        || (src & htonl(0xff000000)) == htonl(0x7f000000)) {
        return false;
    }
    if (ip->ip_proto == IPPROTO_ICMP) {
        const struct icmp_header *icmp
            = (const void *) ((const char *) ip + len);

        return (icmp->icmp_type == ICMP4_ECHO_REPLY
                || icmp->icmp_type == ICMP4_ECHO_REQUEST
                || icmp->icmp_type == ICMP4_TIMESTAMP
                || icmp->icmp_type == ICMP4_TIMESTAMPREPLY);
    }
    return true;
}

/* The same for IPv6. */
static bool
too_big_is_answerable6(const struct ovs_16aligned_ip6_hdr *ip6, size_t size)
{
    const struct ovs_16aligned_ip6_frag *frag;
    const struct ip6_rt_hdr *rt;
    const void *l4 = ip6 + 1;
    struct in6_addr src, dst;
    uint8_t nw_frag = 0;
    uint8_t nw_proto;

    if (size < IPV6_HEADER_LEN) {
        return false;
    }
    size -= IPV6_HEADER_LEN;
    nw_proto = ip6->ip6_nxt;
    memcpy(&src, &ip6->ip6_src, sizeof src);
    memcpy(&dst, &ip6->ip6_dst, sizeof dst);
    if ((ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 28) != 6
        || ipv6_addr_is_multicast(&src) || ipv6_addr_is_multicast(&dst)
        || !ipv6_addr_is_set(&src) || IN6_IS_ADDR_LOOPBACK(&src)
        || !parse_ipv6_ext_hdrs(&l4, &size, &nw_proto, &nw_frag, &frag, &rt)
        || nw_frag & FLOW_NW_FRAG_LATER) {
        return false;
    }
    /* Types below 128 are errors.  Redirect must not be answered either (RFC
     * 4443, section 2.4). */
    return (nw_proto != IPPROTO_ICMPV6
            || (size && *(const uint8_t *) l4 >= 128
                && *(const uint8_t *) l4 != ND_REDIRECT));
}

/* Returns the offset of the IP header in 'packet', an inner packet, and stores
 * its Ethertype in '*type', or 0 if there is no IP header. */
static size_t
too_big_find_ip(const struct dp_packet *packet, ovs_be16 *type)
{
    const char *data = dp_packet_data(packet);
    size_t ofs = 0;

    if (packet->packet_type != htonl(PT_ETH)) {
        *type = pt_ns_type_be(packet->packet_type);
    } else {
        ofs = offsetof(struct eth_header, eth_type);
        for (;;) {
            if (dp_packet_size(packet) < ofs + sizeof *type) {
                *type = 0;
                return 0;
            }
            memcpy(type, data + ofs, sizeof *type);
            ofs += sizeof *type;
            if (!eth_type_vlan(*type)) {
                break;
            }
            ofs += sizeof(ovs_be16);    /* The tag. */
        }
    }
    if ((*type != htons(ETH_TYPE_IP) && *type != htons(ETH_TYPE_IPV6))
        || dp_packet_size(packet) < ofs + IP_HEADER_LEN) {
        *type = 0;
    }
    return ofs;
}

/* Appends to 'error' the IPv4 header and the ICMP message for 'packet', whose
 * IPv4 header is at 'ofs' and which is longer than 'mtu' bytes. */
static void
too_big_put_icmp4(struct dp_packet *error, const struct dp_packet *packet,
                  size_t ofs, uint16_t mtu)
{
    const char *quoted = (const char *) dp_packet_data(packet) + ofs;
    const struct ip_header *in = (const void *) quoted;
    size_t len = MIN(dp_packet_size(packet) - ofs,
                     576 - IP_HEADER_LEN - ICMP_HEADER_LEN);
    struct icmp_header *icmp;
    struct ip_header *ip, *copy;
    size_t header_len = IP_IHL(in->ip_ihl_ver) * 4;

    ip = dp_packet_put_zeros(error, sizeof *ip);
    ip->ip_ihl_ver = IP_IHL_VER(5, 4);
    ip->ip_tos = IPTOS_PREC_INTERNETCONTROL;
    ip->ip_tot_len = htons(sizeof *ip + sizeof *icmp + len);
    ip->ip_frag_off = htons(IP_DF);
    ip->ip_ttl = 64;
    ip->ip_proto = IPPROTO_ICMP;
    ip->ip_src = in->ip_dst;
    ip->ip_dst = in->ip_src;
    ip->ip_csum = csum(ip, sizeof *ip);

    icmp = dp_packet_put_zeros(error, sizeof *icmp + len);
    icmp->icmp_type = ICMP4_DST_UNREACH;
    icmp->icmp_code = ICMP4_FRAG_NEEDED;
    icmp->icmp_fields.frag.mtu = htons(mtu);
    copy = (struct ip_header *) (icmp + 1);
    memcpy(copy, quoted, len);
    if (dp_packet_ip_checksum_partial(packet)) {
        copy->ip_csum = 0;
        copy->ip_csum = csum(copy, header_len);
    }
    icmp->icmp_csum = csum(icmp, sizeof *icmp + len);
}

/* The same for IPv6. */
static void
too_big_put_icmp6(struct dp_packet *error, const struct dp_packet *packet,
                  size_t ofs, uint16_t mtu)
{
    const char *quoted = (const char *) dp_packet_data(packet) + ofs;
    const struct ovs_16aligned_ip6_hdr *in = (const void *) quoted;
    size_t len = MIN(dp_packet_size(packet) - ofs,
                     1280 - IPV6_HEADER_LEN - ICMP6_DATA_HEADER_LEN);
    struct icmp6_data_header *icmp;
    struct ovs_16aligned_ip6_hdr *ip6;

    ip6 = dp_packet_put_zeros(error, sizeof *ip6);
    put_16aligned_be32(&ip6->ip6_flow, htonl(6 << 28));
    ip6->ip6_plen = htons(sizeof *icmp + len);
    ip6->ip6_nxt = IPPROTO_ICMPV6;
    ip6->ip6_hlim = 64;
    ip6->ip6_src = in->ip6_dst;
    ip6->ip6_dst = in->ip6_src;

    icmp = dp_packet_put_zeros(error, sizeof *icmp + len);
    icmp->icmp6_base.icmp6_type = ICMP6_PACKET_TOO_BIG;
    put_16aligned_be32(&icmp->icmp6_data.be32[0], htonl(mtu));
    memcpy(icmp + 1, quoted, len);
    icmp->icmp6_base.icmp6_cksum
        = packet_csum_upperlayer6(ip6, icmp, IPPROTO_ICMPV6,
                                  sizeof *icmp + len);
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
    const struct ovl_too_big_limit *limit = &data->ovl.too_big;
    ovs_be64 tenant = get_32aligned_be64(&limit->tenant);
    ovs_be16 type;
    size_t ofs = too_big_find_ip(packet, &type);
    const struct eth_header *eth = dp_packet_data(packet);
    const void *ip = (const char *) eth + ofs;
    size_t size = dp_packet_size(packet) - ofs;
    bool ipv6 = type == htons(ETH_TYPE_IPV6);
    struct dp_packet *error;

    *counter = TOO_BIG_UNANSWERABLE;
    if (!type || room <= (int) ofs
        || (packet->packet_type == htonl(PT_ETH)
            && (eth_addr_is_multicast(eth->eth_dst)
                || eth_addr_is_multicast(eth->eth_src)))
        || !(ipv6 ? too_big_is_answerable6(ip, size)
             : too_big_is_answerable4(ip, size))) {
        return NULL;
    }

    if (ipv6
        ? !too_big_may_answer(port, tenant,
                              &((const struct ovs_16aligned_ip6_hdr *) ip)
                              ->ip6_src, sizeof(struct in6_addr))
        : !too_big_may_answer(port, tenant,
                              &((const struct ip_header *) ip)->ip_src,
                              sizeof(ovs_be32))) {
        *counter = TOO_BIG_LIMITED;
        return NULL;
    }

    error = dp_packet_new_with_headroom(ofs + 1280, 128);
    if (ofs) {
        struct eth_header *reply = dp_packet_put(error, eth, ofs);

        reply->eth_src = eth->eth_dst;
        reply->eth_dst = eth->eth_src;
    }
    if (ipv6) {
        too_big_put_icmp6(error, packet, ofs, room - ofs);
    } else {
        too_big_put_icmp4(error, packet, ofs, room - ofs);
    }
    error->packet_type = packet->packet_type;
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
