/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/mcast.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "flow.h"
#include "hash.h"
#include "netdev-provider.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "overlay/addr.h"
#include "overlay/mcast-join.h"
#include "ovs-atomic.h"
#include "ovs-router.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "smap.h"
#include "sset.h"
#include "svec.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_mcast);

/* Maximum number of groups of a port. */
#define MAX_GROUPS 1024

/* Time after which to try again to join a group, in milliseconds. */
#define RETRY 1000

/* Why a group is not joined: this is not an error. */
static const char no_other_port[] = "no other port of the bridge is up";

/* A device with addresses at which the host receives tunnel packets. */
struct mcast_device {
    char *name;
    bool is_switch;             /* Does the userspace switch see its packets?
                                 * Usually, it is a bridge's own port. */
    struct in6_addr *addrs;
    size_t n_addrs;
};

/* A group on a device. */
struct mcast_member {
    struct hmap_node node;      /* In 'members', by both. */
    struct in6_addr group;
    char device[IFNAMSIZ];
    struct ovl_mcast_join join;
    int error;                  /* Of the last attempt; -1 before the first. */
    bool used;                  /* By a port? */
};

/* A group of a port. */
struct mcast_port_group {
    struct hmap_node node;              /* In 'groups', by 'group'. */
    struct in6_addr group;
    const struct netdev *netdev;        /* The port. */
    struct mcast_member *member;        /* NULL if there is no device. */
    const char *reason;                 /* Why, then; otherwise NULL. */
};

/* A port with groups. */
struct mcast_port {
    struct hmap_node node;      /* In 'ports', by 'netdev'. */
    const struct netdev *netdev;
    struct mcast_port_group *groups;
    size_t n_groups;
    size_t n_listed;            /* How many of them, the first ones, are in
                                 * options:groups.  The others are joined
                                 * unless 'idle'. */
    bool idle;                  /* See ovl_mcast_set_idle(). */
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct shash devices OVS_GUARDED_BY(mutex)
    = SHASH_INITIALIZER(&devices);
static struct hmap members OVS_GUARDED_BY(mutex) = HMAP_INITIALIZER(&members);
static struct hmap ports OVS_GUARDED_BY(mutex) = HMAP_INITIALIZER(&ports);
static struct hmap groups OVS_GUARDED_BY(mutex) = HMAP_INITIALIZER(&groups);

/* Number of 'members', for threads that do not lock 'mutex'. */
static atomic_count n_members = ATOMIC_COUNT_INIT(0);

/* True if ports or devices have changed since the last ovl_mcast_run(). */
static bool changed OVS_GUARDED_BY(mutex);

/* Returns true if 'addr' is a group that hosts can join. */
bool
ovl_mcast_may_join(const struct in6_addr *addr)
{
    return ovl_addr_is_group(addr) && !ovl_addr_is_link_scope(addr);
}

/* Returns true if tunnels of 'type' can have options:groups: the receiver
 * knows the tunnel by its key, whoever the sender is. */
bool
ovl_mcast_type_has_groups(const char *type)
{
    static const char *const types[] = {
        "geneve", "gre", "nvgre", "stt", "vxlan",
    };

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(type, types[i])) {
            return true;
        }
    }
    return false;
}

/* Parses 's', the value of options:groups, as ovl_addrs_parse() does. */
static bool
parse_groups(const char *s, struct in6_addr **addrsp, size_t *np)
{
    if (!ovl_addrs_parse(s, MAX_GROUPS, addrsp, np)) {
        return false;
    }
    for (size_t i = 0; i < *np; i++) {
        if (!ovl_mcast_may_join(&(*addrsp)[i])) {
            free(*addrsp);
            return false;
        }
    }
    return true;
}

/* Returns true if 'key' is "groups", and tunnels of 'type' have that option.
 * If 'value' is invalid, appends the allowed values, in words that may follow
 * "must be", to 'allowed'. */
bool
ovl_mcast_check_option(const char *type, const char *key, const char *value,
                       struct ds *allowed)
{
    struct in6_addr *addrs;
    size_t n;

