/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-stamp.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "connectivity.h"
#include "dp-packet.h"
#include "dpif-netdev.h"
#include "entropy.h"
#include "flow.h"
#include "hash.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "nx-match.h"
#include "odp-netlink.h"
#include "ofproto-dpif-overlay.h"
#include "ofproto-dpif-stamp-show.h"
#include "ofproto-dpif-upcall.h"
#include "ofproto-dpif.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "overlay/account.h"
#include "overlay/counters.h"
#include "overlay/oam-key.h"
#include "overlay/secret-hash.h"
#include "overlay/settings.h"
#include "overlay/stamp.h"
#include "overlay/xlate.h"
#include "ovs-router.h"
#include "ovs-thread.h"
#include "packets.h"
#include "random.h"
#include "seq.h"
#include "simap.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "unaligned.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(stamp);

static struct vlog_rate_limit log_rl = VLOG_RATE_LIMIT_INIT(60, 60);

/* Defaults of the settings. */
#define PATHS_DEFAULT 16
#define RATE_DEFAULT 2000

/* A session is idle if no tenant sent to its remote endpoint for this long, in
 * microseconds. */
#define SESSION_IDLE (60 * 60 * INT64_C(1000000))

/* Time between readings of the accounts, and of MTUs, in microseconds. */
#define ACCOUNTS_INTERVAL (5 * INT64_C(1000000))
#define MTU_INTERVAL (30 * INT64_C(1000000))

/* Outer source ports, if the tunnel port has none of its own: those that all
 * encapsulations may use. */
#define SRC_PORT_MIN 49152
#define SRC_PORT_MAX 61000

/* Maximum rates of packets received, per second: from a remote endpoint, and
 * in all, of test packets and of answers each.  If this host sends more than
 * usual, or to many remote endpoints, more may arrive.  Remote endpoints share
 * limits by hash. */
#define REMOTE_RATE 400
#define RATE 5000
#define RATE_PER_SESSION 40
#define N_LIMITS 4096

/* Maximum number of packets that wait for the thread. */
#define MAX_WAITING 4096

/* Number of packets that the thread takes before it does something else, and
 * of test packets that it sends before it gives way to others that wait for
 * 'mutex'. */
#define MAX_RX 256
#define MAX_BATCH 32

enum {
    RX_REQUESTS, RX_REPLIES, RX_LATE, RX_DUPLICATE, RX_NOT_OURS, RX_OTHER,
    RX_TTL, RX_MALFORMED, RX_LIMITED, RX_NO_PORT, TX_REQUESTS, TX_REPLIES,
    TX_ERRORS
};
static struct ovl_counter counters[] = {
    [RX_REQUESTS] = { .name = "rx_requests",
                      .meaning = "test packets received" },
    [RX_REPLIES] = { .name = "rx_replies",
                     .meaning = "answers received in time" },
    [RX_LATE] = { .name = "rx_late",
                  .meaning = "answers received that had been taken for "
                             "lost" },
    [RX_DUPLICATE] = { .name = "rx_duplicate",
                       .meaning = "answers received before" },
    [RX_NOT_OURS] = { .name = "rx_not_ours",
                      .meaning = "answers to what was not sent" },
    [RX_OTHER] = { .name = "rx_other",
                   .meaning = "not test packets" },
    [RX_TTL] = { .name = "rx_ttl",
                 .meaning = "test packets with a TTL other than 255" },
    [RX_MALFORMED] = { .name = "rx_malformed",
                       .meaning = "test packets with a wrong length or "
                                  "checksum" },
    [RX_LIMITED] = { .name = "rx_limited",
                     .meaning = "over the rate limit" },
    [RX_NO_PORT] = { .name = "rx_no_port",
                     .meaning = "test packets for which no port can send an "
                                "answer" },
    [TX_REQUESTS] = { .name = "tx_requests",
                      .meaning = "test packets sent" },
    [TX_REPLIES] = { .name = "tx_replies",
                     .meaning = "answers sent" },
    [TX_ERRORS] = { .name = "tx_errors",
                    .meaning = "could not be sent" },
};

/* A tunnel port that can send test packets. */
struct stamp_port {
    struct hmap_node name_node; /* In 'ports_by_name'. */
    struct hmap_node node;      /* In 'ports'. */
    char *name;
    struct netdev *netdev;
    struct uuid bridge;
    ofp_port_t ofp_port;
    odp_port_t odp_port;
    bool is_netdev;             /* Datapath of the port. */
    struct in6_addr remote;     /* All zeros if flows set it. */
    bool configured;            /* Still exists? */
};

/* A packet that waits for the thread. */
struct stamp_rx {
    struct ovs_list node;       /* In 'waiting'. */
    bool is_netdev;             /* Datapath of 'odp_port'. */
    odp_port_t odp_port;
    struct in6_addr src, dst;   /* Outer addresses. */
    uint16_t tp_src;            /* Outer source port, or 0. */
    int64_t when;               /* ovl_stamp_clock(). */
    uint64_t stamp;             /* ovl_stamp_now(). */
    struct dp_packet *packet;
};

/* What the accounts have of a tenant and a remote endpoint. */
struct stamp_cell {
    struct hmap_node node;      /* In 'cells'. */
    bool is_netdev;
    odp_port_t odp_port;
    struct in6_addr remote;
    ovs_be64 key;
    uint64_t rx_packets;
    uint64_t rx_dropped;
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;

/* Configuration. */
static bool sending OVS_GUARDED_BY(mutex);
static unsigned int n_paths OVS_GUARDED_BY(mutex) = PATHS_DEFAULT;
static unsigned int tx_rate OVS_GUARDED_BY(mutex) = RATE_DEFAULT;

/* Tunnel ports.  'ports' is by datapath port and remote endpoint. */
static struct hmap ports OVS_GUARDED_BY(mutex) = HMAP_INITIALIZER(&ports);
static struct hmap ports_by_name OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&ports_by_name);

