/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* The index has each port twice.
 *
 * By IP protocol and L4 port, if it is in a userspace datapath: this index
 * tells which types receive there.  Only one may, unless the packets
 * themselves tell which type they are for.  (The kernel itself refuses a
 * second type.)  All ports of one type that receive the same packets are a
 * group, so that the cost does not depend on the number of ports.
 *
 * By all values that the search for a packet's port compares, such as
 * addresses and key: this index tells which ports would receive exactly the
 * same packets.  Only one of them can. */

#include <config.h>

#include "overlay/conflict.h"

#include <string.h>

#include "hash.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "overlay/class.h"
#include "ovs-thread.h"
#include "packets.h"
#include "util.h"

/* Packets that a port receives, among those of its IP protocol and L4 port.
 * Two ports of different types must not have the same bit. */
enum {
    WANT_ALL = 1 << 0,      /* All: a type with L4 ports. */
    WANT_MINE = 1 << 1,  /* Those for which is_mine() returns true. */

    /* Other packets of upstream's types over GRE, with IPv4 and with IPv6. */
    WANT_GRE = 1 << 2,
    WANT_GRE6 = 1 << 3,
    WANT_ERSPAN = 1 << 4,
    WANT_ERSPAN6 = 1 << 5,
};

/* The ports of a type that receive the same packets. */
struct conflict_group {
    struct hmap_node node;      /* In 'conflict_groups', by protocol, port. */
    const char *type;
    uint8_t nw_proto;
    ovs_be16 tp_port;
    unsigned int wants;         /* WANT_*. */
    struct ovs_list members;    /* Of struct conflict_port. */
};

/* Values that the search for a packet's port compares. */
struct conflict_same {
    struct in6_addr src;
    struct in6_addr dst;
    const char *type;
    ovs_be64 in_key;
    ovs_be16 tp_port;
    uint8_t pt_mode;
    uint8_t flow;               /* Bits: flows set source, destination, key. */
    bool userspace;
    uint8_t pad[3];
};
BUILD_ASSERT_DECL(sizeof(struct conflict_same)
                  == 40 + sizeof(const char *) + sizeof(uint64_t));

/* A tunnel that is an OpenFlow port. */
struct conflict_port {
    struct hmap_node node;      /* In 'conflict_ports', by 'netdev'. */
    struct netdev *netdev;      /* One reference. */
    struct conflict_group *group;    /* NULL in the kernel datapath. */
    struct ovs_list group_node; /* In 'group->members'. */
    struct hmap_node same_node; /* In 'conflict_sames', by 'same'. */
    struct conflict_same same;
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct hmap conflict_ports OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&conflict_ports);
static struct hmap conflict_groups OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&conflict_groups);
static struct hmap conflict_sames OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&conflict_sames);

/* Returns true if datapaths of type 'datapath_type' are in userspace. */
static bool
is_userspace(const char *datapath_type)
{
    return datapath_type && strcmp(datapath_type, "system");
}

/* Returns true if 'port' has not been deleted.  A deleted port stays in the
 * index until the deletion is complete. */
static bool
port_is_alive(const struct conflict_port *port)
{
    return port->netdev->node != NULL;
}

/* Returns the packets (WANT_*) that a port of 'type' with options 'cfg'
 * receives. */
static unsigned int
conflict_get_wants(const char *type, const struct netdev_tunnel_config *cfg)
{
    const struct ovl_class *class = ovl_class_from_sibling(type);
    unsigned int wants = 0;
    bool ip6, erspan;

    if (cfg->dst_port) {
        return WANT_ALL;
    } else if (!class) {
        class = ovl_class_from_type(type);
        return class && class->siblings ? WANT_MINE : 0;
    }
    if (class->is_ambiguous(type, cfg)) {
        wants |= WANT_MINE;
    }
    erspan = strstr(type, "erspan") != NULL;
    ip6 = (cfg->ip_dst_flow
           ? !strncmp(type, "ip6", 3)
           : !IN6_IS_ADDR_V4MAPPED(&cfg->ipv6_dst));
    return wants | (erspan ? (ip6 ? WANT_ERSPAN6 : WANT_ERSPAN)
                    : (ip6 ? WANT_GRE6 : WANT_GRE));
}

/* Returns the hash of the groups with 'nw_proto' and 'tp_port'. */
static uint32_t
conflict_hash_group(uint8_t nw_proto, ovs_be16 tp_port)
{
    return hash_int(nw_proto << 16 | ntohs(tp_port), 0);
}

