/* SPDX-License-Identifier: GPL-2.0 */
/* State of a network namespace.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_NET_H
#define STT_NET_H

#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "stt-reasm.h"

/* STT's state in a network namespace. */
struct stt_net {
	struct hlist_head	ports;		/* RCU, written under RTNL */
	unsigned int		up;		/* devices up, under RTNL */
	struct stt_reasm	*reasm;		/* from the first port on */
	struct stt_reasm_limits	limits;
	struct ctl_table_header	*sysctl;
};

extern unsigned int stt_net_id;		/* for net_generic() */
extern struct pernet_operations stt_net_ops;

#endif /* STT_NET_H */