/* Sessions, by datapath port and remote endpoint, and those that have a
 * tenant, the earliest first. */
static struct hmap sessions OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&sessions);
static struct heap heap OVS_GUARDED_BY(mutex);

/* Number of sessions whose remote endpoint answers. */
static unsigned int n_answering OVS_GUARDED_BY(mutex);

/* The accounts, as they were read last.  'cells_full' means that there was no
 * room for more.  'baseline' means that the numbers of frames sent so far say
 * nothing about when they were sent. */
static bool cells_full OVS_GUARDED_BY(mutex);
static bool baseline OVS_GUARDED_BY(mutex) = true;
static struct hmap cells OVS_GUARDED_BY(mutex) = HMAP_INITIALIZER(&cells);
static struct stamp_cell *cells_array OVS_GUARDED_BY(mutex);

/* Names of ports whose status has changed. */
static struct sset changed OVS_GUARDED_BY(mutex) = SSET_INITIALIZER(&changed);

/* Packets that wait for the thread. */
static struct ovs_mutex rx_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_list waiting OVS_GUARDED_BY(rx_mutex)
    = OVS_LIST_INITIALIZER(&waiting);
static size_t n_waiting OVS_GUARDED_BY(rx_mutex);
static unsigned int rx_rate OVS_GUARDED_BY(rx_mutex) = RATE;
static struct seq *rx_seq;

static void *stamp_main(void *);
static void destroy_session(struct ovl_stamp_session *) OVS_REQUIRES(mutex);
static void status_changed(const struct ovl_stamp_session *)
    OVS_REQUIRES(mutex);

/* Returns the time in microseconds, for sessions. */
int64_t
ovl_stamp_clock(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

struct ovl_counter *
ovl_stamp_counters(size_t *n)
{
    *n = ARRAY_SIZE(counters);
    return counters;
}

static uint32_t
hash_place(bool is_netdev, odp_port_t odp_port, const struct in6_addr *remote)
{
    return hash_bytes(remote, sizeof *remote,
                      hash_2words(odp_to_u32(odp_port), is_netdev));
}

/* Ports. */

static void
remove_port(struct stamp_port *port)
    OVS_REQUIRES(mutex)
{
    hmap_remove(&ports, &port->node);
    hmap_remove(&ports_by_name, &port->name_node);
    sset_find_and_delete(&changed, port->name);
    netdev_close(port->netdev);
    free(port->name);
    free(port);
}

static struct stamp_port *
find_port_by_name(const char *name)
    OVS_REQUIRES(mutex)
{
    struct stamp_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, name_node, hash_string(name, 0),
                             &ports_by_name) {
        if (!strcmp(port->name, name)) {
            return port;
        }
    }
    return NULL;
}

/* Returns a port that can send to 'remote' by 'odp_port' from the address
 * 'local', or NULL. */
static struct stamp_port *
find_port(bool is_netdev, odp_port_t odp_port, const struct in6_addr *remote,
          const struct in6_addr *local)
    OVS_REQUIRES(mutex)
{
    const struct in6_addr *const remotes[] = { remote, &in6addr_any };

    for (size_t i = 0; i < ARRAY_SIZE(remotes); i++) {
        uint32_t hash = hash_place(is_netdev, odp_port, remotes[i]);
        struct stamp_port *port;

        HMAP_FOR_EACH_WITH_HASH (port, node, hash, &ports) {
            const struct netdev_tunnel_config *cfg
                = netdev_get_tunnel_config(port->netdev);

            if (port->is_netdev == is_netdev && port->odp_port == odp_port
                && ipv6_addr_equals(&port->remote, remotes[i])
                && (cfg->ip_src_flow || !ipv6_addr_is_set(&cfg->ipv6_src)
                    || ipv6_addr_equals(&cfg->ipv6_src, local))) {
                return port;
            }
        }
    }
    return NULL;
}

static void
insert_port(struct stamp_port *port)
    OVS_REQUIRES(mutex)
{
    hmap_insert(&ports, &port->node,
                hash_place(port->is_netdev, port->odp_port, &port->remote));
}

/* Adds 'ofport' of 'ofproto', or updates it, if it can send test packets. */
static void
update_port(const struct ofproto_dpif *ofproto, const struct ofport *ofport)
    OVS_REQUIRES(mutex)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(ofport->netdev);
    const char *name = netdev_get_name(ofport->netdev);
    struct stamp_port *port = find_port_by_name(name);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];
    const struct simap_node *backer;

    if (!ovl_oam_is_supported(ofport->netdev)) {
        return;
    }
    backer = simap_find(&ofproto->backer->tnl_backers,
                        netdev_vport_get_dpif_port(ofport->netdev, namebuf,
                                                   sizeof namebuf));
    if (!backer) {
        return;
    }
    if (port && port->netdev != ofport->netdev) {
        remove_port(port);
        port = NULL;
    }
    if (!port) {
        port = xzalloc(sizeof *port);
        port->name = xstrdup(name);
        port->netdev = netdev_ref(ofport->netdev);
        hmap_insert(&ports_by_name, &port->name_node, hash_string(name, 0));
    } else {
        hmap_remove(&ports, &port->node);
    }
    port->bridge = ofproto->uuid;
    port->ofp_port = ofport->ofp_port;
    port->odp_port = u32_to_odp(backer->data);
    port->is_netdev = dpif_is_netdev(ofproto->backer->dpif);
    port->remote = cfg->ip_dst_flow ? in6addr_any : cfg->ipv6_dst;
    port->configured = true;
    insert_port(port);
}

/* The ports of 'ofproto' may have changed.  To be called by the main
 * thread. */
