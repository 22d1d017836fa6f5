/* SPDX-License-Identifier: GPL-2.0 */
/* TCP ports and their devices.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_PORT_H
#define STT_PORT_H

#include <linux/hashtable.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>
#include <net/gro_cells.h>
#include <net/ip_tunnels.h>

#include "stt-net.h"
#include "stt-reasm.h"
#include "tunnel-stats.h"

/* A TCP port in a network namespace, with its devices: either a single device
 * that collects metadata, or any number of devices with a remote address.
 */
struct stt_port {
	struct hlist_node	node;		/* in stt_net's ports */
	struct net		*net;
	struct socket		*sock;		/* reserves the port */
	__be16			port;
	unsigned int		refs;		/* by devices, under RTNL */
	unsigned int		up;		/* devices up, under RTNL */
	struct tunnel_stats __percpu *stats;
	struct stt_dev __rcu	*collect_md;
	DECLARE_HASHTABLE(devs, 8);		/* by context ID */
};

/* A device: the private part of its struct net_device. */
struct stt_dev {
	struct hlist_node	node;		/* in stt_port's devs */
	struct net_device	*dev;
	struct stt_port		*port;
	struct gro_cells	gro_cells;
	bool			collect_md;
	struct ip_tunnel_info	info;		/* unless collect_md */
};

/* Returns the port with the number 'port' in 'sn', or NULL.  Inline, because
 * each TCP packet that the host receives is looked up.
 */
static inline struct stt_port *stt_port_find(const struct stt_net *sn,
					     __be16 port)
{
	struct stt_port *p;

	hlist_for_each_entry_rcu(p, &sn->ports, node, lockdep_rtnl_is_held()) {
		if (p->port == port)
			return p;
	}
	return NULL;
}

struct stt_port *stt_port_get(struct net *net, __be16 number,
			      struct netlink_ext_ack *extack);
void stt_port_put(struct stt_port *port);

int stt_port_check_dev(const struct stt_dev *stt,
		       struct netlink_ext_ack *extack);
void stt_port_add_dev(struct stt_dev *stt);
void stt_port_del_dev(struct stt_dev *stt);
struct stt_dev *stt_port_find_dev(struct stt_port *port, __be64 id,
				  const struct stt_outer *outer);

#endif /* STT_PORT_H */
