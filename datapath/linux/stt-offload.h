/* SPDX-License-Identifier: GPL-2.0 */
/* The offload state of an inner packet, in its skb and in the STT header.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_OFFLOAD_H
#define STT_OFFLOAD_H

#include <linux/netdevice.h>

#include "stt-wire.h"
#include "tunnel-inner.h"

netdev_features_t stt_features_check(struct sk_buff *skb,
				     struct net_device *dev,
				     netdev_features_t features);
int stt_put_offload(struct sk_buff *skb, const struct tunnel_inner *in,
		    bool is_ip, struct stthdr *hdr);
int stt_get_offload(struct sk_buff *skb, const struct stthdr *hdr);

#endif /* STT_OFFLOAD_H */