void
ovl_stamp_update_bridge(struct ofproto_dpif *ofproto)
{
    const struct ofport *ofport;
    struct stamp_port *port;

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH (port, name_node, &ports_by_name) {
        if (uuid_equals(&port->bridge, &ofproto->uuid)) {
            port->configured = false;
        }
    }
    if (ovl_oam_key()) {
        HMAP_FOR_EACH (ofport, hmap_node, &ofproto->up.ports) {
            update_port(ofproto, ofport);
        }
    }
    HMAP_FOR_EACH_SAFE (port, name_node, &ports_by_name) {
        if (!port->configured) {
            remove_port(port);
        }
    }
    ovs_mutex_unlock(&mutex);
}

/* 'ofproto' is going away. */
void
ovl_stamp_remove_bridge(const struct ofproto_dpif *ofproto)
{
    struct stamp_port *port;

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_SAFE (port, name_node, &ports_by_name) {
        if (uuid_equals(&port->bridge, &ofproto->uuid)) {
            remove_port(port);
        }
    }
    ovs_mutex_unlock(&mutex);
}

/* Configuration. */

/* Reads the settings from 'other_config' of Open_vSwitch.  To be called by
 * the main thread. */
void
ovl_stamp_set_other_config(const struct smap *other_config)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    uint64_t key = ovl_get_setting(other_config, "oam-key", 0, 0, 0xffffff);
    bool probe = key && smap_get_bool(other_config, "oam-probe", false);
    unsigned int paths = ovl_get_setting(other_config, "oam-paths",
                                         PATHS_DEFAULT, 1, OVL_OAM_MAX_PATHS);
    unsigned int rate = ovl_get_setting(other_config, "oam-rate",
                                        RATE_DEFAULT, 1, 100000);

    ovs_mutex_lock(&mutex);
    baseline |= probe && !sending;
    sending = probe;
    if (n_paths != paths) {
        struct ovl_stamp_session *s;

        /* They are created again when the accounts are read. */
        HMAP_FOR_EACH_SAFE (s, node, &sessions) {
            destroy_session(s);
        }
        baseline = true;
        n_paths = paths;
    }
    tx_rate = rate;
    ovs_mutex_unlock(&mutex);


    if (key == ovl_oam_key()) {
        return;
    }
    if (ovsthread_once_start(&once)) {
        rx_seq = seq_create();
        ovs_thread_create("oam", stamp_main, NULL);
        ovsthread_once_done(&once);
    }
    ovl_oam_set_key(key);

    /* Datapath flows for packets with this key would keep them from the
     * switch. */
    struct shash_node *node;

    SHASH_FOR_EACH (node, &all_dpif_backers) {
        struct dpif_backer *backer = node->data;

        backer->need_revalidate = REV_RECONFIGURE;
        udpif_flush(backer->udpif);
    }
}

bool
ovl_stamp_is_sending(void)
{
    bool is_sending;

    ovs_mutex_lock(&mutex);
    is_sending = sending;
    ovs_mutex_unlock(&mutex);
    return is_sending;
}

/* Reception. */

/* Returns true if another packet from 'src' at 'now', which may be an answer,
 * is within the limits. */
static bool
is_allowed(const struct in6_addr *src, bool is_answer, int64_t now)
    OVS_REQUIRES(rx_mutex)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static uint64_t secrets[5];
    static int64_t due[N_LIMITS], due_all[2];
    int64_t *remote, *all = &due_all[is_answer];
    uint32_t words[4];

    if (ovsthread_once_start(&once)) {
        get_entropy_or_die(secrets, sizeof secrets);
        ovsthread_once_done(&once);
    }
    memcpy(words, src, sizeof words);
    remote = &due[secret_hash(secrets, words, 4) % N_LIMITS];

    /* Each may be a second ahead. */
    if (*remote > now + 1000000 || *all > now + 1000000) {
        return false;
    }
    *remote = MAX(*remote, now) + 1000000 / REMOTE_RATE;
    *all = MAX(*all, now) + 1000000 / rx_rate;
    return true;
}

/* Takes 'packet' with 'flow', which 'backer' has received and found no
 * datapath flow for, if it has the key of OAM.  Returns true if so; then
 * nothing else must be done with it. */
bool
ovl_stamp_receive(const struct dpif_backer *backer, const struct flow *flow,
                  const struct dp_packet *packet)
{
    const struct flow_tnl *tnl = &flow->tunnel;
    struct stamp_rx *rx;
    int64_t now;

    if (!ovl_oam_has_key(tnl) || !flow_tnl_dst_is_set(tnl)) {
        return false;
    }
    now = ovl_stamp_clock();
    rx = xzalloc(sizeof *rx);
    rx->is_netdev = dpif_is_netdev(backer->dpif);
    rx->odp_port = flow->in_port.odp_port;
    rx->src = flow_tnl_src(tnl);
    rx->dst = flow_tnl_dst(tnl);
    rx->tp_src = ntohs(tnl->tp_src);
    rx->when = now;
    rx->stamp = ovl_stamp_now();

    ovs_mutex_lock(&rx_mutex);
    if (n_waiting < MAX_WAITING
        && is_allowed(&rx->src, ovl_stamp_is_reply(packet), now)) {
        rx->packet = dp_packet_clone_data(dp_packet_data(packet),
                                          dp_packet_size(packet));
        ovs_list_push_back(&waiting, &rx->node);
        n_waiting++;
        rx = NULL;
    }
    ovs_mutex_unlock(&rx_mutex);
    if (rx) {
        free(rx);
        ovl_count(&counters[RX_LIMITED]);
    } else {
        seq_change(rx_seq);
    }
    return true;
}

/* Transmission. */

/* Sends 'packet' to 'remote' by 'port', with outer source address 'local'
 * unless it is all zeros, and outer source port 'tp_src' unless it is 0. */
