/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "hash.h"
#include "mac-learning.h"
#include "netdev-provider.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "overlay/addr.h"
#include "overlay/fdb-advertise.h"
#include "overlay/fdb-kernel.h"
#include "overlay/fdb-mirror.h"
#include "overlay/fdb-options.h"
#include "overlay/fdb-table.h"
#include "overlay/mcast.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "smap.h"
#include "svec.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

BUILD_ASSERT_DECL(!(OVL_FLOW_F_REMOTE
                    & (FLOW_TNL_F_MASK | FLOW_TNL_F_UDPIF)));

/* A port with a forwarding database. */
struct fdb_port {
    struct hmap_node node;      /* In 'ports', by 'netdev'. */
    const struct netdev *netdev;
    struct ovl_fdb_config config;
    struct ovl_fdb_table table;
    struct ovl_fdb_mirror mirror;           /* options:fdb. */
    struct ovl_fdb_advertiser advertiser;   /* options:fdb_advertise. */
    const char *error;          /* What find_error() returned. */
    unsigned int idle_time;     /* Lifetime of learned entries, in seconds. */

    /* The bridge and the port's number in it, or NULL and OFPP_NONE. */
    const struct ofproto_dpif *ofproto;
    ofp_port_t ofp_port;
    const void *bundle;         /* See ovl_fdb_set_bundle(). */
    int vlan;
};

/* Ports are added and removed with both locks held, 'kernel_mutex' first.  The
 * main thread holds only 'kernel_mutex' while it waits for the kernel: other
 * threads forward packets meanwhile. */
static struct ovs_mutex kernel_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_rwlock rwlock OVS_ACQ_AFTER(kernel_mutex)
    = OVS_RWLOCK_INITIALIZER;
static struct hmap ports OVS_GUARDED_BY(rwlock) = HMAP_INITIALIZER(&ports);

/* Number of 'ports', for threads that do not lock 'rwlock'. */
static atomic_count n_ports = ATOMIC_COUNT_INIT(0);

/* Number of 'ports' with options:fdb or options:fdb_advertise. */
static atomic_count n_kernel_ports = ATOMIC_COUNT_INIT(0);

/* Time in milliseconds between two translations of all datapath flows because
 * of entries. */
#define REVALIDATE_INTERVAL 100

/* Changes when an entry does. */
static struct seq *fdb_seq;

/* Returns 'netdev''s forwarding database, or NULL if it has none. */
static struct fdb_port *
find_port(const struct netdev *netdev)
    OVS_REQ_RDLOCK(rwlock)
{
    struct fdb_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_pointer(netdev, 0), &ports) {
        if (port->netdev == netdev) {
            return port;
        }
    }
    return NULL;
}

/* Options. */

/* Returns true if 'config' has options:fdb or options:fdb_advertise. */
static bool
uses_kernel(const struct ovl_fdb_config *config)
{
    return config->kernel || config->advertise;
}

/* Makes 'config', of which it takes ownership, the configuration of 'netdev',
 * which loses its learned entries if that is another one than before.  Stores
 * in '*adv' an advertiser that the caller must destroy. */
static void
set_config(const struct netdev *netdev, struct ovl_fdb_config *config,
           struct ovl_fdb_advertiser *adv)
    OVS_REQUIRES(kernel_mutex) OVS_REQ_WRLOCK(rwlock)
{
    struct fdb_port *port = find_port(netdev);

    ovl_fdb_advertiser_init(adv, NULL);

    if (port ? ovl_fdb_config_equal(&port->config, config)
             : !config->used_option) {
        ovl_fdb_config_destroy(config);
        return;
    }
    if (!port) {
        port = xzalloc(sizeof *port);
        port->netdev = netdev;
        port->ofp_port = OFPP_NONE;
        port->vlan = -1;
        ovl_fdb_table_init(&port->table);
        ovl_fdb_mirror_init(&port->mirror, NULL);
        ovl_fdb_advertiser_init(&port->advertiser, NULL);
        hmap_insert(&ports, &port->node, hash_pointer(netdev, 0));
        atomic_count_inc(&n_ports);
    } else {
        if (uses_kernel(&port->config)) {
            atomic_count_dec(&n_kernel_ports);
        }
        ovl_fdb_table_expire(&port->table, LLONG_MAX);
        if (!nullable_string_is_equal(port->config.kernel, config->kernel)) {
            ovl_fdb_mirror_destroy(&port->mirror, &port->table);
            ovl_fdb_mirror_init(&port->mirror, NULL);
        }
        if (!nullable_string_is_equal(port->config.advertise,
                                      config->advertise)) {
            ovl_fdb_advertiser_move(adv, &port->advertiser);
        }
        ovl_fdb_config_destroy(&port->config);
    }
    port->config = *config;
    port->mirror.device = config->kernel;
    port->advertiser.device = config->advertise;
    if (uses_kernel(config)) {
        atomic_count_inc(&n_kernel_ports);
    }
    if (!config->used_option) {
        ovl_fdb_mirror_destroy(&port->mirror, &port->table);
        ovl_fdb_advertiser_destroy(&port->advertiser);
        ovl_fdb_table_destroy(&port->table);
        hmap_remove(&ports, &port->node);
        atomic_count_dec(&n_ports);
        free(port);
    }
    netdev_change_seq_changed(netdev);
}

