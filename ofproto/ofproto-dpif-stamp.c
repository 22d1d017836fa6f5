/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-stamp.h"

#include <inttypes.h>
#include <limits.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "connectivity.h"
#include "dp-packet.h"
#include "flow.h"
#include "hash.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "ofproto-dpif-stamp-port.h"
#include "ofproto-dpif-stamp-rx.h"
#include "ofproto-dpif-upcall.h"
#include "ofproto-dpif.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "overlay/account.h"
#include "overlay/addr.h"
#include "overlay/log.h"
#include "overlay/oam-key.h"
#include "overlay/settings.h"
#include "overlay/stamp.h"
#include "overlay/xlate.h"
#include "ovs-router.h"
#include "ovs-thread.h"
#include "packets.h"
#include "random.h"
#include "seq.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

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

/* Inner source port of the first path. */
#define INNER_PORT_MIN 49152

/* Number of packets to receive per second for each session, if it is many. */
#define RATE_PER_SESSION 40

/* Number of packets that the thread takes before it does something else, and
 * of test packets that it sends before it gives way to others that wait for
 * 'ovl_stamp_mutex'. */
#define MAX_RX 256
#define MAX_BATCH 32

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

/* Configuration. */
static bool sending OVS_GUARDED_BY(ovl_stamp_mutex);
static unsigned int n_paths OVS_GUARDED_BY(ovl_stamp_mutex) = PATHS_DEFAULT;
static unsigned int tx_rate OVS_GUARDED_BY(ovl_stamp_mutex) = RATE_DEFAULT;
static struct ovl_stamp_auth hmac_key OVS_GUARDED_BY(ovl_stamp_mutex);

/* Sessions, by datapath port and remote endpoint, and those that have a
 * tenant, the earliest first. */
static struct hmap sessions OVS_GUARDED_BY(ovl_stamp_mutex)
    = HMAP_INITIALIZER(&sessions);
static struct heap heap OVS_GUARDED_BY(ovl_stamp_mutex);

/* Number of sessions whose remote endpoint answers. */
static unsigned int n_answering OVS_GUARDED_BY(ovl_stamp_mutex);

/* The accounts, as they were read last.  'cells_full' means that there was no
 * room for more.  'baseline' means that the numbers of frames sent so far say
 * nothing about when they were sent. */
static bool cells_full OVS_GUARDED_BY(ovl_stamp_mutex);
static bool baseline OVS_GUARDED_BY(ovl_stamp_mutex) = true;
static struct hmap cells OVS_GUARDED_BY(ovl_stamp_mutex)
    = HMAP_INITIALIZER(&cells);
static struct stamp_cell *cells_array OVS_GUARDED_BY(ovl_stamp_mutex);

/* Names of ports whose status has changed. */
static struct sset changed OVS_GUARDED_BY(ovl_stamp_mutex)
    = SSET_INITIALIZER(&changed);

static void *stamp_main(void *);
static void destroy_session(struct ovl_stamp_session *)
    OVS_REQUIRES(ovl_stamp_mutex);
static void status_changed(const struct ovl_stamp_session *)
    OVS_REQUIRES(ovl_stamp_mutex);

/* Configuration. */

/* Reads the key of HMACs from 'other_config', if there is one.  Returns false
 * if it cannot be used; then no test packet must be sent or answered. */
static bool
read_hmac_key(const struct smap *other_config, struct ovl_stamp_auth *auth)
{
    const char *s = smap_get_def(other_config, "oam-hmac-key", "");
    const char *problem = NULL;

    auth->len = strlen(s);
#ifndef HAVE_OPENSSL
    problem = auth->len ? "this ovs-vswitchd was built without OpenSSL" : NULL;
#endif
    if (auth->len > sizeof auth->key) {
        problem = "it is longer than 64 characters";
    }
    if (problem) {
        char *warning = xasprintf("other_config:oam-hmac-key: %s; there are "
                                  "no test packets", problem);

        VLOG(ovl_warn_level(warning), "%s", warning);
        free(warning);
        auth->len = 0;
        return false;
    }
    memcpy(auth->key, s, auth->len);
    return true;
}

/* Returns the key of HMACs, or NULL if there is none. */
static const struct ovl_stamp_auth *
get_auth(void)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    return hmac_key.len ? &hmac_key : NULL;
}