static void
send_packet(const struct stamp_port *port, const struct in6_addr *remote,
            const struct in6_addr *local, uint16_t tp_src,
            struct dp_packet *packet, struct ovl_counter *counter)
    OVS_REQUIRES(mutex)
{
    struct ofproto_dpif *ofproto = ofproto_dpif_lookup_by_uuid(&port->bridge);
    uint64_t ofpacts_stub[1024 / 8];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(ofpacts_stub);
    ovs_be16 flags = htons(OVL_FLOW_F_OWN);
    ovs_be64 key = htonll(ovl_oam_key());
    struct flow flow;
    int error = ENODEV;

    if (ofproto && key) {
        if (!strcmp(netdev_get_type(port->netdev), "geneve")) {
            flags |= htons(FLOW_TNL_F_OAM);     /* RFC 9772. */
        }
        flow_extract(packet, &flow);
        flow.in_port.ofp_port = OFPP_NONE;
        ofpact_put_set_field(&ofpacts, mf_from_id(MFF_TUN_ID), &key, NULL);
        ofpact_put_set_field(&ofpacts, mf_from_id(MFF_TUN_FLAGS), &flags,
                             &flags);
        ovl_put_tunnel_addresses(&ofpacts, local, remote);
        if (tp_src && port->is_netdev) {
            ovs_be16 tp_src_be = htons(tp_src);

            ofpact_put_set_field(&ofpacts, mf_from_id(MFF_TUN_TP_SRC),
                                 &tp_src_be, NULL);
        }
        ofpact_put_OUTPUT(&ofpacts)->port = port->ofp_port;

        /* The actions do not refer to flow tables. */
        error = ofproto_dpif_execute_actions(ofproto, OVS_VERSION_MAX, &flow,
                                             NULL, ofpacts.data, ofpacts.size,
                                             packet);
        ofpbuf_uninit(&ofpacts);
    }
    ovl_count(error ? &counters[TX_ERRORS] : counter);
}

/* Returns what the accounts have received from 'remote' by 'odp_port' with
 * 'key', or NULL. */
static const struct stamp_cell *
find_cell(bool is_netdev, odp_port_t odp_port, const struct in6_addr *remote,
          ovs_be64 key)
    OVS_REQUIRES(mutex)
{
    uint32_t hash = hash_uint64_basis((OVS_FORCE uint64_t) key,
                                      hash_place(is_netdev, odp_port,
                                                 remote));
    const struct stamp_cell *cell;

    HMAP_FOR_EACH_WITH_HASH (cell, node, hash, &cells) {
        if (cell->key == key && cell->is_netdev == is_netdev
            && cell->odp_port == odp_port
            && ipv6_addr_equals(&cell->remote, remote)) {
            return cell;
        }
    }
    return NULL;
}

/* Answers the test packet 'rx', parsed as 'stamp'. */
static void
answer(const struct stamp_rx *rx, struct ovl_stamp *stamp)
    OVS_REQUIRES(mutex)
{
    const struct stamp_port *port;

    ovl_count(&counters[RX_REQUESTS]);
    port = find_port(rx->is_netdev, rx->odp_port, &rx->src, &rx->dst);
    if (!port) {
        ovl_count(&counters[RX_NO_PORT]);
        return;
    }
    stamp->received = rx->stamp;
    stamp->outer_port = rx->tp_src;
    for (size_t i = 0; i < stamp->n_counts; i++) {
        struct ovl_stamp_count *count = &stamp->counts[i];
        const struct stamp_cell *cell = find_cell(rx->is_netdev, rx->odp_port,
                                                  &rx->src,
                                                  htonll(count->key));
        uint64_t unknown = ovl_account_is_on() && !cells_full ? 0 : UINT64_MAX;

        count->rx_packets = cell ? cell->rx_packets : unknown;
        count->rx_dropped = cell ? cell->rx_dropped : unknown;
    }
    ovl_stamp_reflect(rx->packet, stamp);
    send_packet(port, &rx->src, &rx->dst, rx->tp_src, rx->packet,
                &counters[TX_REPLIES]);
}

/* Sessions. */

static struct ovl_stamp_session *
find_session(bool is_netdev, odp_port_t odp_port,
             const struct in6_addr *remote)
    OVS_REQUIRES(mutex)
{
    struct ovl_stamp_session *s;

    HMAP_FOR_EACH_WITH_HASH (s, node,
                             hash_place(is_netdev, odp_port, remote),
                             &sessions) {
        if (s->is_netdev == is_netdev && s->odp_port == odp_to_u32(odp_port)
            && ipv6_addr_equals(&s->remote, remote)) {
            return s;
        }
    }
    return NULL;
}

static struct ovl_stamp_tenant *
find_tenant(const struct ovl_stamp_session *s, uint64_t key)
{
    struct ovl_stamp_tenant *t;

    HMAP_FOR_EACH_WITH_HASH (t, node, hash_uint64(key), &s->tenants) {
        if (t->key == key) {
            return t;
        }
    }
    return NULL;
}

/* Makes the heap's order of 's' the time 'when'. */
static void
schedule(struct ovl_stamp_session *s, int64_t when)
    OVS_REQUIRES(mutex)
{
    uint64_t priority = UINT64_MAX - when;

    if (s->in_heap) {
        heap_change(&heap, &s->heap_node, priority);
    } else {
        heap_insert(&heap, &s->heap_node, priority);
        s->in_heap = true;
    }
}

static void
unschedule(struct ovl_stamp_session *s)
    OVS_REQUIRES(mutex)
{
    if (s->in_heap) {
        heap_remove(&heap, &s->heap_node);
        s->in_heap = false;
    }
}

/* Does a remote endpoint in 'state' answer? */
static bool
is_answering(enum ovl_oam_state state)
{
    return state == OVL_OAM_UP || state == OVL_OAM_DEGRADED;
}

