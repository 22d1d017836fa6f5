/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* L2TPv3, Layer Two Tunneling Protocol version 3: RFC 3931, with the Ethernet
 * pseudowires of RFC 4719.  Everything is configured; there is no control
 * connection.
 *
 * An inner Ethernet frame, behind the header of a session, travels in UDP
 * (ovl_l2tpv3_udp_class) or directly in IP (ovl_l2tpv3_ip_class).  The packet
 * does not tell the layout of the session's header: both ends must be
 * configured with it.
 *
 * Transmit: build_header() makes all of the header except the sequence number.
 * Receive: pop looks up the session by the addresses and the session ID, in a
 * table with an entry for each configured port, which has the layout and the
 * cookie.  The table is searched in the order in which upstream's
 * ofproto/tunnel.c searches its own, so that both find the same port: the
 * cookie is checked with the options of the port that gets the frame. */

#include <config.h>

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>

#include "byte-order.h"
#include "cmap.h"
#include "dp-packet.h"
#include "hash.h"
#include "netdev-native-tnl.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "overlay/class.h"
#include "overlay/counters.h"
#include "overlay/no-port.h"
#include "overlay/packet.h"
#include "overlay/vport.h"
#include "overlay/xlate.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "unaligned.h"
#include "unixctl.h"
#include "util.h"

/* Wire format. */

/* L2TP header that precedes the session's header over UDP, section 4.1.2.1. */
struct l2tp_udp_header {
    ovs_be16 flags;             /* L2TP_F_CONTROL and version. */
    ovs_be16 reserved;          /* 0, ignored. */
};
BUILD_ASSERT_DECL(sizeof(struct l2tp_udp_header) == 4);

#define L2TP_F_CONTROL      0x8000 /* A control message. */
#define L2TP_VERSION_MASK   0x000f
#define L2TP_VERSION        3
#define L2TP_PORT           1701

/* The header of a data message, section 4.1.1.1, has these parts:
 *
 *     session ID      4 bytes; 0 means a control message
 *     cookie          0, 4 or 8 bytes
 *     sublayer        4 bytes, if there is one: the default L2-specific
 *                     sublayer, section 4.6
 *     offset padding  as many bytes as both ends agree on; a practice that
 *                     comes from L2TPv2 and is not in RFC 3931
 */
#define L2TP_SESSION_LEN    4
#define L2TP_SESSION_OWN    UINT32_MAX /* ID of the switches' own packets. */
#define L2TP_SUBLAYER_LEN   4
#define L2TP_OFFSET_MAX     255

#define L2TP_SUBLAYER_S     0x40000000 /* There is a sequence number. */
#define L2TP_SEQ_MASK       0x00ffffff

#define L2TP_UDP_LEN        (UDP_HEADER_LEN + sizeof(struct l2tp_udp_header))

#ifndef IPPROTO_L2TP
#define IPPROTO_L2TP        115
#endif

/* Layout of the session's header, in 16 bits: the member 'layout' of struct
 * ovl_template. */
#define L2TP_L_OFFSET       0x00ff  /* Bytes of offset padding. */
#define L2TP_L_COOKIE4      0x0100
#define L2TP_L_COOKIE8      0x0200
#define L2TP_L_SUBLAYER     0x0400
#define L2TP_L_SEQ          0x0800  /* With SUBLAYER: number the packets. */

/* Longest inner frame: what a dp_packet's buffer of 65535 bytes can hold with
 * the outer headers and with what devices put in front of them. */
#define L2TP_INNER_MAX (UINT16_MAX - ETH_HEADER_LEN - IPV6_HEADER_LEN   \
                        - L2TP_UDP_LEN - L2TP_SESSION_LEN - 8           \
                        - L2TP_SUBLAYER_LEN - L2TP_OFFSET_MAX - 128)

BUILD_ASSERT_DECL(ETH_HEADER_LEN + IPV6_HEADER_LEN + L2TP_UDP_LEN
                  + L2TP_SESSION_LEN + 8 + L2TP_SUBLAYER_LEN
                  + L2TP_OFFSET_MAX <= TNL_PUSH_HEADER_SIZE);

/* Returns the bytes of cookie in a header with 'layout'. */
static size_t
l2tp_cookie_len(uint16_t layout)
{
    return (layout & (L2TP_L_COOKIE4 | L2TP_L_COOKIE8)) >> 6;
}

/* Returns the bytes of sublayer in a header with 'layout'. */
static size_t
l2tp_sublayer_len(uint16_t layout)
{
    return layout & L2TP_L_SUBLAYER ? L2TP_SUBLAYER_LEN : 0;
}

/* Returns the bytes that follow the session ID in a header with 'layout'. */
static size_t
l2tp_rest_len(uint16_t layout)
{
    return (l2tp_cookie_len(layout) + l2tp_sublayer_len(layout)
            + (layout & L2TP_L_OFFSET));
}

/* Returns the 4 bytes at 'p', in host byte order. */
static uint32_t
l2tp_get_u32(const void *p)
{
    return ntohl(get_unaligned_be32(p));
}

/* Writes 'value', in host byte order, to the 4 bytes at 'p'. */
static void
l2tp_put_u32(void *p, uint32_t value)
{
    put_unaligned_be32(p, htonl(value));
}

/* Returns the cookie of 'len' bytes, 0, 4 or 8, at 'p', in host byte order. */
static uint64_t
l2tp_get_cookie(const void *p, size_t len)
{
    return (len == 8 ? ntohll(get_unaligned_be64(p))
            : len == 4 ? l2tp_get_u32(p)
            : 0);
}

/* Writes 'cookie', in host byte order, in 'len' bytes, 0, 4 or 8, to 'p'. */
static void
l2tp_put_cookie(void *p, uint64_t cookie, size_t len)
{
    if (len == 8) {
        put_unaligned_be64(p, htonll(cookie));
    } else if (len == 4) {
        l2tp_put_u32(p, cookie);
    }
}

/* Counters of packets.
 *
 * COUNTER(NAME, name, meaning) */
#define L2TP_COUNTERS(COUNTER)                                          \
    COUNTER(RX_HEADER, "rx_header",                                     \
            "packets with truncated or bad headers")                    \
    COUNTER(RX_CHECKSUM, "rx_checksum",                                 \
            "packets with a wrong outer checksum, or over IPv6 without one") \
    COUNTER(RX_VERSION, "rx_version",                                   \
            "packets of another version than 3")                        \
    COUNTER(RX_CONTROL, "rx_control",                                   \
            "control messages")                                         \
    COUNTER(RX_SESSION, "rx_session",                                   \
            "packets of sessions that no port has")                     \
    COUNTER(RX_COOKIE, "rx_cookie",                                     \
            "packets with a wrong cookie")                              \
    COUNTER(RX_UNNUMBERED, "rx_unnumbered",                             \
            "packets without the sequence number that was asked for")   \
    COUNTER(RX_REORDERED, "rx_reordered",                               \
            "packets that came after a later one, or twice")            \
    COUNTER(RX_INNER, "rx_inner",                                       \
            "inner frames shorter than an Ethernet header")             \
    COUNTER(TX_SESSION, "tx_session",                                   \
            "inner frames whose tunnel key is not a session ID")        \
    COUNTER(TX_TOO_BIG, "tx_too_big",                                   \
            "inner frames longer than L2TPv3 can carry")                \
    COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload",                           \
            "inner frames to be segmented or summed up whose L4 header " \
            "was lost")

