/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb-mirror.h"

#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/addr.h"
#include "overlay/fdb-kernel.h"
#include "overlay/fdb-table.h"
#include "overlay/mcast.h"
#include "overlay/rtnl.h"
#include "packets.h"
#include "util.h"

/* Initializes '*mirror', without any entry, for the device called 'device',
 * which must stay valid, or for none if 'device' is null. */
void
ovl_fdb_mirror_init(struct ovl_fdb_mirror *mirror, const char *device)
{
    memset(mirror, 0, sizeof *mirror);
    mirror->device = device;
}

/* Removes the entries of 'table' that are from the kernel, if they are stale,
 * or all of them.  Returns true if there was one. */
static bool
remove_entries(struct ovl_fdb_table *table, bool only_stale)
{
    struct ovl_fdb_entry *e;
    bool any = false;

    HMAP_FOR_EACH_SAFE (e, node, &table->entries) {
        if (e->origin == OVL_FDB_KERNEL && (e->stale || !only_stale)) {
            ovl_fdb_table_remove(table, e);
            any = true;
        }
    }
    return any;
}

/* Removes everything that 'mirror' has added to 'table', and frees its
 * memory. */
void
ovl_fdb_mirror_destroy(struct ovl_fdb_mirror *mirror,
                       struct ovl_fdb_table *table)
{
    remove_entries(table, false);
    free(mirror->flood);
}

/* Adds 'remote' to the flood list of 'mirror', or removes it if 'deleted'.
 * Returns true if that changes the list. */
static bool
change_flood(struct ovl_fdb_mirror *mirror, const struct in6_addr *remote,
             bool deleted)
{
    size_t i = 0;

    while (i < mirror->n_flood
           && !ipv6_addr_equals(&mirror->flood[i], remote)) {
        i++;
    }
    if (deleted == (i == mirror->n_flood)) {
        return false;
    } else if (deleted) {
        mirror->flood[i] = mirror->flood[--mirror->n_flood];
    } else {
        if (mirror->n_flood >= mirror->allocated_flood) {
            mirror->flood = x2nrealloc(mirror->flood,
                                       &mirror->allocated_flood,
                                       sizeof *mirror->flood);
        }
        mirror->flood[mirror->n_flood++] = *remote;
    }
    return true;
}

/* Counts an entry that is not used, and removes what 'table' has in its
 * place. */
static bool
refuse(struct ovl_fdb_table *table, struct ovl_fdb_entry *e)
{
    table->counters[OVL_FDB_COUNT_REFUSED_SOURCE]++;
    if (e) {
        ovl_fdb_table_remove(table, e);
    }
    return e != NULL;
}

/* Applies 'neigh', an entry of the device of 'mirror' that came or changed at
 * the time 'now' (ms), to 'table'.  Returns true if that changes anything. */
bool
ovl_fdb_mirror_apply(struct ovl_fdb_mirror *mirror,
                     struct ovl_fdb_table *table,
                     const struct ovl_fdb_neigh *neigh, long long int now)
{
    const struct in6_addr *remote = &neigh->remote;
    bool is_flood = eth_addr_is_zero(neigh->mac);
    struct ovl_fdb_entry *e = ovl_fdb_table_find(table, neigh->mac,
                                                 OVL_FDB_ANY_VLAN);
    bool same = e && ipv6_addr_equals(&e->remote->addr, remote);

    if (!ipv6_addr_is_set(remote)) {
        /* The same entry of a Linux bridge, or of a nexthop group. */
        return false;
    } else if (neigh->deleted) {
        if (is_flood) {
            return change_flood(mirror, remote, true);
        } else if (same) {
            ovl_fdb_table_remove(table, e);
        }
        return same;
    } else if (!neigh->usable || ovl_mcast_is_own(remote)
               || eth_addr_is_multicast(neigh->mac)
               || !ovl_addr_is_unicast(remote)) {
        return refuse(table, e);
    } else if (is_flood) {
        return change_flood(mirror, remote, false);
    }

    e = ovl_fdb_table_set(table, neigh->mac, OVL_FDB_ANY_VLAN, remote,
                          OVL_FDB_KERNEL);
    e->stale = false;
    if (!same) {
        e->seen = now;
    }
    return !same;
}

/* What is wrong if the kernel does not answer: nothing changes then. */
static const char cannot_read[] = "cannot be read";

/* Returns what is wrong with the device called 'name', for packets with 'vni',
 * or NULL if nothing is. */
static const char *
check_device(const char *name, ovs_be64 vni)
{
    const char *problem = "is not a vxlan device";
    const struct nlattr *info, *id;
    struct ofpbuf *reply;
    int error;

    error = ovl_rtnl_get(name, &reply);
    if (error) {
        return error == ENODEV ? "does not exist" : cannot_read;
    }
    info = ovl_rtnl_get_info(reply, "vxlan");
    if (info) {
        id = nl_attr_find_nested(info, IFLA_VXLAN_ID);
        problem = (id && nl_attr_get_size(id) == sizeof(uint32_t)
                   && vni != OVS_BE64_MAX
                   && nl_attr_get_u32(id) != ntohll(vni)
                   ? "has another VNI than options:key" : NULL);
    }
    ofpbuf_delete(reply);
    return problem;
}

/* Implements ovl_fdb_neigh_func for a struct ovl_fdb_dump. */
static void
add_to_dump(const struct ovl_fdb_neigh *neigh, void *dump_)
{
    struct ovl_fdb_dump *dump = dump_;

    if (dump->n >= dump->allocated) {
        dump->neighs = x2nrealloc(dump->neighs, &dump->allocated,
                                  sizeof *dump->neighs);
    }
    dump->neighs[dump->n++] = *neigh;
}

/* Looks for the device of 'mirror', which must have 'vni', unless that is
 * OVS_BE64_MAX.  If it is another one than before or changes may have been
 * missed, stores its entries in '*dump' and returns true: then the caller must
 * call ovl_fdb_mirror_finish().  Only reads 'mirror'. */
bool
ovl_fdb_mirror_look(const struct ovl_fdb_mirror *mirror, ovs_be64 vni,
                    struct ovl_fdb_dump *dump)
{
    memset(dump, 0, sizeof *dump);
    dump->error = check_device(mirror->device, vni);
    dump->ifindex = dump->error ? 0 : if_nametoindex(mirror->device);
    if (dump->ifindex == mirror->ifindex && dump->error == mirror->error
        && !mirror->resync) {
        return false;
    }
    if (dump->ifindex
        && ovl_fdb_kernel_dump(dump->ifindex, add_to_dump, dump)) {
        dump->error = cannot_read;
    }
    return true;
}

/* Has 'table' have the entries in 'dump', which came at the time 'now' (ms),
 * and frees the memory of 'dump'. */
void
ovl_fdb_mirror_finish(struct ovl_fdb_mirror *mirror,
                      struct ovl_fdb_table *table, struct ovl_fdb_dump *dump,
                      long long int now)
{
    struct ovl_fdb_entry *e;

    mirror->error = dump->error;
    if (dump->error != cannot_read) {
        mirror->ifindex = dump->ifindex;
        mirror->resync = false;
        mirror->n_flood = 0;
        HMAP_FOR_EACH (e, node, &table->entries) {
            e->stale = true;
        }
        for (size_t i = 0; i < dump->n; i++) {
            ovl_fdb_mirror_apply(mirror, table, &dump->neighs[i], now);
        }
        remove_entries(table, true);
    }
    free(dump->neighs);
}