static void
destroy_session(struct ovl_stamp_session *s)
    OVS_REQUIRES(mutex)
{
    struct ovl_stamp_tenant *t;

    unschedule(s);
    n_answering -= is_answering(s->state);
    status_changed(s);
    hmap_remove(&sessions, &s->node);
    HMAP_FOR_EACH_POP (t, node, &s->tenants) {
        free(t);
    }
    hmap_destroy(&s->tenants);
    ovl_oam_session_uninit(&s->oam);
    free(s->port);
    free(s);
}

/* Returns the interval between test packets on each path, in microseconds, so
 * that all sessions do not send more than 'tx_rate' per second. */
static int64_t
get_interval(void)
    OVS_REQUIRES(mutex)
{
    return MAX(1, (heap_count(&heap) * n_paths + tx_rate - 1) / tx_rate)
           * INT64_C(1000000);
}

/* Stores the range of outer source ports of 'port' in '*min' and '*max'. */
static void
get_src_ports(const struct stamp_port *port, uint16_t *min, uint16_t *max)
{
    const struct ovl_src_port *src_port
        = &netdev_get_tunnel_config(port->netdev)->ovl.src_port;

    *min = src_port->min ? src_port->min : SRC_PORT_MIN;
    *max = src_port->min ? src_port->max : SRC_PORT_MAX;
}

/* Returns true if 'port' can send to 'remote'. */
static bool
can_send_to(const struct stamp_port *port, const struct in6_addr *remote)
{
    return (!ipv6_addr_is_set(&port->remote)
            || ipv6_addr_equals(&port->remote, remote));
}

/* Returns true if 'port' is still as it was when 's' was created. */
static bool
is_same_port(const struct ovl_stamp_session *s, const struct stamp_port *port)
{
    uint16_t min, max;

    get_src_ports(port, &min, &max);
    return (s->is_netdev == port->is_netdev
            && s->odp_port == odp_to_u32(port->odp_port)
            && !strcmp(s->type, netdev_get_type(port->netdev))
            && s->src_port_min == min && s->src_port_max == max
            && can_send_to(port, &s->remote));
}

/* Returns the outer source port of path 'path' of 's'. */
static uint16_t
path_to_port(const struct ovl_stamp_session *s, unsigned int path)
{
    return s->src_port_min + (s->src_port_max - s->src_port_min + 1)
                             * path / s->oam.n_paths;
}

/* Creates a session of 'port' with 'remote'. */
static struct ovl_stamp_session *
create_session(const struct stamp_port *port, const struct in6_addr *remote,
               int64_t now)
    OVS_REQUIRES(mutex)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(port->netdev);
    struct ovl_stamp_session *s = xzalloc(sizeof *s);
    unsigned int n = cfg->dst_port ? n_paths : 1;
    int64_t interval = get_interval();

    s->port = xstrdup(port->name);
    s->type = netdev_get_type(port->netdev);
    s->is_netdev = port->is_netdev;
    s->odp_port = odp_to_u32(port->odp_port);
    s->remote = *remote;
    s->ssid = random_range(UINT16_MAX) + 1;
    get_src_ports(port, &s->src_port_min, &s->src_port_max);
    s->mtu_due = now;
    s->since = time_wall_msec();
    hmap_init(&s->tenants);
    if (port->is_netdev) {
        n = MIN(n, s->src_port_max - s->src_port_min + 1);
    }

    /* Sessions that begin at the same time do not stay in step. */
    ovl_oam_session_init(&s->oam, n, interval, random_uint32(),
                         now + random_range(interval));
    if (port->is_netdev && cfg->dst_port) {
        for (unsigned int i = 0; i < n; i++) {
            s->oam.paths[i].outer_port = path_to_port(s, i);
        }
    }
    hmap_insert(&sessions, &s->node,
                hash_place(port->is_netdev, port->odp_port, remote));
    return s;
}

/* Looks up the MTU of the device by which 'port' sends to the remote endpoint
 * of 's', and makes test packets of full size as long. */
static void
update_mtu(struct ovl_stamp_session *s, const struct stamp_port *port)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(port->netdev);
    struct netdev_tnl_build_header_params params;
    struct ovs_action_push_tnl push;
    struct in6_addr src = in6addr_any, gw;
    char name[IFNAMSIZ];
    struct netdev *device;
    struct flow flow;
    int mtu = 0;

    memset(&flow, 0, sizeof flow);
    flow.tunnel.tun_id = htonll(ovl_oam_key());
    flow.tunnel.flags = FLOW_TNL_F_KEY | OVL_FLOW_F_OWN;
    flow.tunnel.tp_dst = cfg->dst_port;
    flow.packet_type = htonl(PT_ETH);
    if (IN6_IS_ADDR_V4MAPPED(&s->remote)) {
        flow.tunnel.ip_dst = in6_addr_get_mapped_ipv4(&s->remote);
    } else {
        flow.tunnel.ipv6_dst = s->remote;
    }
    if (cfg->csum == NETDEV_TNL_CSUM_ENABLED
        || (cfg->csum == NETDEV_TNL_CSUM_DEFAULT && !flow.tunnel.ip_dst)) {
        flow.tunnel.flags |= FLOW_TNL_F_CSUM;
    }
    s->headers = 0;
    memset(&push, 0, sizeof push);
    if (ovs_router_lookup(0, &s->remote, name, &src, &gw)) {
        netdev_init_tnl_build_header_params(&params, &flow, &src,
                                            eth_addr_zero, eth_addr_zero);
        if (!netdev_build_header(port->netdev, &push, &params)
            && !netdev_open(name, NULL, &device)) {
            if (!netdev_get_mtu(device, &mtu)) {
                s->headers = push.header_len - ETH_HEADER_LEN;
                mtu = MIN(mtu, UINT16_MAX) - s->headers;
            }
            netdev_close(device);
        }
    }
    ovl_oam_session_set_full_size(&s->oam, MAX(mtu, 0));
}

