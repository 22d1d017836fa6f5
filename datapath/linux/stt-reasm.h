/* SPDX-License-Identifier: GPL-2.0 */
/* Reassembly of STT frames, independent of ports and devices.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_REASM_H
#define STT_REASM_H

#include <linux/in6.h>
#include <linux/skbuff.h>

#include "stt-counters.h"

/* Limits of the incomplete frames.  They may change at any time. */
struct stt_reasm_limits {
	unsigned long	max_bytes;
	unsigned int	max_frames;
	unsigned int	timeout;	/* ms */
};

/* Fields of a segment's outer headers.  An IPv4 address is a v4-mapped IPv6
 * address.
 */
struct stt_outer {
	struct stt_key {
		struct in6_addr	saddr, daddr;
		__be32		frame_id;
		__be16		sport, dport;
	} key;
	bool	ipv4;
	bool	df;
	u8	tos;
	u8	ttl;
	__be32	label;			/* flow label, IPv6 only */
	u32	mark;			/* of the segment's skb */
};

/* The incomplete frames of a network namespace. */
struct stt_reasm;

struct stt_reasm *stt_reasm_create(const struct stt_reasm_limits *limits);
void stt_reasm_destroy(struct stt_reasm *r);

enum stt_counter stt_reasm_add(struct stt_reasm *r,
			       struct tunnel_stats __percpu *stats,
			       const struct sk_buff *skb,
			       struct stt_outer *outer, unsigned int total,
			       unsigned int offset, struct sk_buff **framep);
void stt_reasm_clean(struct stt_reasm *r,
		     const struct tunnel_stats __percpu *stats);

unsigned int stt_reasm_n_frames(const struct stt_reasm *r);
unsigned long stt_reasm_n_bytes(const struct stt_reasm *r);

int stt_reasm_init(void);
void stt_reasm_exit(void);

#endif /* STT_REASM_H */
