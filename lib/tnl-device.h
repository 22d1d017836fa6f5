/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_DEVICE_H
#define TNL_DEVICE_H 1

/* Devices of the kernel that are ports of a userspace datapath. */

#include <stdbool.h>

struct netdev;

/* vswitchd/bridge.c. */
int tnl_device_ifindex(const struct netdev *);
bool tnl_device_replaced(const struct netdev *, int ifindex,
                         const char *datapath_type);

#endif /* tnl-device.h */