    if (strcmp(key, "groups") || !ovl_mcast_type_has_groups(type)) {
        return false;
    }
    if (parse_groups(value, &addrs, &n)) {
        free(addrs);
    } else {
        ds_put_format(allowed, "at most %d IP multicast addresses, of a scope "
                      "wider than the link, separated by commas", MAX_GROUPS);
    }
    return true;
}

/* Returns 'netdev''s entry, or NULL if it has no groups. */
static struct mcast_port *
find_port(const struct netdev *netdev)
    OVS_REQUIRES(mutex)
{
    struct mcast_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_pointer(netdev, 0), &ports) {
        if (port->netdev == netdev) {
            return port;
        }
    }
    return NULL;
}

/* Returns the hash of 'group' for 'groups'. */
static uint32_t
hash_group(const struct in6_addr *group)
{
    return hash_bytes(group, sizeof *group, 0);
}

/* Returns true if the groups of 'port', which may be null, are the 'n' groups
 * 'addrs', the first 'n_listed' of them in options:groups. */
static bool
has_same_groups(const struct mcast_port *port, const struct in6_addr *addrs,
                size_t n, size_t n_listed)
{
    if (!port || port->n_groups != n || port->n_listed != n_listed) {
        return !port && !n;
    }
    for (size_t i = 0; i < n; i++) {
        if (!ipv6_addr_equals(&port->groups[i].group, &addrs[i])) {
            return false;
        }
    }
    return true;
}

/* Makes the 'n' groups 'addrs', the first 'n_listed' of them from
 * options:groups, those of 'netdev'. */
static void
set_groups(const struct netdev *netdev, const struct in6_addr *addrs, size_t n,
           size_t n_listed)
    OVS_REQUIRES(mutex)
{
    struct mcast_port *port = find_port(netdev);
    bool idle = port && port->idle;

    if (has_same_groups(port, addrs, n, n_listed)) {
        return;
    }
    changed = true;
    netdev_change_seq_changed(netdev);
    if (port) {
        for (size_t i = 0; i < port->n_groups; i++) {
            hmap_remove(&groups, &port->groups[i].node);
        }
        hmap_remove(&ports, &port->node);
        free(port->groups);
        free(port);
    }
    if (!n) {
        return;
    }
    port = xzalloc(sizeof *port);
    port->netdev = netdev;
    port->groups = xcalloc(n, sizeof *port->groups);
    port->n_groups = n;
    port->n_listed = n_listed;
    port->idle = idle;
    for (size_t i = 0; i < n; i++) {
        port->groups[i].group = addrs[i];
        port->groups[i].netdev = netdev;
        hmap_insert(&groups, &port->groups[i].node, hash_group(&addrs[i]));
    }
    hmap_insert(&ports, &port->node, hash_pointer(netdev, 0));
}

/* Appends those of the 'n' addresses 'more' that are groups to the '*np'
 * groups '*addrs', unless they are among them. */
static void
add_groups(struct in6_addr **addrs, size_t *np, const struct in6_addr *more,
           size_t n)
{
    *addrs = xrealloc(*addrs, (*np + n) * sizeof **addrs);
    for (size_t i = 0; i < n; i++) {
        size_t j = 0;

        while (j < *np && !ipv6_addr_equals(&(*addrs)[j], &more[i])) {
            j++;
        }
        if (j == *np && ovl_addr_is_group(&more[i])) {
            (*addrs)[(*np)++] = more[i];
        }
    }
}

/* Sets the groups of 'netdev', a tunnel port that is about to have the
 * configuration 'cfg': those in 'options', which ovl_mcast_check_option() has
 * checked, and those of the 'n' addresses 'flood' that are groups.  If they do
 * not fit the other options, appends a line to 'errors' and returns false. */
