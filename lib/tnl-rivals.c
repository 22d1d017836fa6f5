/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Types whose packets have the same IP protocol and L4 port, if any.
 *
 * Upstream's map from addresses, IP protocol and L4 port to datapath ports has
 * one entry for them all, with the first of their ports.  What follows refuses
 * ports whose packets cannot be told apart: a port of a class over UDP and one
 * of another type with the same L4 port; and some of a class without ports,
 * such as NVGRE, and of its rivals, upstream's types with the same protocol,
 * such as GRE.  Of the latter it also tells which others are there, and hands
 * each packet to the one that it is for, whichever upstream or an older flow
 * of the datapath chose. */

#include <config.h>

#include "tnl-provider.h"

#include <string.h>

#include "dp-packet.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "util.h"

/* Returns the class that has 'type', one of upstream's, among its rivals, or
 * NULL if there is none. */
static const struct tnl_class *
tnl_class_from_rival(const char *type)
{
    for (size_t i = 0; i < TNL_N_CLASSES; i++) {
        const char *const *rival = tnl_classes[i]->rivals;

        for (; rival && *rival; rival++) {
            if (!strcmp(*rival, type)) {
                return tnl_classes[i];
            }
        }
    }
    return NULL;
}

/* Returns true if 'netdev' is a tunnel port of a userspace datapath, and not
 * one of the datapath's own, which may outlive the others. */
