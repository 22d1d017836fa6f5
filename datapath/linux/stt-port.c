// SPDX-License-Identifier: GPL-2.0
/* TCP ports and their devices.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/sock.h>

#include "compat/compat.h"
#include "stt-port.h"

/* Returns a socket bound to the TCP port 'port', for IPv4 and IPv6, or an
 * error pointer.  The socket only reserves the port: no other one can be bound
 * to it.
 */
static struct socket *stt_bind(struct net *net, __be16 port)
{
	int family = ipv6_mod_enabled() ? AF_INET6 : AF_INET;
	struct sockaddr_in sin = {
		.sin_family = AF_INET,
		.sin_port = port,
	};
	struct sockaddr_in6 sin6 = {
		.sin6_family = AF_INET6,
		.sin6_port = port,
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(net, family, SOCK_STREAM, IPPROTO_TCP, &sock);
	if (err)
		return ERR_PTR(err);

	if (family == AF_INET6) {
		/* Overrides net.ipv6.bindv6only. */
		lock_sock(sock->sk);
		sock->sk->sk_ipv6only = false;
		release_sock(sock->sk);
		err = kernel_bind(sock, (struct sockaddr_unsized *)&sin6,
				  sizeof(sin6));
	} else {
		err = kernel_bind(sock, (struct sockaddr_unsized *)&sin,
				  sizeof(sin));
	}
	if (err) {
		sock_release(sock);
		return ERR_PTR(err);
	}
	return sock;
}

/* Releases a reference to 'port', and frees it with the last one. */
void stt_port_put(struct stt_port *port)
{
	struct stt_net *sn = net_generic(port->net, stt_net_id);

	ASSERT_RTNL();
	if (--port->refs)
		return;
	hlist_del_rcu(&port->node);
	synchronize_net();
	stt_reasm_clean(sn->reasm, port->stats);
	sock_release(port->sock);
	free_percpu(port->stats);
	kfree(port);
}

/* Returns a reference to the port with the number 'number' in 'net', which is
 * created if it does not exist, or an error pointer, which 'extack' explains.
 */
struct stt_port *stt_port_get(struct net *net, __be16 number,
			      struct netlink_ext_ack *extack)
{
	struct stt_net *sn = net_generic(net, stt_net_id);
	struct stt_port *port;
	int err;

	ASSERT_RTNL();
	port = stt_port_find(sn, number);
	if (port) {
		port->refs++;
		return port;
	}

	if (!sn->reasm)
		sn->reasm = stt_reasm_create(&sn->limits);
	port = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port || !sn->reasm) {
		err = -ENOMEM;
		goto free;
	}
	port->net = net;
	port->port = number;
	port->refs = 1;
	hash_init(port->devs);
	port->stats = tunnel_stats_alloc(STT_N_COUNTERS);
	if (!port->stats) {
		err = -ENOMEM;
		goto free;
	}

	port->sock = stt_bind(net, number);
	if (IS_ERR(port->sock)) {
		err = PTR_ERR(port->sock);
		if (err == -EADDRINUSE)
			NL_SET_ERR_MSG(extack,
				       "The TCP port is used by another socket");
		else
			NL_SET_ERR_MSG(extack, "Cannot bind the TCP port");
		goto free_stats;
	}
	hlist_add_head_rcu(&port->node, &sn->ports);
	return port;

free_stats:
	free_percpu(port->stats);
free:
	kfree(port);
	return ERR_PTR(err);
}

/* Returns true if 'a' and 'b', of devices with a remote address, have the same
 * addresses and context ID.
 */
static bool stt_same_tunnel(const struct ip_tunnel_info *a,
			    const struct ip_tunnel_info *b)
{
	return a->key.tun_id == b->key.tun_id && a->mode == b->mode &&
	       !memcmp(&a->key.u, &b->key.u,
		       ip_tunnel_info_af(a) == AF_INET ?
		       sizeof(a->key.u.ipv4) : sizeof(a->key.u.ipv6));
}

/* Returns 0 if 'stt' may be added to its port, otherwise -EEXIST, which
 * 'extack' explains.
 */
