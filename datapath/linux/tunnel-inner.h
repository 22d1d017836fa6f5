/* SPDX-License-Identifier: GPL-2.0 */
/* Headers of the inner packet.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef TUNNEL_INNER_H
#define TUNNEL_INNER_H

#include <linux/skbuff.h>

/* Offsets and fields of an IP packet in an Ethernet frame. */
struct tunnel_inner {
	unsigned int	l4;		/* offset of the L4 header */
	unsigned int	end;		/* offset of the end of the packet */
	unsigned int	l3;		/* offset of the IP header */
	bool		ipv4;
	bool		plain;		/* no fragment or extension headers */
	bool		fragment;
	u8		protocol;	/* IPPROTO_* of the L4 header */
	u8		dsfield;
};

bool tunnel_parse_inner(const struct sk_buff *skb, struct tunnel_inner *in);

#endif /* TUNNEL_INNER_H */
