// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <linux/netdevice.h>

void probe(struct net_device *dev);

void probe(struct net_device *dev)
{
	dev->netns_local = true;
}
