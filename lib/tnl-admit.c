/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* The index has each port twice.
 *
 * By IP protocol and L4 port, if it is in a userspace datapath, it tells which
 * types receive there.  There may be only one, unless something in the packets
 * tells whose they are.  (The kernel itself refuses a second type.)  All ports
 * of one type that want the same packets are a group, so that the number of
 * ports does not count.
 *
 * By all that the search for a packet's port compares, addresses and key, it
 * tells which ports want exactly the same packets, of which one can have
 * them. */

#include <config.h>

#include "tnl-admit.h"

#include <string.h>

#include "hash.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "ovs-thread.h"
#include "packets.h"
#include "tnl-provider.h"
#include "util.h"

/* What a port wants of the packets of its IP protocol and L4 port.  Two ports
 * of different types must not want the same. */
enum {
    TNL_WANT_ALL = 1 << 0,      /* A protocol with ports: all of them. */
    TNL_WANT_CLAIMED = 1 << 1,  /* What claims() of a class takes. */

    /* Others of upstream's types over GRE, over IPv4 and over IPv6. */
    TNL_WANT_GRE = 1 << 2,
    TNL_WANT_GRE6 = 1 << 3,
    TNL_WANT_ERSPAN = 1 << 4,
    TNL_WANT_ERSPAN6 = 1 << 5,
};

/* The ports of a type that want the same packets. */
struct tnl_group {
    struct hmap_node node;      /* In 'tnl_groups', by protocol and port. */
    const char *type;
    uint8_t nw_proto;
    ovs_be16 tp_port;
    unsigned int wants;         /* TNL_WANT_*. */
    struct ovs_list members;    /* Of struct tnl_member. */
};

/* What the search for a packet's port compares. */
struct tnl_same {
    struct in6_addr src;
    struct in6_addr dst;
    const char *type;
    ovs_be64 in_key;
    ovs_be16 tp_port;
    uint8_t pt_mode;
    uint8_t flow;               /* Bits: source, destination, key by flow. */
    bool userspace;
    uint8_t pad[3];
};
BUILD_ASSERT_DECL(sizeof(struct tnl_same)
                  == 40 + sizeof(const char *) + sizeof(uint64_t));

/* A tunnel that is an OpenFlow port. */
struct tnl_member {
    struct hmap_node node;      /* In 'tnl_members', by 'netdev'. */
    struct netdev *netdev;      /* One reference. */
    struct tnl_group *group;    /* NULL in the kernel datapath. */
    struct ovs_list group_node; /* In 'group->members'. */
    struct hmap_node same_node; /* In 'tnl_sames', by 'same'. */
    struct tnl_same same;
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct hmap tnl_members OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&tnl_members);
static struct hmap tnl_groups OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&tnl_groups);
static struct hmap tnl_sames OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&tnl_sames);

/* Returns true if datapaths of type 'datapath_type' are in userspace. */
static bool
tnl_is_userspace(const char *datapath_type)
{
    return datapath_type && strcmp(datapath_type, "system");
}

/* Returns true if 'member' has not been deleted.  One that has is still here
 * until the deletion is complete. */
static bool
tnl_is_alive(const struct tnl_member *member)
{
    return member->netdev->node != NULL;
}

/* Returns what a port of 'type' with options 'cfg' wants. */
static unsigned int
tnl_get_wants(const char *type, const struct netdev_tunnel_config *cfg)
{
    const struct tnl_class *class = tnl_class_from_rival(type);
    unsigned int wants = 0;
    bool ip6, erspan;

    if (cfg->dst_port) {
        return TNL_WANT_ALL;
    } else if (!class) {
        class = tnl_class_from_type(type);
        return class && class->rivals ? TNL_WANT_CLAIMED : 0;
    }
    if (class->contests(type, cfg)) {
        wants |= TNL_WANT_CLAIMED;
    }
    erspan = strstr(type, "erspan") != NULL;
    ip6 = (cfg->ip_dst_flow
           ? !strncmp(type, "ip6", 3)
           : !IN6_IS_ADDR_V4MAPPED(&cfg->ipv6_dst));
    return wants | (erspan ? (ip6 ? TNL_WANT_ERSPAN6 : TNL_WANT_ERSPAN)
                    : (ip6 ? TNL_WANT_GRE6 : TNL_WANT_GRE));
}

/* Returns the hash of the groups with 'nw_proto' and 'tp_port'. */
static uint32_t
tnl_hash_group(uint8_t nw_proto, ovs_be16 tp_port)
{
    return hash_int(nw_proto << 16 | ntohs(tp_port), 0);
}