/* Calls set_config(), which takes ownership of 'config'. */
static void
apply_config(const struct netdev *netdev, struct ovl_fdb_config *config)
    OVS_EXCLUDED(kernel_mutex, rwlock)
{
    struct ovl_fdb_advertiser adv;

    ovs_mutex_lock(&kernel_mutex);
    ovs_rwlock_wrlock(&rwlock);
    set_config(netdev, config, &adv);
    ovs_rwlock_unlock(&rwlock);
    ovl_fdb_advertiser_destroy(&adv);
    ovs_mutex_unlock(&kernel_mutex);
}

/* Sets the options for forwarding databases and multicast groups of 'netdev',
 * a tunnel port that is about to have the configuration 'cfg', to those in
 * 'options', which ovl_fdb_set_option() has checked.  If they do not fit the
 * others, appends a line to 'errors' and returns false. */
bool
ovl_fdb_configure(const struct netdev *netdev, const struct smap *options,
                  const struct netdev_tunnel_config *cfg, struct ds *errors)
{
    struct ovl_fdb_config config;
    const char *needs, *option;

    ovl_fdb_config_parse(&config, netdev_get_type(netdev), options,
                         &cfg->ovl.group);
    needs = ovl_fdb_config_check(&config, cfg, &option);
    if (needs) {
        ds_put_format(errors, "%s: options:%s needs options:%s\n",
                      netdev_get_name(netdev), option, needs);
    }
    if (needs || !ovl_mcast_configure(netdev, options, cfg, config.flood,
                                      config.n_flood, errors)) {
        ovl_fdb_config_destroy(&config);
        return false;
    }
    apply_config(netdev, &config);
    return true;
}

/* 'netdev', which may have a forwarding database, is being deleted. */
void
ovl_fdb_destroy(const struct netdev *netdev)
{
    struct ovl_fdb_config none = { .used_option = NULL };

    ovl_mcast_destroy(netdev);
    apply_config(netdev, &none);
}

/* Adds the options for forwarding databases and multicast groups of 'netdev'
 * to 'options'. */
void
ovl_fdb_get_options(const struct netdev *netdev, struct smap *options)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct fdb_port *port;

    ovl_mcast_get_options(netdev, options);
    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    if (port) {
        ovl_fdb_config_format(&port->config,
                              ipv6_addr_is_set(&cfg->ovl.group), options);
    }
    ovs_rwlock_unlock(&rwlock);
}

/* Returns an option of 'netdev' that only the userspace datapath supports, a
 * static string, or NULL if there is none. */
const char *
ovl_fdb_used_option(const struct netdev *netdev)
{
    const struct fdb_port *port;
    const char *option;

    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    option = port ? port->config.used_option : NULL;
    ovs_rwlock_unlock(&rwlock);
    return option;
}

/* Translation. */

/* Returns true if options:remotes of 'port' does not exclude 'remote'. */
static bool
is_allowed(const struct fdb_port *port, const struct in6_addr *remote)
{
    return (!port->config.n_remotes
            || ovl_prefixes_have(port->config.remotes, port->config.n_remotes,
                                 remote));
}

/* Returns true if 'netdev', a tunnel port with or without a forwarding
 * database, takes tunnel packets with 'flow': options:remotes does not exclude
 * their sender, and those to a group are from another host. */
bool
ovl_fdb_accepts(const struct netdev *netdev, const struct flow *flow)
{
    bool accepts = !ovl_mcast_refuses(flow);

    if (accepts && atomic_count_get(&n_ports)) {
        const struct fdb_port *port;

        ovs_rwlock_rdlock(&rwlock);
        port = find_port(netdev);
        if (port) {
            struct in6_addr src = flow_tnl_src(&flow->tunnel);

            accepts = is_allowed(port, &src);
        }
        ovs_rwlock_unlock(&rwlock);
    }
    return accepts;
}

