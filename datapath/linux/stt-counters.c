// SPDX-License-Identifier: GPL-2.0
/* STT's counters.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include "stt-counters.h"

#include "compat/compat.h"

static const enum skb_drop_reason stt_drop_reasons[] = {
#define STT_COUNTER(NAME, STRING, REASON) SKB_DROP_REASON_##REASON,
	STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
};

/* Adds 1 to 'counter' in 'stats' and frees 'skb', which may be NULL, with the
 * counter's drop reason.
 */
void stt_drop(struct tunnel_stats __percpu *stats, struct sk_buff *skb,
	      enum stt_counter counter)
{
	tunnel_count(stats, counter);
	kfree_skb_reason(skb, stt_drop_reasons[counter]);
}