/* Adds to 'stamp' the keys of tenants of 's' to ask for. */
static void
ask_for_tenants(struct ovl_stamp_session *s, struct ovl_stamp *stamp,
                int64_t now)
{
    size_t n = hmap_count(&s->tenants), i = 0;
    struct ovl_stamp_tenant *t;

    if (s->next_tenant >= n) {
        s->next_tenant = 0;
    }
    HMAP_FOR_EACH (t, node, &s->tenants) {
        if (i++ < s->next_tenant) {
            continue;
        }
        s->next_tenant++;
        if (now - t->oam.active <= OVL_STAMP_TENANT_ACTIVE) {
            stamp->counts[stamp->n_counts++].key = t->key;
            if (stamp->n_counts >= OVL_STAMP_MAX_KEYS) {
                break;
            }
        }
    }
}

/* Sends 'probe' of 's' by 'port'. */
static void
send_probe(struct ovl_stamp_session *s, const struct stamp_port *port,
           const struct ovl_oam_probe *probe, int64_t now)
    OVS_REQUIRES(mutex)
{
    struct ovl_stamp stamp = {
        .src_port = SRC_PORT_MIN + probe->path,
        .ssid = s->ssid,
        .seq = probe->seq,
        .sent = ovl_stamp_now(),
    };
    struct dp_packet *packet = dp_packet_new_with_headroom(probe->size, 128);

    if (probe->turn) {
        ask_for_tenants(s, &stamp, now);
    }
    ovl_stamp_compose(&stamp, probe->size, packet);
    ovl_oam_session_sent(&s->oam, probe, stamp.sent, now);
    send_packet(port, &s->remote, &in6addr_any, path_to_port(s, probe->path),
                packet, &counters[TX_REQUESTS]);
    dp_packet_delete(packet);
}

