/* SPDX-License-Identifier: GPL-2.0 */
/* The packet in a tunnel.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef TUNNEL_INNER_H
#define TUNNEL_INNER_H

#include <linux/skbuff.h>

/* Where an IP packet is in an Ethernet frame, and what it is like. */
struct tunnel_inner {
	unsigned int	l4;		/* offset of the L4 header */
	unsigned int	end;		/* offset of the end of the packet */
	unsigned int	l3;		/* offset of the IP header */
	bool		ipv4;
	bool		plain;		/* no fragment, no IPv6 options */
	bool		fragment;
	u8		protocol;	/* of L4 */
	u8		dsfield;
};

bool tunnel_parse_inner(const struct sk_buff *skb, struct tunnel_inner *in);

#endif /* TUNNEL_INNER_H */
