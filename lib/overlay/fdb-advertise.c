/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb-advertise.h"

#include <linux/neighbour.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "overlay/fdb-kernel.h"
#include "packets.h"
#include "random.h"
#include "util.h"

/* An address that the device has been told. */
struct advertised {
    struct hmap_node node;      /* In 'macs'. */
    struct eth_addr mac;
    bool wanted;
};

/* Initializes '*adv' for the device called 'device', which must stay valid, or
 * for none if 'device' is null. */
void
ovl_fdb_advertiser_init(struct ovl_fdb_advertiser *adv, const char *device)
{
    memset(adv, 0, sizeof *adv);
    adv->device = device;
    hmap_init(&adv->macs);
    adv->secret = random_uint32();
}

/* Returns what 'adv' knows about 'mac', or NULL if it has not been told. */
static struct advertised *
find(const struct ovl_fdb_advertiser *adv, struct eth_addr mac)
{
    struct advertised *a;

    HMAP_FOR_EACH_WITH_HASH (a, node, hash_mac(mac, 0, adv->secret),
                             &adv->macs) {
        if (eth_addr_equals(a->mac, mac)) {
            return a;
        }
    }
    return NULL;
}

/* Removes 'a', without telling the device. */
static void
forget(struct ovl_fdb_advertiser *adv, struct advertised *a)
{
    hmap_remove(&adv->macs, &a->node);
    free(a);
}

/* Deletes what 'adv' has told the device, and frees its memory. */
void
ovl_fdb_advertiser_destroy(struct ovl_fdb_advertiser *adv)
{
    ovl_fdb_advertiser_set(adv, NULL, 0);
    hmap_destroy(&adv->macs);
}

/* Implements ovl_fdb_neigh_func for a struct ovl_fdb_advertiser.  Deletes the
 * entry of an earlier process. */
static void
delete_entry(const struct ovl_fdb_neigh *neigh, void *adv_)
{
    struct ovl_fdb_advertiser *adv = adv_;

    if (neigh->state == NUD_NOARP && !find(adv, neigh->mac)) {
        ovl_fdb_kernel_change(adv->ifindex, neigh->mac, false);
    }
}

/* Makes the 'n' MAC addresses 'macs' those that 'adv' has told the device.
 * Tries again what failed. */
void
ovl_fdb_advertiser_set(struct ovl_fdb_advertiser *adv,
                       const struct eth_addr *macs, size_t n)
{
    int ifindex = adv->device ? if_nametoindex(adv->device) : 0;
    bool is_new = ifindex != adv->ifindex;
    struct advertised *a;

    adv->error = adv->device && !ifindex ? "does not exist" : NULL;
    adv->ifindex = ifindex;
    HMAP_FOR_EACH_SAFE (a, node, &adv->macs) {
        a->wanted = false;
        if (is_new) {
            forget(adv, a);
        }
    }
    for (size_t i = 0; i < n && ifindex; i++) {
        a = find(adv, macs[i]);
        if (!a) {
            if (ovl_fdb_kernel_change(ifindex, macs[i], true)) {
                adv->error = "does not take addresses: it must be a port of "
                             "a Linux bridge";
                break;
            }
            a = xzalloc(sizeof *a);
            a->mac = macs[i];
            hmap_insert(&adv->macs, &a->node,
                        hash_mac(macs[i], 0, adv->secret));
        }
        a->wanted = true;
    }
    HMAP_FOR_EACH_SAFE (a, node, &adv->macs) {
        if (!a->wanted) {
            ovl_fdb_kernel_change(ifindex, a->mac, false);
            forget(adv, a);
        }
    }
    if (is_new && ifindex) {
        ovl_fdb_kernel_dump(ifindex, delete_entry, adv);
    }
}