static int
compare_keys(const void *a_, const void *b_)
{
    const uint64_t *a = a_, *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* Appends to 'ds' which tenants of 's' have sent frames lately. */
static void
format_tenants(const struct ovl_stamp_session *s, struct ds *ds)
{
    int64_t now = ovl_stamp_clock();
    const struct ovl_stamp_tenant *t;
    uint64_t keys[8];
    size_t n = 0;

    HMAP_FOR_EACH (t, node, &s->tenants) {
        if (now - t->oam.active <= OVL_STAMP_TENANT_ACTIVE) {
            if (n < ARRAY_SIZE(keys)) {
                keys[n] = t->key;
            }
            n++;
        }
    }
    ds_put_format(ds, "; hits %"PRIuSIZE" tenant%s", n, n == 1 ? "" : "s");
    if (n && n <= ARRAY_SIZE(keys)) {
        qsort(keys, n, sizeof *keys, compare_keys);
        for (size_t i = 0; i < n; i++) {
            ds_put_format(ds, "%s%"PRIu64, i ? ", " : " (key ", keys[i]);
        }
        ds_put_char(ds, ')');
    }
}

/* Appends to 'ds' what is wrong with the paths of 's', nothing if nothing
 * is. */
void
ovl_stamp_verdict(const struct ovl_stamp_session *s, struct ds *ds)
    OVS_REQUIRES(mutex)
{
    size_t length = ds->length;

    ovl_oam_session_verdict(&s->oam, s->headers, ds);
    if (s->state == OVL_OAM_DOWN) {
        ds_put_format(ds, ", %u other remote endpoint%s answer%s", n_answering,
                      n_answering == 1 ? "" : "s",
                      n_answering == 1 ? "s" : "");
    }
    if (ds->length > length && s->state != OVL_OAM_UNKNOWN) {
        format_tenants(s, ds);
    }
}

/* Logs the state of 's', if it has changed. */
static void
log_state(struct ovl_stamp_session *s)
    OVS_REQUIRES(mutex)
{
    enum ovl_oam_state state = ovl_oam_session_state(&s->oam);
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (state == s->state) {
        return;
    }
    n_answering += is_answering(state) - is_answering(s->state);
    s->state = state;
    s->since = time_wall_msec();
    status_changed(s);
    ipv6_format_mapped(&s->remote, &ds);
    ds_put_format(&ds, " is %s", ovl_oam_state_to_string(state));
    if (state != OVL_OAM_UP) {
        ds_put_cstr(&ds, ": ");
        ovl_stamp_verdict(s, &ds);
    }
    VLOG_RL(&log_rl, state == OVL_OAM_UP ? VLL_INFO : VLL_WARN, "%s: %s",
            s->port, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* Does what 's' has to do 'now', and sends at most '*n' test packets, which it
 * subtracts from '*n'. */
static void
run_session(struct ovl_stamp_session *s, int64_t now, int *n)
    OVS_REQUIRES(mutex)
{
    const struct stamp_port *port = find_port_by_name(s->port);
    struct ovl_oam_probe probe;
    int64_t next;

    if (!port || !is_same_port(s, port)) {
        destroy_session(s);
        return;
    }
    if (now >= s->mtu_due) {
        update_mtu(s, port);
        s->mtu_due = now + MTU_INTERVAL;
    }
    ovl_oam_session_set_interval(&s->oam, get_interval());
    ovl_oam_session_run(&s->oam, now);
    while (*n > 0 && ovl_oam_session_next(&s->oam, now, &probe)) {
        send_probe(s, port, &probe, now);
        --*n;
    }
    next = ovl_oam_session_run(&s->oam, now);
    log_state(s);
    schedule(s, next);
}

/* Logs the state of 't', a tenant of 's', if it is not 'old'. */
static void
log_tenant(const struct ovl_stamp_session *s, const struct ovl_stamp_tenant *t,
           enum ovl_oam_tenant_state old)
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (t->oam.state == old) {
        return;
    }
    ipv6_format_mapped(&s->remote, &ds);
    ds_put_format(&ds, ", key %"PRIu64": ", t->key);
    if (t->oam.state == OVL_OAM_TENANT_OK) {
        if (old == OVL_OAM_TENANT_UNKNOWN) {
            goto done;
        }
        ds_put_cstr(&ds, "its frames arrive again");
    } else if (t->oam.state == OVL_OAM_TENANT_UNKNOWN) {
        goto done;
    }
    ovl_oam_tenant_verdict(&t->oam, &ds);
    VLOG_RL(&log_rl, t->oam.state == OVL_OAM_TENANT_OK ? VLL_INFO : VLL_WARN,
            "%s: %s", s->port, ds_cstr(&ds));
done:
    ds_destroy(&ds);
}

/* Takes the answer 'rx', parsed as 'stamp'. */
static void
take_answer(const struct stamp_rx *rx, const struct ovl_stamp *stamp)
    OVS_REQUIRES(mutex)
{
    static const int results[] = {
        [OVL_OAM_ANSWERED] = RX_REPLIES,
        [OVL_OAM_LATE] = RX_LATE,
        [OVL_OAM_DUPLICATE] = RX_DUPLICATE,
        [OVL_OAM_NOT_OURS] = RX_NOT_OURS,
    };
    struct ovl_stamp_session *s = find_session(rx->is_netdev, rx->odp_port,
                                               &rx->src);
    enum ovl_oam_answer result = OVL_OAM_NOT_OURS;

    if (s && s->ssid == stamp->ssid) {
        result = ovl_oam_session_answer(
            &s->oam, stamp->seq, stamp->sent, stamp->outer_port,
            ovl_stamp_to_usec(stamp->returned - stamp->received), rx->when);
    }
    ovl_count(&counters[results[result]]);
    if (result != OVL_OAM_ANSWERED && result != OVL_OAM_LATE) {
        return;
    }
    for (size_t i = 0; i < stamp->n_counts; i++) {
        struct ovl_stamp_tenant *t = find_tenant(s, stamp->counts[i].key);

        if (t) {
            enum ovl_oam_tenant_state old = t->oam.state;

            if (ovl_oam_session_state(&s->oam) != OVL_OAM_UP) {
                /* The paths may be the reason. */
                ovl_oam_tenant_reset(&t->oam);
                continue;
            }
            ovl_oam_tenant_report(&t->oam, &stamp->counts[i], rx->when);
            log_tenant(s, t, old);
        }
    }
    if (s->in_heap) {
        schedule(s, rx->when);
    }
}

/* Handles 'rx'. */
static void
handle_rx(const struct stamp_rx *rx)
    OVS_REQUIRES(mutex)
{
    struct ovl_stamp stamp;

    switch (ovl_stamp_parse(rx->packet, &stamp)) {
    case OVL_STAMP_OK:
        if (stamp.is_reply) {
            take_answer(rx, &stamp);
        } else {
            answer(rx, &stamp);
        }
        break;
    case OVL_STAMP_OTHER:
        ovl_count(&counters[RX_OTHER]);
        break;
    case OVL_STAMP_TTL:
        ovl_count(&counters[RX_TTL]);
        break;
    case OVL_STAMP_MALFORMED:
        ovl_count(&counters[RX_MALFORMED]);
        break;
    }
}

/* Handles at most MAX_RX packets that wait.  Returns the time when the first of
 * the others arrived, or INT64_MAX if there is none. */
static int64_t
run_rx(void)
{
    for (int i = 0; ; i++) {
        struct stamp_rx *rx = NULL;
        int64_t when = INT64_MAX;

        ovs_mutex_lock(&rx_mutex);
        if (!ovs_list_is_empty(&waiting)) {
            rx = CONTAINER_OF(ovs_list_front(&waiting), struct stamp_rx, node);
            when = rx->when;
            if (i < MAX_RX) {
                ovs_list_remove(&rx->node);
                n_waiting--;
            }
        }
        ovs_mutex_unlock(&rx_mutex);
        if (!rx || i >= MAX_RX) {
            return when;
        }
        ovs_mutex_lock(&mutex);
        handle_rx(rx);
        ovs_mutex_unlock(&mutex);
        dp_packet_delete(rx->packet);
        free(rx);
    }
}

/* Accounts. */

/* 'r' is an account of what 'port' received and sent. */
static void
update_session(const struct ovl_account_record *r,
               const struct stamp_port *port, int64_t now)
    OVS_REQUIRES(mutex)
{
    uint64_t key = ntohll(r->key.tenant);
    struct ovl_stamp_session *s;
    struct ovl_stamp_tenant *t;

    if (!r->n[OVL_ACCOUNT_TX_PACKETS] || !can_send_to(port, &r->key.remote)) {
        return;
    }
    s = find_session(port->is_netdev, port->odp_port, &r->key.remote);
    if (!s) {
        s = create_session(port, &r->key.remote, now);
    }
    t = find_tenant(s, key);
    if (!t) {
        t = xzalloc(sizeof *t);
        t->key = key;
        t->oam.active = now - 2 * SESSION_IDLE;
        t->is_new = true;
        hmap_insert(&s->tenants, &t->node, hash_uint64(key));
    }
    /* Several ports may send to the same remote endpoint. */
    t->tx_packets = (t->seen ? t->tx_packets : 0)
                    + r->n[OVL_ACCOUNT_TX_PACKETS];
    t->seen = s->seen = true;
}

/* Removes from 'sessions' what is not in the accounts any more, and starts and
 * stops the others: a session is idle if no tenant has sent for a while. */
static void
sweep_sessions(int64_t now)
    OVS_REQUIRES(mutex)
{
    struct ovl_stamp_session *s;

    HMAP_FOR_EACH_SAFE (s, node, &sessions) {
        struct ovl_stamp_tenant *t;
        int64_t active = INT64_MIN;

        if (!s->seen) {
            destroy_session(s);
            continue;
        }
        s->seen = false;
        HMAP_FOR_EACH_SAFE (t, node, &s->tenants) {
            if (!t->seen) {
                hmap_remove(&s->tenants, &t->node);
                free(t);
                continue;
            }
            t->seen = false;
            if (t->is_new && baseline) {
                t->oam.tx_packets = t->tx_packets;
            }
            t->is_new = false;
            ovl_oam_tenant_sent(&t->oam, t->tx_packets, now);
            active = MAX(active, t->oam.active);
        }
        if (active < now - SESSION_IDLE) {
            unschedule(s);
        } else if (!s->in_heap) {
            schedule(s, now);
        }
    }
}

/* Reads the accounts: what was received, for answers, and the remote endpoints
 * to which tenants send, for sessions. */
static void
read_accounts(int64_t now)
{
    struct ovl_account_record *records;
    unsigned int rate;
    size_t n;

    records = ovl_account_read_all(&n);
    ovs_mutex_lock(&mutex);
    cells_full = false;
    hmap_clear(&cells);
    free(cells_array);
    cells_array = xmalloc(n * sizeof *cells_array);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];
        struct stamp_cell *cell = &cells_array[i];
        const struct stamp_port *port;

        cells_full |= r->key.kind == OVL_ACCOUNT_OTHER;
        if (r->key.kind != OVL_ACCOUNT_CELL || !r->key.has_tenant
            || !(port = find_port_by_name(r->key.name))) {
            continue;
        }
        cell->is_netdev = port->is_netdev;
        cell->odp_port = port->odp_port;
        cell->remote = r->key.remote;
        cell->key = r->key.tenant;
        cell->rx_packets = r->n[OVL_ACCOUNT_RX_PACKETS];
        cell->rx_dropped = r->n[OVL_ACCOUNT_RX_DROPPED];
        hmap_insert(&cells, &cell->node,
                    hash_uint64_basis((OVS_FORCE uint64_t) cell->key,
                                      hash_place(cell->is_netdev,
                                                 cell->odp_port,
                                                 &cell->remote)));
        if (sending) {
            update_session(r, port, now);
        }
    }
    sweep_sessions(now);
    baseline = baseline && !sending;
    rate = MAX(2 * tx_rate, RATE_PER_SESSION * hmap_count(&sessions));
    ovs_mutex_unlock(&mutex);
    ovl_account_free_all(records, n);

    ovs_mutex_lock(&rx_mutex);
    rx_rate = MIN(MAX(RATE, rate), 1000000);
    ovs_mutex_unlock(&rx_mutex);
}

