// SPDX-License-Identifier: GPL-2.0
/* Per-CPU counters of packets.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/overflow.h>

#include "tunnel-stats.h"

/* Returns 'n_counters' counters, all 0, or NULL if there is no memory.  The
 * caller must free them with free_percpu().
 */
struct tunnel_stats __percpu *tunnel_stats_alloc(unsigned int n_counters)
{
	struct tunnel_stats __percpu *stats;
	struct tunnel_stats *s;
	int cpu;

	stats = __alloc_percpu(struct_size(s, n, n_counters),
			       __alignof__(*s));
	if (stats) {
		for_each_possible_cpu(cpu) {
			s = per_cpu_ptr(stats, cpu);
			u64_stats_init(&s->syncp);
		}
	}
	return stats;
}

/* Stores the values of the 'n_counters' counters of 'stats', summed over all
 * CPUs, in 'sums'.
 */
void tunnel_stats_read(struct tunnel_stats __percpu *stats,
		       unsigned int n_counters, u64 *sums)
{
	unsigned int i;
	int cpu;

	memset(sums, 0, n_counters * sizeof(*sums));
	for_each_possible_cpu(cpu) {
		const struct tunnel_stats *s = per_cpu_ptr(stats, cpu);

		for (i = 0; i < n_counters; i++) {
			unsigned int start;
			u64 n;

			do {
				start = u64_stats_fetch_begin(&s->syncp);
				n = u64_stats_read(&s->n[i]);
			} while (u64_stats_fetch_retry(&s->syncp, start));
			sums[i] += n;
		}
	}
}
