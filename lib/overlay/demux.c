/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Which datapath port receives a packet.
 *
 * Upstream's map from addresses, IP protocol and L4 port to datapath ports has
 * one entry for all ports with the same protocol and L4 port, and keeps the
 * first datapath port until the last of them is deleted.  This file corrects
 * the map whenever one of them is deleted, so that it never has a deleted
 * datapath port.
 *
 * The types over GRE share one entry there.  Each packet is passed to the
 * datapath port of its type, no matter which one upstream's map or an older
 * datapath flow has. */

#include <config.h>

#include "overlay/demux.h"

#include <string.h>

#include "dp-packet.h"
#include "hash.h"
#include "netdev-native-tnl.h"
#include "netdev-provider.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/hmap.h"
#include "overlay/class.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "tnl-ports.h"
#include "util.h"

/* A datapath port in upstream's map. */
struct demux_port {
    struct hmap_node port_node; /* In 'demux_ports', by 'port'. */
    struct hmap_node proto_node; /* In 'demux_protos', by the next two. */
    uint8_t nw_proto;
    ovs_be16 tp_port;
    odp_port_t port;
    char *name;
    const char *type;
    unsigned int n;             /* Number of OpenFlow ports that use it. */
};

/* An OpenFlow port that uses a datapath port. */
struct demux_user {
    struct hmap_node node;      /* In 'demux_users', by 'netdev'. */
    const struct netdev *netdev;
    struct demux_port *mapped;
};

static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct hmap demux_ports OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&demux_ports);
static struct hmap demux_protos OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&demux_protos);
static struct hmap demux_users OVS_GUARDED_BY(mutex)
    = HMAP_INITIALIZER(&demux_users);

/* The types over GRE. */
enum gre {
    GRE_GRE,
    GRE_IP6GRE,
    GRE_ERSPAN,
    GRE_IP6ERSPAN,
    GRE_OURS,                   /* The class whose siblings are the others. */
    N_GRES
};

/* Datapath ports of the types over GRE, 0 for none, and the class of GRE_OURS,
 * NULL for none. */
static atomic_uint32_t gre_ports[N_GRES];
static const struct ovl_class *gre_class;

/* True if at least two types over GRE have a datapath port. */
static atomic_bool gre_split = false;

/* Returns 'type' as an enum gre, or N_GRES if it is not a type over GRE. */
static enum gre
gre_from_type(const char *type)
{
    const struct ovl_class *class = ovl_class_from_type(type);

    return (class && class->siblings ? GRE_OURS
            : !strcmp(type, "gre") ? GRE_GRE
            : !strcmp(type, "ip6gre") ? GRE_IP6GRE
            : !strcmp(type, "erspan") ? GRE_ERSPAN
            : !strcmp(type, "ip6erspan") ? GRE_IP6ERSPAN
            : N_GRES);
}

/* Returns the datapath port of 'gre', or 0 if there is none. */
static uint32_t
gre_port(enum gre gre)
{
    uint32_t port;

    atomic_read_relaxed(&gre_ports[gre], &port);
    return port;
}

/* Returns true if 'port' is the datapath port of a type over GRE. */
static bool
gre_has_port(uint32_t port)
{
    for (int i = 0; i < N_GRES; i++) {
        if (gre_port(i) == port) {
            return true;
        }
    }
    return false;
}

/* Sets the datapath port of 'type', if it is a type over GRE, to 'port', 0 for
 * none. */
static void
gre_set_port(const char *type, odp_port_t port)
{
    enum gre gre = gre_from_type(type);
    int n = 0;

    if (gre == N_GRES) {
        return;
    } else if (gre == GRE_OURS) {
        gre_class = ovl_class_from_type(type);
    }
    atomic_store_relaxed(&gre_ports[gre], odp_to_u32(port));
    for (int i = 0; i < N_GRES; i++) {
        n += gre_port(i) != 0;
    }
    atomic_store_explicit(&gre_split, n > 1, memory_order_release);
}

