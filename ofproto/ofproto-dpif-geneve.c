/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-geneve.h"

#include "dpif.h"
#include "netdev.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif-xlate-cache.h"
#include "tnl-geneve-opts.h"

/* Counts the packets that 'xin' is about, now and whenever the datapath reports
 * some, as 'rx' for 'netdev'. */
void
xlate_geneve_count(struct xlate_in *xin, const struct netdev *netdev,
                   enum tnl_geneve_rx rx)
{
    if (!netdev || rx == TNL_GENEVE_RX_KNOWN) {
        return;
    }
    if (xin->resubmit_stats) {
        tnl_geneve_count(netdev, rx, xin->resubmit_stats->n_packets);
    }
    if (xin->xcache) {
        struct xc_entry *entry = xlate_cache_add_entry(xin->xcache, XC_GENEVE);

        entry->geneve.netdev = netdev_ref(netdev);
        entry->geneve.rx = rx;
    }
}

/* Decides about the options of the flow of 'xin', in UDPIF format, which came
 * by the port 'netdev' (NULL, if by none) of a bridge with TLV map 'tab'.
 * Returns false if it must be dropped. */
bool
xlate_geneve_receive(struct xlate_in *xin, const struct netdev *netdev,
                     const struct tun_table *tab)
{
    enum tnl_geneve_rx rx
        = tnl_geneve_receive(netdev, tab, &xin->upcall_flow->tunnel);

    xin->flow.tunnel.metadata.tab = tab;
    xlate_geneve_count(xin, netdev, rx);

    /* Upstream finds what is malformed itself. */
    return !tnl_geneve_is_drop(rx) || rx == TNL_GENEVE_RX_MALFORMED;
}

/* Returns true if the flow of 'xin', which came by port 'in', must not leave by
 * 'out', and counts that. */
bool
xlate_geneve_withholds(struct xlate_in *xin, const struct netdev *in,
                       const struct netdev *out)
{
    if (!tnl_geneve_withholds(&xin->flow.tunnel, out)) {
        return false;
    }
    xlate_geneve_count(xin, in, TNL_GENEVE_RX_WITHHELD);
    return true;
}