enum l2tp_counter {
#define L2TP_COUNTER(NAME, STRING, MEANING) L2TP_##NAME,
    L2TP_COUNTERS(L2TP_COUNTER)
#undef L2TP_COUNTER
    L2TP_N_COUNTERS
};

static struct ovl_counter l2tp_counters[] = {
#define L2TP_COUNTER(NAME, STRING, MEANING) { STRING, MEANING, 0 },
    L2TP_COUNTERS(L2TP_COUNTER)
#undef L2TP_COUNTER
};

/* Counts a packet in 'counter'. */
static void
l2tp_count(enum l2tp_counter counter)
{
    ovl_count(&l2tp_counters[counter]);
}

/* Options. */

/* Options that only these classes have. */
struct l2tp_config {
    uint64_t tx_cookie;         /* In host byte order. */
    uint64_t rx_cookie;
    uint16_t tx_layout;         /* L2TP_L_*; SEQ: send sequence numbers. */
    uint16_t rx_layout;         /* L2TP_L_*; SEQ: check sequence numbers. */
    uint16_t src_port;          /* UDP source port, or 0. */
    bool hash_src_port;         /* Source port is a hash, not 'dst_port'. */
    bool csum_set;
    bool csum;                  /* Valid if 'csum_set'. */
};

/* Parses the cookie 's' into '*cookie', in host byte order, and adds its
 * length to '*layout'.  Returns false if 's' is not a cookie. */
static bool
l2tp_parse_cookie(const char *s, uint64_t *cookie, uint16_t *layout)
{
    size_t n;

    if (strncmp(s, "0x", 2)) {
        return false;
    }
    s += 2;
    n = strspn(s, "0123456789abcdefABCDEF");
    if (s[n] || (n != 8 && n != 16)) {
        return false;
    }
    *cookie = strtoull(s, NULL, 16);
    *layout |= n == 8 ? L2TP_L_COOKIE4 : L2TP_L_COOKIE8;
    return true;
}

/* Implements 'set_option' of struct ovl_class for both classes. */
static bool
l2tp_set_option(void *cfg_, const char *key, const char *value,
                struct ds *allowed)
{
    struct l2tp_config *cfg = cfg_;
    int number;

    if (!strcmp(key, "tx_cookie") || !strcmp(key, "rx_cookie")) {
        bool tx = key[0] == 't';

        if (!l2tp_parse_cookie(value, tx ? &cfg->tx_cookie : &cfg->rx_cookie,
                               tx ? &cfg->tx_layout : &cfg->rx_layout)) {
            ds_put_cstr(allowed, "0x and 8 or 16 hexadecimal digits");
        }
    } else if (!strcmp(key, "l2_specific")) {
        if (!strcmp(value, "default")) {
            cfg->tx_layout |= L2TP_L_SUBLAYER;
            cfg->rx_layout |= L2TP_L_SUBLAYER;
        } else if (strcmp(value, "none")) {
            ds_put_cstr(allowed, "\"none\" or \"default\"");
        }
    } else if (!strcmp(key, "seq")) {
        bool both = !strcmp(value, "both");

        if (both || !strcmp(value, "send")) {
            cfg->tx_layout |= L2TP_L_SEQ;
        }
        if (both || !strcmp(value, "recv")) {
            cfg->rx_layout |= L2TP_L_SEQ;
        }
        if (!((cfg->tx_layout | cfg->rx_layout) & L2TP_L_SEQ)
            && strcmp(value, "none")) {
            ds_put_cstr(allowed,
                        "\"none\", \"send\", \"recv\" or \"both\"");
        }
    } else if (!strcmp(key, "offset")) {
        if (value[0] >= '0' && value[0] <= '9'
            && str_to_int(value, 10, &number)
            && number <= L2TP_OFFSET_MAX) {
            cfg->tx_layout |= number;
            cfg->rx_layout |= number;
        } else {
            ds_put_format(allowed, "0 to %d", L2TP_OFFSET_MAX);
        }
    } else {
        return false;
    }
    return true;
}

/* Implements 'set_option' of struct ovl_class for UDP. */
static bool
l2tp_udp_set_option(void *cfg_, const char *key, const char *value,
                    struct ds *allowed)
{
    struct l2tp_config *cfg = cfg_;
    int number;

    if (!strcmp(key, "src_port")) {
        if (!strcmp(value, "hash")) {
            cfg->hash_src_port = true;
        } else if (value[0] >= '0' && value[0] <= '9'
                   && str_to_int(value, 10, &number)
                   && number >= 1 && number <= UINT16_MAX) {
            cfg->src_port = number;
        } else {
            ds_put_cstr(allowed, "\"hash\" or 1 to 65535");
        }
    } else if (!strcmp(key, "src_port_range")) {
        ds_put_cstr(allowed, "left out: use src_port");
    } else if (!strcmp(key, "csum")) {
        cfg->csum_set = true;
        cfg->csum = !strcmp(value, "true");
        if (!cfg->csum && strcmp(value, "false")) {
            ds_put_cstr(allowed, "\"true\" or \"false\"");
        }
    } else {
        return l2tp_set_option(cfg_, key, value, allowed);
    }
    return true;
}

/* Implements 'set_option' of struct ovl_class for IP. */
static bool
l2tp_ip_set_option(void *cfg, const char *key, const char *value,
                   struct ds *allowed)
{
    if (!strcmp(key, "src_port") || !strcmp(key, "src_port_range")
        || !strcmp(key, "csum")) {
        ds_put_cstr(allowed, "left out with encap=ip");
        return true;
    }
    return l2tp_set_option(cfg, key, value, allowed);
}

/* Adds 'cookie', in host byte order, of a header with 'layout', to 'options'
 * as 'key', if the header has one. */
static void
l2tp_get_cookie_option(struct smap *options, const char *key, uint64_t cookie,
                       uint16_t layout)
{
    int len = l2tp_cookie_len(layout);

    if (len) {
        smap_add_format(options, key, "0x%0*"PRIx64, 2 * len, cookie);
    }
}

