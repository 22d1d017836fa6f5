// SPDX-License-Identifier: GPL-2.0
/* The network device.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <net/dst_cache.h>
#include <net/gro_cells.h>
#include <net/netns/generic.h>

#include "compat/compat.h"
#include "stt-counters.h"
#include "stt-device.h"
#include "stt-net.h"
#include "stt-offload.h"
#include "stt-port.h"
#include "stt-rcv.h"
#include "stt-reasm.h"
#include "stt-wire.h"
#include "stt-xmit.h"
#include "tunnel-stats.h"

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

/* The counters are the port's, whose devices share them.  The frames and bytes
 * in reassembly are those of the network namespace.
 */
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

/* The offloads that the STT header can request from a receiver.  TSO may
 * change IP IDs: packets with DF set do not need them (RFC 6864).
 */
#define STT_FEATURES	(NETIF_F_SG | NETIF_F_HW_CSUM | NETIF_F_TSO |	\
			 NETIF_F_TSO6 | NETIF_F_TSO_MANGLEID |		\
			 NETIF_F_RXCSUM | NETIF_F_HIGHDMA)

/* Initializes 'dev' as an STT device without a configuration. */
void stt_setup(struct net_device *dev)
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