/* Returns true if 'netdev' learns. */
bool
ovl_fdb_learns(const struct netdev *netdev)
{
    bool learns = false;

    if (atomic_count_get(&n_ports)) {
        const struct fdb_port *port;

        ovs_rwlock_rdlock(&rwlock);
        port = find_port(netdev);
        learns = port && port->config.learn;
        ovs_rwlock_unlock(&rwlock);
    }
    return learns;
}

/* 'netdev' received, at the time 'when' (ms), a frame from 'mac' in 'vlan'
 * from 'remote'.  Learns that, if 'netdev' learns, with the limit and the
 * lifetime of 'ml', the MAC learning table of its bridge.  Returns true if
 * 'mac' was not known to be there. */
bool
ovl_fdb_learn(const struct netdev *netdev, struct mac_learning *ml,
              struct eth_addr mac, uint16_t vlan,
              const struct in6_addr *remote, long long int when)
{
    unsigned int idle_time;
    struct fdb_port *port;
    bool learned = false;
    bool may_learn;
    size_t max;

    ovs_rwlock_rdlock(&ml->rwlock);
    may_learn = mac_learning_may_learn(ml, mac, vlan);
    idle_time = ml->idle_time;
    max = ml->max_entries;
    ovs_rwlock_unlock(&ml->rwlock);
    may_learn = (may_learn && !eth_addr_is_zero(mac)
                 && ovl_addr_is_unicast(remote) && !ovl_mcast_is_own(remote));

    ovs_rwlock_wrlock(&rwlock);
    port = find_port(netdev);
    if (port && port->config.learn) {
        port->idle_time = idle_time;
        if (may_learn && is_allowed(port, remote)) {
            learned = ovl_fdb_table_learn(&port->table, mac, vlan, remote,
                                          when, max,
                                          port->config.remote_macs_max);
        } else {
            port->table.counters[OVL_FDB_COUNT_REFUSED_SOURCE]++;
        }
    }
    ovs_rwlock_unlock(&rwlock);
    if (learned) {
        seq_change(fdb_seq);
    }
    return learned;
}

/* Sets the remote endpoint in 'flow' to 'dst'. */
static void
set_remote(struct flow *flow, const struct in6_addr *dst)
{
    struct flow_tnl *tnl = &flow->tunnel;

    tnl->ip_dst = in6_addr_get_mapped_ipv4(dst);
    tnl->ipv6_dst = tnl->ip_dst ? in6addr_any : *dst;
}

/* Sets the remote endpoint of a packet with 'flow' that is output to a port
 * with 'cfg' to the group in options:remote_ip, unless there is none or 'flow'
 * has OVL_FLOW_F_REMOTE. */
void
ovl_fdb_set_group(const struct netdev_tunnel_config *cfg, struct flow *flow)
{
    if (OVS_LIKELY(!ipv6_addr_is_set(&cfg->ovl.group))) {
        return;
    }
    if (!(flow->tunnel.flags & OVL_FLOW_F_REMOTE)) {
        set_remote(flow, &cfg->ovl.group);
    }
}

/* Adds to 'out' the 'n' addresses 'flood', as far as there is room. */
static void
add_flood(struct ovl_fdb_output *out, const struct in6_addr *flood, size_t n)
{
    for (size_t i = 0; i < n && out->n < OVL_FDB_MAX_FLOOD; i++) {
        /* The list may be the same on all hosts. */
        if (!ovl_mcast_is_own(&flood[i])) {
            out->remotes[out->n++] = flood[i];
        }
    }
}

/* Stores in 'out' the remote endpoints to which 'port' sends frames for 'mac'
 * in 'vlan'. */
static void
find_remotes(struct ovl_fdb_output *out, const struct fdb_port *port,
             struct eth_addr mac, uint16_t vlan)
    OVS_REQ_RDLOCK(rwlock)
{
    const struct ovl_fdb_config *config = &port->config;
    const struct ovl_fdb_entry *e;

    e = (eth_addr_is_multicast(mac) ? NULL
         : ovl_fdb_table_find(&port->table, mac, vlan));

    if (e) {
        out->remotes[out->n++] = e->remote->addr;
        return;
    }
    add_flood(out, config->flood, config->n_flood);
    add_flood(out, port->mirror.flood, port->mirror.n_flood);
}