/* Returns the hash of datapath ports with 'nw_proto' and 'tp_port'. */
static uint32_t
demux_hash(uint8_t nw_proto, ovs_be16 tp_port)
{
    return hash_int(nw_proto << 16 | ntohs(tp_port), 0);
}

/* Returns the datapath port 'port' with 'nw_proto', or NULL. */
static struct demux_port *
demux_find(odp_port_t port, uint8_t nw_proto)
    OVS_REQUIRES(mutex)
{
    struct demux_port *mapped;

    HMAP_FOR_EACH_WITH_HASH (mapped, port_node, hash_odp_port(port),
                             &demux_ports) {
        if (mapped->port == port && mapped->nw_proto == nw_proto) {
            return mapped;
        }
    }
    return NULL;
}

/* Called when the OpenFlow port 'netdev' was added to upstream's map, with
 * datapath port 'port', called 'name'. */
void
ovl_demux_insert(const struct netdev *netdev, odp_port_t port,
                 const char *name)
{
    ovs_be16 tp_port = netdev_get_tunnel_config(netdev)->dst_port;
    const char *type = netdev_get_type(netdev);
    uint8_t nw_proto = ovl_to_nw_proto(type, tp_port);
    struct demux_user *user = xmalloc(sizeof *user);
    struct demux_port *mapped;

    ovs_mutex_lock(&mutex);
    mapped = demux_find(port, nw_proto);
    if (mapped) {
        /* Like upstream's map, keeps the old 'tp_port' if this one differs,
         * which can happen for a moment while a port's options change. */
        mapped->n++;
    } else {
        mapped = xmalloc(sizeof *mapped);
        *mapped = (struct demux_port) {
            .nw_proto = nw_proto, .tp_port = tp_port, .port = port,
            .name = xstrdup(name), .type = type, .n = 1,
        };
        hmap_insert(&demux_ports, &mapped->port_node,
                    hash_odp_port(port));
        hmap_insert(&demux_protos, &mapped->proto_node,
                    demux_hash(nw_proto, tp_port));
        gre_set_port(type, port);
    }
    user->netdev = netdev;
    user->mapped = mapped;
    hmap_insert(&demux_users, &user->node, hash_pointer(netdev, 0));
    ovs_mutex_unlock(&mutex);
}

/* Makes upstream's map use one of the remaining datapath ports with 'nw_proto'
 * and 'tp_port', by deleting and inserting all of them. */
static void
demux_heal(uint8_t nw_proto, ovs_be16 tp_port)
    OVS_REQUIRES(mutex)
{
    uint32_t hash = demux_hash(nw_proto, tp_port);

    for (int insert = 0; insert < 2; insert++) {
        const struct demux_port *mapped;

        HMAP_FOR_EACH_WITH_HASH (mapped, proto_node, hash,
                                 &demux_protos) {
            if (mapped->nw_proto != nw_proto || mapped->tp_port != tp_port) {
                continue;
            }
            for (unsigned int i = 0; i < mapped->n; i++) {
                if (insert) {
                    tnl_port_map_insert(mapped->port, tp_port, mapped->name,
                                        mapped->type);
                } else {
                    tnl_port_map_delete(mapped->port, mapped->type);
                }
            }
        }
    }
}

/* Deletes the OpenFlow port 'netdev', with datapath port 'port', from
 * upstream's map, if it is there.  Ports of a kernel datapath never are, and
 * userspace ports may have the same numbers. */
