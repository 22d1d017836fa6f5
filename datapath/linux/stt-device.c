// SPDX-License-Identifier: GPL-2.0
/* STT, Stateless Transport Tunneling: draft-davie-stt-08.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 *
 * An inner Ethernet frame, behind an 18-byte STT header, travels as the
 * payload of what looks like TCP, so that any TCP segmentation engine can cut
 * it and any large receive engine can merge it.  There is no connection: the
 * TCP sequence number holds the length of the STT frame and the offset in it,
 * the acknowledgment number identifies the frame.
 *
 * Transmit: a frame becomes one skb, which is a plain TCP GSO packet if it is
 * longer than the route's MTU.  What the STT header cannot say about the inner
 * packet's offload state the stack does before, because the device does not
 * advertise it (stt_setup(), stt_features_check()).
 *
 * Receive: one netfilter hook keeps connection tracking away from the
 * segments, another takes them behind the firewall's rules for input, before
 * TCP can see them.  A whole frame in one skb, as GRO and virtual devices
 * make them, is delivered as it is.  Others are copied to pages until they
 * are complete, so that what a sender can make us hold is known to the byte.
 */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/hashtable.h>
#include <linux/if_stt.h>
#include <linux/if_vlan.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/sysctl.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/addrconf.h>
#include <net/dst_metadata.h>
#include <net/gro_cells.h>
#include <net/inet_ecn.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ip_tunnels.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/route.h>
#include <net/rtnetlink.h>
#include <net/tcp.h>
#include <net/udp.h>
#include <net/xfrm.h>

#include "compat/compat.h"
#include "stt-counters.h"
#include "stt-net.h"
#include "stt-offload.h"
#include "stt-port.h"
#include "stt-rcv.h"
#include "stt-reasm.h"
#include "stt-wire.h"
#include "stt-xmit.h"

/* Parameters of a new device. */
struct stt_config {
	__be16			port;
	bool			collect_md;
	struct ip_tunnel_info	info;
};

/* The device. */

static int stt_init(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);
	int err;

	err = netdev_alloc_tstats(dev);
	if (err)
		return err;
	err = gro_cells_init(&stt->gro_cells, dev);
	if (err)
		goto free_tstats;
	if (!stt->collect_md) {
		err = dst_cache_init(&stt->info.dst_cache, GFP_KERNEL);
		if (err)
			goto free_gro_cells;
	}
	stt->port->refs++;
	__module_get(THIS_MODULE);
	return 0;

free_gro_cells:
	gro_cells_destroy(&stt->gro_cells);
free_tstats:
	netdev_free_tstats(dev);
	return err;
}

static void stt_uninit(struct net_device *dev)
{
	struct stt_dev *stt = netdev_priv(dev);

	stt_port_del_dev(stt);
	gro_cells_destroy(&stt->gro_cells);
	if (!stt->collect_md)
		dst_cache_destroy(&stt->info.dst_cache);
	netdev_free_tstats(dev);
	stt_port_put(stt->port);
	module_put(THIS_MODULE);
}

static const struct net_device_ops stt_netdev_ops = {
	.ndo_init		= stt_init,
	.ndo_uninit		= stt_uninit,
	.ndo_open		= stt_open,
	.ndo_stop		= stt_stop,
	.ndo_start_xmit		= stt_xmit,
	.ndo_features_check	= stt_features_check,
	.ndo_get_stats64	= dev_get_tstats64,
	.ndo_set_mac_address	= eth_mac_addr,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_fill_metadata_dst	= stt_fill_metadata_dst,
};

static void stt_get_drvinfo(struct net_device *dev,
			    struct ethtool_drvinfo *drvinfo)
{
	strscpy(drvinfo->driver, "stt", sizeof(drvinfo->driver));
}

static const char * const stt_counter_names[] = {
#define STT_COUNTER(NAME, STRING, REASON) STRING,
	STT_COUNTERS(STT_COUNTER)
#undef STT_COUNTER
	"reassembly_frames",
	"reassembly_bytes",
};