/* Starts the output of a frame with 'flow' in 'vlan' to 'netdev' by NORMAL.
 * If 'netdev' has a forwarding database, 'out->has_fdb' becomes true, and the
 * caller must call ovl_fdb_output_next(). */
void
ovl_fdb_output_start(struct ovl_fdb_output *out, const struct netdev *netdev,
                     const struct flow *flow, uint16_t vlan)
{
    const struct fdb_port *port = NULL;

    out->n = out->i = 0;
    if (atomic_count_get(&n_ports)) {
        ovs_rwlock_rdlock(&rwlock);
        port = find_port(netdev);
        if (port && (port->config.n_flood || port->config.learn
                     || port->config.kernel
                     || !hmap_is_empty(&port->table.entries))) {
            find_remotes(out, port, flow->dl_dst, vlan);
        } else {
            port = NULL;
        }
        ovs_rwlock_unlock(&rwlock);
    }
    out->has_fdb = port != NULL;
    if (out->has_fdb) {
        const struct flow_tnl *tnl = &flow->tunnel;

        out->ip_src = tnl->ip_src;
        out->ip_dst = tnl->ip_dst;
        out->ipv6_src = tnl->ipv6_src;
        out->ipv6_dst = tnl->ipv6_dst;
        out->flags = tnl->flags;
    }
}

/* Sets the next remote endpoint of 'out' in 'flow', for which the caller must
 * output the frame, and returns true.  If there is no other, restores 'flow'
 * and returns false. */
bool
ovl_fdb_output_next(struct ovl_fdb_output *out, struct flow *flow)
{
    struct flow_tnl *tnl = &flow->tunnel;

    if (!out->has_fdb) {
        return false;
    } else if (out->i < out->n) {
        /* The local endpoint is not that of another tunnel. */
        tnl->ip_src = 0;
        tnl->ipv6_src = in6addr_any;
        set_remote(flow, &out->remotes[out->i++]);
        tnl->flags |= OVL_FLOW_F_REMOTE;
        return true;
    }
    tnl->ip_src = out->ip_src;
    tnl->ip_dst = out->ip_dst;
    tnl->ipv6_src = out->ipv6_src;
    tnl->ipv6_dst = out->ipv6_dst;
    tnl->flags = out->flags;
    return false;
}

/* The bridge. */

/* 'netdev' is the port 'ofp_port' of 'ofproto'.  'idle' is true if no other
 * port could receive what it gets. */
void
ovl_fdb_set_place(const struct netdev *netdev,
                  const struct ofproto_dpif *ofproto, ofp_port_t ofp_port,
                  bool idle)
{
    if (atomic_count_get(&n_ports)) {
        struct fdb_port *port;

        ovs_rwlock_wrlock(&rwlock);
        port = find_port(netdev);
        if (port) {
            port->ofproto = ofproto;
            port->ofp_port = ofp_port;
        }
        ovs_rwlock_unlock(&rwlock);
        if (port) {
            ovl_mcast_set_idle(netdev, idle);
        }
    }
}

/* Returns the port of 'ofproto' that has a static entry for 'mac' in 'vlan',
 * or, unless 'only_static', one from the kernel, or OFPP_NONE if there is
 * none. */
ofp_port_t
ovl_fdb_find_static(const struct ofproto_dpif *ofproto, struct eth_addr mac,
                    uint16_t vlan, bool only_static)
{
    ofp_port_t ofp_port = OFPP_NONE;
    const struct fdb_port *port;

    if (!atomic_count_get(&n_ports)) {
        return OFPP_NONE;
    }
    ovs_rwlock_rdlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        const struct ovl_fdb_entry *e;

        if (port->ofproto != ofproto || !port->table.n_fixed
            || (port->vlan >= 0 && port->vlan != vlan)) {
            continue;
        }
        e = ovl_fdb_table_find(&port->table, mac, vlan);
        if (e && e->origin == OVL_FDB_STATIC) {
            ofp_port = port->ofp_port;
            break;
        } else if (e && e->origin == OVL_FDB_KERNEL && !only_static) {
            ofp_port = port->ofp_port;
        }
    }
    ovs_rwlock_unlock(&rwlock);
    return ofp_port;
}

/* 'ofproto' is going away. */
void
ovl_fdb_remove_ofproto(const struct ofproto_dpif *ofproto)
{
    struct fdb_port *port;

    ovs_rwlock_wrlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        if (port->ofproto == ofproto) {
            port->ofproto = NULL;
            port->ofp_port = OFPP_NONE;
        }
    }
    ovs_rwlock_unlock(&rwlock);
}

/* Implements ovl_fdb_neigh_func.  A null 'neigh' means that changes were
 * missed. */