/* Returns a port of another type that receives some of the packets that a port
 * of 'type' with options 'cfg' would receive in a userspace datapath, or NULL
 * if there is none. */
static const struct tnl_member *
tnl_find_rival(const char *type, const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    uint8_t nw_proto = tnl_to_nw_proto(type, cfg->dst_port);
    unsigned int wants = tnl_get_wants(type, cfg);
    const struct tnl_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, node,
                             tnl_hash_group(nw_proto, cfg->dst_port),
                             &tnl_groups) {
        const struct tnl_member *member;

        if (group->nw_proto == nw_proto && group->tp_port == cfg->dst_port
            && group->type != type && group->wants & wants) {
            LIST_FOR_EACH (member, group_node, &group->members) {
                if (tnl_is_alive(member)) {
                    return member;
                }
            }
        }
    }
    return NULL;
}

/* Returns 'netdev''s entry in the index, or NULL if there is none. */
static struct tnl_member *
tnl_find_member(const struct netdev *netdev)
    OVS_REQUIRES(mutex)
{
    struct tnl_member *member;

    HMAP_FOR_EACH_WITH_HASH (member, node, hash_pointer(netdev, 0),
                             &tnl_members) {
        if (member->netdev == netdev) {
            return member;
        }
    }
    return NULL;
}

/* Puts 'member', with options 'cfg', into its group. */
static void
tnl_group_add(struct tnl_member *member,
              const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    const char *type = netdev_get_type(member->netdev);
    uint8_t nw_proto = tnl_to_nw_proto(type, cfg->dst_port);
    uint32_t hash = tnl_hash_group(nw_proto, cfg->dst_port);
    unsigned int wants = tnl_get_wants(type, cfg);
    struct tnl_group *group;

    HMAP_FOR_EACH_WITH_HASH (group, node, hash, &tnl_groups) {
        if (group->nw_proto == nw_proto && group->tp_port == cfg->dst_port
            && group->type == type && group->wants == wants) {
            goto found;
        }
    }
    group = xmalloc(sizeof *group);
    *group = (struct tnl_group) {
        .type = type, .nw_proto = nw_proto, .tp_port = cfg->dst_port,
        .wants = wants,
    };
    ovs_list_init(&group->members);
    hmap_insert(&tnl_groups, &group->node, hash);

found:
    ovs_list_push_back(&group->members, &member->group_node);
    member->group = group;
}

/* Stores in '*same' what the search for a packet's port compares with the
 * options 'cfg' of 'netdev'. */
static void
tnl_same_init(struct tnl_same *same, const struct netdev *netdev,
              const struct netdev_tunnel_config *cfg)
{
    *same = (struct tnl_same) {
        .src = cfg->ipv6_src,
        .dst = cfg->ipv6_dst,
        .type = netdev_get_type(netdev),
        .in_key = cfg->in_key,
        .tp_port = cfg->dst_port,
        .pt_mode = cfg->pt_mode,
        .flow = (cfg->ip_src_flow | cfg->ip_dst_flow << 1
                 | cfg->in_key_flow << 2),
        .userspace = tnl_is_userspace(netdev_get_dpif_type(netdev)),
    };
}

/* Returns a hash of 'same'. */
static uint32_t
tnl_hash_same(const struct tnl_same *same)
{
    return hash_bytes(same, sizeof *same, 0);
}

/* Puts 'member', with options 'cfg', where it can be found by them. */
static void
tnl_member_index(struct tnl_member *member,
                 const struct netdev_tunnel_config *cfg)
    OVS_REQUIRES(mutex)
{
    tnl_same_init(&member->same, member->netdev, cfg);
    hmap_insert(&tnl_sames, &member->same_node, tnl_hash_same(&member->same));
    member->group = NULL;
    if (member->same.userspace) {
        tnl_group_add(member, cfg);
    }
}

/* The inverse. */
static void
tnl_member_unindex(struct tnl_member *member)
    OVS_REQUIRES(mutex)
{
    if (member->group) {
        ovs_list_remove(&member->group_node);
        if (ovs_list_is_empty(&member->group->members)) {
            hmap_remove(&tnl_groups, &member->group->node);
            free(member->group);
        }
    }
    hmap_remove(&tnl_sames, &member->same_node);
}

