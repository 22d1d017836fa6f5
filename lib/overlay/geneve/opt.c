/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/geneve/opt.h"

#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/geneve/tlv.h"
#include "packets.h"
#include "tun-metadata.h"
#include "util.h"

/* Appends 'opt' to 's', with its value if 'value' is true. */
void
ovl_geneve_format_opt(const struct geneve_opt *opt, bool value, struct ds *s)
{
    ds_put_format(s, "{class=%#"PRIx16",type=%#"PRIx8",len=%d",
                  ntohs(opt->opt_class), opt->type, opt->length * 4);
    if (opt->length && value) {
        ds_put_cstr(s, ",0x");
        for (size_t i = 0; i < opt->length * 4; i++) {
            ds_put_format(s, "%02"PRIx8, ((const uint8_t *) (opt + 1))[i]);
        }
    }
    ds_put_char(s, '}');
}

/* Returns true if the options of 'tnl' fit into a Geneve header. */
bool
ovl_geneve_options_fit(const struct flow_tnl *tnl)
{
    return ovl_tlv_geneve_size(tnl) <= TLV_TOT_OPT_SIZE;
}
