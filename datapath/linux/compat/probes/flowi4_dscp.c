// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <net/flow.h>
#include <net/inet_dscp.h>

void probe(struct flowi4 *fl4);

void probe(struct flowi4 *fl4)
{
	fl4->flowi4_dscp = inet_dsfield_to_dscp(0);
}