/* Reads the settings from 'other_config' of Open_vSwitch.  To be called by
 * the main thread. */
void
ovl_stamp_set_other_config(const struct smap *other_config)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    struct ovl_stamp_auth auth;
    uint64_t key = (read_hmac_key(other_config, &auth)
                    ? ovl_get_setting(other_config, "oam-key", 0, 0, 0xffffff)
                    : 0);
    bool probe = key && smap_get_bool(other_config, "oam-probe", false);
    unsigned int paths = ovl_get_setting(other_config, "oam-paths",
                                         PATHS_DEFAULT, 1, OVL_OAM_MAX_PATHS);
    unsigned int rate = ovl_get_setting(other_config, "oam-rate",
                                        RATE_DEFAULT, 1, 100000);
    struct shash_node *node;

    ovs_mutex_lock(&ovl_stamp_mutex);
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
    hmac_key = auth;
    ovs_mutex_unlock(&ovl_stamp_mutex);

    if (key == ovl_oam_key()) {
        return;
    }
    if (ovsthread_once_start(&once)) {
        ovl_stamp_rx_init();
        ovs_thread_create("oam", stamp_main, NULL);
        ovsthread_once_done(&once);
    }
    SHASH_FOR_EACH (node, &all_dpif_backers) {
        struct dpif_backer *backer = node->data;

        if (ovl_oam_key()) {
            /* See ovl_stamp_flow_deleted(). */
            udpif_flush(backer->udpif);
        }
        backer->need_revalidate = REV_RECONFIGURE;
    }
    ovl_oam_set_key(key);
}

bool
ovl_stamp_is_sending(void)
{
    bool is_sending;

    ovs_mutex_lock(&ovl_stamp_mutex);
    is_sending = sending;
    ovs_mutex_unlock(&ovl_stamp_mutex);
    return is_sending;
}

/* Answers. */

/* Stores in '*count' what the accounts have received from 'remote' by
 * 'odp_port' with its key. */
static void
count_received(bool is_netdev, odp_port_t odp_port,
               const struct in6_addr *remote, struct ovl_stamp_count *count)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    ovs_be64 key = htonll(count->key);
    uint32_t hash = hash_uint64_basis((OVS_FORCE uint64_t) key,
                                      ovl_stamp_hash_place(
                                          is_netdev, odp_port, remote));
    bool known = ovl_account_is_on() && !cells_full;
    const struct stamp_cell *cell;

    count->rx_packets = count->rx_dropped = 0;
    HMAP_FOR_EACH_WITH_HASH (cell, node, hash, &cells) {
        if (cell->key == key && cell->is_netdev == is_netdev
            && cell->odp_port == odp_port
            && ipv6_addr_equals(&cell->remote, remote)) {
            count->rx_packets += cell->rx_packets;
            count->rx_dropped += cell->rx_dropped;
            known = true;
        }
    }
    if (!known) {
        count->rx_packets = count->rx_dropped = UINT64_MAX;
    }
}

/* Answers the test packet 'rx', parsed as 'stamp'. */
static void
answer(const struct ovl_stamp_rx *rx, struct ovl_stamp *stamp)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    const struct ovl_stamp_port *port;

    ovl_stamp_count(OVL_STAMP_RX_REQUESTS);
    /* An answer's source must not be a group. */
    port = (ovl_addr_is_group(&rx->dst) ? NULL
            : ovl_stamp_find_port(rx->is_netdev, rx->odp_port, &rx->src,
                                  &rx->dst));
    if (!port) {
        ovl_stamp_count(OVL_STAMP_RX_NO_PORT);
        return;
    }
    stamp->received = rx->stamp;
    stamp->outer_port = rx->tp_src;
    for (size_t i = 0; i < stamp->n_counts; i++) {
        count_received(rx->is_netdev, rx->odp_port, &rx->src,
                       &stamp->counts[i]);
    }
    ovl_stamp_reflect(rx->packet, stamp, get_auth());
    ovl_stamp_send(port, &rx->src, &rx->dst, rx->tp_src, rx->packet,
                   OVL_STAMP_TX_REPLIES);
}

/* Sessions. */