/* Implements 'get_options' of struct ovl_class for both classes. */
static void
l2tp_get_options(const void *cfg_, struct smap *options)
{
    const struct l2tp_config *cfg = cfg_;
    bool send = cfg->tx_layout & L2TP_L_SEQ;
    bool recv = cfg->rx_layout & L2TP_L_SEQ;

    l2tp_get_cookie_option(options, "tx_cookie", cfg->tx_cookie,
                           cfg->tx_layout);
    l2tp_get_cookie_option(options, "rx_cookie", cfg->rx_cookie,
                           cfg->rx_layout);
    if (cfg->tx_layout & L2TP_L_SUBLAYER) {
        smap_add(options, "l2_specific", "default");
    }
    if (send || recv) {
        smap_add(options, "seq", !recv ? "send" : !send ? "recv" : "both");
    }
    if (cfg->tx_layout & L2TP_L_OFFSET) {
        smap_add_format(options, "offset", "%d",
                        cfg->tx_layout & L2TP_L_OFFSET);
    }
    if (cfg->hash_src_port) {
        smap_add(options, "src_port", "hash");
    } else if (cfg->src_port) {
        smap_add_format(options, "src_port", "%"PRIu16, cfg->src_port);
    }
    if (cfg->csum_set) {
        smap_add(options, "csum", cfg->csum ? "true" : "false");
    }
}

/* Sessions. */

/* Identifies a session.  Members that the port leaves open are 0. */
struct l2tp_key {
    struct in6_addr local;
    struct in6_addr remote;
    ovs_be32 id;
    ovs_be16 port;              /* Destination port, 0 for IP. */
    uint16_t kind;              /* L2TP_KIND(): what the port leaves open. */
};
BUILD_ASSERT_DECL(sizeof(struct l2tp_key) == 40);

/* Kinds of l2tp_key, in order of search: that of upstream's tnl_find().
 * 'ID_FLOW' and 'REMOTE_FLOW' are 1 if flows set the session ID or the remote
 * address.  'LOCAL' is 0 for a configured local address, 1 for any, 2 if flows
 * set it. */
#define L2TP_KIND(ID_FLOW, REMOTE_FLOW, LOCAL) \
    (6 * (ID_FLOW) + 3 * (REMOTE_FLOW) + (LOCAL))
#define L2TP_N_KINDS        12

/* The session, or the sessions, of a port. */
struct l2tp_session {
    struct hmap_node node;      /* In 'l2tp_ports', by 'netdev'. */
    struct cmap_node rx_node;   /* In 'l2tp_rx', by 'rx_key'. */
    struct cmap_node tx_node;   /* In 'l2tp_tx', by 'tx_key', if numbered. */

    const struct netdev *netdev;
    struct l2tp_key rx_key;
    struct l2tp_key tx_key;     /* 'local' and 'kind' are 0. */
    struct l2tp_config cfg;
    atomic_uint32_t tx_seq;     /* Next sequence number to send. */
    atomic_uint64_t rx_seq;     /* See l2tp_check_seq(). */
};

static struct ovs_mutex l2tp_mutex = OVS_MUTEX_INITIALIZER;
static struct hmap l2tp_ports OVS_GUARDED_BY(l2tp_mutex)
    = HMAP_INITIALIZER(&l2tp_ports);
static unsigned int l2tp_n_kinds[L2TP_N_KINDS] OVS_GUARDED_BY(l2tp_mutex);
static struct cmap l2tp_rx = CMAP_INITIALIZER;
static struct cmap l2tp_tx = CMAP_INITIALIZER;

/* Bit map of the kinds in 'l2tp_rx'. */
static atomic_uint32_t l2tp_kinds;

/* Next sequence number for sessions that no port numbers, which only actions
 * written by hand can have. */
static atomic_uint32_t l2tp_other_seq;

/* Returns the hash of 'key'. */
static uint32_t
l2tp_hash_key(const struct l2tp_key *key)
{
    return hash_bytes32((const uint32_t *) key, sizeof *key, 0);
}

/* Returns the session with 'rx_key' equal to 'key', or NULL. */
static struct l2tp_session *
l2tp_find_rx(const struct l2tp_key *key)
{
    struct l2tp_session *session;

    CMAP_FOR_EACH_WITH_HASH (session, rx_node, l2tp_hash_key(key), &l2tp_rx) {
        if (!memcmp(&session->rx_key, key, sizeof *key)) {
            return session;
        }
    }
    return NULL;
}

/* Returns the numbered session with 'tx_key' equal to 'key', or NULL. */
static struct l2tp_session *
l2tp_find_tx(const struct l2tp_key *key)
{
    struct l2tp_session *session;

    CMAP_FOR_EACH_WITH_HASH (session, tx_node, l2tp_hash_key(key), &l2tp_tx) {
        if (!memcmp(&session->tx_key, key, sizeof *key)) {
            return session;
        }
    }
    return NULL;
}

/* Returns the session that a packet with the tunnel metadata 'tnl' (addresses
 * only), session ID 'id' and destination port 'port' belongs to, or NULL. */
static struct l2tp_session *
l2tp_lookup(const struct flow_tnl *tnl, ovs_be32 id, ovs_be16 port)
{
    const struct in6_addr local = flow_tnl_dst(tnl);
    const struct in6_addr remote = flow_tnl_src(tnl);
    uint32_t kinds;

    atomic_read_explicit(&l2tp_kinds, &kinds, memory_order_acquire);
    for (; kinds; kinds = zero_rightmost_1bit(kinds)) {
        int kind = raw_ctz(kinds);
        struct l2tp_session *session;
        struct l2tp_key key = { .port = port, .kind = kind };

        if (kind < L2TP_KIND(1, 0, 0)) {
            key.id = id;
        }
        if (kind % L2TP_KIND(1, 0, 0) < L2TP_KIND(0, 1, 0)) {
            key.remote = remote;
        }
        if (kind % L2TP_KIND(0, 1, 0) == 0) {
            key.local = local;
        }
        session = l2tp_find_rx(&key);
        if (session) {
            return session;
        }
    }
    return NULL;
}

/* Returns the session of the port 'netdev', or NULL. */
static struct l2tp_session *
l2tp_session_from_netdev(const struct netdev *netdev)
    OVS_REQUIRES(l2tp_mutex)
{
    struct l2tp_session *session;

    HMAP_FOR_EACH_WITH_HASH (session, node, hash_pointer(netdev, 0),
                             &l2tp_ports) {
        if (session->netdev == netdev) {
            return session;
        }
    }
    return NULL;
}

/* Returns true if the packets that 'session' sends have sequence numbers. */
static bool
l2tp_is_numbered(const struct l2tp_session *session)
{
    return session->cfg.tx_layout & L2TP_L_SEQ;
}

/* Inserts 'session' into the tables, where other threads find it. */
static void
l2tp_session_insert(struct l2tp_session *session)
    OVS_REQUIRES(l2tp_mutex)
{
    uint32_t bit = UINT32_C(1) << session->rx_key.kind;
    uint32_t orig;

    hmap_insert(&l2tp_ports, &session->node, hash_pointer(session->netdev, 0));
    cmap_insert(&l2tp_rx, &session->rx_node, l2tp_hash_key(&session->rx_key));
    if (l2tp_is_numbered(session)) {
        cmap_insert(&l2tp_tx, &session->tx_node,
                    l2tp_hash_key(&session->tx_key));
    }
    if (!l2tp_n_kinds[session->rx_key.kind]++) {
        atomic_or_explicit(&l2tp_kinds, bit, &orig, memory_order_release);
    }
}

