/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Forwarding databases: messages of rtnetlink about neighbors, each in front
 * of its length, change the table of a port, between frames that it learns
 * from.  An entry never has an address that no host can have. */

#include <config.h>
#undef NDEBUG

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/addr.h"
#include "overlay/fdb-kernel.h"
#include "overlay/fdb-mirror.h"
#include "overlay/fdb-table.h"
#include "packets.h"
#include "util.h"

/* Limits of learned entries. */
#define MAX 8
#define REMOTE_MAX 5

/* Applies the message whose content is the 'size' bytes 'data', of which the
 * first one selects the type. */
static void
apply(struct ovl_fdb_mirror *mirror, struct ovl_fdb_table *table,
      const uint8_t *data, size_t size, long long int now)
{
    struct ovl_fdb_neigh neigh;
    struct ofpbuf msg;

    ofpbuf_init(&msg, 0);
    nl_msg_put_nlmsghdr(&msg, size, RTM_NEWNEIGH + data[0] % 3, 0);
    ofpbuf_put(&msg, data + 1, size - 1);
    if (ovl_fdb_neigh_parse(&msg, &neigh)) {
        ovl_fdb_mirror_apply(mirror, table, &neigh, now);
    }
    ofpbuf_uninit(&msg);
}

/* Has 'table' learn the MAC address and the remote address in the 'size' bytes
 * 'data'. */
static void
learn(struct ovl_fdb_table *table, const uint8_t *data, size_t size,
      long long int now)
{
    struct in6_addr remote;
    struct eth_addr mac;

    if (size >= 8) {
        memcpy(&mac, data, sizeof mac);
        in6_addr_set_mapped_ipv4(&remote, htonl(0x0a000000 | data[6]));
        ovl_fdb_table_learn(table, mac, data[7] & 1, &remote, now, MAX,
                            REMOTE_MAX);
    }
}

/* Fails if 'table' contradicts itself. */
static void
check(const struct ovl_fdb_table *table)
{
    size_t n[3] = { 0, 0, 0 }, total = 0;
    const struct ovl_fdb_remote *remote;
    const struct ovl_fdb_entry *e;

    HMAP_FOR_EACH (e, node, &table->entries) {
        n[e->origin]++;
        if (e->origin == OVL_FDB_KERNEL) {
            ovs_assert(ovl_addr_is_unicast(&e->remote->addr));
            ovs_assert(!eth_addr_is_multicast(e->mac));
            ovs_assert(!eth_addr_is_zero(e->mac));
        }
    }
    HMAP_FOR_EACH (remote, node, &table->remotes) {
        size_t learned = ovs_list_size(&remote->learned);

        ovs_assert(learned == remote->heap_node.priority);
        ovs_assert(learned <= REMOTE_MAX);
        ovs_assert(learned + remote->n_fixed > 0);
        total += learned;
    }
    ovs_assert(n[OVL_FDB_LEARNED] <= MAX && n[OVL_FDB_LEARNED] == total);
    ovs_assert(n[OVL_FDB_KERNEL] == table->n_fixed);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ovl_fdb_mirror mirror;
    struct ovl_fdb_table table;
    long long int now = 0;

    ovl_fdb_table_init(&table);
    ovl_fdb_mirror_init(&mirror, "vni100");
    while (size >= 3) {
        size_t len = MIN(data[0] & 0x7f, size - 1);

        if (!len) {
            break;
        } else if (data[0] & 0x80) {
            learn(&table, data + 1, len, now);
        } else {
            apply(&mirror, &table, data + 1, len, now);
        }
        check(&table);
        now += 400;
        data += 1 + len;
        size -= 1 + len;
    }
    for (size_t i = 0; i < mirror.n_flood; i++) {
        ovs_assert(ovl_addr_is_unicast(&mirror.flood[i]));
    }
    ovl_fdb_table_expire(&table, now / 2);
    check(&table);
    ovl_fdb_mirror_destroy(&mirror, &table);
    ovl_fdb_table_destroy(&table);
    return 0;
}
