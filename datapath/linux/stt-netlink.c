// SPDX-License-Identifier: GPL-2.0
/* Creation of devices, and their attributes, by rtnetlink.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/etherdevice.h>
#include <linux/if_stt.h>
#include <linux/inetdevice.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/rtnetlink.h>

#include "compat/compat.h"
#include "stt-device.h"
#include "stt-netlink.h"
#include "stt-port.h"
#include "stt-wire.h"

/* Parameters of a new device. */
struct stt_config {
	__be16			port;
	bool			collect_md;
	struct ip_tunnel_info	info;
};

static const struct nla_policy stt_policy[IFLA_STT_MAX + 1] = {
	[IFLA_STT_UNSPEC]		= { .strict_start_type = IFLA_STT_PORT },
	[IFLA_STT_PORT]			= { .type = NLA_U16 },
	[IFLA_STT_COLLECT_METADATA]	= { .type = NLA_FLAG },
	[IFLA_STT_ID]			= { .type = NLA_U64 },
	[IFLA_STT_REMOTE]		= { .type = NLA_U32 },
	[IFLA_STT_REMOTE6]		=
		NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_STT_LOCAL]		= { .type = NLA_U32 },
	[IFLA_STT_LOCAL6]		=
		NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr)),
	[IFLA_STT_TTL]			= { .type = NLA_U8 },
	[IFLA_STT_TOS]			= { .type = NLA_U8 },
};

static int stt_validate(struct nlattr *tb[], struct nlattr *data[],
			struct netlink_ext_ack *extack)
{
	if (tb[IFLA_ADDRESS]) {
		if (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN) {
			NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
					    "The link layer address is not an Ethernet address");
			return -EINVAL;
		}
		if (!is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS]))) {
			NL_SET_ERR_MSG_ATTR(extack, tb[IFLA_ADDRESS],
					    "The Ethernet address is not a unicast address");
			return -EADDRNOTAVAIL;
		}
	}
	return 0;
}

/* Reads the addresses in 'data' into 'info', and sets IP_TUNNEL_INFO_IPV6 in
 * its mode if they are IPv6 addresses.  Returns 0 or a negative error code,
 * which 'extack' explains.
 */
static int stt_get_addrs(struct nlattr *data[], struct ip_tunnel_info *info,
			 struct netlink_ext_ack *extack)
{
	struct ip_tunnel_key *key = &info->key;
	struct nlattr *bad;

	if (data[IFLA_STT_REMOTE] && data[IFLA_STT_REMOTE6]) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "Only one remote address is possible");
		return -EINVAL;
	}
	bad = data[IFLA_STT_REMOTE] ? data[IFLA_STT_LOCAL6] :
				      data[IFLA_STT_LOCAL];
	if (bad) {
		NL_SET_ERR_MSG_ATTR(extack, bad,
				    "The local and the remote address are of different families");
		return -EINVAL;
	}

	if (data[IFLA_STT_REMOTE]) {
		key->u.ipv4.dst = nla_get_in_addr(data[IFLA_STT_REMOTE]);
		if (data[IFLA_STT_LOCAL])
			key->u.ipv4.src =
				nla_get_in_addr(data[IFLA_STT_LOCAL]);
		if (ipv4_is_multicast(key->u.ipv4.dst) ||
		    ipv4_is_lbcast(key->u.ipv4.dst) ||
		    ipv4_is_zeronet(key->u.ipv4.dst)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE],
					    "The remote address is not a unicast address");
			return -EINVAL;
		}
		if (ipv4_is_multicast(key->u.ipv4.src) ||
		    ipv4_is_lbcast(key->u.ipv4.src)) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_LOCAL],
					    "The local address is not a unicast address");
			return -EINVAL;
		}
		return 0;
	}

	if (!ipv6_mod_enabled()) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "The kernel has no IPv6");
		return -EAFNOSUPPORT;
	}
	info->mode |= IP_TUNNEL_INFO_IPV6;
	key->u.ipv6.dst = nla_get_in6_addr(data[IFLA_STT_REMOTE6]);
	if (data[IFLA_STT_LOCAL6])
		key->u.ipv6.src = nla_get_in6_addr(data[IFLA_STT_LOCAL6]);
	if (!(ipv6_addr_type(&key->u.ipv6.dst) & IPV6_ADDR_UNICAST) ||
	    ipv6_addr_type(&key->u.ipv6.dst) & IPV6_ADDR_LINKLOCAL) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_REMOTE6],
				    "The remote address is not a global unicast address");
		return -EINVAL;
	}
	if (!ipv6_addr_any(&key->u.ipv6.src) &&
	    !(ipv6_addr_type(&key->u.ipv6.src) & IPV6_ADDR_UNICAST)) {
		NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_LOCAL6],
				    "The local address is not a unicast address");
		return -EINVAL;
	}
	return 0;
}

/* Reads 'data', which may be NULL, into 'config'.  Returns 0 or a negative
 * error code, which 'extack' explains.
 */
static int stt_get_config(struct nlattr *data[], struct stt_config *config,
			  struct netlink_ext_ack *extack)
{
	static const int fixed_only[] = {
		IFLA_STT_ID, IFLA_STT_LOCAL, IFLA_STT_LOCAL6, IFLA_STT_TTL,
		IFLA_STT_TOS,
	};
	struct ip_tunnel_key *key = &config->info.key;
	struct nlattr *remote;
	size_t i;

	memset(config, 0, sizeof(*config));
	config->port = htons(STT_PORT);
	config->collect_md = true;
	if (!data)
		return 0;