static struct ovl_stamp_session *
find_session(bool is_netdev, odp_port_t odp_port,
             const struct in6_addr *remote)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    struct ovl_stamp_session *s;

    HMAP_FOR_EACH_WITH_HASH (s, node,
                             ovl_stamp_hash_place(is_netdev, odp_port, remote),
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    OVS_REQUIRES(ovl_stamp_mutex)
{
    return MAX(1, (heap_count(&heap) * n_paths + tx_rate - 1) / tx_rate)
           * INT64_C(1000000);
}

/* Returns true if 'port' is still as it was when 's' was created. */
static bool
is_same_port(const struct ovl_stamp_session *s,
             const struct ovl_stamp_port *port)
{
    uint16_t min, max;

    ovl_stamp_get_src_ports(port, &min, &max);
    return (s->is_netdev == port->is_netdev
            && s->odp_port == odp_to_u32(port->odp_port)
            && !strcmp(s->type, netdev_get_type(port->netdev))
            && s->src_port_min == min && s->src_port_max == max
            && ovl_stamp_can_send_to(port, &s->remote));
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
create_session(const struct ovl_stamp_port *port,
               const struct in6_addr *remote, int64_t now)
    OVS_REQUIRES(ovl_stamp_mutex)
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
    ovl_stamp_get_src_ports(port, &s->src_port_min, &s->src_port_max);
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
                ovl_stamp_hash_place(port->is_netdev, port->odp_port, remote));
    return s;
}

/* Looks up the MTU of the device by which 'port' sends to the remote endpoint
 * of 's', and makes test packets of full size as long. */
static void
update_mtu(struct ovl_stamp_session *s, const struct ovl_stamp_port *port)
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
send_probe(struct ovl_stamp_session *s, const struct ovl_stamp_port *port,
           const struct ovl_oam_probe *probe, int64_t now)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    struct ovl_stamp stamp = {
        .src_port = INNER_PORT_MIN + probe->path,
        .ssid = s->ssid,
        .seq = probe->seq,
        .sent = ovl_stamp_now(),
    };
    struct dp_packet *packet = dp_packet_new_with_headroom(probe->size, 128);

    if (probe->turn) {
        ask_for_tenants(s, &stamp, now);
    }
    ovl_stamp_compose(&stamp, get_auth(), probe->size, packet);
    ovl_oam_session_sent(&s->oam, probe, stamp.sent, now);
    ovl_stamp_send(port, &s->remote, &in6addr_any,
                   path_to_port(s, probe->path), packet,
                   OVL_STAMP_TX_REQUESTS);
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    OVS_REQUIRES(ovl_stamp_mutex)
{
    const struct ovl_stamp_port *port = ovl_stamp_find_port_by_name(s->port);
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
take_answer(const struct ovl_stamp_rx *rx, const struct ovl_stamp *stamp)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    static const enum ovl_stamp_counter results[] = {
        [OVL_OAM_ANSWERED] = OVL_STAMP_RX_REPLIES,
        [OVL_OAM_LATE] = OVL_STAMP_RX_LATE,
        [OVL_OAM_DUPLICATE] = OVL_STAMP_RX_DUPLICATE,
        [OVL_OAM_NOT_OURS] = OVL_STAMP_RX_NOT_OURS,
    };
    struct ovl_stamp_session *s = find_session(rx->is_netdev, rx->odp_port,
                                               &rx->src);
    enum ovl_oam_answer result = OVL_OAM_NOT_OURS;

    if (s && s->ssid == stamp->ssid) {
        result = ovl_oam_session_answer(
            &s->oam, stamp->seq, stamp->sent, stamp->outer_port,
            ovl_stamp_to_usec(stamp->returned - stamp->received), rx->when);
    }
    ovl_stamp_count(results[result]);
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
handle_rx(const struct ovl_stamp_rx *rx)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    struct ovl_stamp stamp;

    switch (ovl_stamp_parse(rx->packet, get_auth(), &stamp)) {
    case OVL_STAMP_OK:
        if (stamp.is_reply) {
            take_answer(rx, &stamp);
        } else {
            answer(rx, &stamp);
        }
        break;
    case OVL_STAMP_OTHER:
        ovl_stamp_count(OVL_STAMP_RX_OTHER);
        break;
    case OVL_STAMP_TTL:
        ovl_stamp_count(OVL_STAMP_RX_TTL);
        break;
    case OVL_STAMP_MALFORMED:
        ovl_stamp_count(OVL_STAMP_RX_MALFORMED);
        break;
    case OVL_STAMP_HMAC:
        ovl_stamp_count(OVL_STAMP_RX_HMAC);
        break;
    }
}