bool
ovl_mcast_configure(const struct netdev *netdev, const struct smap *options,
                    const struct netdev_tunnel_config *cfg,
                    const struct in6_addr *flood, size_t n, struct ds *errors)
{
    const char *s = (ovl_mcast_type_has_groups(netdev_get_type(netdev))
                     ? smap_get(options, "groups") : NULL);
    struct in6_addr *addrs = NULL;
    const char *needs = NULL;
    size_t n_listed = 0;

    if (s && parse_groups(s, &addrs, &n_listed)) {
        if (!cfg->ip_dst_flow) {
            needs = "remote_ip=flow";
        } else if (ipv6_addr_is_set(&cfg->ipv6_src)) {
            for (size_t i = 0; i < n_listed; i++) {
                if (!ovl_addr_is_same_family(&cfg->ipv6_src, &addrs[i])) {
                    needs = "local_ip of the same address family";
                }
            }
        }
    }
    if (needs) {
        ds_put_format(errors, "%s: options:groups needs options:%s\n",
                      netdev_get_name(netdev), needs);
    } else {
        size_t n_addrs = n_listed;

        add_groups(&addrs, &n_addrs, flood, n);
        ovs_mutex_lock(&mutex);
        set_groups(netdev, addrs, n_addrs, n_listed);
        ovs_mutex_unlock(&mutex);
    }
    free(addrs);
    return !needs;
}

/* 'netdev', which may have groups, is being deleted. */
void
ovl_mcast_destroy(const struct netdev *netdev)
{
    ovs_mutex_lock(&mutex);
    set_groups(netdev, NULL, 0, 0);
    ovs_mutex_unlock(&mutex);
}

/* Adds options:groups of 'netdev', if it has any, to 'options'. */
void
ovl_mcast_get_options(const struct netdev *netdev, struct smap *options)
{
    const struct mcast_port *port;

    ovs_mutex_lock(&mutex);
    port = find_port(netdev);
    if (port && port->n_listed) {
        struct ds s = DS_EMPTY_INITIALIZER;

        for (size_t i = 0; i < port->n_listed; i++) {
            ovl_addrs_format(&port->groups[i].group, 1, &s);
            ds_put_cstr(&s, i + 1 < port->n_listed ? "," : "");
        }
        smap_add_nocopy(options, xstrdup("groups"), ds_steal_cstr(&s));
    }
    ovs_mutex_unlock(&mutex);
}

/* Sets whether 'netdev' is idle: no other port of its bridge could receive
 * what it gets.  Then, the host joins only its groups in options:groups. */
void
ovl_mcast_set_idle(const struct netdev *netdev, bool idle)
{
    struct mcast_port *port;

    ovs_mutex_lock(&mutex);
    port = find_port(netdev);
    if (port && port->idle != idle) {
        port->idle = idle;
        changed = true;
        seq_change(tnl_conf_seq);
    }
    ovs_mutex_unlock(&mutex);
}

/* Returns true if 'addr' is an address of 'device'. */
static bool
has_addr(const struct mcast_device *device, const struct in6_addr *addr)
{
    for (size_t i = 0; i < device->n_addrs; i++) {
        if (ipv6_addr_equals(&device->addrs[i], addr)) {
            return true;
        }
    }
    return false;
}

/* Returns the device that has the address 'addr', or NULL. */
static const struct mcast_device *
find_owner(const struct in6_addr *addr)
    OVS_REQUIRES(mutex)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &devices) {
        if (has_addr(node->data, addr)) {
            return node->data;
        }
    }
    return NULL;
}

/* Returns true if 'addr' is an address of this host at which it may receive
 * tunnel packets. */
bool
ovl_mcast_is_own(const struct in6_addr *addr)
{
    bool own;

    ovs_mutex_lock(&mutex);
    own = find_owner(addr) != NULL;
    ovs_mutex_unlock(&mutex);
    return own;
}

/* Appends to 's' where the host is a member of 'g', or why not.  Returns true
 * if it is. */
static bool
format_group(const struct mcast_port_group *g, struct ds *s)
    OVS_REQUIRES(mutex)
{
    const struct mcast_member *m = g->member;

    ipv6_format_mapped(&g->group, s);
    if (!m) {
        ds_put_format(s, " not joined: %s", g->reason ? g->reason : "not yet");
    } else if (m->error) {
        ds_put_format(s, " not joined on %s: %s", m->device,
                      m->error == EOPNOTSUPP
                      ? "the device cannot receive multicast"
                      : m->error > 0 ? ovs_strerror(m->error) : "not yet");
    } else {
        ds_put_format(s, " joined on %s", m->device);
        return true;
    }
    return false;
}

