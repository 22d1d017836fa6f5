/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-geneve.h"

#include "dpif.h"
#include "netdev.h"
#include "ofproto-dpif-trace.h"
#include "ofproto-dpif-xlate-cache.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-provider.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/geneve/unknown.h"

/* Counts the packets of the flow of 'xin' as 'rx' for 'netdev', those in its
 * statistics and those that the datapath reports later. */
void
ovl_xlate_geneve_count(struct xlate_in *xin, const struct netdev *netdev,
                       enum ovl_geneve_rx rx)
{
    if (!netdev || rx == OVL_GENEVE_RX_KNOWN) {
        return;
    }
    if (xin->resubmit_stats) {
        ovl_geneve_count(netdev, rx, xin->resubmit_stats->n_packets);
    }
    if (xin->xcache) {
        struct xc_entry *entry = xlate_cache_add_entry(xin->xcache, XC_GENEVE);

        entry->geneve.netdev = netdev_ref(netdev);
        entry->geneve.rx = rx;
    }
}

/* If the flow of 'xin', in a bridge with TLV map 'tab', is traced, reports the
 * outcome 'rx' of its unknown options. */
static void
xlate_geneve_report(struct xlate_in *xin, const struct tun_table *tab,
                    enum ovl_geneve_rx rx)
{
    static const char *const outcomes[OVL_GENEVE_N_RX] = {
        [OVL_GENEVE_RX_RELAYED]
            = "they leave with the packet if by Geneve "
              "(unknown_options=relay)",
        [OVL_GENEVE_RX_DROPPED]
            = "packet is dropped (unknown_options=drop)",
        [OVL_GENEVE_RX_CRITICAL]
            = "one of them is critical, packet is dropped",
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!xin->trace || rx >= OVL_GENEVE_N_RX || !outcomes[rx]) {
        return;
    }
    ds_put_cstr(&s, "unknown Geneve options ");
    ovl_geneve_format_unknown(tab, &xin->upcall_flow->tunnel, &s);
    ds_put_format(&s, ": %s", outcomes[rx]);
    oftrace_report(xin->trace, ovl_geneve_is_drop(rx) ? OFT_WARN : OFT_DETAIL,
                   ds_cstr(&s));
    ds_destroy(&s);
}

/* Decides and counts the outcome for the options of the flow of 'xin', in
 * UDPIF format, which was received on the port 'netdev' (NULL if none) of a
 * bridge with TLV map 'tab'.  Returns false if the flow must be dropped
 * because of unknown options. */
bool
ovl_xlate_geneve_receive(struct xlate_in *xin, const struct netdev *netdev,
                         const struct tun_table *tab)
{
    enum ovl_geneve_rx rx
        = ovl_geneve_receive(netdev, tab, &xin->upcall_flow->tunnel);

    xin->flow.tunnel.metadata.tab = tab;
    ovl_xlate_geneve_count(xin, netdev, rx);
    xlate_geneve_report(xin, tab, rx);

    /* Upstream itself rejects malformed options. */
    return !ovl_geneve_is_drop(rx) || rx == OVL_GENEVE_RX_MALFORMED;
}

/* Returns true if the flow of 'xin', which was received on port 'in', must not
 * be output to 'out' because of a critical option, and counts that. */
bool
ovl_xlate_geneve_withholds(struct xlate_in *xin, const struct netdev *in,
                           const struct netdev *out)
{
    if (!ovl_geneve_withholds(&xin->flow.tunnel, out)) {
        return false;
    }
    ovl_xlate_geneve_count(xin, in, OVL_GENEVE_RX_WITHHELD);
    return true;
}

/* Returns true if a trace of 'flow', received by 'ofproto', must start with
 * options in UDPIF format, because the port drops or relays them.  Otherwise,
 * upstream converts them first, for the text of the flow. */
bool
trace_geneve_keeps(const struct ofproto *ofproto, const struct flow *flow)
{
    const struct ofport *port = ofproto_get_port(ofproto,
                                                 flow->in_port.ofp_port);
    const struct netdev *netdev = port ? port->netdev : NULL;
    enum ovl_geneve_rx rx;

    if (!(flow->tunnel.flags & FLOW_TNL_F_UDPIF)) {
        return false;
    }
    rx = ovl_geneve_receive(netdev, flow->tunnel.metadata.tab, &flow->tunnel);
    return (rx != OVL_GENEVE_RX_MALFORMED
            && (ovl_geneve_is_drop(rx) || ovl_geneve_wants_relay(netdev)));
}

/* Sets the options of 'next', the flow after recirculation in a trace of
 * 'flow', to those of the packet, if 'flow' has them in UDPIF format. */
void
trace_geneve_recirculate(const struct flow *flow, struct flow *next)
{
    if (flow->tunnel.flags & FLOW_TNL_F_UDPIF) {
        next->tunnel = flow->tunnel;
    }
}