/* Returns a port of another type that receives some of the packets that a port
 * of 'type' with options 'cfg' would receive in a userspace datapath, or NULL
 * if there is none. */
static const struct conflict_port *
conflict_find(const char *type, const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    uint8_t nw_proto = ovl_to_nw_proto(type, cfg->dst_port);
    unsigned int wants = conflict_get_wants(type, cfg);
    const struct conflict_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, node,
                             conflict_hash_group(nw_proto, cfg->dst_port),
                             &conflict_groups) {
        const struct conflict_port *port;

        if (group->nw_proto == nw_proto && group->tp_port == cfg->dst_port
            && group->type != type && group->wants & wants) {
            LIST_FOR_EACH (port, group_node, &group->members) {
                if (port_is_alive(port)) {
                    return port;
                }
            }
        }
    }
    return NULL;
}

/* Returns 'netdev''s entry in the index, or NULL if there is none. */
static struct conflict_port *
conflict_find_port(const struct netdev *netdev)
    OVS_REQUIRES(mutex)
{
    struct conflict_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_pointer(netdev, 0),
                             &conflict_ports) {
        if (port->netdev == netdev) {
            return port;
        }
    }
    return NULL;
}

/* Adds 'port', with options 'cfg', to its group, creating the group if
 * needed. */
static void
conflict_group_add(struct conflict_port *port,
                   const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    const char *type = netdev_get_type(port->netdev);
    uint8_t nw_proto = ovl_to_nw_proto(type, cfg->dst_port);
    uint32_t hash = conflict_hash_group(nw_proto, cfg->dst_port);
    unsigned int wants = conflict_get_wants(type, cfg);
    struct conflict_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, node, hash, &conflict_groups) {
        if (group->nw_proto == nw_proto && group->tp_port == cfg->dst_port
            && group->type == type && group->wants == wants) {
            goto found;
        }
    }
    group = xmalloc(sizeof *group);
    *group = (struct conflict_group) {
        .type = type, .nw_proto = nw_proto, .tp_port = cfg->dst_port,
        .wants = wants,
    };
    ovs_list_init(&group->members);
    hmap_insert(&conflict_groups, &group->node, hash);

found:
    ovs_list_push_back(&group->members, &port->group_node);
    port->group = group;
}

/* Stores in '*same' the values that the search for a packet's port compares,
 * for 'netdev' with options 'cfg'. */
static void
conflict_same_init(struct conflict_same *same, const struct netdev *netdev,
                   const struct netdev_tunnel_config *cfg)
{
    *same = (struct conflict_same) {
        .src = cfg->ipv6_src,
        .dst = cfg->ipv6_dst,
        .type = netdev_get_type(netdev),
        .in_key = cfg->in_key,
        .tp_port = cfg->dst_port,
        .pt_mode = cfg->pt_mode,
        .flow = (cfg->ip_src_flow | cfg->ip_dst_flow << 1
                 | cfg->in_key_flow << 2),
        .userspace = is_userspace(netdev_get_dpif_type(netdev)),
    };
}

/* Returns a hash of 'same'. */
static uint32_t
conflict_hash_same(const struct conflict_same *same)
{
    return hash_bytes(same, sizeof *same, 0);
}

/* Inserts 'port' into both indexes by its options 'cfg'. */
static void
conflict_port_index(struct conflict_port *port,
                    const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    conflict_same_init(&port->same, port->netdev, cfg);
    hmap_insert(&conflict_sames, &port->same_node,
                conflict_hash_same(&port->same));
    port->group = NULL;
    if (port->same.userspace) {
        conflict_group_add(port, cfg);
    }
}

/* Removes 'port' from both indexes. */
static void
conflict_port_unindex(struct conflict_port *port)
    OVS_REQUIRES(mutex)
{
    if (port->group) {
        ovs_list_remove(&port->group_node);
        if (ovs_list_is_empty(&port->group->members)) {
            hmap_remove(&conflict_groups, &port->group->node);
            free(port->group);
        }
    }
    hmap_remove(&conflict_sames, &port->same_node);
}

/* Returns an error message, as a malloc()'d string, for 'netdev', with options
 * 'cfg', which conflicts with 'other'. */