static void
kernel_changed(const struct ovl_fdb_neigh *neigh, void *aux OVS_UNUSED)
    OVS_REQUIRES(kernel_mutex)
{
    struct fdb_port *port;
    bool any = false;

    ovs_rwlock_wrlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        struct ovl_fdb_mirror *mirror = &port->mirror;
        struct ovl_fdb_advertiser *adv = &port->advertiser;

        if (!neigh) {
            mirror->resync = true;
            ovl_fdb_advertiser_forget(adv, eth_addr_zero);
        } else if (neigh->ifindex && neigh->ifindex == mirror->ifindex) {
            any |= ovl_fdb_mirror_apply(mirror, &port->table, neigh,
                                        time_msec());
            /* In the Linux bridge, the address has moved there. */
            if (!neigh->deleted && !ipv6_addr_is_set(&neigh->remote)
                && !eth_addr_is_zero(neigh->mac)) {
                ovl_fdb_advertiser_forget(adv, neigh->mac);
            }
        } else if (neigh->ifindex && neigh->ifindex == adv->ifindex
                   && neigh->deleted && !eth_addr_is_zero(neigh->mac)) {
            ovl_fdb_advertiser_forget(adv, neigh->mac);
        }
    }
    ovs_rwlock_unlock(&rwlock);
    if (any) {
        seq_change(fdb_seq);
    }
}

/* Returns what is wrong with a device of 'port', a static string, or NULL.
 * Stores the option in '*option' and its value in '*device'. */
static const char *
find_error(const struct fdb_port *port, const char **option,
           const char **device)
    OVS_REQ_RDLOCK(rwlock)
{
    *option = "fdb";
    *device = port->config.kernel;
    if (port->mirror.error) {
        return port->mirror.error;
    } else if (port->config.n_flood + port->mirror.n_flood
               > OVL_FDB_MAX_FLOOD) {
        return "has too many addresses in its flood list";
    }
    *option = "fdb_advertise";
    *device = port->config.advertise;
    return port->advertiser.error;
}

/* Has 'port' have the entries of its device, and its error tell of it. */
static void
update_from_kernel(struct fdb_port *port)
    OVS_REQUIRES(kernel_mutex) OVS_EXCLUDED(rwlock)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(port->netdev);
    const char *error, *option, *device;
    struct ovl_fdb_dump dump;
    bool differs;

    differs = (port->config.kernel
               && ovl_fdb_mirror_look(&port->mirror,
                                      (cfg->in_key_flow ? OVS_BE64_MAX
                                       : cfg->in_key), &dump));
    ovs_rwlock_wrlock(&rwlock);
    if (differs) {
        ovl_fdb_mirror_finish(&port->mirror, &port->table, &dump, time_msec());
        seq_change(fdb_seq);
    }
    error = find_error(port, &option, &device);
    if (error != port->error) {
        port->error = error;
        netdev_change_seq_changed(port->netdev);
    }
    ovs_rwlock_unlock(&rwlock);
}

/* Removes the old learned entries of all ports. */
static void
expire_all(void)
    OVS_EXCLUDED(rwlock)
{
    struct fdb_port *port;
    bool any = false;

    ovs_rwlock_wrlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        size_t n = ovl_fdb_table_expire(&port->table, time_msec()
                                        - port->idle_time * 1000LL);

        port->table.counters[OVL_FDB_COUNT_EXPIRED] += n;
        any |= n > 0;
    }
    ovs_rwlock_unlock(&rwlock);
    if (any) {
        seq_change(fdb_seq);
    }
}

/* Has datapath flows translated again if entries have changed. */
static void
revalidate(void)
{
    static long long int next = LLONG_MIN;
    static uint64_t last_seq;
    uint64_t seq = seq_read(fdb_seq);

    if (seq != last_seq && time_msec() >= next) {
        last_seq = seq;
        next = time_msec() + REVALIDATE_INTERVAL;
        seq_change(tnl_conf_seq);
    }
    if (seq != last_seq) {
        poll_timer_wait_until(next);
    } else {
        seq_wait(fdb_seq, seq);
    }
}

/* Called often by the main thread.  Keeps entries up to date, and has datapath
 * flows translated again if entries have changed.  Returns true once a
 * second. */