/* Says in a malloc()'d string why 'netdev' cannot be beside 'rival'. */
static char *
tnl_explain_rival(const struct netdev *netdev,
                  const struct netdev_tunnel_config *cfg,
                  const struct tnl_member *rival)
{
    const char *type = netdev_get_type(netdev);
    unsigned int common = rival->group->wants & tnl_get_wants(type, cfg);

    return xasprintf("%s: type %s would receive packets that port %s of type "
                     "%s receives: delete one of them, or %s",
                     netdev_get_name(netdev), type,
                     netdev_get_name(rival->netdev), rival->group->type,
                     common & TNL_WANT_ALL ? "set another options:dst_port"
                     : common & TNL_WANT_CLAIMED
                     ? "set options:seq=true on the GRE ports and their peers"
                     : "give both the same type");
}

/* Returns false if 'netdev' must not be added to a datapath of type
 * 'datapath_type', because a port of another type receives its packets, and
 * nothing in them tells whose they are. */
bool
tnl_admit(const struct netdev *netdev, const char *datapath_type)
{
    char *reason = tnl_admit_explain(netdev, datapath_type);

    free(reason);
    return !reason;
}

/* Says, as a malloc()'d string, why tnl_admit() returns false, or returns NULL
 * if it returns true. */
char *
tnl_admit_explain(const struct netdev *netdev, const char *datapath_type)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    char *reason = NULL;

    if (cfg && tnl_is_userspace(datapath_type)) {
        const struct tnl_member *rival;

        ovs_mutex_lock(&mutex);
        rival = tnl_find_rival(netdev_get_type(netdev), cfg);
        if (rival) {
            reason = tnl_explain_rival(netdev, cfg, rival);
        }
        ovs_mutex_unlock(&mutex);
    }
    return reason;
}

/* Notes that 'netdev' now is an OpenFlow port. */
void
tnl_admit_add(const struct netdev *netdev)
{
    struct tnl_member *member = xmalloc(sizeof *member);

    ovs_mutex_lock(&mutex);
    member->netdev = netdev_ref(netdev);
    hmap_insert(&tnl_members, &member->node, hash_pointer(netdev, 0));
    tnl_member_index(member, netdev_get_tunnel_config(netdev));
    ovs_mutex_unlock(&mutex);
}

/* Notes that 'netdev', which need not be a tunnel, is no OpenFlow port any
 * more. */
void
tnl_admit_remove(const struct netdev *netdev)
{
    struct tnl_member *member;

    ovs_mutex_lock(&mutex);
    member = tnl_find_member(netdev);
    if (member) {
        tnl_member_unindex(member);
        hmap_remove(&tnl_members, &member->node);
    }
    ovs_mutex_unlock(&mutex);

    if (member) {
        netdev_close(member->netdev);
        free(member);
    }
}

/* Called right before 'netdev', a tunnel, gets the options 'cfg'.  Returns
 * true if it can have them, as far as types with the same packets are
 * concerned.  Otherwise, appends a line to 'errors'. */
bool
tnl_admit_config(const struct netdev *netdev,
                 const struct netdev_tunnel_config *cfg, struct ds *errors)
{
    const struct tnl_member *rival = NULL;
    struct tnl_member *member;

    /* Every port comes here whenever the database changes. */
    if (!memcmp(netdev_get_tunnel_config(netdev), cfg, sizeof *cfg)) {
        return true;
    }

    ovs_mutex_lock(&mutex);
    member = tnl_find_member(netdev);
    if (member) {
        rival = (member->group
                 ? tnl_find_rival(netdev_get_type(netdev), cfg) : NULL);
        if (rival) {
            char *reason = tnl_explain_rival(netdev, cfg, rival);

            ds_put_format(errors, "%s\n", reason);
            free(reason);
        } else {
            tnl_member_unindex(member);
            tnl_member_index(member, cfg);
        }
    }
    ovs_mutex_unlock(&mutex);
    return !rival;
}

/* If there is an OpenFlow port that wants exactly the packets that 'netdev',
 * another one or about to become one, wants, says so in a malloc()'d string.
 * Otherwise, returns NULL. */
char *
tnl_admit_explain_same(const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct tnl_member *member;
    struct tnl_same same;
    char *reason = NULL;

    if (!cfg) {
        return NULL;
    }
    tnl_same_init(&same, netdev, cfg);
    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_WITH_HASH (member, same_node, tnl_hash_same(&same),
                             &tnl_sames) {
        if (member->netdev != netdev && tnl_is_alive(member)
            && !memcmp(&member->same, &same, sizeof same)) {
            reason = xasprintf("%s: port %s of type %s has the same "
                               "remote_ip, local_ip%s",
                               netdev_get_name(netdev),
                               netdev_get_name(member->netdev), same.type,
                               same.tp_port ? ", key and dst_port"
                               : " and key");
            break;
        }
    }
    ovs_mutex_unlock(&mutex);
    return reason;
}
