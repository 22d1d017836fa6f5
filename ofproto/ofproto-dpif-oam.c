/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-oam.h"

#include "flow.h"
#include "netdev.h"
#include "ofproto-dpif-geneve.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "overlay/geneve/payload.h"
#include "overlay/geneve/unknown.h"

/* Initializes 'oam', which is all zeros, for the packet of 'xin', received on
 * 'in_port' (NULL if none, or if actions before recirculation hid it). */
void
ovl_xlate_oam_init(struct ovl_xlate_oam *oam, const struct xlate_in *xin,
                   const struct netdev *in_port)
{
    const struct flow_tnl *tnl = &xin->upcall_flow->tunnel;

    if (in_port ? ovl_type_is_geneve(netdev_get_type(in_port))
        : xin->frozen_state && flow_tnl_dst_is_set(tnl)) {
        oam->applies = true;
        oam->geneve = in_port;
        oam->is_oam = tnl->flags & FLOW_TNL_F_OAM;
    }
}

/* Returns true if 'rule' matches on the O bit, which asks for control
 * packets. */
static bool
rule_asks(const struct rule_dpif *rule)
{
    return MINIFLOW_GET_U16(&rule->up.cr.match.mask->masks, tunnel.flags)
           & FLOW_TNL_F_OAM;
}

/* Called before the actions of 'rule', which may be NULL, are translated. */
void
ovl_xlate_oam_enter(struct ovl_xlate_oam *oam, const struct rule_dpif *rule)
{
    if (oam->is_oam && rule) {
        oam->n_asked += rule_asks(rule);
    }
}

/* Called after the actions of 'rule' were translated. */
void
ovl_xlate_oam_leave(struct ovl_xlate_oam *oam, const struct rule_dpif *rule)
{
    if (oam->is_oam) {
        oam->n_asked -= rule_asks(rule);
    }
}

/* Makes 'wc' match on the O bit of the packet of 'xin', on which translation
 * depends.  Upstream's tests compare the text of traced megaflows, so this
 * leaves out data packets in a trace. */
static void
ovl_xlate_oam_match(const struct ovl_xlate_oam *oam, struct xlate_in *xin,
                    struct flow_wildcards *wc)
{
    if (oam->is_oam || !xin->trace) {
        wc->masks.tunnel.flags |= FLOW_TNL_F_OAM;
    }
}

/* Counts the packet of 'xin' as refused, once. */
static void
ovl_xlate_oam_count(struct ovl_xlate_oam *oam, struct xlate_in *xin)
{
    if (oam->geneve && !oam->counted) {
        oam->counted = true;
        ovl_xlate_geneve_count(xin, oam->geneve, OVL_GENEVE_RX_OAM);
    }
}

/* Returns true if the packet of 'xin' must not be output to a port.
 * 'to_tenant' is false for a tunnel, which sends the O bit, too, for a patch
 * port, whose peer outputs to another port, and for a mirror's output port. */
bool
ovl_xlate_oam_refuses(struct ovl_xlate_oam *oam, struct xlate_in *xin,
                      struct flow_wildcards *wc, bool to_tenant)
{
    if (!oam->applies || oam->n_pushed) {
        return false;
    }
    ovl_xlate_oam_match(oam, xin, wc);
    if (!oam->is_oam || oam->n_asked || !to_tenant) {
        return false;
    }
    ovl_xlate_oam_count(oam, xin);
    return true;
}

/* Returns true if NORMAL must not forward the packet of 'xin'. */
bool
ovl_xlate_oam_refuses_normal(struct ovl_xlate_oam *oam, struct xlate_in *xin,
                             struct flow_wildcards *wc)
{
    if (!oam->applies || oam->n_pushed) {
        return false;
    }
    ovl_xlate_oam_match(oam, xin, wc);
    if (oam->is_oam) {
        ovl_xlate_oam_count(oam, xin);
    }
    return oam->is_oam;
}
