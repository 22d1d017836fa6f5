/* SPDX-License-Identifier: GPL-2.0 */
/* Reception.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_RCV_H
#define STT_RCV_H

#include <linux/netdevice.h>

int stt_open(struct net_device *dev);
int stt_stop(struct net_device *dev);

#endif /* STT_RCV_H */
