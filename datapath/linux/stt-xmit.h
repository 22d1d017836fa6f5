/* SPDX-License-Identifier: GPL-2.0 */
/* Transmission.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_XMIT_H
#define STT_XMIT_H

#include <linux/netdevice.h>

netdev_tx_t stt_xmit(struct sk_buff *skb, struct net_device *dev);
int stt_fill_metadata_dst(struct net_device *dev, struct sk_buff *skb);

void stt_xmit_init(void);

#endif /* STT_XMIT_H */
