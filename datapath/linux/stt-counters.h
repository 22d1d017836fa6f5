/* SPDX-License-Identifier: GPL-2.0 */
/* STT's counters, one for each event in the life of a segment or a frame.  The
 * userspace datapath's counters for the same events have the same names.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_COUNTERS_H
#define STT_COUNTERS_H

#include <linux/skbuff.h>

#include "tunnel-stats.h"

/* COUNTER(NAME, "name", drop reason of the skb, SKB_DROP_REASON_*) */
#define STT_COUNTERS(COUNTER)						\
	/* Segments kept, and those that completed a frame. */		\
	COUNTER(RX_QUEUED, "rx_queued", NOT_SPECIFIED)			\
	COUNTER(RX_COMPLETE, "rx_complete", NOT_SPECIFIED)		\
	/* Segments dropped. */						\
	COUNTER(RX_HEADER, "rx_header", HDR_TRUNC)			\
	COUNTER(RX_CHECKSUM, "rx_checksum", TCP_CSUM)			\
	COUNTER(RX_POLICY, "rx_policy", XFRM_POLICY)			\
	COUNTER(RX_LENGTH, "rx_length", PKT_TOO_SMALL)			\
	COUNTER(RX_TOTAL_MISMATCH, "rx_total_mismatch", NOT_SPECIFIED)	\
	COUNTER(RX_DUPLICATE, "rx_duplicate", DUP_FRAG)			\
	COUNTER(RX_OVERLAP, "rx_overlap", DUP_FRAG)			\
	COUNTER(RX_FRAGMENTS, "rx_fragments", NOT_SPECIFIED)		\
	COUNTER(RX_VERSION, "rx_version", NOT_SPECIFIED)		\
	COUNTER(RX_NO_ROOM, "rx_no_room", NOMEM)			\
	COUNTER(RX_NO_MEMORY, "rx_no_memory", NOMEM)			\
	/* Incomplete frames dropped. */				\
	COUNTER(RX_EVICTED, "rx_evicted", NOT_SPECIFIED)		\
	COUNTER(RX_EXPIRED, "rx_expired", NOT_SPECIFIED)		\
	/* Complete frames dropped. */					\
	COUNTER(RX_BAD_OFFLOAD, "rx_bad_offload", NOT_SPECIFIED)	\
	COUNTER(RX_NO_DEVICE, "rx_no_device", NOT_SPECIFIED)		\
	COUNTER(RX_ECN, "rx_ecn", IP_TUNNEL_ECN)			\
	/* Inner frames dropped on transmission. */			\
	COUNTER(TX_NO_METADATA, "tx_no_metadata", TUNNEL_TXINFO)	\
	COUNTER(TX_NO_ROUTE, "tx_no_route", IP_OUTNOROUTES)		\
	COUNTER(TX_LOOP, "tx_loop", IP_OUTNOROUTES)			\
	COUNTER(TX_TOO_BIG, "tx_too_big", PKT_TOO_BIG)			\
	COUNTER(TX_BAD_OFFLOAD, "tx_bad_offload", NOT_SPECIFIED)	\
	COUNTER(TX_NO_MEMORY, "tx_no_memory", NOMEM)

enum stt_counter {
#define STT_COUNTER(NAME, STRING, REASON) STT_##NAME,
	STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
	STT_N_COUNTERS
};

void stt_drop(struct tunnel_stats __percpu *stats, struct sk_buff *skb,
	      enum stt_counter counter);

#endif /* STT_COUNTERS_H */