bool
ovl_fdb_run(void)
    OVS_NO_THREAD_SAFETY_ANALYSIS
{
    static long long int next = LLONG_MIN;
    bool is_time = time_msec() >= next;

    if (!atomic_count_get(&n_ports)) {
        return false;
    }
    if (is_time) {
        expire_all();
        next = time_msec() + 1000;
    }
    if (atomic_count_get(&n_kernel_ports)) {
        ovs_mutex_lock(&kernel_mutex);
        ovl_fdb_kernel_run(kernel_changed);
        if (is_time) {
            struct fdb_port *port;

            /* Nobody adds or removes a port meanwhile. */
            HMAP_FOR_EACH (port, node, &ports) {
                if (uses_kernel(&port->config)) {
                    update_from_kernel(port);
                }
            }
        }
        ovs_mutex_unlock(&kernel_mutex);
        poll_timer_wait_until(next);
    }
    revalidate();
    return is_time;
}

/* The MAC learning table of the bridge of 'netdev' has 'bundle' for addresses
 * behind it.  'netdev' is an access port in 'vlan', or, if that is -1, another
 * one. */
void
ovl_fdb_set_bundle(const struct netdev *netdev, const void *bundle, int vlan)
{
    if (atomic_count_get(&n_ports)) {
        struct fdb_port *port;

        ovs_rwlock_wrlock(&rwlock);
        port = find_port(netdev);
        if (port) {
            port->bundle = bundle;
            port->vlan = vlan;
        }
        ovs_rwlock_unlock(&rwlock);
    }
}

/* Returns true if 'netdev' has options:fdb or options:fdb_advertise, and
 * stores the arguments of ovl_fdb_set_bundle() in '*bundle' and '*vlan'. */
bool
ovl_fdb_uses_kernel(const struct netdev *netdev, const void **bundle,
                    int *vlan)
{
    bool uses = false;

    if (atomic_count_get(&n_kernel_ports)) {
        const struct fdb_port *port;

        ovs_rwlock_rdlock(&rwlock);
        port = find_port(netdev);
        if (port) {
            uses = uses_kernel(&port->config);
            *bundle = port->bundle;
            *vlan = port->vlan;
        }
        ovs_rwlock_unlock(&rwlock);
    }
    return uses;
}

/* Returns true if the kernel has told 'netdev', after the time 'when' (ms),
 * that 'mac' is behind a remote endpoint. */
bool
ovl_fdb_has_newer(const struct netdev *netdev, struct eth_addr mac,
                  long long int when)
{
    const struct fdb_port *port;
    bool newer = false;

    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    if (port) {
        const struct ovl_fdb_entry *e
            = ovl_fdb_table_find(&port->table, mac, OVL_FDB_ANY_VLAN);

        newer = e && e->seen > when;
    }
    ovs_rwlock_unlock(&rwlock);
    return newer;
}

/* Returns true if another port than 'port' tells the device in
 * options:fdb_advertise of 'port' where addresses are. */
static bool
is_advertised_elsewhere(const struct fdb_port *port)
    OVS_REQUIRES(kernel_mutex) OVS_REQ_RDLOCK(rwlock)
{
    const struct fdb_port *other;

    HMAP_FOR_EACH (other, node, &ports) {
        if (other != port && other->advertiser.ifindex
            && !strcmp(other->config.advertise, port->config.advertise)) {
            return true;
        }
    }
    return false;
}

/* The 'n' MAC addresses 'macs' are behind other ports of the bridge of
 * 'netdev', which tells the device in options:fdb_advertise, if any. */
void
ovl_fdb_advertise(const struct netdev *netdev, const struct eth_addr *macs,
                  size_t n)
{
    struct fdb_port *port;
    bool shared = false;

    ovs_mutex_lock(&kernel_mutex);
    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    if (port && port->config.advertise) {
        shared = is_advertised_elsewhere(port);
    } else {
        port = NULL;
    }
    ovs_rwlock_unlock(&rwlock);
    if (shared) {
        port->advertiser.error = "is the device of another port";
    } else if (port) {
        ovl_fdb_advertiser_set(&port->advertiser, macs, n);
    }
    ovs_mutex_unlock(&kernel_mutex);
}

/* Returns what is wrong with the devices in options:fdb and
 * options:fdb_advertise of 'netdev', as a malloc()'d string, or NULL. */
char *
ovl_fdb_get_error(const struct netdev *netdev)
{
    const struct fdb_port *port;
    char *error = NULL;

    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    if (port) {
        const char *problem, *option, *device;

        problem = find_error(port, &option, &device);
        if (problem) {
            error = xasprintf("%s: %s: %s %s", netdev_get_name(netdev), option,
                              device, problem);
        }
    }
    ovs_rwlock_unlock(&rwlock);
    return error;
}

