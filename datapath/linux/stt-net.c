// SPDX-License-Identifier: GPL-2.0
/* State of a network namespace, with the limits of its reassembly.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/slab.h>
#include <linux/sysctl.h>

#include "compat/compat.h"
#include "stt-net.h"

unsigned int stt_net_id __read_mostly;

static unsigned long stt_max_bytes_min = 1 << 20;
static unsigned int stt_max_frames_max = 1 << 24;
static unsigned int stt_timeout_max = 60 * 1000;

/* Limits of reassembly.  'data' is an offset in struct stt_net, to which
 * stt_init_net() adds the address.
 */
static const struct ctl_table stt_sysctl[] = {
	{
		.procname = "reassembly_max_bytes",
		.data = (void *)offsetof(struct stt_net, limits.max_bytes),
		.maxlen = sizeof(unsigned long),
		.mode = 0644,
		.proc_handler = proc_doulongvec_minmax,
		.extra1 = &stt_max_bytes_min,
	},
	{
		.procname = "reassembly_max_frames",
		.data = (void *)offsetof(struct stt_net, limits.max_frames),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &stt_max_frames_max,
	},
	{
		.procname = "reassembly_timeout_ms",
		.data = (void *)offsetof(struct stt_net, limits.timeout),
		.maxlen = sizeof(unsigned int),
		.mode = 0644,
		.proc_handler = proc_douintvec_minmax,
		.extra1 = SYSCTL_ONE,
		.extra2 = &stt_timeout_max,
	},
};

static int __net_init stt_init_net(struct net *net)
{
	struct stt_net *sn = net_generic(net, stt_net_id);
	struct ctl_table *table;
	size_t i;

	INIT_HLIST_HEAD(&sn->ports);
	sn->limits.max_bytes = 64 << 20;
	sn->limits.max_frames = 65536;
	sn->limits.timeout = 1000;

	/* The network namespaces of other user namespaces get less of the
	 * host's memory, and no sysctls to change that.
	 */
	if (net->user_ns != &init_user_ns) {
		sn->limits.max_bytes = 4 << 20;
		return 0;
	}

	/* Older kernels need an empty entry at the end. */
	table = kcalloc(ARRAY_SIZE(stt_sysctl) + 1, sizeof(*table),
			GFP_KERNEL);
	if (!table)
		return -ENOMEM;
	memcpy(table, stt_sysctl, sizeof(stt_sysctl));
	for (i = 0; i < ARRAY_SIZE(stt_sysctl); i++)
		table[i].data = (char *)sn + (unsigned long)table[i].data;
	sn->sysctl = register_net_sysctl_sz(net, "net/stt", table,
					    ARRAY_SIZE(stt_sysctl));
	if (!sn->sysctl) {
		kfree(table);
		return -ENOMEM;
	}
	return 0;
}

/* The devices have been deleted before: they cannot leave their namespace. */
static void __net_exit stt_exit_net(struct net *net)
{
	struct stt_net *sn = net_generic(net, stt_net_id);

	if (sn->sysctl) {
		const struct ctl_table *table = sn->sysctl->ctl_table_arg;

		unregister_net_sysctl_table(sn->sysctl);
		kfree(table);
	}
	WARN_ON_ONCE(!hlist_empty(&sn->ports));
	stt_reasm_destroy(sn->reasm);
}

struct pernet_operations stt_net_ops = {
	.init = stt_init_net,
	.exit = stt_exit_net,
	.id = &stt_net_id,
	.size = sizeof(struct stt_net),
};
