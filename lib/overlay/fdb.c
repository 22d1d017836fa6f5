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
#include "overlay/addr.h"
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

BUILD_ASSERT_DECL(!(OVL_FLOW_F_NORMAL
                    & (FLOW_TNL_F_MASK | FLOW_TNL_F_UDPIF)));

/* A port with a forwarding database. */
struct fdb_port {
    struct hmap_node node;      /* In 'ports', by 'netdev'. */
    const struct netdev *netdev;
    struct ovl_fdb_config config;
    struct ovl_fdb_table table;
    unsigned int idle_time;     /* Lifetime of learned entries, in seconds. */

    /* The bridge and the port's number in it, or NULL and OFPP_NONE. */
    const struct ofproto_dpif *ofproto;
    ofp_port_t ofp_port;
};

static struct ovs_rwlock rwlock = OVS_RWLOCK_INITIALIZER;
static struct hmap ports OVS_GUARDED_BY(rwlock) = HMAP_INITIALIZER(&ports);

/* Number of 'ports', for threads that do not lock 'rwlock'. */
static atomic_count n_ports = ATOMIC_COUNT_INIT(0);

/* True if an entry has changed since the last ovl_fdb_run(). */
static atomic_bool changed = false;

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

/* Makes 'config', of which it takes ownership, the configuration of 'netdev',
 * which loses its learned entries if that is another one than before. */
static void
set_config(const struct netdev *netdev, struct ovl_fdb_config *config)
    OVS_REQ_WRLOCK(rwlock)
{
    struct fdb_port *port = find_port(netdev);

    if (port ? ovl_fdb_config_equal(&port->config, config)
             : !config->used_option) {
        ovl_fdb_config_destroy(config);
        return;
    }
    if (!port) {
        port = xzalloc(sizeof *port);
        port->netdev = netdev;
        port->ofp_port = OFPP_NONE;
        ovl_fdb_table_init(&port->table);
        hmap_insert(&ports, &port->node, hash_pointer(netdev, 0));
        atomic_count_inc(&n_ports);
    }
    ovl_fdb_table_expire(&port->table, LLONG_MAX);
    ovl_fdb_config_destroy(&port->config);
    port->config = *config;
    if (!config->used_option) {
        ovl_fdb_table_destroy(&port->table);
        hmap_remove(&ports, &port->node);
        atomic_count_dec(&n_ports);
        free(port);
    }
    netdev_change_seq_changed(netdev);
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
    ovs_rwlock_wrlock(&rwlock);
    set_config(netdev, &config);
    ovs_rwlock_unlock(&rwlock);
    return true;
}

