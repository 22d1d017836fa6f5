/* SPDX-License-Identifier: GPL-2.0 */
/* The network device.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_DEVICE_H
#define STT_DEVICE_H

#include <linux/netdevice.h>

void stt_setup(struct net_device *dev);

#endif /* STT_DEVICE_H */