/* Removes 'session' from the tables, and frees it when no thread uses it any
 * more. */
static void
l2tp_session_remove(struct l2tp_session *session)
    OVS_REQUIRES(l2tp_mutex)
{
    uint32_t bit = UINT32_C(1) << session->rx_key.kind;
    uint32_t orig;

    if (!--l2tp_n_kinds[session->rx_key.kind]) {
        atomic_and(&l2tp_kinds, ~bit, &orig);
    }
    if (l2tp_is_numbered(session)) {
        cmap_remove(&l2tp_tx, &session->tx_node,
                    l2tp_hash_key(&session->tx_key));
    }
    cmap_remove(&l2tp_rx, &session->rx_node, l2tp_hash_key(&session->rx_key));
    hmap_remove(&l2tp_ports, &session->node);
    ovsrcu_postpone(free, session);
}

/* Removes 'session', which may be NULL, if its port was deleted but other
 * threads may still use the port's netdev. */
static void
l2tp_session_remove_if_dead(struct l2tp_session *session)
    OVS_REQUIRES(l2tp_mutex)
{
    if (session && !session->netdev->node) {
        l2tp_session_remove(session);
    }
}

/* Fills in the keys of 'session' from 'tnl_cfg'. */
static void
l2tp_session_set_keys(struct l2tp_session *session,
                      const struct netdev_tunnel_config *tnl_cfg)
{
    bool any = !ipv6_addr_is_set(&tnl_cfg->ipv6_src);

    session->rx_key.local = tnl_cfg->ipv6_src;
    session->rx_key.remote = tnl_cfg->ipv6_dst;
    session->rx_key.id = htonl(ntohll(tnl_cfg->in_key));
    session->rx_key.port = tnl_cfg->dst_port;
    session->rx_key.kind = L2TP_KIND(tnl_cfg->in_key_flow,
                                     tnl_cfg->ip_dst_flow,
                                     tnl_cfg->ip_src_flow ? 2 : any);

    session->tx_key.remote = tnl_cfg->ipv6_dst;
    session->tx_key.id = htonl(ntohll(tnl_cfg->out_key));
    session->tx_key.port = tnl_cfg->dst_port;
}

/* Checks the combination of the options 'cfg' and 'tnl_cfg'.  Returns NULL if
 * it is valid, otherwise an error message, as a malloc()'d string. */
static char *
l2tp_check(const struct netdev_tunnel_config *tnl_cfg,
           const struct l2tp_config *cfg)
{
    uint16_t layouts = cfg->tx_layout | cfg->rx_layout;

    if (!tnl_cfg->in_key_present || !tnl_cfg->out_key_present) {
        return xstrdup("l2tpv3 type requires 'key', or 'in_key' and "
                       "'out_key', each a session ID or \"flow\"");
    } else if (layouts & L2TP_L_SEQ && !(layouts & L2TP_L_SUBLAYER)) {
        return xstrdup("'seq' requires 'l2_specific=default'");
    } else if (layouts & L2TP_L_SEQ
               && (tnl_cfg->in_key_flow || tnl_cfg->out_key_flow
                   || tnl_cfg->ip_dst_flow)) {
        return xstrdup("'seq' requires that 'remote_ip' and the session IDs "
                       "are not \"flow\"");
    } else if (cfg->csum_set && !cfg->csum
               && !tnl_cfg->ip_dst_flow
               && !IN6_IS_ADDR_V4MAPPED(&tnl_cfg->ipv6_dst)) {
        return xstrdup("'csum=false' is not possible over IPv6");
    }
    return NULL;
}

/* Implements 'configure' of struct ovl_class for both classes. */
static char *
l2tp_configure(const struct netdev *netdev, const void *cfg)
{
    const struct netdev_tunnel_config *tnl_cfg
        = netdev_get_tunnel_config(netdev);
    struct l2tp_session *session, *old, *other;
    char *error = l2tp_check(tnl_cfg, cfg);

    if (error) {
        return error;
    }

    session = xzalloc(sizeof *session);
    session->netdev = netdev;
    memcpy(&session->cfg, cfg, sizeof session->cfg);
    l2tp_session_set_keys(session, tnl_cfg);
    atomic_init(&session->tx_seq, 0);
    atomic_init(&session->rx_seq, 0);

    ovs_mutex_lock(&l2tp_mutex);
    old = l2tp_session_from_netdev(netdev);
    if (!old) {
        /* (A changed port is refused in this case, and comes back as a new
         * port: ofproto/tunnel.c still has the old options of all ports.) */
        l2tp_session_remove_if_dead(l2tp_find_rx(&session->rx_key));
        l2tp_session_remove_if_dead(l2tp_find_tx(&session->tx_key));
    }
    other = l2tp_find_rx(&session->rx_key);
    if (other && other != old) {
        error = xasprintf("port %s has the same remote_ip, local_ip, incoming "
                          "session ID and transport",
                          netdev_get_name(other->netdev));
    } else {
        other = (l2tp_is_numbered(session) ? l2tp_find_tx(&session->tx_key)
                 : NULL);
        if (other && other != old) {
            error = xasprintf("port %s numbers the packets of the same "
                              "session to the same remote_ip",
                              netdev_get_name(other->netdev));
        }
    }

    if (error || (old && !memcmp(&old->cfg, &session->cfg, sizeof old->cfg)
                  && !memcmp(&old->rx_key, &session->rx_key,
                             sizeof old->rx_key)
                  && !memcmp(&old->tx_key, &session->tx_key,
                             sizeof old->tx_key))) {
        free(session);
    } else {
        if (old) {
            if (!memcmp(&old->tx_key, &session->tx_key, sizeof old->tx_key)) {
                /* To the peer it is the same session. */
                uint32_t seq;

                atomic_read_relaxed(&old->tx_seq, &seq);
                atomic_init(&session->tx_seq, seq);
            }
        }
        /* Insert before removing, so that packets find a session at any
         * time. */
        l2tp_session_insert(session);
        if (old) {
            l2tp_session_remove(old);
        }
    }
    ovs_mutex_unlock(&l2tp_mutex);
    return error;
}

/* Implements 'port_destroy' of struct ovl_class for both classes. */
static void
l2tp_forget(const struct netdev *netdev)
{
    struct l2tp_session *session;

    ovs_mutex_lock(&l2tp_mutex);
    session = l2tp_session_from_netdev(netdev);
    if (session) {
        l2tp_session_remove(session);
    }
    ovs_mutex_unlock(&l2tp_mutex);
}

/* Transmit. */

/* Returns a pointer to offset 'ofs' in the template 'data'. */
static void *
l2tp_at(const struct ovs_action_push_tnl *data, size_t ofs)
{
    return (char *) data->header + ofs;
}

/* Returns the offset of the outer L4 header in the template 'data'. */
static size_t
l2tp_l4_ofs(const struct ovs_action_push_tnl *data)
{
    return ETH_HEADER_LEN + (netdev_tnl_is_header_ipv6(data->header)
                             ? IPV6_HEADER_LEN : IP_HEADER_LEN);
}

