/* SPDX-License-Identifier: GPL-2.0 */
/* STT on the wire: draft-davie-stt-08.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * An 18-byte STT header and an inner Ethernet frame are the payload of
 * segments that look like TCP, so that TSO and LRO of any device can segment
 * and merge them.  There is no connection.
 *
 * TCP header, section 3.2: sequence number = length of the STT frame << 16 |
 * offset of this segment in it, acknowledgment number = frame ID, flags ACK
 * and (last segment) PSH, urgent pointer 0.
 */

#ifndef STT_WIRE_H
#define STT_WIRE_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/tcp.h>

/* STT frame header, section 3.1. */
struct stthdr {
	u8	version;		/* 0 */
	u8	flags;			/* STT_F_* */
	u8	l4_offset;		/* from the inner frame's first byte */
	u8	reserved;
	__be16	mss;			/* of the inner TCP segments, or 0 */
	__be16	vlan;			/* PCP, STT_VLAN_PRESENT, VID */
	__be64	id;			/* context ID: the tunnel key */
	__be16	padding;		/* aligns the inner IP header */
} __packed;
static_assert(sizeof(struct stthdr) == 18);

#define STT_F_CSUM_VERIFIED	0x01	/* inner L4 checksum is valid */
#define STT_F_CSUM_PARTIAL	0x02	/* inner L4 checksum is partial */
#define STT_F_IPV4		0x04	/* with CSUM_PARTIAL: IPv4, else IPv6 */
#define STT_F_TCP		0x08	/* with CSUM_PARTIAL: TCP, else UDP */

#define STT_VLAN_PRESENT	0x1000
#define STT_VLAN_MASK		(VLAN_PRIO_MASK | VLAN_VID_MASK)

#define STT_PORT		7471
#define STT_HLEN		(sizeof(struct tcphdr) + sizeof(struct stthdr))

/* A frame is at least an STT header and an inner Ethernet header. */
#define STT_FRAME_MIN		(sizeof(struct stthdr) + ETH_HLEN)

/* Longest inner frame sent.  The userspace datapath receives no longer one. */
#define STT_INNER_MAX		65315

/* Smallest inner TCP segment size that is accepted. */
#define STT_MSS_MIN		48

/* Smallest outer segment, whatever the MTU of the route. */
#define STT_SEGMENT_MIN		48

#endif /* STT_WIRE_H */