/* 'netdev', which may have a forwarding database, is being deleted. */
void
ovl_fdb_destroy(const struct netdev *netdev)
{
    struct ovl_fdb_config none = { .used_option = NULL };

    ovl_mcast_destroy(netdev);
    ovs_rwlock_wrlock(&rwlock);
    set_config(netdev, &none);
    ovs_rwlock_unlock(&rwlock);
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

/* Returns true if 'netdev' takes tunnel packets with 'flow': options:remotes
 * does not exclude their sender. */
bool
ovl_fdb_accepts(const struct netdev *netdev, const struct flow *flow)
{
    bool accepts = true;

    if (atomic_count_get(&n_ports)) {
        const struct fdb_port *port;

        ovs_rwlock_rdlock(&rwlock);
        port = find_port(netdev);
        if (port && port->config.n_remotes) {
            struct in6_addr src = flow_tnl_src(&flow->tunnel);

            accepts = ovl_prefixes_have(port->config.remotes,
                                        port->config.n_remotes, &src);
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
        if (may_learn) {
            learned = ovl_fdb_table_learn(&port->table, mac, vlan, remote,
                                          when, max,
                                          port->config.remote_macs_max);
        } else {
            port->table.counters[OVL_FDB_REFUSED_SOURCE]++;
        }
    }
    ovs_rwlock_unlock(&rwlock);
    if (learned) {
        atomic_store_relaxed(&changed, true);
    }
    return learned;
}

/* Sets the remote endpoint in 'flow' to 'dst', and lets the switch choose the
 * local one. */
static void
set_remote(struct flow *flow, const struct in6_addr *dst)
{
    struct flow_tnl *tnl = &flow->tunnel;

    tnl->ip_src = 0;
    tnl->ipv6_src = in6addr_any;
    tnl->ip_dst = in6_addr_get_mapped_ipv4(dst);
    tnl->ipv6_dst = tnl->ip_dst ? in6addr_any : *dst;
}

/* Sets the remote endpoint of a packet with 'flow' that is output to a port
 * with 'cfg' to the group in options:remote_ip, unless NORMAL has set another
 * one or there is no group. */
void
ovl_fdb_set_group(const struct netdev_tunnel_config *cfg, struct flow *flow)
{
    if (OVS_LIKELY(!ipv6_addr_is_set(&cfg->ovl.group))) {
        return;
    }
    if (!(flow->tunnel.flags & OVL_FLOW_F_NORMAL)) {
        set_remote(flow, &cfg->ovl.group);
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
    for (size_t i = 0; i < config->n_flood; i++) {
        /* The list may be the same on all hosts. */
        if (!ovl_mcast_is_own(&config->flood[i])) {
            out->remotes[out->n++] = config->flood[i];
        }
    }
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
        set_remote(flow, &out->remotes[out->i++]);
        tnl->flags |= OVL_FLOW_F_NORMAL;
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

/* 'netdev' is the port 'ofp_port' of 'ofproto', or, if that is null, is in no
 * bridge any more.  'idle' is true if no other port could receive what it
 * gets. */
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
 * or OFPP_NONE if there is none. */
ofp_port_t
ovl_fdb_find_static(const struct ofproto_dpif *ofproto, struct eth_addr mac,
                    uint16_t vlan)
{
    ofp_port_t ofp_port = OFPP_NONE;
    const struct fdb_port *port;

    if (!atomic_count_get(&n_ports)) {
        return OFPP_NONE;
    }
    ovs_rwlock_rdlock(&rwlock);
    HMAP_FOR_EACH (port, node, &ports) {
        if (port->ofproto == ofproto && port->table.n_static) {
            const struct ovl_fdb_entry *e
                = ovl_fdb_table_find(&port->table, mac, vlan);

            if (e && ovl_fdb_entry_is_static(e)) {
                ofp_port = port->ofp_port;
                break;
            }
        }
    }
    ovs_rwlock_unlock(&rwlock);
    return ofp_port;
}

/* Called often by the main thread.  Removes old entries, and has datapath
 * flows translated again if entries have changed. */
void
ovl_fdb_run(void)
{
    static long long int next = LLONG_MIN;
    bool any;

    if (!atomic_count_get(&n_ports)) {
        return;
    }
    if (time_msec() >= next) {
        struct fdb_port *port;

        ovs_rwlock_wrlock(&rwlock);
        HMAP_FOR_EACH (port, node, &ports) {
            size_t n = ovl_fdb_table_expire(
                &port->table, time_msec() - port->idle_time * 1000LL);

            if (n) {
                port->table.counters[OVL_FDB_EXPIRED] += n;
                atomic_store_relaxed(&changed, true);
            }
        }
        ovs_rwlock_unlock(&rwlock);
        next = time_msec() + 1000;
    }
    atomic_read_relaxed(&changed, &any);
    if (any) {
        atomic_store_relaxed(&changed, false);
        seq_change(tnl_conf_seq);
    }
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

/* Appends the line of "tnl/fdb/show" for 'e', of 'port', to 's'. */
static void
format_entry(const struct fdb_port *port, const struct ovl_fdb_entry *e,
             struct ds *s)
{
    ds_put_format(s, "%-15s  %4"PRIu16"  "ETH_ADDR_FMT"  ",
                  netdev_get_name(port->netdev), e->vlan,
                  ETH_ADDR_ARGS(e->mac));
    if (ovl_fdb_entry_is_static(e)) {
        ds_put_cstr(s, "static  ");
    } else {
        ds_put_format(s, "%6lld  ", (time_msec() - e->seen) / 1000);
    }
    ipv6_format_mapped(&e->remote->addr, s);
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
            struct ds s = DS_EMPTY_INITIALIZER;

            format_entry(port, e, &s);
            svec_add_nocopy(&lines, ds_steal_cstr(&s));
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
        ovl_fdb_table_add_static(&port->table, mac, vlan, &remote);
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

        if (e) {
            ovl_fdb_table_remove(&port->table, e);
        } else {
            error = "no such entry";
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
    unixctl_command_register("tnl/fdb/show", "[port]", 0, 1, fdb_show, NULL);
    unixctl_command_register("tnl/fdb/add", "port vlan mac remote", 4, 4,
                             fdb_add, NULL);
    unixctl_command_register("tnl/fdb/del", "port vlan mac", 3, 3, fdb_del,
                             NULL);
    unixctl_command_register("tnl/fdb/flush", "[port]", 0, 1, fdb_flush,
                             NULL);
}
