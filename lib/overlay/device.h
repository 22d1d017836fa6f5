/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_DEVICE_H
#define OVERLAY_DEVICE_H 1

/* Kernel devices that are ports of a userspace datapath. */

#include <stdbool.h>

struct netdev;

/* vswitchd/bridge.c. */
int ovl_device_ifindex(const struct netdev *);
bool ovl_device_replaced(const struct netdev *, int ifindex,
                         const char *datapath_type);

#endif /* overlay/device.h */