/* If 'netdev' has an entry for 'mac' in 'vlan', inserts its remote endpoint
 * before the newline at the end of 's'. */
void
ovl_fdb_put_remote(const struct netdev *netdev, struct eth_addr mac,
                   uint16_t vlan, struct ds *s)
{
    const struct fdb_port *port;
    const struct ovl_fdb_entry *e;

    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    e = port ? ovl_fdb_table_find(&port->table, mac, vlan) : NULL;
    if (e) {
        ds_chomp(s, '\n');
        ds_put_cstr(s, "  ");
        ipv6_format_mapped(&e->remote->addr, s);
        ds_put_char(s, '\n');
    }
    ovs_rwlock_unlock(&rwlock);
}

/* Adds the counters of 'netdev' to 'stats', if it has a forwarding
 * database. */
void
ovl_fdb_get_custom_stats(const struct netdev *netdev,
                         struct netdev_custom_stats *stats)
{
    static const char *const names[] = {
#define FDB_COUNTER(NAME, STRING) STRING,
        OVL_FDB_COUNTERS(FDB_COUNTER)
#undef FDB_COUNTER
    };
    const struct fdb_port *port;

    ovs_rwlock_rdlock(&rwlock);
    port = find_port(netdev);
    if (port) {
        stats->counters = xrealloc(stats->counters,
                                   (stats->size + ARRAY_SIZE(names))
                                   * sizeof *stats->counters);
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            struct netdev_custom_counter *c = &stats->counters[stats->size++];

            c->value = port->table.counters[i];
            ovs_strlcpy(c->name, names[i], sizeof c->name);
        }
    }
    ovs_rwlock_unlock(&rwlock);
}

/* Commands. */

/* Returns the port called 'name' with a forwarding database, or NULL. */
static struct fdb_port *
find_port_by_name(const char *name)
    OVS_REQ_RDLOCK(rwlock)
{
    struct fdb_port *port;

    HMAP_FOR_EACH (port, node, &ports) {
        if (!strcmp(netdev_get_name(port->netdev), name)) {
            return port;
        }
    }
    return NULL;
}

/* Adds to 'lines' that of "tnl/fdb/show" for 'mac' in 'vlan' behind 'remote'
 * of 'port', which was last seen at the time 'seen' (ms), or is from
 * 'origin'. */
static void
add_line(struct svec *lines, const struct fdb_port *port, uint16_t vlan,
         struct eth_addr mac, const char *origin, long long int seen,
         const struct in6_addr *remote)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%-15s  ", netdev_get_name(port->netdev));
    if (vlan == OVL_FDB_ANY_VLAN) {
        ds_put_cstr(&s, " any");
    } else {
        ds_put_format(&s, "%4"PRIu16, vlan);
    }
    ds_put_format(&s, "  "ETH_ADDR_FMT"  ", ETH_ADDR_ARGS(mac));
    if (origin) {
        ds_put_format(&s, "%6s  ", origin);
    } else {
        ds_put_format(&s, "%6lld  ", (time_msec() - seen) / 1000);
    }
    ipv6_format_mapped(remote, &s);
    svec_add_nocopy(lines, ds_steal_cstr(&s));
}

/* Implements "ovs-appctl tnl/fdb/show [PORT]". */
static void
fdb_show(struct unixctl_conn *conn, int argc, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct fdb_port *port;
    char *list, *reply;

    ovs_rwlock_rdlock(&rwlock);
    if (argc > 1 && !find_port_by_name(argv[1])) {
        ovs_rwlock_unlock(&rwlock);
        unixctl_command_reply_error(conn, "no such port with a forwarding "
                                    "database");
        return;
    }
    HMAP_FOR_EACH (port, node, &ports) {
        const struct ovl_fdb_entry *e;

        if (argc > 1 && strcmp(netdev_get_name(port->netdev), argv[1])) {
            continue;
        }
        HMAP_FOR_EACH (e, node, &port->table.entries) {
            add_line(&lines, port, e->vlan, e->mac,
                     (e->origin == OVL_FDB_STATIC ? "static"
                      : e->origin == OVL_FDB_KERNEL ? "kernel" : NULL),
                     e->seen, &e->remote->addr);
        }
        for (size_t i = 0; i < port->mirror.n_flood; i++) {
            add_line(&lines, port, OVL_FDB_ANY_VLAN, eth_addr_zero, "kernel",
                     0, &port->mirror.flood[i]);
        }
    }
    ovs_rwlock_unlock(&rwlock);

    svec_sort(&lines);
    list = svec_join(&lines, "\n", lines.n ? "\n" : "");
    reply = xasprintf("port             VLAN  MAC                   age  "
                      "remote\n%s", list);
    unixctl_command_reply(conn, reply);
    free(reply);
    free(list);
    svec_destroy(&lines);
}