static bool
tnl_is_userspace_port(const struct netdev *netdev)
{
    const char *dpif_type = netdev_get_dpif_type(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    return (dpif_type && strcmp(dpif_type, "system")
            && strcmp(netdev_get_name(netdev),
                      netdev_vport_get_dpif_port(netdev, namebuf,
                                                 sizeof namebuf)));
}

/* Returns true if 'netdev' is of a type over UDP.  Upstream's have their L4
 * port in the datapath port's name. */
static bool
tnl_is_udp(const struct netdev *netdev)
{
    const struct netdev_class *netdev_class = netdev_get_class(netdev);
    const struct tnl_class *class = tnl_class_from_type(netdev_class->type);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    return (class
            ? class->nw_proto == IPPROTO_UDP
            : strcmp(netdev_vport_class_get_dpif_port(netdev_class),
                     netdev_vport_get_dpif_port(netdev, namebuf,
                                                sizeof namebuf)));
}

/* Returns true if packets for 'a', a port of one of our classes with options
 * 'a_cfg', may as well be for 'b', of another type with options 'b_cfg'. */
static bool
tnl_are_rivals(const struct netdev *a,
               const struct netdev_tunnel_config *a_cfg,
               const struct netdev *b,
               const struct netdev_tunnel_config *b_cfg)
{
    const struct tnl_class *class = tnl_class_from_netdev(a);
    const char *type = netdev_get_type(b);

    return (class && b_cfg && class->type != type
            && ((a_cfg->dst_port && a_cfg->dst_port == b_cfg->dst_port
                 && tnl_is_udp(a) && tnl_is_udp(b))
                || (tnl_class_from_rival(type) == class
                    && class->contests(type, b_cfg))));
}

/* Returns a port in a userspace datapath that wants packets that 'netdev',
 * with options 'cfg', null if it is no tunnel, and in such a datapath, would
 * receive as well, with nothing in them that tells whose they are, or NULL if
 * there is none.  The caller must close it. */
static struct netdev *
tnl_find_rival__(const struct netdev *netdev,
                 const struct netdev_tunnel_config *cfg)
{
    struct netdev *rival = NULL;
    struct netdev **vports;
    size_t n;

    if (!cfg) {
        return NULL;
    }
    vports = netdev_get_vports(&n);
    for (size_t i = 0; i < n; i++) {
        struct netdev *vport = vports[i];
        const struct netdev_tunnel_config *vport_cfg;

        vport_cfg = netdev_get_tunnel_config(vport);
        if (!rival
            && (tnl_are_rivals(netdev, cfg, vport, vport_cfg)
                || tnl_are_rivals(vport, vport_cfg, netdev, cfg))
            && tnl_is_userspace_port(vport)) {
            rival = vport;
        } else {
            netdev_close(vport);
        }
    }
    free(vports);
    return rival;
}

struct netdev *
tnl_find_rival(const struct netdev *netdev, const char *datapath_type)
{
    return (strcmp(datapath_type, "system") && tnl_is_active()
            ? tnl_find_rival__(netdev, netdev_get_tunnel_config(netdev))
            : NULL);
}

char *
tnl_explain_rival(const struct netdev *netdev, const struct netdev *rival)
{
    return xasprintf("%s: type %s would receive packets that port %s of type "
                     "%s receives: delete one of them, or set %s",
                     netdev_get_name(netdev), netdev_get_type(netdev),
                     netdev_get_name(rival), netdev_get_type(rival),
                     tnl_is_udp(netdev) ? "another options:dst_port"
                     : "options:seq=true on the GRE ports and their peers");
}

/* Returns true if 'netdev', which may be in a datapath already, can have the
 * options 'cfg', as far as types with the same packets are concerned.
 * Otherwise, appends a line to 'errors'.  Every port comes here whenever the
 * database changes, so ports whose options do not change do not look at all
 * the others. */
bool
tnl_check_rival(const struct netdev *netdev,
                const struct netdev_tunnel_config *cfg, struct ds *errors)
{
    struct netdev *rival;
    char *reason;

    rival = (tnl_is_active() && tnl_is_userspace_port(netdev)
             && memcmp(netdev_get_tunnel_config(netdev), cfg, sizeof *cfg)
             ? tnl_find_rival__(netdev, cfg) : NULL);
    if (!rival) {
        return true;
    }
    reason = tnl_explain_rival(netdev, rival);
    ds_put_format(errors, "%s\n", reason);
    free(reason);
    netdev_close(rival);
    return false;
}

/* Returns true if 'netdev' must not be added to a datapath of type
 * 'datapath_type', because a port of another type receives its packets, and
 * nothing in them tells whose they are. */
bool
tnl_has_rival(const struct netdev *netdev, const char *datapath_type)
{
    struct netdev *rival = tnl_find_rival(netdev, datapath_type);

    netdev_close(rival);
    return rival != NULL;
}

/* A port of the datapath. */
struct tnl_shared {
    struct ovs_list node;       /* In 'tnl_shared_list'. */
    const struct tnl_class *class;
    bool rival;                 /* Of one of 'class''s rivals. */
    odp_port_t port;
    unsigned int n;             /* OpenFlow ports that use it. */
};

static struct ovs_mutex tnl_shared_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_list tnl_shared_list OVS_GUARDED_BY(tnl_shared_mutex)
    = OVS_LIST_INITIALIZER(&tnl_shared_list);

/* For each class, its first port and that of its rivals, 0 for none. */
static atomic_uint32_t tnl_shared_ports[TNL_N_CLASSES][2];

/* Returns the port of class number 'i', or of its rivals, or 0 if there is
 * none. */
static odp_port_t
tnl_shared_port(size_t i, bool rival)
{
    uint32_t port;

    atomic_read_relaxed(&tnl_shared_ports[i][rival], &port);
    return u32_to_odp(port);
}

/* Makes 'tnl_shared_ports' what the list says. */
static void
tnl_shared_update(void)
    OVS_REQUIRES(tnl_shared_mutex)
{
    for (size_t i = 0; i < TNL_N_CLASSES; i++) {
        odp_port_t ports[2] = { 0, 0 };
        const struct tnl_shared *p;

        LIST_FOR_EACH (p, node, &tnl_shared_list) {
            if (p->class == tnl_classes[i] && !ports[p->rival]) {
                ports[p->rival] = p->port;
            }
        }
        for (int rival = 0; rival < 2; rival++) {
            atomic_store_relaxed(&tnl_shared_ports[i][rival],
                                 odp_to_u32(ports[rival]));
        }
    }
}

/* Returns the port number 'port' of 'type' in 'tnl_shared_list', or NULL.
 * Stores the class that 'type' is, or is a rival of, in '*classp'. */
static struct tnl_shared *
tnl_shared_find(odp_port_t port, const char *type,
                const struct tnl_class **classp, bool *rivalp)
    OVS_REQUIRES(tnl_shared_mutex)
{
    struct tnl_shared *p;

    *classp = tnl_class_from_type(type);
    *rivalp = !*classp;
    if (!*classp) {
        *classp = tnl_class_from_rival(type);
    } else if (!(*classp)->rivals) {
        *classp = NULL;
    }
    LIST_FOR_EACH (p, node, &tnl_shared_list) {
        if (p->port == port && p->class == *classp && p->rival == *rivalp) {
            return p;
        }
    }
    return NULL;
}

/* Notes that an OpenFlow port of 'type' now uses datapath port 'port'. */
void
tnl_map_insert(odp_port_t port, const char *type)
{
    const struct tnl_class *class;
    struct tnl_shared *p;
    bool rival;

    ovs_mutex_lock(&tnl_shared_mutex);
    p = tnl_shared_find(port, type, &class, &rival);
    if (p) {
        p->n++;
    } else if (class) {
        p = xmalloc(sizeof *p);
        *p = (struct tnl_shared) {
            .class = class, .rival = rival, .port = port, .n = 1,
        };
        ovs_list_push_back(&tnl_shared_list, &p->node);
        tnl_shared_update();
    }
    ovs_mutex_unlock(&tnl_shared_mutex);
}

/* Notes that an OpenFlow port of 'type' does not use datapath port 'port' any
 * more. */
void
tnl_map_delete(odp_port_t port, const char *type)
{
    const struct tnl_class *class;
    struct tnl_shared *p;
    bool rival;

    ovs_mutex_lock(&tnl_shared_mutex);
    p = tnl_shared_find(port, type, &class, &rival);
    if (p && !--p->n) {
        ovs_list_remove(&p->node);
        free(p);
        tnl_shared_update();
    }
    ovs_mutex_unlock(&tnl_shared_mutex);
}

/* Returns the datapath port that receives packets of 'nw_proto' for local
 * addresses, if a class with rivals decides on that, otherwise 0. */
odp_port_t
tnl_map_lookup(uint8_t nw_proto)
{
    for (size_t i = 0; tnl_is_active() && i < TNL_N_CLASSES; i++) {
        if (tnl_classes[i]->rivals && tnl_classes[i]->nw_proto == nw_proto) {
            odp_port_t port = tnl_shared_port(i, false);

            return port ? port : tnl_shared_port(i, true);
        }
    }
    return 0;
}

/* If packets in 'batch', received for 'netdev', are for another type, moves
 * them to 'others', with an action for them, and returns true. */
bool
tnl_pop_split(const struct netdev *netdev, struct dp_packet_batch *batch,
              struct tnl_pop_others *others)
{
    const char *type = netdev->netdev_class->type;

    for (size_t i = 0; tnl_is_active() && i < TNL_N_CLASSES; i++) {
        const struct tnl_class *class = tnl_classes[i];
        size_t j, n = dp_packet_batch_size(batch);
        struct dp_packet *packet;
        bool rival;

        if (!tnl_shared_port(i, false) || !tnl_shared_port(i, true)) {
            continue;
        }
        rival = type != class->type;
        if (rival && tnl_class_from_rival(type) != class) {
            continue;
        }

        dp_packet_batch_init(&others->packets);
        DP_PACKET_BATCH_REFILL_FOR_EACH (j, n, packet, batch) {
            dp_packet_batch_add(class->claims(packet) == rival
                                ? &others->packets : batch, packet);
        }
        others->pop.nla_type = OVS_ACTION_ATTR_TUNNEL_POP;
        others->pop.nla_len = NLA_HDRLEN + sizeof others->port;
        others->port = tnl_shared_port(i, !rival);
        return !dp_packet_batch_is_empty(&others->packets);
    }
    return false;
}