/* Handles at most MAX_RX packets that wait.  Returns the time when the first
 * of the others arrived, or INT64_MAX if there is none. */
static int64_t
run_rx(void)
{
    struct ovl_stamp_rx *rx;

    for (int i = 0; i < MAX_RX && (rx = ovl_stamp_rx_pop()); i++) {
        ovs_mutex_lock(&ovl_stamp_mutex);
        handle_rx(rx);
        ovs_mutex_unlock(&ovl_stamp_mutex);
        ovl_stamp_rx_free(rx);
    }
    return ovl_stamp_rx_since();
}

/* Accounts. */

/* 'r' is an account of what 'port' received and sent. */
static void
update_session(const struct ovl_account_record *r,
               const struct ovl_stamp_port *port, int64_t now)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    uint64_t key = ntohll(r->key.tenant);
    struct ovl_stamp_session *s;
    struct ovl_stamp_tenant *t;

    if (!r->n[OVL_ACCOUNT_TX_PACKETS]
        || !ovl_stamp_can_send_to(port, &r->key.remote)) {
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
    OVS_REQUIRES(ovl_stamp_mutex)
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
    ovs_mutex_lock(&ovl_stamp_mutex);
    cells_full = false;
    hmap_clear(&cells);
    free(cells_array);
    cells_array = xmalloc(n * sizeof *cells_array);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];
        struct stamp_cell *cell = &cells_array[i];
        const struct ovl_stamp_port *port;

        cells_full |= r->key.kind == OVL_ACCOUNT_OTHER;
        if (r->key.kind != OVL_ACCOUNT_CELL || !r->key.has_tenant
            || !(port = ovl_stamp_find_port_by_name(r->key.name))) {
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
                                      ovl_stamp_hash_place(
                                          cell->is_netdev, cell->odp_port,
                                          &cell->remote)));
        if (sending) {
            update_session(r, port, now);
        }
    }
    sweep_sessions(now);
    baseline = baseline && !sending;
    rate = MAX(2 * tx_rate, RATE_PER_SESSION * hmap_count(&sessions));
    ovs_mutex_unlock(&ovl_stamp_mutex);
    ovl_account_free_all(records, n);

    ovl_stamp_rx_set_rate(rate);
}

/* Runs sessions that have something to do.  Returns when there is more to
 * do. */
static int64_t
run_sessions(int64_t now)
{
    int64_t next = INT64_MAX;
    int n = MAX_BATCH;

    ovs_mutex_lock(&ovl_stamp_mutex);
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
    ovs_mutex_unlock(&ovl_stamp_mutex);
    return next;
}

/* The thread. */
static void *
stamp_main(void *aux OVS_UNUSED)
{
    int64_t accounts_due = 0;

    for (;;) {
        uint64_t seq = ovl_stamp_rx_seq();
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
            ovl_stamp_rx_wait(seq);
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
    OVS_REQUIRES(ovl_stamp_mutex)
{
    sset_add(&changed, s->port);
    seq_change(connectivity_seq_get());
}

/* Returns true if the status of 'netdev' has changed since the last call. */
bool
ovl_stamp_status_changed(const struct netdev *netdev)
{
    bool is_changed;

    ovs_mutex_lock(&ovl_stamp_mutex);
    is_changed = sset_find_and_delete(&changed, netdev_get_name(netdev));
    ovs_mutex_unlock(&ovl_stamp_mutex);
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

    ovs_mutex_lock(&ovl_stamp_mutex);
    HMAP_FOR_EACH (s, node, &sessions) {
        if (s->in_heap && !strcmp(s->port, name)) {
            n[ovl_oam_session_state(&s->oam)]++;
        }
    }
    ovs_mutex_unlock(&ovl_stamp_mutex);
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

    ovs_mutex_lock(&ovl_stamp_mutex);
    HMAP_FOR_EACH (s, node, &sessions) {
        if (s->in_heap) {
            visitor(s, aux);
        }
    }
    ovs_mutex_unlock(&ovl_stamp_mutex);
}