void
ovl_demux_delete(const struct netdev *netdev, odp_port_t port)
{
    struct demux_user *user;

    ovs_mutex_lock(&mutex);
    HMAP_FOR_EACH_WITH_HASH (user, node, hash_pointer(netdev, 0),
                             &demux_users) {
        struct demux_port *mapped = user->mapped;

        if (user->netdev != netdev || mapped->port != port) {
            continue;
        }
        hmap_remove(&demux_users, &user->node);
        free(user);

        tnl_port_map_delete(port, mapped->type);
        if (!--mapped->n) {
            hmap_remove(&demux_ports, &mapped->port_node);
            hmap_remove(&demux_protos, &mapped->proto_node);
            gre_set_port(mapped->type, 0);
            demux_heal(mapped->nw_proto, mapped->tp_port);
            free(mapped->name);
            free(mapped);
        }
        break;
    }
    ovs_mutex_unlock(&mutex);
}

/* Returns the type over GRE that 'packet' is for, among those with a datapath
 * port: GRE_OURS if is_mine() returns true; ERSPAN types before GRE types if
 * the protocol is ERSPAN's, after them otherwise; and of each pair the type
 * for the IP version of 'packet' first. */
static enum gre
gre_for_packet(const struct dp_packet *packet)
{
    static const uint8_t orders[2][2][4] = {
        { { GRE_GRE, GRE_IP6GRE, GRE_ERSPAN, GRE_IP6ERSPAN },
          { GRE_ERSPAN, GRE_IP6ERSPAN, GRE_GRE, GRE_IP6GRE } },
        { { GRE_IP6GRE, GRE_GRE, GRE_IP6ERSPAN, GRE_ERSPAN },
          { GRE_IP6ERSPAN, GRE_ERSPAN, GRE_IP6GRE, GRE_GRE } },
    };
    const struct gre_base_hdr *gre = dp_packet_l4(packet);
    bool ip6 = netdev_tnl_is_header_ipv6(dp_packet_data(packet));
    bool erspan = (gre && dp_packet_l4_size(packet) >= sizeof *gre
                   && (gre->protocol == htons(ETH_TYPE_ERSPAN1)
                       || gre->protocol == htons(ETH_TYPE_ERSPAN2)));

    if (gre_port(GRE_OURS) && gre_class->is_mine(packet)) {
        return GRE_OURS;
    }
    for (size_t i = 0; i < ARRAY_SIZE(orders[ip6][erspan]); i++) {
        if (gre_port(orders[ip6][erspan][i])) {
            return orders[ip6][erspan][i];
        }
    }
    return GRE_OURS;
}

/* If packets in 'batch', received for datapath port 'port', are for other
 * types over GRE, removes them from 'batch', and has 'execute', with 'aux',
 * pass them to the datapath port of the first one.  That calls this function
 * again; at least one packet stays at its port.  Returns the number of packets
 * that 'batch' has then. */
uint32_t
ovl_demux_split(odp_port_t port, struct dp_packet_batch *batch,
                odp_execute_cb execute, void *aux)
{
    size_t i, n = dp_packet_batch_size(batch);
    struct dp_packet_batch others;
    struct {
        struct nlattr nla;      /* OVS_ACTION_ATTR_TUNNEL_POP. */
        odp_port_t port;
    } pop;
    struct dp_packet *packet;
    bool split;

    atomic_read_explicit(&gre_split, &split, memory_order_acquire);
    if (!split || !gre_has_port(odp_to_u32(port))) {
        return n;
    }

    dp_packet_batch_init(&others);
    DP_PACKET_BATCH_REFILL_FOR_EACH (i, n, packet, batch) {
        odp_port_t own = u32_to_odp(gre_port(gre_for_packet(packet)));

        if (own == port || !own) {
            dp_packet_batch_add(batch, packet);
            continue;
        }
        if (dp_packet_batch_is_empty(&others)) {
            pop.nla.nla_type = OVS_ACTION_ATTR_TUNNEL_POP;
            pop.nla.nla_len = sizeof pop;
            pop.port = own;
        }
        dp_packet_batch_add(&others, packet);
    }
    if (!dp_packet_batch_is_empty(&others)) {
        execute(aux, &others, &pop.nla, true);
    }
    dp_packet_batch_destroy(&others);
    return dp_packet_batch_size(batch);
}
