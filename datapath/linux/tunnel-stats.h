/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU counters of packets.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef TUNNEL_STATS_H
#define TUNNEL_STATS_H

#include <linux/percpu.h>
#include <linux/u64_stats_sync.h>

/* The counters of one CPU. */
struct tunnel_stats {
	struct u64_stats_sync	syncp;
	u64_stats_t		n[];	/* by counter */
};

/* Adds 1 to 'counter' in 'stats'.  Bottom halves must be disabled. */
static inline void tunnel_count(struct tunnel_stats __percpu *stats,
				unsigned int counter)
{
	struct tunnel_stats *s = this_cpu_ptr(stats);

	u64_stats_update_begin(&s->syncp);
	u64_stats_inc(&s->n[counter]);
	u64_stats_update_end(&s->syncp);
}

struct tunnel_stats __percpu *tunnel_stats_alloc(unsigned int n_counters);
void tunnel_stats_read(struct tunnel_stats __percpu *stats,
		       unsigned int n_counters, u64 *sums);

#endif /* TUNNEL_STATS_H */