/* Parses the arguments PORT VLAN MAC of a command into '*port', '*vlan' and
 * '*mac'.  Returns NULL, or an error message, a static string. */
static const char *
parse_entry(const char *argv[], struct fdb_port **port, uint16_t *vlan,
            struct eth_addr *mac)
    OVS_REQ_RDLOCK(rwlock)
{
    unsigned int vid;

    *port = find_port_by_name(argv[1]);
    if (!*port) {
        return "no such port with a forwarding database";
    } else if (!str_to_uint(argv[2], 10, &vid) || vid > 4095) {
        return "VLAN must be 0 to 4095";
    } else if (!eth_addr_from_string(argv[3], mac)
               || eth_addr_is_multicast(*mac) || eth_addr_is_zero(*mac)) {
        return "MAC must be a unicast address";
    }
    *vlan = vid;
    return NULL;
}

/* Replies to a command that changed an entry, or with 'error', if nonnull. */
static void
reply_changed(struct unixctl_conn *conn, const char *error)
{
    if (error) {
        unixctl_command_reply_error(conn, error);
    } else {
        seq_change(tnl_conf_seq);
        unixctl_command_reply(conn, NULL);
    }
}

/* Implements "ovs-appctl tnl/fdb/add PORT VLAN MAC REMOTE". */
static void
fdb_add(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    struct in6_addr remote;
    struct fdb_port *port;
    struct eth_addr mac;
    const char *error;
    uint16_t vlan;

    ovs_rwlock_wrlock(&rwlock);
    error = parse_entry(argv, &port, &vlan, &mac);
    if (!error && !(ovl_addr_parse(argv[4], &remote)
                    && ovl_addr_is_unicast(&remote))) {
        error = "REMOTE must be a unicast IP address";
    }
    if (!error) {
        ovl_fdb_table_set(&port->table, mac, vlan, &remote, OVL_FDB_STATIC);
    }
    ovs_rwlock_unlock(&rwlock);
    reply_changed(conn, error);
}

/* Implements "ovs-appctl tnl/fdb/del PORT VLAN MAC". */
static void
fdb_del(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
        void *aux OVS_UNUSED)
{
    struct fdb_port *port;
    struct eth_addr mac;
    const char *error;
    uint16_t vlan;

    ovs_rwlock_wrlock(&rwlock);
    error = parse_entry(argv, &port, &vlan, &mac);
    if (!error) {
        struct ovl_fdb_entry *e = ovl_fdb_table_find(&port->table, mac, vlan);

        if (e && e->origin != OVL_FDB_KERNEL) {
            ovl_fdb_table_remove(&port->table, e);
        } else {
            error = e ? "the entry is the kernel's" : "no such entry";
        }
    }
    ovs_rwlock_unlock(&rwlock);
    reply_changed(conn, error);
}

/* Implements "ovs-appctl tnl/fdb/flush [PORT]". */
static void
fdb_flush(struct unixctl_conn *conn, int argc, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct fdb_port *port;
    bool found = argc < 2;
    size_t n = 0;

    ovs_rwlock_wrlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        if (argc < 2 || !strcmp(netdev_get_name(port->netdev), argv[1])) {
            n += ovl_fdb_table_expire(&port->table, LLONG_MAX);
            found = true;
        }
    }
    ovs_rwlock_unlock(&rwlock);

    if (!found) {
        unixctl_command_reply_error(conn, "no such port with a forwarding "
                                    "database");
    } else {
        char *reply = xasprintf("%"PRIuSIZE" learned entries removed\n", n);

        seq_change(tnl_conf_seq);
        unixctl_command_reply(conn, reply);
        free(reply);
    }
}

/* Registers the commands.  Must be called once. */
void
ovl_fdb_init(void)
{
    fdb_seq = seq_create();
    unixctl_command_register("tnl/fdb/show", "[port]", 0, 1, fdb_show, NULL);
    unixctl_command_register("tnl/fdb/add", "port vlan mac remote", 4, 4,
                             fdb_add, NULL);
    unixctl_command_register("tnl/fdb/del", "port vlan mac", 3, 3, fdb_del,
                             NULL);
    unixctl_command_register("tnl/fdb/flush", "[port]", 0, 1, fdb_flush,
                             NULL);
}