/* Writes a session's header with 'layout' to 'p', with session ID 'id' and
 * 'cookie', both in host byte order.  Returns its length in bytes. */
static size_t
l2tp_put_header(void *p_, uint32_t id, uint16_t layout, uint64_t cookie)
{
    size_t cookie_len = l2tp_cookie_len(layout);
    char *p = p_;

    l2tp_put_u32(p, id);
    l2tp_put_cookie(p + L2TP_SESSION_LEN, cookie, cookie_len);
    memset(p + L2TP_SESSION_LEN + cookie_len, 0,
           l2tp_rest_len(layout) - cookie_len);
    if (layout & L2TP_L_SUBLAYER && layout & L2TP_L_SEQ) {
        l2tp_put_u32(p + L2TP_SESSION_LEN + cookie_len, L2TP_SUBLAYER_S);
    }
    return L2TP_SESSION_LEN + l2tp_rest_len(layout);
}

/* Returns the session ID for packets of 'flow' that leave by 'netdev', in host
 * byte order.  Returns 0, which is not a session ID, if the tunnel key is not
 * a session ID, or is that of the switch's own packets and flows set it: push
 * drops and counts packets with 0. */
static uint32_t
l2tp_session_id(const struct netdev *netdev, const struct flow *flow)
{
    uint64_t id = ntohll(flow->tunnel.tun_id);

    return id <= UINT32_MAX && !ovl_poses_as_own(netdev, flow) ? id : 0;
}

/* Writes a UDP header with 'src_port' and 'dst_port', and the L2TP header that
 * follows it, to 'udp', except for the UDP checksum and length.  Returns the
 * end of the L2TP header. */
static void *
l2tp_put_udp(struct udp_header *udp, ovs_be16 src_port, ovs_be16 dst_port)
{
    struct l2tp_udp_header *header = (struct l2tp_udp_header *) (udp + 1);

    udp->udp_src = src_port;
    udp->udp_dst = dst_port;
    udp->udp_len = 0;
    header->flags = htons(L2TP_VERSION);
    header->reserved = 0;
    return header + 1;
}

/* Implements 'build_header' of struct ovl_class for UDP.  The source port is 0
 * if push must use a hash of the inner packet. */
static int
l2tp_udp_build_header(const struct netdev *netdev,
                      struct ovs_action_push_tnl *data,
                      const struct netdev_tnl_build_header_params *params)
{
    const struct l2tp_config *cfg = ovl_get_config(netdev);
    ovs_be16 dst_port = netdev_get_tunnel_config(netdev)->dst_port;
    ovs_be16 src_port = (params->flow->tunnel.tp_src
                         ? params->flow->tunnel.tp_src
                         : cfg->hash_src_port ? 0
                         : cfg->src_port ? htons(cfg->src_port)
                         : dst_port);
    struct udp_header *udp;
    void *p;

    udp = netdev_tnl_ip_build_header(data, params, IPPROTO_UDP, 0);
    p = l2tp_put_udp(udp, src_port, dst_port);
    if (params->is_ipv6 || cfg->csum) {
        udp->udp_csum = OVS_BE16_MAX;
    }
    data->header_len += L2TP_UDP_LEN;
    data->header_len += l2tp_put_header(
        p, l2tp_session_id(netdev, params->flow), cfg->tx_layout,
        cfg->tx_cookie);
    data->tnl_type = ovl_l2tpv3_udp_class.vport_type;
    return 0;
}

/* Implements 'build_header' of struct ovl_class for IP. */
static int
l2tp_ip_build_header(const struct netdev *netdev,
                     struct ovs_action_push_tnl *data,
                     const struct netdev_tnl_build_header_params *params)
{
    const struct l2tp_config *cfg = ovl_get_config(netdev);
    void *p = netdev_tnl_ip_build_header(data, params, IPPROTO_L2TP, 0);

    data->header_len += l2tp_put_header(
        p, l2tp_session_id(netdev, params->flow), cfg->tx_layout,
        cfg->tx_cookie);
    data->tnl_type = ovl_l2tpv3_ip_class.vport_type;
    return 0;
}

/* Implements 'set_template' of struct ovl_class for both classes. */
static void
l2tp_set_template(const struct netdev *netdev,
                  struct ovs_action_push_tnl *data, int mtu OVS_UNUSED)
{
    const struct l2tp_config *cfg = ovl_get_config(netdev);

    data->ovl.layout = cfg->tx_layout;
}

/* Implements 'push_needs_gso' of struct ovl_class for both classes: each
 * segment needs a header of its own. */
static bool
l2tp_push_needs_gso(const struct dp_packet *packet OVS_UNUSED)
{
    return true;
}

/* Returns the sequence number counter for packets with the header 'data',
 * whose session ID is 'id', in host byte order, for destination port 'port', 0
 * for IP. */
static atomic_uint32_t *
l2tp_tx_seq(const struct ovs_action_push_tnl *data, uint32_t id, ovs_be16 port)
{
    struct l2tp_key key = { .id = htonl(id), .port = port };
    const void *l3 = l2tp_at(data, ETH_HEADER_LEN);
    struct l2tp_session *session;

    if (netdev_tnl_is_header_ipv6(data->header)) {
        const struct ovs_16aligned_ip6_hdr *ip6 = l3;

        memcpy(&key.remote, &ip6->ip6_dst, sizeof key.remote);
    } else {
        const struct ip_header *ip = l3;

        in6_addr_set_mapped_ipv4(&key.remote, get_16aligned_be32(&ip->ip_dst));
    }
    session = l2tp_find_tx(&key);
    return session ? &session->tx_seq : &l2tp_other_seq;
}

/* Pushes 'data', for UDP if 'udp' is true, onto 'packet'.  If 'seq_ofs' is not
 * 0, writes the next sequence number from '*seq' into the sublayer at that
 * offset.  Returns the encapsulated packet, or NULL if it was dropped (and
 * counted). */
