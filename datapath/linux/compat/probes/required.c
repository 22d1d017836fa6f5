// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Functions and constants that have no replacement in compat.h.  Linux 6.1,
 * the oldest supported kernel, has all of them.
 */

#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/dst.h>

void probe(struct net_device *dev, struct sk_buff *skb);

void probe(struct net_device *dev, struct sk_buff *skb)
{
	netif_set_tso_max_size(dev, 65536);
	dev_core_stats_rx_dropped_inc(dev);
	kfree_skb_reason(skb, SKB_DROP_REASON_TCP_CSUM);
}