/* Returns why the host is not a member of a group of 'port', the first such
 * group, as a malloc()'d string, or NULL if it is a member of all that it
 * should be a member of.  Stores in '*n' of how many it is. */
static char *
explain_port(const struct mcast_port *port, size_t *n)
    OVS_REQUIRES(mutex)
{
    char *reason = NULL;

    *n = 0;
    for (size_t i = 0; i < port->n_groups; i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        if (format_group(&port->groups[i], &s)) {
            ++*n;
        } else if (!reason && port->groups[i].reason != no_other_port) {
            reason = ds_steal_cstr(&s);
        }
        ds_destroy(&s);
    }
    return reason;
}

/* Adds to 'status' in how many groups of 'netdev' the host is, if 'netdev' has
 * groups. */
void
ovl_mcast_get_status(const struct netdev *netdev, struct smap *status)
{
    const struct mcast_port *port;

    ovs_mutex_lock(&mutex);
    port = find_port(netdev);
    if (port) {
        size_t n;

        free(explain_port(port, &n));
        smap_add_format(status, "groups_joined", "%"PRIuSIZE" of %"PRIuSIZE,
                        n, port->n_groups);
    }
    ovs_mutex_unlock(&mutex);
}

/* Returns why the host is not in a group of 'netdev', as a malloc()'d string,
 * or NULL if it is in all. */
char *
ovl_mcast_get_error(const struct netdev *netdev)
{
    const struct mcast_port *port;
    char *error = NULL;

    ovs_mutex_lock(&mutex);
    port = find_port(netdev);
    if (port) {
        size_t n;
        char *reason = explain_port(port, &n);

        if (reason) {
            error = xasprintf("%s: group %s", netdev_get_name(netdev), reason);
            free(reason);
        }
    }
    ovs_mutex_unlock(&mutex);
    return error;
}

/* Implements "ovs-appctl tnl/groups/show". */
static void
mcast_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    const struct mcast_port *port;
    char *reply;

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH (port, node, &ports) {
        for (size_t i = 0; i < port->n_groups; i++) {
            struct ds s = DS_EMPTY_INITIALIZER;

            ds_put_format(&s, "%s: ", netdev_get_name(port->netdev));
            format_group(&port->groups[i], &s);
            svec_add_nocopy(&lines, ds_steal_cstr(&s));
        }
    }
    ovs_mutex_unlock(&mutex);

    svec_sort(&lines);
    reply = svec_join(&lines, "\n", lines.n ? "\n" : "");
    unixctl_command_reply(conn, reply);
    free(reply);
    svec_destroy(&lines);
}

/* Registers the command.  Must be called once. */
void
ovl_mcast_init(void)
{
    unixctl_command_register("tnl/groups/show", "", 0, 0, mcast_show, NULL);
}

/* Returns the first address of 'device', except link-local ones, of the family
 * of 'group', or NULL if there is none. */
static const struct in6_addr *
first_addr(const struct mcast_device *device, const struct in6_addr *group)
{
    for (size_t i = 0; i < device->n_addrs; i++) {
        const struct in6_addr *addr = &device->addrs[i];

        if (ovl_addr_is_same_family(addr, group)
            && !IN6_IS_ADDR_LINKLOCAL(addr)) {
            return addr;
        }
    }
    return NULL;
}

/* Returns the device on which to receive and send packets of 'group': the one
 * that has the address '*src', if that is set.  Otherwise, the one to which a
 * route for packets with 'mark' leads, if the switch sees its packets, or the
 * only such device with an address of the same family; and stores its address
 * in '*src'.
 *
 * If there is none, returns NULL and stores a static string in '*reason'. */
