// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <net/dst.h>

struct net_device *probe(const struct dst_entry *dst);

struct net_device *probe(const struct dst_entry *dst)
{
	return dst_dev(dst);
}
