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

/* Maximum number of addresses that a device is told in one call, so that hosts
 * with many addresses do not keep the switch from its work. */
#define MAX_CHANGES 1024

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

/* The kernel no longer has what it was told about 'mac', or, if that is all
 * zeros, about any address. */
void
ovl_fdb_advertiser_forget(struct ovl_fdb_advertiser *adv, struct eth_addr mac)
{
    struct advertised *a;

    if (eth_addr_is_zero(mac)) {
        HMAP_FOR_EACH_SAFE (a, node, &adv->macs) {
            forget(adv, a);
        }
    } else {
        a = find(adv, mac);
        if (a) {
            forget(adv, a);
        }
    }
}

/* Moves 'from' to '*to', and makes '*from' one for no device. */
void
ovl_fdb_advertiser_move(struct ovl_fdb_advertiser *to,
                        struct ovl_fdb_advertiser *from)
{
    *to = *from;
    hmap_moved(&to->macs);
    ovl_fdb_advertiser_init(from, NULL);
}

/* Deletes what 'adv' has told the device, and frees its memory.  The name of
 * the device need not be valid any more. */
void
ovl_fdb_advertiser_destroy(struct ovl_fdb_advertiser *adv)
{
    struct advertised *a;

    HMAP_FOR_EACH_SAFE (a, node, &adv->macs) {
        ovl_fdb_kernel_change(adv->ifindex, a->mac, false);
        forget(adv, a);
    }
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

/* Tells the device of 'adv' about those of the 'n' MAC addresses 'macs' that
 * it does not know yet, at most MAX_CHANGES.  Returns false if one was
 * refused. */
static bool
add_new(struct ovl_fdb_advertiser *adv, const struct eth_addr *macs, size_t n)
{
    size_t left = MAX_CHANGES;
    bool good = true;

    for (size_t i = 0; i < n && left > 0; i++) {
        struct advertised *a = find(adv, macs[i]);

        if (!a) {
            left--;
            if (ovl_fdb_kernel_change(adv->ifindex, macs[i], true)) {
                good = false;
                continue;
            }
            a = xzalloc(sizeof *a);
            a->mac = macs[i];
            hmap_insert(&adv->macs, &a->node,
                        hash_mac(macs[i], 0, adv->secret));
        }
    }
    return good;
}

/* Makes the 'n' MAC addresses 'macs' those that 'adv' has told the device, up
 * to MAX_CHANGES new ones.  Tries again what failed. */
void
ovl_fdb_advertiser_set(struct ovl_fdb_advertiser *adv,
                       const struct eth_addr *macs, size_t n)
{
    int ifindex = adv->device ? if_nametoindex(adv->device) : 0;
    bool is_new = ifindex != adv->ifindex;
    struct advertised *a;

    adv->ifindex = ifindex;
    if (is_new) {
        ovl_fdb_advertiser_forget(adv, eth_addr_zero);
    }
    HMAP_FOR_EACH (a, node, &adv->macs) {
        a->wanted = false;
    }
    for (size_t i = 0; i < n; i++) {
        a = find(adv, macs[i]);
        if (a) {
            a->wanted = true;
        }
    }
    HMAP_FOR_EACH_SAFE (a, node, &adv->macs) {
        if (!a->wanted) {
            ovl_fdb_kernel_change(ifindex, a->mac, false);
            forget(adv, a);
        }
    }
    adv->error = (!adv->device ? NULL
                  : !ifindex ? "does not exist"
                  : add_new(adv, macs, n) ? NULL
                  : "does not take addresses: it must be a port of a Linux "
                    "bridge");
    if (is_new && ifindex) {
        ovl_fdb_kernel_dump(ifindex, delete_entry, adv);
    }
}