static const struct mcast_device *
find_device(uint32_t mark, const struct in6_addr *group, struct in6_addr *src,
            const char **reason)
    OVS_REQUIRES(mutex)
{
    struct in6_addr route_src = in6addr_any, gw = in6addr_any;
    const struct mcast_device *found = NULL;
    const struct in6_addr *addr;
    const struct shash_node *node;
    char name[IFNAMSIZ];

    *reason = NULL;
    if (ipv6_addr_is_set(src)) {
        found = find_owner(src);
        if (!found) {
            *reason = "no device has the address of options:local_ip";
        }
        return found;
    }

    if (ovs_router_lookup(mark, group, name, &route_src, &gw)) {
        found = shash_find_data(&devices, name);
        addr = found ? first_addr(found, group) : NULL;
        if (addr && found->is_switch) {
            *src = *addr;
            return found;
        }
        found = NULL;
    }

    SHASH_FOR_EACH (node, &devices) {
        const struct mcast_device *device = node->data;

        addr = first_addr(device, group);
        if (addr && device->is_switch) {
            if (found) {
                *reason = "several bridges have an address: set "
                          "options:local_ip";
                return NULL;
            }
            found = device;
            *src = *addr;
        }
    }
    if (!found) {
        *reason = (IN6_IS_ADDR_V4MAPPED(group)
                   ? "no bridge has an IPv4 address"
                   : "no bridge has an IPv6 address");
    }
    return found;
}

/* Returns the hash of 'group' on the device called 'device' for 'members'. */
static uint32_t
hash_member(const struct in6_addr *group, const char *device)
{
    return hash_string(device, hash_group(group));
}

/* Returns the member for 'group' on 'device', which is created if needed. */
static struct mcast_member *
get_member(const struct in6_addr *group, const char *device)
    OVS_REQUIRES(mutex)
{
    uint32_t hash = hash_member(group, device);
    struct mcast_member *m;

    HMAP_FOR_EACH_WITH_HASH (m, node, hash, &members) {
        if (ipv6_addr_equals(&m->group, group) && !strcmp(m->device, device)) {
            return m;
        }
    }
    m = xzalloc(sizeof *m);
    m->group = *group;
    ovs_strlcpy(m->device, device, sizeof m->device);
    m->error = -1;
    hmap_insert(&members, &m->node, hash);
    atomic_count_inc(&n_members);
    return m;
}

/* Looks up the devices for the groups of 'port'.  Returns true if one of them
 * has changed.  Adds the names of devices with a new member to 'touched'. */
static bool
update_port(struct mcast_port *port, struct sset *touched)
    OVS_REQUIRES(mutex)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(port->netdev);
    bool any = false;

    for (size_t i = 0; i < port->n_groups; i++) {
        struct mcast_port_group *g = &port->groups[i];
        struct in6_addr src = cfg->ipv6_src;
        const struct mcast_device *device;
        struct mcast_member *m = NULL;
        const char *reason;

        if (i >= port->n_listed && port->idle) {
            device = NULL;
            reason = no_other_port;
        } else {
            device = find_device(cfg->egress_pkt_mark, &g->group, &src,
                                 &reason);
        }
        if (device) {
            m = get_member(&g->group, device->name);
            m->used = true;
            if (m->error < 0) {
                sset_add(touched, m->device);
            }
        }
        any |= m != g->member || reason != g->reason;
        g->member = m;
        g->reason = reason;
    }
    return any;
}

/* Tries to join the group of 'm', unless it is joined.  Returns true, and logs
 * the outcome, if that is another one than before. */
static bool
update_member(struct mcast_member *m)
    OVS_REQUIRES(mutex)
{
    int error = ovl_mcast_join(&m->join, &m->group, m->device);
    char group[INET6_ADDRSTRLEN];

    if (error == m->error) {
        return false;
    }
    m->error = error;
    ipv6_string_mapped(group, &m->group);
    if (error) {
        VLOG_WARN("cannot join %s on %s (%s)", group, m->device,
                  ovs_strerror(error));
    } else {
        VLOG_INFO("joined %s on %s", group, m->device);
    }
    return true;
}

/* Joins and leaves groups, as ports, addresses and routes demand.  Must be
 * called before upstream's map is updated. */