/* Runs sessions that have something to do.  Returns when there is more to
 * do. */
static int64_t
run_sessions(int64_t now)
{
    int64_t next = INT64_MAX;
    int n = MAX_BATCH;

    ovs_mutex_lock(&mutex);
    while (!heap_is_empty(&heap)) {
        struct ovl_stamp_session *s = CONTAINER_OF(heap_max(&heap),
                                                   struct ovl_stamp_session,
                                                   heap_node);

        next = UINT64_MAX - s->heap_node.priority;
        if (next > now || n <= 0) {
            break;
        }
        run_session(s, now, &n);
        next = INT64_MAX;
    }
    ovs_mutex_unlock(&mutex);
    return next;
}

/* The thread. */
static void *
stamp_main(void *aux OVS_UNUSED)
{
    int64_t accounts_due = 0;

    for (;;) {
        uint64_t seq = seq_read(rx_seq);
        int64_t waiting_since = run_rx();
        int64_t now = ovl_stamp_clock(), next;

        if (now >= accounts_due) {
            read_accounts(now);
            accounts_due = now + ACCOUNTS_INTERVAL;
        }

        /* Answers that wait are not taken for lost. */
        next = MIN(run_sessions(MIN(now, waiting_since)), accounts_due);
        if (waiting_since != INT64_MAX || next <= now) {
            poll_immediate_wake();
        } else {
            seq_wait(rx_seq, seq);
            poll_timer_wait((next - now) / 1000 + 1);
        }
        poll_block();
    }
    return NULL;
}

/* Status of interfaces. */

/* Notes that the status of the port of 's' has changed, for the database. */
static void
status_changed(const struct ovl_stamp_session *s)
    OVS_REQUIRES(mutex)
{
    sset_add(&changed, s->port);
    seq_change(connectivity_seq_get());
}

/* Returns true if the status of 'netdev' has changed since the last call. */
bool
ovl_stamp_status_changed(const struct netdev *netdev)
{
    bool is_changed;

    ovs_mutex_lock(&mutex);
    is_changed = sset_find_and_delete(&changed, netdev_get_name(netdev));
    ovs_mutex_unlock(&mutex);
    return is_changed;
}

/* Adds to 'smap' the status of 'netdev': numbers of remote endpoints by state,
 * if there are sessions. */
void
ovl_stamp_get_status(const struct netdev *netdev, struct smap *smap)
{
    const char *name = netdev_get_name(netdev);
    const struct ovl_stamp_session *s;
    int n[OVL_OAM_DOWN + 1] = { 0 };

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH (s, node, &sessions) {
        if (s->in_heap && !strcmp(s->port, name)) {
            n[ovl_oam_session_state(&s->oam)]++;
        }
    }
    ovs_mutex_unlock(&mutex);
    if (n[OVL_OAM_UP] + n[OVL_OAM_DEGRADED] + n[OVL_OAM_DOWN]) {
        for (int i = OVL_OAM_UP; i <= OVL_OAM_DOWN; i++) {
            char key[32];

            snprintf(key, sizeof key, "oam_%s", ovl_oam_state_to_string(i));
            smap_add_format(smap, key, "%d", n[i]);
        }
    }
}

/* Calls 'visitor' with each session that is not idle, and 'aux'. */
void
ovl_stamp_visit(ovl_stamp_visitor *visitor, void *aux)
{
    const struct ovl_stamp_session *s;

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH (s, node, &sessions) {
        if (s->in_heap) {
            visitor(s, aux);
        }
    }
    ovs_mutex_unlock(&mutex);
}