static struct dp_packet *
l2tp_push_one(struct dp_packet *packet, const struct ovs_action_push_tnl *data,
              bool udp, size_t seq_ofs, atomic_uint32_t *seq)
{
    const struct udp_header *template = l2tp_at(data, l2tp_l4_ofs(data));
    ovs_be16 src_port = 0;
    void *l4;
    int size;

    if (udp) {
        /* A hash must be computed before the packet changes. */
        src_port = (OVS_LIKELY(template->udp_src) ? template->udp_src
                    : netdev_tnl_get_src_port(packet));
    }
    if (!ovl_finish_offload(packet)) {
        l2tp_count(L2TP_TX_BAD_OFFLOAD);
        dp_packet_delete(packet);
        return NULL;
    }
    if (dp_packet_size(packet) > L2TP_INNER_MAX) {
        l2tp_count(L2TP_TX_TOO_BIG);
        dp_packet_delete(packet);
        return NULL;
    }

    dp_packet_set_tso_segsz(packet, 0);
    packet->offloads = 0;
    if (OVS_UNLIKELY(data->header_len & 1)) {
        /* Keeps the outer headers at even addresses. */
        dp_packet_prealloc_headroom(packet, data->header_len + 1);
        dp_packet_shift(packet, -1);
    }
    l4 = netdev_tnl_push_ip_header(packet, data->header, data->header_len,
                                   &size, 0);
    ovl_set_ip_id(packet);
    if (udp) {
        struct udp_header *header = l4;

        header->udp_src = src_port;
        header->udp_len = htons(size);
        dp_packet_l4_proto_set_udp(packet);
        if (header->udp_csum) {
            dp_packet_l4_checksum_set_partial(packet);
        } else {
            dp_packet_l4_checksum_set_good(packet);
        }
    }
    if (seq_ofs) {
        uint32_t number;

        atomic_add_relaxed(seq, 1, &number);
        l2tp_put_u32((char *) dp_packet_data(packet) + seq_ofs,
                     L2TP_SUBLAYER_S | (number & L2TP_SEQ_MASK));
    }
    return packet;
}

/* Pushes 'data', for UDP if 'udp' is true, onto the packets in 'batch'. */
static void
l2tp_push(struct dp_packet_batch *batch,
          const struct ovs_action_push_tnl *data, bool udp)
{
    size_t i, size = dp_packet_batch_size(batch);
    uint16_t layout = data->ovl.layout;
    size_t l4_ofs = l2tp_l4_ofs(data);
    size_t id_ofs = l4_ofs + (udp ? L2TP_UDP_LEN : 0);
    uint32_t id = l2tp_get_u32(l2tp_at(data, id_ofs));
    struct dp_packet *packet;
    atomic_uint32_t *seq = NULL;
    size_t seq_ofs = 0;

    if (layout & L2TP_L_SEQ && layout & L2TP_L_SUBLAYER) {
        const struct udp_header *header = l2tp_at(data, l4_ofs);

        seq_ofs = id_ofs + L2TP_SESSION_LEN + l2tp_cookie_len(layout);
        seq = l2tp_tx_seq(data, id, udp ? header->udp_dst : 0);
    }
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_UNLIKELY(!id)) {
            /* Session ID 0 means a control message. */
            l2tp_count(L2TP_TX_SESSION);
            dp_packet_delete(packet);
            continue;
        }
        packet = l2tp_push_one(packet, data, udp, seq_ofs, seq);
        if (packet) {
            dp_packet_batch_add(batch, packet);
        }
    }
}

/* Implements 'push' of struct ovl_class for UDP. */
static void
l2tp_udp_push(struct dp_packet_batch *batch,
              const struct ovs_action_push_tnl *data)
{
    l2tp_push(batch, data, true);
}

/* Implements 'push' of struct ovl_class for IP. */
static void
l2tp_ip_push(struct dp_packet_batch *batch,
             const struct ovs_action_push_tnl *data)
{
    l2tp_push(batch, data, false);
}

/* Receive. */

/* Parts of 'rx_seq' of a session: the next expected sequence number; the one
 * after that of the last late packet; the number of consecutive late packets;
 * whether a packet was received. */
#define L2TP_RX_NEXT        UINT64_C(0x0000000000ffffff) /* Next number. */
#define L2TP_RX_LATE        UINT64_C(0x0000ffffff000000) /* Next late. */
#define L2TP_RX_LATE_SHIFT  24
#define L2TP_RX_N_LATE      UINT64_C(0x00ff000000000000)
#define L2TP_RX_N_LATE_1    UINT64_C(0x0001000000000000)
#define L2TP_RX_STARTED     UINT64_C(0x0100000000000000)

/* Number of consecutive late packets, with consecutive sequence numbers, after
 * which the peer is taken to have restarted its numbering. */
#define L2TP_RX_RESTART     5

/* Returns true if a packet with sequence number 'seq' must be accepted: if it
 * is not late, compared with those that 'session' has received before (section
 * 4.6.1), or if the peer has restarted its numbering.  Several threads may
 * receive for a session at once. */
static bool
l2tp_check_seq(struct l2tp_session *session, uint32_t seq)
{
    uint64_t after = (seq + 1) & L2TP_SEQ_MASK;
    uint64_t old, new;
    bool ok;

    atomic_read_relaxed(&session->rx_seq, &old);
    do {
        uint32_t ahead = (seq - (old & L2TP_RX_NEXT)) & L2TP_SEQ_MASK;

        ok = !(old & L2TP_RX_STARTED) || ahead <= L2TP_SEQ_MASK / 2;
        if (!ok) {
            bool row = (old & L2TP_RX_N_LATE
                        && (old & L2TP_RX_LATE) >> L2TP_RX_LATE_SHIFT == seq);

            new = ((old & ~(L2TP_RX_LATE | L2TP_RX_N_LATE))
                   | (row ? old & L2TP_RX_N_LATE : 0));
            new += L2TP_RX_N_LATE_1;
            new |= after << L2TP_RX_LATE_SHIFT;
            ok = ((new & L2TP_RX_N_LATE)
                  == L2TP_RX_RESTART * L2TP_RX_N_LATE_1);
        }
        if (ok) {
            new = L2TP_RX_STARTED | after;
        }
    } while (!atomic_compare_exchange_weak(&session->rx_seq, &old, new));
    return ok;
}

/* The outer addresses are the first members of struct flow_tnl. */
#define L2TP_ADDRESSES_LEN  offsetof(struct flow_tnl, tun_id)
BUILD_ASSERT_DECL(L2TP_ADDRESSES_LEN == 2 * sizeof(ovs_be32)
                                        + 2 * sizeof(struct in6_addr));

/* The session of the last packet, as a cache: usually, all packets of a batch
 * are of one session. */
struct l2tp_last {
    const char *name;           /* Name of the datapath port. */
    struct l2tp_session *session; /* NULL if there was none. */
    uint8_t addresses[L2TP_ADDRESSES_LEN];
    ovs_be32 id;
};

/* Checks the session's header, the 'left' bytes at 'p' in 'packet', whose
 * tunnel metadata is set.  'port' is the destination port, 0 for IP.  'last'
 * is the session of the last packet.  Returns the offset of the inner frame
 * from 'p', or counts the error and returns 0. */
