// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <linux/skbuff.h>
#include <net/dst.h>

void probe(struct sk_buff *skb);

void probe(struct sk_buff *skb)
{
	kfree_skb_reason(skb, SKB_DROP_REASON_DUP_FRAG);
}