void
ovl_mcast_run(void)
{
    static long long int retry = LLONG_MAX;
    static uint64_t last_seq;

    struct sset touched = SSET_INITIALIZER(&touched);
    struct mcast_member *m;
    struct mcast_port *port;
    bool any = false;
    const char *name;

    ovs_mutex_lock(&mutex);
    if ((hmap_is_empty(&ports) && hmap_is_empty(&members))
        || (!changed && seq_read(tnl_conf_seq) == last_seq
            && time_msec() < retry)) {
        goto out;
    }
    changed = false;
    retry = LLONG_MAX;

    HMAP_FOR_EACH (m, node, &members) {
        m->used = false;
    }
    HMAP_FOR_EACH (port, node, &ports) {
        any |= update_port(port, &touched);
    }
    HMAP_FOR_EACH_SAFE (m, node, &members) {
        if (m->used) {
            any |= update_member(m);
            if (m->error) {
                retry = time_msec() + RETRY;
            }
        } else {
            ovl_mcast_leave(&m->join, &m->group);
            sset_add(&touched, m->device);
            hmap_remove(&members, &m->node);
            atomic_count_dec(&n_members);
            free(m);
        }
    }
    if (any) {
        HMAP_FOR_EACH (port, node, &ports) {
            netdev_change_seq_changed(port->netdev);
        }
    }
    if (!sset_is_empty(&touched)) {
        seq_change(tnl_conf_seq);
    }
    last_seq = seq_read(tnl_conf_seq);

out:
    if (retry != LLONG_MAX) {
        poll_timer_wait_until(retry);
    }
    ovs_mutex_unlock(&mutex);

    /* Upstream reads the addresses of these devices again. */
    SSET_FOR_EACH (name, &touched) {
        struct netdev *netdev = netdev_from_name(name);

        if (netdev) {
            netdev_change_seq_changed(netdev);
            netdev_close(netdev);
        }
    }
    sset_destroy(&touched);
}

/* Frees 'device', unless it is null. */
static void
free_device(struct mcast_device *device)
{
    if (device) {
        free(device->name);
        free(device->addrs);
        free(device);
    }
}

/* Called when the host receives tunnel packets at the '*n_addrs' addresses
 * '*addrs' of the device called 'name'.  Appends the groups of that device. */
void
ovl_mcast_device_add(const char *name, struct in6_addr **addrs, int *n_addrs)
{
    const char *type = netdev_get_type_from_name(name);
    struct mcast_device *device = xzalloc(sizeof *device);
    const struct mcast_member *m;

    device->name = xstrdup(name);
    /* "internal" ports are those of a kernel datapath. */
    device->is_switch = (type && strcmp(type, "system")
                         && strcmp(type, "internal"));
    if (*n_addrs) {
        device->addrs = xmemdup(*addrs, *n_addrs * sizeof **addrs);
        device->n_addrs = *n_addrs;
    }

    ovs_mutex_lock(&mutex);
    free_device(shash_replace(&devices, name, device));
    HMAP_FOR_EACH (m, node, &members) {
        if (!strcmp(m->device, name)) {
            *addrs = xrealloc(*addrs, (*n_addrs + 1) * sizeof **addrs);
            (*addrs)[(*n_addrs)++] = m->group;
        }
    }
    changed = true;
    ovs_mutex_unlock(&mutex);
}

/* Called when the device called 'name' no longer has the addresses passed to
 * ovl_mcast_device_add(). */
void
ovl_mcast_device_remove(const char *name)
{
    ovs_mutex_lock(&mutex);
    free_device(shash_find_and_delete(&devices, name));
    changed = true;
    ovs_mutex_unlock(&mutex);
}

/* If 'addr' is a multicast address, stores in '*mac' the MAC address to which
 * its packets are sent (RFC 1112, section 6.4; RFC 2464, section 7) and
 * returns true. */
bool
ovl_mcast_get_mac(const struct in6_addr *addr, struct eth_addr *mac)
{
    ovs_be32 ip = in6_addr_get_mapped_ipv4(addr);

    if (!ovl_addr_is_group(addr)) {
        return false;
    } else if (!ip) {
        ipv6_multicast_to_ethernet(mac, addr);
    } else {
        uint32_t low = ntohl(ip) & 0x7fffff;

        *mac = (struct eth_addr) ETH_ADDR_C(01,00,5e,00,00,00);
        mac->ea[3] = low >> 16;
        mac->ea[4] = low >> 8;
        mac->ea[5] = low;
    }
    return true;
}