static char *
conflict_explain(const struct netdev *netdev,
                   const struct netdev_tunnel_config *cfg,
                   const struct conflict_port *other)
{
    const char *type = netdev_get_type(netdev);
    unsigned int common = other->group->wants & conflict_get_wants(type, cfg);

    return xasprintf("%s: type %s would receive packets that port %s of type "
                     "%s receives: delete one of them, or %s",
                     netdev_get_name(netdev), type,
                     netdev_get_name(other->netdev), other->group->type,
                     common & WANT_ALL ? "set another options:dst_port"
                     : common & WANT_MINE
                     ? "set options:seq=true on the GRE ports and their peers"
                     : "give both the same type");
}

/* Returns the reason why ovl_admit() returns EBUSY for 'netdev' and
 * 'datapath_type', as a malloc()'d string, or NULL if it does not. */
char *
ovl_conflict_explain(const struct netdev *netdev, const char *datapath_type)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    char *reason = NULL;

    if (cfg && is_userspace(datapath_type)) {
        const struct conflict_port *other;

        ovs_mutex_lock(&mutex);
        other = conflict_find(netdev_get_type(netdev), cfg);
        if (other) {
            reason = conflict_explain(netdev, cfg, other);
        }
        ovs_mutex_unlock(&mutex);
    }
    return reason;
}

/* Adds 'netdev', a tunnel that has become an OpenFlow port, to the index. */
void
ovl_conflict_add(const struct netdev *netdev)
{
    struct conflict_port *port = xmalloc(sizeof *port);

    ovs_mutex_lock(&mutex);
    port->netdev = netdev_ref(netdev);
    hmap_insert(&conflict_ports, &port->node, hash_pointer(netdev, 0));
    conflict_port_index(port, netdev_get_tunnel_config(netdev));
    ovs_mutex_unlock(&mutex);
}

/* Removes 'netdev', which is no longer an OpenFlow port and need not be a
 * tunnel, from the index. */
void
ovl_conflict_remove(const struct netdev *netdev)
{
    struct conflict_port *port;

    ovs_mutex_lock(&mutex);
    port = conflict_find_port(netdev);
    if (port) {
        conflict_port_unindex(port);
        hmap_remove(&conflict_ports, &port->node);
    }
    ovs_mutex_unlock(&mutex);

    if (port) {
        netdev_close(port->netdev);
        free(port);
    }
}

/* Called right before 'netdev', a tunnel, gets the options 'cfg'.  Returns
 * true and updates the index if they cause no conflict with a port of another
 * type.  Otherwise, appends a line to 'errors' and returns false. */
bool
ovl_conflict_check_config(const struct netdev *netdev,
                          const struct netdev_tunnel_config *cfg,
                          struct ds *errors)
{
    const struct conflict_port *other = NULL;
    struct conflict_port *port;

    /* Every port comes here whenever the database changes. */
    if (!memcmp(netdev_get_tunnel_config(netdev), cfg, sizeof *cfg)) {
        return true;
    }

    ovs_mutex_lock(&mutex);
    port = conflict_find_port(netdev);
    if (port) {
        other = (port->group
                 ? conflict_find(netdev_get_type(netdev), cfg) : NULL);
        if (other) {
            char *reason = conflict_explain(netdev, cfg, other);

            ds_put_format(errors, "%s\n", reason);
            free(reason);
        } else {
            conflict_port_unindex(port);
            conflict_port_index(port, cfg);
        }
    }
    ovs_mutex_unlock(&mutex);
    return !other;
}

/* Returns an error message, as a malloc()'d string, if another OpenFlow port
 * would receive exactly the same packets as 'netdev', which is an OpenFlow
 * port or is to become one.  Otherwise, returns NULL. */
char *
ovl_conflict_explain_same(const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    const struct conflict_port *port;
    struct conflict_same same;
    char *reason = NULL;

    if (!cfg) {
        return NULL;
    }
    conflict_same_init(&same, netdev, cfg);
    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_WITH_HASH (port, same_node, conflict_hash_same(&same),
                             &conflict_sames) {
        if (port->netdev != netdev && port_is_alive(port)
            && !memcmp(&port->same, &same, sizeof same)) {
            reason = xasprintf("%s: port %s of type %s has the same "
                               "remote_ip%s",
                               netdev_get_name(netdev),
                               netdev_get_name(port->netdev), same.type,
                               same.tp_port ? ", local_ip, key and dst_port"
                               : class && !class->key_max ? " and local_ip"
                               : ", local_ip and key");
            break;
        }
    }
    ovs_mutex_unlock(&mutex);
    return reason;
}
