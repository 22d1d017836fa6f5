/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-fdb.h"

#include "dpif.h"
#include "flow.h"
#include "hmapx.h"
#include "mac-learning.h"
#include "netdev.h"
#include "ofproto-dpif-xlate-cache.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "overlay/fdb.h"
#include "packets.h"
#include "timeval.h"
#include "util.h"

/* All struct ofproto_dpif. */
static struct hmapx bridges = HMAPX_INITIALIZER(&bridges);

/* 'xin' translates packets that 'netdev', which may be null, received.  If it
 * learns, learns that the source MAC address in 'vlan' is behind the remote
 * endpoint that sent them.  'ml' is the MAC learning table of the bridge. */
void
ovl_xlate_fdb_learn(struct xlate_in *xin, const struct netdev *netdev,
                    struct mac_learning *ml, uint16_t vlan)
{
    const struct flow *flow = &xin->flow;
    struct in6_addr remote = flow_tnl_src(&flow->tunnel);

    if (!netdev || !ovl_fdb_learns(netdev)
        || flow->packet_type != htonl(PT_ETH)) {
        return;
    }
    if (xin->allow_side_effects) {
        ovl_fdb_learn(netdev, ml, flow->dl_src, vlan, &remote,
                      (xin->resubmit_stats ? xin->resubmit_stats->used
                       : time_msec()));
    }
    if (xin->xcache) {
        struct xc_entry *entry = xlate_cache_add_entry(xin->xcache, XC_FDB);

        entry->fdb.netdev = netdev_ref(netdev);
        entry->fdb.ml = mac_learning_ref(ml);
        entry->fdb.remote = remote;
        entry->fdb.mac = flow->dl_src;
        entry->fdb.vlan = vlan;
    }
}

/* Packets came from 'source', the last one at the time 'when' (ms). */
void
ovl_fdb_refresh(const struct ovl_fdb_source *source, long long int when)
{
    ovl_fdb_learn(source->netdev, source->ml, source->mac, source->vlan,
                  &source->remote, when);
}

/* Frees the members of 'source'. */
void
ovl_fdb_source_destroy(struct ovl_fdb_source *source)
{
    netdev_close(source->netdev);
    mac_learning_unref(source->ml);
}

/* Returns true if 'ofproto' has a port, besides tunnels and its own, that is
 * up. */
static bool
has_other_port(const struct ofproto_dpif *ofproto)
{
    const struct ofport *port;

    HMAP_FOR_EACH (port, hmap_node, &ofproto->up.ports) {
        if (port->may_enable && port->ofp_port != OFPP_LOCAL
            && !netdev_get_tunnel_config(port->netdev)) {
            return true;
        }
    }
    return false;
}

/* The ports of 'ofproto', or their state, may have changed. */
void
ovl_fdb_update_bridge(const struct ofproto_dpif *ofproto)
{
    bool idle = !has_other_port(ofproto);
    const struct ofport *port;

    hmapx_add(&bridges, CONST_CAST(struct ofproto_dpif *, ofproto));
    HMAP_FOR_EACH (port, hmap_node, &ofproto->up.ports) {
        ovl_fdb_set_place(port->netdev, ofproto, port->ofp_port, idle);
    }
}

/* 'ofproto' is going away. */
void
ovl_fdb_remove_bridge(const struct ofproto_dpif *ofproto)
{
    hmapx_find_and_delete(&bridges, ofproto);
    ovl_fdb_remove_ofproto(ofproto);
}

/* Has the kernel and 'ml', the MAC learning table of the bridge of 'netdev',
 * agree on where addresses are: where they were seen last.  'bundle' and
 * 'vlan' are those of ovl_fdb_set_bundle(). */
static void
agree(const struct netdev *netdev, const void *bundle, int vlan,
      struct mac_learning *ml)
    OVS_EXCLUDED(ml->rwlock)
{
    struct eth_addr *macs;
    struct mac_entry *e;
    size_t n = 0;

    ovs_rwlock_wrlock(&ml->rwlock);
    macs = xmalloc(hmap_count(&ml->table) * sizeof *macs);
    HMAP_FOR_EACH_SAFE (e, hmap_node, &ml->table) {
        int age = mac_entry_age(ml, e);

        if (mac_entry_get_port(ml, e) == bundle || eth_addr_is_zero(e->mac)
            || (vlan >= 0 && e->vlan != vlan)) {
            continue;
        } else if (age != MAC_ENTRY_AGE_STATIC_ENTRY
                   && ovl_fdb_has_newer(netdev, e->mac,
                                        (time_now() - age) * 1000LL)) {
            /* Within the same second, the kernel is taken to be right. */
            mac_learning_expire(ml, e);
        } else {
            macs[n++] = e->mac;
        }
    }
    ovs_rwlock_unlock(&ml->rwlock);
    ovl_fdb_advertise(netdev, macs, n);
    free(macs);
}

/* Called often by the main thread. */
void
ovl_fdb_ofproto_run(void)
{
    const struct hmapx_node *node;

    if (!ovl_fdb_run()) {
        return;
    }
    HMAPX_FOR_EACH (node, &bridges) {
        const struct ofproto_dpif *ofproto = node->data;
        const struct ofport *port;

        HMAP_FOR_EACH (port, hmap_node, &ofproto->up.ports) {
            const void *bundle;
            int vlan;

            if (ovl_fdb_uses_kernel(port->netdev, &bundle, &vlan)) {
                agree(port->netdev, bundle, vlan, ofproto->ml);
            }
        }
    }
}