/* If 'dst' is a group, stores in 'device', of IFNAMSIZ bytes, the name of the
 * device that sends to it packets with 'mark', or an empty string if there is
 * none; makes '*gw' the unspecified address; sets '*src' to an address of the
 * device, unless it is set already; and returns true. */
bool
ovl_mcast_route(uint32_t mark, const struct in6_addr *dst, char device[],
                struct in6_addr *src, struct in6_addr *gw)
{
    const struct mcast_device *found;
    const char *reason;

    if (!ovl_addr_is_group(dst)) {
        return false;
    }
    ovs_mutex_lock(&mutex);
    found = find_device(mark, dst, src, &reason);
    ovs_strlcpy(device, found ? found->name : "", IFNAMSIZ);
    ovs_mutex_unlock(&mutex);
    *gw = in6addr_any;
    return true;
}

/* Returns true if no port must take a tunnel packet with 'flow': it was sent
 * to a group, and its source is not the unicast address of another host. */
bool
ovl_mcast_refuses(const struct flow *flow)
{
    struct in6_addr dst = flow_tnl_dst(&flow->tunnel);
    struct in6_addr src = flow_tnl_src(&flow->tunnel);
    bool refuses = false;

    if (ovl_addr_is_group(&dst)) {
        ovs_mutex_lock(&mutex);
        refuses = !ovl_addr_is_unicast(&src) || find_owner(&src);
        ovs_mutex_unlock(&mutex);
    }
    return refuses;
}

/* Returns true if upstream's map may be asked for the tunnel port that takes a
 * packet with 'flow' when the device called 'name' gets it.  The map does not
 * know the device of a MAC address, which a group has on every device: the
 * result is false for a packet to a multicast MAC address, unless the host is
 * a member of its group on that device.  Adds what that depends on to 'wc'. */
bool
ovl_mcast_may_terminate(const char *name, const struct flow *flow,
                        struct flow_wildcards *wc)
{
    const struct mcast_member *m;
    struct in6_addr group;
    bool found = false;

    if (!atomic_count_get(&n_members)) {
        return true;
    }
    wc->masks.dl_dst.ea[0] |= 1;
    if (!eth_addr_is_multicast(flow->dl_dst)) {
        return true;
    } else if (flow->dl_type == htons(ETH_TYPE_IP)) {
        WC_MASK_FIELD(wc, nw_dst);
        in6_addr_set_mapped_ipv4(&group, flow->nw_dst);
    } else if (flow->dl_type == htons(ETH_TYPE_IPV6)) {
        WC_MASK_FIELD(wc, ipv6_dst);
        group = flow->ipv6_dst;
    } else {
        return false;
    }
    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_WITH_HASH (m, node, hash_member(&group, name), &members) {
        if (ipv6_addr_equals(&m->group, &group) && !strcmp(m->device, name)) {
            found = true;
            break;
        }
    }
    ovs_mutex_unlock(&mutex);
    return found;
}

/* If 'flow' is of tunnel packets to a group that a port with options:local_ip
 * has, stores that address in '*local': the port's match has it in the place
 * of the group.  The port must have a key, as its match, if 'in_key_flow' is
 * false, or take any.  (A gre port and an nvgre port may be mixed up.) */
void
ovl_mcast_get_local(const struct flow *flow, bool in_key_flow,
                    struct in6_addr *local)
{
    struct in6_addr dst = flow_tnl_dst(&flow->tunnel);
    const struct mcast_port_group *g;

    if (!ovl_addr_is_group(&dst)) {
        return;
    }
    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_WITH_HASH (g, node, hash_group(&dst), &groups) {
        const struct netdev_tunnel_config *cfg
            = netdev_get_tunnel_config(g->netdev);

        if (ipv6_addr_equals(&g->group, &dst)
            && ipv6_addr_is_set(&cfg->ipv6_src)
            && cfg->dst_port == flow->tunnel.tp_dst
            && cfg->in_key_flow == in_key_flow
            && (in_key_flow || cfg->in_key == flow->tunnel.tun_id)) {
            *local = cfg->ipv6_src;
            break;
        }
    }
    ovs_mutex_unlock(&mutex);
}
