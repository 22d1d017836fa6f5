/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-stamp-port.h"

#include <errno.h>
#include <string.h>

#include "dp-packet.h"
#include "dpif-netdev.h"
#include "flow.h"
#include "hash.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "nx-match.h"
#include "ofproto-dpif-overlay.h"
#include "ofproto-dpif.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "overlay/addr.h"
#include "overlay/oam-key.h"
#include "overlay/xlate.h"
#include "packets.h"
#include "simap.h"
#include "util.h"
#include "uuid.h"

/* Outer source ports, if the tunnel port has none of its own: those that all
 * encapsulations may use. */
#define SRC_PORT_MIN 49152
#define SRC_PORT_MAX 61000

struct ovs_mutex ovl_stamp_mutex = OVS_MUTEX_INITIALIZER;

/* Tunnel ports.  'ports' is by datapath port and remote endpoint. */
static struct hmap ports OVS_GUARDED_BY(ovl_stamp_mutex)
    = HMAP_INITIALIZER(&ports);
static struct hmap ports_by_name OVS_GUARDED_BY(ovl_stamp_mutex)
    = HMAP_INITIALIZER(&ports_by_name);

/* Returns a hash of a datapath port and a remote endpoint. */
uint32_t
ovl_stamp_hash_place(bool is_netdev, odp_port_t odp_port,
                     const struct in6_addr *remote)
{
    return hash_bytes(remote, sizeof *remote,
                      hash_2words(odp_to_u32(odp_port), is_netdev));
}

static void
remove_port(struct ovl_stamp_port *port)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    hmap_remove(&ports, &port->node);
    hmap_remove(&ports_by_name, &port->name_node);
    netdev_close(port->netdev);
    free(port->name);
    free(port);
}

struct ovl_stamp_port *
ovl_stamp_find_port_by_name(const char *name)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    struct ovl_stamp_port *port;

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
struct ovl_stamp_port *
ovl_stamp_find_port(bool is_netdev, odp_port_t odp_port,
                    const struct in6_addr *remote,
                    const struct in6_addr *local)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    const struct in6_addr *const remotes[] = { remote, &in6addr_any };

    for (size_t i = 0; i < ARRAY_SIZE(remotes); i++) {
        uint32_t hash = ovl_stamp_hash_place(is_netdev, odp_port, remotes[i]);
        struct ovl_stamp_port *port;

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
insert_port(struct ovl_stamp_port *port)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    hmap_insert(&ports, &port->node,
                ovl_stamp_hash_place(port->is_netdev, port->odp_port,
                                     &port->remote));
}

/* Adds 'ofport' of 'ofproto', or updates it, if it can send test packets. */
static void
update_port(const struct ofproto_dpif *ofproto, const struct ofport *ofport)
    OVS_REQUIRES(ovl_stamp_mutex)
{
    const struct netdev_tunnel_config *cfg
        = netdev_get_tunnel_config(ofport->netdev);
    const char *name = netdev_get_name(ofport->netdev);
    struct ovl_stamp_port *port = ovl_stamp_find_port_by_name(name);
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
    struct ovl_stamp_port *port;

    ovs_mutex_lock(&ovl_stamp_mutex);
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
    ovs_mutex_unlock(&ovl_stamp_mutex);
}

/* 'ofproto' is going away. */
void
ovl_stamp_remove_bridge(const struct ofproto_dpif *ofproto)
{
    struct ovl_stamp_port *port;

    ovs_mutex_lock(&ovl_stamp_mutex);
    HMAP_FOR_EACH_SAFE (port, name_node, &ports_by_name) {
        if (uuid_equals(&port->bridge, &ofproto->uuid)) {
            remove_port(port);
        }
    }
    ovs_mutex_unlock(&ovl_stamp_mutex);
}

/* Stores the range of outer source ports of 'port' in '*min' and '*max'. */
void
ovl_stamp_get_src_ports(const struct ovl_stamp_port *port, uint16_t *min,
                        uint16_t *max)
{
    const struct ovl_src_port *src_port
        = &netdev_get_tunnel_config(port->netdev)->ovl.src_port;

    *min = src_port->min ? src_port->min : SRC_PORT_MIN;
    *max = src_port->min ? src_port->max : SRC_PORT_MAX;
}

/* Returns true if 'port' can send test packets to 'remote': not if that is a
 * multicast group, all of which would answer. */
bool
ovl_stamp_can_send_to(const struct ovl_stamp_port *port,
                      const struct in6_addr *remote)
{
    return (!ovl_addr_is_group(remote)
            && (!ipv6_addr_is_set(&port->remote)
                || ipv6_addr_equals(&port->remote, remote)));
}

/* Sends 'packet' to 'remote' by 'port', with outer source address 'local'
 * unless it is all zeros, and outer source port 'tp_src' unless it is 0. */
void
ovl_stamp_send(const struct ovl_stamp_port *port,
               const struct in6_addr *remote, const struct in6_addr *local,
               uint16_t tp_src, struct dp_packet *packet,
               enum ovl_stamp_counter counter)
    OVS_REQUIRES(ovl_stamp_mutex)
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
    ovl_stamp_count(error ? OVL_STAMP_TX_ERRORS : counter);
}