int stt_port_check_dev(const struct stt_dev *stt,
		       struct netlink_ext_ack *extack)
{
	struct stt_port *port = stt->port;
	struct stt_dev *other;

	if (rtnl_dereference(port->collect_md)) {
		NL_SET_ERR_MSG(extack,
			       "A device that collects metadata has the port");
		return -EEXIST;
	}
	if (stt->collect_md) {
		if (!hash_empty(port->devs)) {
			NL_SET_ERR_MSG(extack,
				       "A device with a remote address has the port");
			return -EEXIST;
		}
		return 0;
	}
	hash_for_each_possible(port->devs, other, node,
			       (__force u64)stt->info.key.tun_id) {
		if (stt_same_tunnel(&other->info, &stt->info)) {
			NL_SET_ERR_MSG(extack,
				       "A device with the same addresses, ID and port exists");
			return -EEXIST;
		}
	}
	return 0;
}

/* Adds 'stt' to its port. */
void stt_port_add_dev(struct stt_dev *stt)
{
	if (stt->collect_md)
		rcu_assign_pointer(stt->port->collect_md, stt);
	else
		hash_add_rcu(stt->port->devs, &stt->node,
			     (__force u64)stt->info.key.tun_id);
}

/* Removes 'stt' from its port, if it is there. */
void stt_port_del_dev(struct stt_dev *stt)
{
	if (stt->collect_md) {
		if (rtnl_dereference(stt->port->collect_md) == stt)
			RCU_INIT_POINTER(stt->port->collect_md, NULL);
	} else if (!hlist_unhashed(&stt->node)) {
		hash_del_rcu(&stt->node);
	}
}

enum stt_match {
	STT_MATCH_NONE,
	STT_MATCH_ANY_LOCAL,		/* the device has no local address */
	STT_MATCH_EXACT
};

/* Returns how well the addresses of a device, in 'info', match the source
 * address 'remote' and the destination address 'local' of a packet that came
 * over IPv4 if 'ipv4', otherwise IPv6.
 */
static enum stt_match stt_match(const struct ip_tunnel_info *info, bool ipv4,
				const struct in6_addr *remote,
				const struct in6_addr *local)
{
	const struct ip_tunnel_key *key = &info->key;

	if (ipv4 != (ip_tunnel_info_af(info) == AF_INET))
		return STT_MATCH_NONE;
	if (ipv4) {
		if (key->u.ipv4.dst != remote->s6_addr32[3])
			return STT_MATCH_NONE;
		if (!key->u.ipv4.src)
			return STT_MATCH_ANY_LOCAL;
		return key->u.ipv4.src == local->s6_addr32[3] ?
		       STT_MATCH_EXACT : STT_MATCH_NONE;
	}
	if (!ipv6_addr_equal(&key->u.ipv6.dst, remote))
		return STT_MATCH_NONE;
	if (ipv6_addr_any(&key->u.ipv6.src))
		return STT_MATCH_ANY_LOCAL;
	return ipv6_addr_equal(&key->u.ipv6.src, local) ?
	       STT_MATCH_EXACT : STT_MATCH_NONE;
}

/* Returns the device of 'port' for frames with the context ID 'id' and the
 * outer headers 'outer', or NULL.
 */
struct stt_dev *stt_port_find_dev(struct stt_port *port, __be64 id,
				  const struct stt_outer *outer)
{
	struct stt_dev *stt = rcu_dereference(port->collect_md);
	struct stt_dev *any_local = NULL;

	if (stt)
		return stt;
	hash_for_each_possible_rcu(port->devs, stt, node, (__force u64)id) {
		if (stt->info.key.tun_id != id)
			continue;
		switch (stt_match(&stt->info, outer->ipv4, &outer->key.saddr,
				  &outer->key.daddr)) {
		case STT_MATCH_NONE:
			break;
		case STT_MATCH_ANY_LOCAL:
			any_local = stt;
			break;
		case STT_MATCH_EXACT:
			return stt;
		}
	}
	return any_local;
}
