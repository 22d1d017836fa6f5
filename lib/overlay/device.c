/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/device.h"

#include <net/if.h>
#include <string.h>

#include "netdev.h"

/* Returns the index of the kernel device of 'netdev', or 0 if there is
 * none. */
int
ovl_device_ifindex(const struct netdev *netdev)
{
    return (strcmp(netdev_get_type(netdev), "system")
            ? 0 : if_nametoindex(netdev_get_name(netdev)));
}

/* Returns true if 'netdev', a port of a bridge of type 'datapath_type', must
 * be opened again, because its device, which had index 'ifindex', was deleted
 * and another one has the same name.  A userspace datapath would continue to
 * use the socket of the deleted device.  (The kernel deletes the port together
 * with the device.) */
bool
ovl_device_replaced(const struct netdev *netdev, int ifindex,
                    const char *datapath_type)
{
    int now;

    if (!ifindex || !strcmp(datapath_type, "system")) {
        return false;
    }
    now = ovl_device_ifindex(netdev);
    return now && now != ifindex;
}