#define STT_N_STATS	ARRAY_SIZE(stt_counter_names)

static int stt_get_sset_count(struct net_device *dev, int sset)
{
	return sset == ETH_SS_STATS ? STT_N_STATS : -EOPNOTSUPP;
}

static void stt_get_strings(struct net_device *dev, u32 sset, u8 *data)
{
	size_t i;

	if (sset == ETH_SS_STATS) {
		for (i = 0; i < STT_N_STATS; i++)
			ethtool_sprintf(&data, "%s", stt_counter_names[i]);
	}
}

/* The counters are those of the device's port. */
static void stt_get_ethtool_stats(struct net_device *dev,
				  struct ethtool_stats *stats, u64 *data)
{
	const struct stt_dev *stt = netdev_priv(dev);
	struct stt_net *sn = net_generic(stt->port->net, stt_net_id);

	tunnel_stats_read(stt->port->stats, STT_N_COUNTERS, data);
	data[STT_N_COUNTERS] = stt_reasm_n_frames(sn->reasm);
	data[STT_N_COUNTERS + 1] = stt_reasm_n_bytes(sn->reasm);
}

static const struct ethtool_ops stt_ethtool_ops = {
	.get_drvinfo		= stt_get_drvinfo,
	.get_link		= ethtool_op_get_link,
	.get_sset_count		= stt_get_sset_count,
	.get_strings		= stt_get_strings,
	.get_ethtool_stats	= stt_get_ethtool_stats,
};

static struct device_type stt_type = {
	.name = "stt",
};

/* Of the offloads of TCP, those that the STT header can ask a receiver for.
 * IP IDs may change: such packets have DF set (RFC 6864).
 */
#define STT_FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |	\
			 NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID |		\
			 NETIF_F_RXCSUM | NETIF_F_HIGHDMA)

static void stt_setup(struct net_device *dev)
{
	ether_setup(dev);
	SET_NETDEV_DEVTYPE(dev, &stt_type);
	dev->netdev_ops = &stt_netdev_ops;
	dev->ethtool_ops = &stt_ethtool_ops;
	dev->needs_free_netdev = true;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = STT_INNER_MAX - ETH_HLEN - VLAN_HLEN;
	dev->needed_headroom = LL_MAX_HEADER + sizeof(struct ipv6hdr) +
			       STT_HLEN;
	netdev_set_tstats(dev);
	netdev_set_lltx(dev);
	netdev_set_netns_immutable(dev);
	netif_keep_dst(dev);

	dev->hw_features = STT_FEATURES;
	dev->vlan_features = STT_FEATURES;
	dev->features |= STT_FEATURES | NETIF_F_HW_VLAN_CTAG_TX;
	netif_set_tso_max_size(dev, STT_INNER_MAX);
	eth_hw_addr_random(dev);
}

/* Netlink. */

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

/* Reads the addresses in 'data' into 'info', whose mode is IPv6 or not. */
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

/* Reads 'data', which may be NULL, into 'config'. */
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

static struct rtnl_link_ops stt_link_ops __read_mostly = {
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

/* The module. */

static int __init stt_init_module(void)
{
	int err;

	stt_xmit_init();
	err = stt_reasm_init();
	if (err)
		return err;
	err = register_pernet_subsys(&stt_net_ops);
	if (err)
		goto exit_reasm;
	err = rtnl_link_register(&stt_link_ops);
	if (err)
		goto unregister_pernet;
	return 0;

unregister_pernet:
	unregister_pernet_subsys(&stt_net_ops);
exit_reasm:
	stt_reasm_exit();
	return err;
}
module_init(stt_init_module);

static void __exit stt_exit_module(void)
{
	rtnl_link_unregister(&stt_link_ops);
	unregister_pernet_subsys(&stt_net_ops);
	stt_reasm_exit();
}
module_exit(stt_exit_module);

MODULE_ALIAS_RTNL_LINK("stt");
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("STT tunnels for overlay networks");