static size_t
l2tp_parse_header(struct dp_packet *packet, const char *p, size_t left,
                  ovs_be16 port, struct l2tp_last *last)
{
    const struct flow_tnl *tnl = &packet->md.tunnel;
    ovs_be32 id = htonl(l2tp_get_u32(p));
    struct l2tp_session *session = last->session;
    size_t cookie_len, len;
    uint16_t layout;

    if (!id) {
        l2tp_count(L2TP_RX_CONTROL);
        return 0;
    }
    if (!session || id != last->id
        || memcmp(tnl, last->addresses, sizeof last->addresses)) {
        session = last->session = l2tp_lookup(tnl, id, port);
        memcpy(last->addresses, tnl, sizeof last->addresses);
        last->id = id;
        if (!session) {
            packet->md.tunnel.tun_id = htonll(ntohl(id));
            packet->md.tunnel.flags |= FLOW_TNL_F_KEY;
            ovl_no_port_count_popped(last->name, tnl);
            l2tp_count(L2TP_RX_SESSION);
            return 0;
        }
    }

    layout = session->cfg.rx_layout;
    len = L2TP_SESSION_LEN + l2tp_rest_len(layout);
    if (left < len) {
        l2tp_count(L2TP_RX_HEADER);
        return 0;
    }

    /* One comparison of all bits, whose time does not depend on which of them
     * are wrong. */
    cookie_len = l2tp_cookie_len(layout);
    if (l2tp_get_cookie(p + L2TP_SESSION_LEN, cookie_len)
        ^ session->cfg.rx_cookie) {
        l2tp_count(L2TP_RX_COOKIE);
        return 0;
    }
    if (left < len + ETH_HEADER_LEN) {
        l2tp_count(L2TP_RX_INNER);
        return 0;
    }
    if (layout & L2TP_L_SEQ) {
        uint32_t sublayer = l2tp_get_u32(p + L2TP_SESSION_LEN + cookie_len);

        if (!(sublayer & L2TP_SUBLAYER_S)) {
            l2tp_count(L2TP_RX_UNNUMBERED);
            return 0;
        }
        if (!l2tp_check_seq(session, sublayer & L2TP_SEQ_MASK)) {
            l2tp_count(L2TP_RX_REORDERED);
            return 0;
        }
    }
    if (id == htonl(L2TP_SESSION_OWN) && !session->rx_key.id) {
        id = 0;
    }
    packet->md.tunnel.tun_id = htonll(ntohl(id));
    packet->md.tunnel.flags |= FLOW_TNL_F_KEY;
    return len;
}

/* Checks the UDP header of 'packet' and the L2TP header that follows it.
 * Returns the length of both, and lowers '*lenp', the size of the L4 packet,
 * to the length in the UDP header; or counts the error and returns 0. */
static size_t
l2tp_parse_udp(struct dp_packet *packet, size_t *lenp)
{
    const struct udp_header *udp = dp_packet_l4(packet);
    const struct l2tp_udp_header *header
        = (const struct l2tp_udp_header *) (udp + 1);
    struct flow_tnl *tnl = &packet->md.tunnel;
    size_t len = ntohs(udp->udp_len);
    uint16_t flags;

    if (len < L2TP_UDP_LEN + L2TP_SESSION_LEN || len > *lenp) {
        l2tp_count(L2TP_RX_HEADER);
        return 0;
    }
    if (udp->udp_csum ? !ovl_l4_checksum_ok(packet, IPPROTO_UDP)
        : !tnl->ip_dst) {
        l2tp_count(L2TP_RX_CHECKSUM);
        return 0;
    }
    flags = ntohs(header->flags);
    if ((flags & L2TP_VERSION_MASK) != L2TP_VERSION) {
        l2tp_count(L2TP_RX_VERSION);
        return 0;
    }
    if (flags & L2TP_F_CONTROL) {
        l2tp_count(L2TP_RX_CONTROL);
        return 0;
    }
    tnl->tp_src = udp->udp_src;
    tnl->tp_dst = udp->udp_dst;
    if (udp->udp_csum) {
        tnl->flags |= FLOW_TNL_F_CSUM;
    }
    *lenp = len;
    return L2TP_UDP_LEN;
}

/* Pops the headers of 'packet', which arrived at the destination port 'port',
 * 0 for IP.  Returns the inner frame, or NULL if it was dropped (and
 * counted). */
static struct dp_packet *
l2tp_pop_one(struct dp_packet *packet, ovs_be16 port, struct l2tp_last *last)
{
    size_t udp_len = 0, len, header_len, ofs;
    enum ovl_outer outer;
    const char *l4;

    outer = ovl_parse_outer(packet, (port ? L2TP_UDP_LEN : 0)
                                    + L2TP_SESSION_LEN);
    if (outer != OVL_OUTER_GOOD) {
        l2tp_count(outer == OVL_OUTER_CHECKSUM ? L2TP_RX_CHECKSUM
                   : L2TP_RX_HEADER);
        goto drop;
    }
    l4 = dp_packet_l4(packet);
    len = dp_packet_l4_size(packet);
    if (port) {
        udp_len = l2tp_parse_udp(packet, &len);
        if (!udp_len) {
            goto drop;
        }
    }
    header_len = l2tp_parse_header(packet, l4 + udp_len, len - udp_len, port,
                                   last);
    if (!header_len) {
        goto drop;
    }

    ofs = l4 - (const char *) dp_packet_data(packet);
    dp_packet_set_size(packet, ofs + len);
    dp_packet_reset_packet(packet, ofs + udp_len + header_len);
    if (OVS_UNLIKELY((udp_len + header_len) & 1)) {
        /* Odd offset padding; see l2tp_push_one(). */
        dp_packet_shift(packet, -1);
    }
    dp_packet_reset_offload(packet);
    dp_packet_set_tso_segsz(packet, 0);
    packet->packet_type = htonl(PT_ETH);
    return packet;

drop:
    dp_packet_delete(packet);
    return NULL;
}

/* Implements 'pop' of struct ovl_class for both classes. */
static size_t
l2tp_pop(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    ovs_be16 port = netdev_get_tunnel_config(netdev)->dst_port;
    size_t i, size = dp_packet_batch_size(batch);
    struct l2tp_last last = { .name = netdev_get_name(netdev) };
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        packet = l2tp_pop_one(packet, port, &last);
        if (packet) {
            dp_packet_batch_add(batch, packet);
        }
    }
    return size - dp_packet_batch_size(batch);
}

/* Text. */

/* Appends to 's' the text of the session's header at 'p', 'size' bytes. */
static void
l2tp_format(const struct ovs_action_push_tnl *data, const char *p, size_t size,
            struct ds *s)
{
    uint16_t layout = data->ovl.layout;
    int cookie_len = l2tp_cookie_len(layout);

    if (size != L2TP_SESSION_LEN + l2tp_rest_len(layout)) {
        ds_put_cstr(s, "l2tpv3(truncated header)");
        return;
    }
    ds_put_format(s, "l2tpv3(session=0x%"PRIx32, l2tp_get_u32(p));
    if (cookie_len) {
        ds_put_format(s, ",cookie=0x%0*"PRIx64, 2 * cookie_len,
                      l2tp_get_cookie(p + L2TP_SESSION_LEN, cookie_len));
    }
    if (layout & L2TP_L_SUBLAYER) {
        ds_put_cstr(s, ",l2_specific=default");
    }
    if (layout & L2TP_L_SEQ) {
        ds_put_cstr(s, ",seq=send");
    }
    if (layout & L2TP_L_OFFSET) {
        ds_put_format(s, ",offset=%d", layout & L2TP_L_OFFSET);
    }
    ds_put_char(s, ')');
}