	if (data[IFLA_STT_PORT]) {
		config->port = nla_get_be16(data[IFLA_STT_PORT]);
		if (!config->port) {
			NL_SET_ERR_MSG_ATTR(extack, data[IFLA_STT_PORT],
					    "The port is 0");
			return -EINVAL;
		}
	}
	remote = data[IFLA_STT_REMOTE] ? : data[IFLA_STT_REMOTE6];
	if (!remote) {
		for (i = 0; i < ARRAY_SIZE(fixed_only); i++) {
			struct nlattr *bad = data[fixed_only[i]];

			if (bad) {
				NL_SET_ERR_MSG_ATTR(extack, bad,
						    "The attribute needs a remote address");
				return -EINVAL;
			}
		}
		return 0;
	}
	if (data[IFLA_STT_COLLECT_METADATA]) {
		NL_SET_ERR_MSG_ATTR(extack, remote,
				    "A device that collects metadata has no remote address");
		return -EINVAL;
	}

	config->collect_md = false;
	config->info.mode = IP_TUNNEL_INFO_TX;
	ip_tunnel_key_set(key, IP_TUNNEL_DONT_FRAGMENT_BIT);
	key->tp_dst = config->port;
	if (data[IFLA_STT_ID])
		key->tun_id = cpu_to_be64(nla_get_u64(data[IFLA_STT_ID]));
	if (data[IFLA_STT_TTL])
		key->ttl = nla_get_u8(data[IFLA_STT_TTL]);
	if (data[IFLA_STT_TOS])
		key->tos = nla_get_u8(data[IFLA_STT_TOS]);
	return stt_get_addrs(data, &config->info, extack);
}

static int stt_newlink(struct net_device *dev,
		       struct rtnl_newlink_params *params,
		       struct netlink_ext_ack *extack)
{
	struct stt_dev *stt = netdev_priv(dev);
	struct stt_config config;
	struct stt_port *port;
	int err;

	err = stt_get_config(params->data, &config, extack);
	if (err)
		return err;
	port = stt_port_get(dev_net(dev), config.port, extack);
	if (IS_ERR(port))
		return PTR_ERR(port);

	stt->dev = dev;
	stt->port = port;
	stt->collect_md = config.collect_md;
	stt->info = config.info;
	INIT_HLIST_NODE(&stt->node);
	err = stt_port_check_dev(stt, extack);
	if (!err)
		err = register_netdevice(dev);
	if (!err)
		stt_port_add_dev(stt);
	stt_port_put(port);
	return err;
}
DEFINE_RTNL_NEWLINK(stt_newlink)

static void stt_dellink(struct net_device *dev, struct list_head *head)
{
	unregister_netdevice_queue(dev, head);
}

static size_t stt_get_size(const struct net_device *dev)
{
	return nla_total_size(sizeof(__be16)) +		/* IFLA_STT_PORT */
	       nla_total_size(0) +		/* IFLA_STT_COLLECT_METADATA */
	       nla_total_size_64bit(sizeof(u64)) +	/* IFLA_STT_ID */
	       nla_total_size(sizeof(struct in6_addr)) + /* REMOTE(6) */
	       nla_total_size(sizeof(struct in6_addr)) + /* LOCAL(6) */
	       nla_total_size(sizeof(u8)) +		/* IFLA_STT_TTL */
	       nla_total_size(sizeof(u8)) +		/* IFLA_STT_TOS */
	       0;
}

static int stt_fill_info(struct sk_buff *skb, const struct net_device *dev)
{
	const struct stt_dev *stt = netdev_priv(dev);
	const struct ip_tunnel_key *key = &stt->info.key;

	if (nla_put_be16(skb, IFLA_STT_PORT, stt->port->port))
		return -EMSGSIZE;
	if (stt->collect_md)
		return nla_put_flag(skb, IFLA_STT_COLLECT_METADATA);

	if (nla_put_u64_64bit(skb, IFLA_STT_ID, be64_to_cpu(key->tun_id),
			      IFLA_STT_PAD) ||
	    nla_put_u8(skb, IFLA_STT_TTL, key->ttl) ||
	    nla_put_u8(skb, IFLA_STT_TOS, key->tos))
		return -EMSGSIZE;
	if (ip_tunnel_info_af(&stt->info) == AF_INET) {
		if (nla_put_in_addr(skb, IFLA_STT_REMOTE, key->u.ipv4.dst) ||
		    (key->u.ipv4.src &&
		     nla_put_in_addr(skb, IFLA_STT_LOCAL, key->u.ipv4.src)))
			return -EMSGSIZE;
	} else {
		if (nla_put_in6_addr(skb, IFLA_STT_REMOTE6,
				     &key->u.ipv6.dst) ||
		    (!ipv6_addr_any(&key->u.ipv6.src) &&
		     nla_put_in6_addr(skb, IFLA_STT_LOCAL6,
				      &key->u.ipv6.src)))
			return -EMSGSIZE;
	}
	return 0;
}

struct rtnl_link_ops stt_link_ops __read_mostly = {
	.kind		= "stt",
	.maxtype	= IFLA_STT_MAX,
	.policy		= stt_policy,
	.priv_size	= sizeof(struct stt_dev),
	.setup		= stt_setup,
	.validate	= stt_validate,
	.newlink	= RTNL_NEWLINK(stt_newlink),
	.dellink	= stt_dellink,
	.get_size	= stt_get_size,
	.fill_info	= stt_fill_info,
};