/* Implements 'format' of struct ovl_class for UDP. */
static void
l2tp_udp_format(const struct ovs_action_push_tnl *data, const void *l4,
                size_t size, struct ds *s)
{
    const struct udp_header *udp = l4;

    if (size < L2TP_UDP_LEN) {
        ds_put_cstr(s, "l2tpv3(truncated header)");
        return;
    }
    ds_put_format(s, "udp(src=%"PRIu16",dst=%"PRIu16",csum=0x%"PRIx16"),",
                  ntohs(udp->udp_src), ntohs(udp->udp_dst),
                  ntohs(udp->udp_csum));
    l2tp_format(data, (const char *) l4 + L2TP_UDP_LEN, size - L2TP_UDP_LEN,
                s);
}

/* Implements 'format' of struct ovl_class for IP. */
static void
l2tp_ip_format(const struct ovs_action_push_tnl *data, const void *l4,
               size_t size, struct ds *s)
{
    l2tp_format(data, l4, size, s);
}

/* Parses the rest of the text of a session's header, after "l2tpv3(", from
 * 's', into the header at 'p' in 'data'.  Stores the length of the header in
 * '*sizep'.  Returns the number of characters used, or a negative errno
 * value. */
static int
l2tp_parse(const char *s, struct ovs_action_push_tnl *data, void *p,
           size_t *sizep)
{
    uint64_t cookie = 0;
    uint16_t layout = 0;
    uint32_t id;
    int n = 0;

    if (!ovs_scan_len(s, &n, "session=0x%"SCNx32, &id)) {
        return -EINVAL;
    }
    if (!strncmp(s + n, ",cookie=", strlen(",cookie="))) {
        char text[2 + 16 + 1];

        n += strlen(",cookie=");
        ovs_strzcpy(text, s + n, sizeof text);
        text[strcspn(text, ",)")] = '\0';
        if (!l2tp_parse_cookie(text, &cookie, &layout)) {
            return -EINVAL;
        }
        n += strlen(text);
    }
    if (ovs_scan_len(s, &n, ",l2_specific=default")) {
        layout |= L2TP_L_SUBLAYER;
        if (ovs_scan_len(s, &n, ",seq=send")) {
            layout |= L2TP_L_SEQ;
        }
    }
    if (!strncmp(s + n, ",offset=", strlen(",offset="))) {
        uint8_t offset;

        if (!ovs_scan_len(s, &n, ",offset=%"SCNu8, &offset) || !offset) {
            return -EINVAL;
        }
        layout |= offset;
    }
    if (s[n++] != ')') {
        return -EINVAL;
    }
    *sizep = l2tp_put_header(p, id, layout, cookie);
    data->ovl.layout = layout;
    return n;
}

/* Implements 'parse' of struct ovl_class for UDP. */
static int
l2tp_udp_parse(const char *s, struct ovs_action_push_tnl *data, void *l4,
               size_t *sizep)
{
    struct udp_header *udp = l4;
    uint16_t src, dst, csum;
    int n = 0, len;
    void *p;

    if (!ovs_scan_len(s, &n, "udp(src=%"SCNu16",dst=%"SCNu16",csum=0x%"SCNx16
                      "),l2tpv3(", &src, &dst, &csum)) {
        return 0;
    }
    p = l2tp_put_udp(udp, htons(src), htons(dst));
    udp->udp_csum = htons(csum);
    len = l2tp_parse(s + n, data, p, sizep);
    if (len < 0) {
        return len;
    }
    *sizep += L2TP_UDP_LEN;
    return n + len;
}

/* Implements 'parse' of struct ovl_class for IP. */
static int
l2tp_ip_parse(const char *s, struct ovs_action_push_tnl *data, void *l4,
              size_t *sizep)
{
    int n = 0, len;

    if (!ovs_scan_len(s, &n, "l2tpv3(")) {
        return 0;
    }
    len = l2tp_parse(s + n, data, l4, sizep);
    return len < 0 ? len : n + len;
}

/* Visibility. */

/* Implements 'read_header' of struct ovl_class for UDP. */
static void
l2tp_udp_read_header(const void *l4, struct flow_tnl *tnl)
{
    const struct udp_header *udp = l4;

    tnl->tp_src = udp->udp_src;
    tnl->tp_dst = udp->udp_dst;
    tnl->tun_id = htonll(l2tp_get_u32((const char *) l4 + L2TP_UDP_LEN));
}

/* Implements 'read_header' of struct ovl_class for IP. */
static void
l2tp_ip_read_header(const void *l4, struct flow_tnl *tnl)
{
    tnl->tun_id = htonll(l2tp_get_u32(l4));
}

/* Implements "ovs-appctl l2tpv3/show". */
static void
l2tp_unixctl_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
                  const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ovl_show_counters(&s, l2tp_counters, L2TP_N_COUNTERS);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

/* The classes. */

/* Implements 'init' of struct ovl_class for both classes. */
static void
l2tp_init(void)
{
    unixctl_command_register("l2tpv3/show", "", 0, 0, l2tp_unixctl_show, NULL);
}

#define L2TP_CLASS                                                  \
    .type = "l2tpv3",                                               \
    .dpif_port = "l2tp_sys",                                        \
    .key_min = 1,                                                   \
    .key_max = UINT32_MAX,                                          \
    .own_key = L2TP_SESSION_OWN,                                    \
    .mtu = L2TP_INNER_MAX - ETH_HEADER_LEN - VLAN_HEADER_LEN,       \
    .cfg_size = sizeof(struct l2tp_config),                         \
    .get_options = l2tp_get_options,                                \
    .configure = l2tp_configure,                                    \
    .set_template = l2tp_set_template,                              \
    .push_needs_gso = l2tp_push_needs_gso,                          \
    .pop = l2tp_pop,                                                \
    .port_destroy = l2tp_forget

const struct ovl_class ovl_l2tpv3_udp_class = {
    L2TP_CLASS,
    .vport_type = OVL_VPORT_l2tpv3_udp,
    .nw_proto = IPPROTO_UDP,
    .dst_port = L2TP_PORT,
    .encap = "udp",
    .variant = &ovl_l2tpv3_ip_class,
    .init = l2tp_init,
    .set_option = l2tp_udp_set_option,
    .build_header = l2tp_udp_build_header,
    .push = l2tp_udp_push,
    .format = l2tp_udp_format,
    .parse = l2tp_udp_parse,
    .read_header = l2tp_udp_read_header,
};

const struct ovl_class ovl_l2tpv3_ip_class = {
    L2TP_CLASS,
    .vport_type = OVL_VPORT_l2tpv3_ip,
    .nw_proto = IPPROTO_L2TP,
    .encap = "ip",
    .variant = &ovl_l2tpv3_udp_class,
    .set_option = l2tp_ip_set_option,
    .build_header = l2tp_ip_build_header,
    .push = l2tp_ip_push,
    .format = l2tp_ip_format,
    .parse = l2tp_ip_parse,
    .read_header = l2tp_ip_read_header,
};
