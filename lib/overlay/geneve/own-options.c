/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Geneve options with which a packet was received.
 *
 * Packets of one datapath flow may have options with different values, see
 * overlay/geneve/unknown.c.  So translation, which sees the values in one
 * packet, must not assume that other packets of the flow have the same, unless
 * the flow matches on them.  'opts_own' in struct flow_tnl is the bit map of
 * these options: those with which the packet was received and which no action
 * has written.
 *
 *   - When translation is frozen, to continue for each packet later, they are
 *     left out, and then taken from that packet (freeze, thaw).
 *
 *   - An output without relay needs their values, so the flow matches on them.
 *
 *   - An output with relay leaves them to tnl_push.  Its header then has no
 *     options, but a list of edits of each packet's own options: options to
 *     set, and headers of options to delete. */

#include <config.h>

#include "overlay/geneve/own-options.h"

#include <string.h>

#include "bitmap.h"
#include "flow.h"
#include "netdev.h"
#include "openvswitch/meta-flow.h"
#include "overlay/geneve/payload.h"
#include "overlay/geneve/tlv.h"
#include "overlay/geneve/unknown.h"
#include "packets.h"
#include "tun-metadata.h"
#include "util.h"

/* Called when an action is about to write 'mf' of 'flow', all of its bits if
 * 'all' is true.  Otherwise, the other bits remain the packet's own, so 'wc'
 * must match on 'mf'.  (Upstream does not match on a field that is
 * written.) */
void
ovl_geneve_written(const struct mf_field *mf, bool all, struct flow *flow,
                   struct flow_wildcards *wc)
{
    if (flow->tunnel.opts_own && mf_is_tun_metadata(mf)) {
        unsigned int idx = mf->id - MFF_TUN_METADATA0;

        if (all) {
            flow->tunnel.opts_own &= ~(UINT64_C(1) << idx);
        } else if (flow->tunnel.opts_own & UINT64_C(1) << idx) {
            mf_mask_field(mf, wc);
        }
    }
}

/* Prepares the output of packets of 'tnl' to 'netdev', by tnl_push if 'native'
 * is true: makes 'wc' match on the packet's own options, if the header has
 * their values. */
void
ovl_geneve_output(const struct netdev *netdev, const struct flow_tnl *tnl,
                  struct flow_wildcards *wc, bool native)
{
    uint64_t own = tnl->opts_own & tnl->metadata.present.map;
    size_t i;

    if (own && ovl_type_is_geneve(netdev_get_type(netdev))
        && !(native && tnl->flags & OVL_GENEVE_F_RELAY)) {
        ULLONG_FOR_EACH_1 (i, own) {
            mf_mask_field(mf_from_id(MFF_TUN_METADATA0 + i), wc);
        }
    }
}

/* Converts the options of 'upcall', in UDPIF format, into '*own', with the TLV
 * map of 'tnl'. */
void
ovl_geneve_convert_own(const struct flow_tnl *upcall,
                       const struct flow_tnl *tnl, struct flow_tnl *own)
{
    own->metadata.present.map = 0;
    if (upcall->flags & FLOW_TNL_F_UDPIF
        && tun_metadata_from_geneve_udpif(tnl->metadata.tab, upcall, upcall,
                                          own)) {
        own->metadata.present.map = 0;
    }
}

/* Copies option 'i' from 'src' to 'dst', which have the same TLV map. */
static void
copy_option(const struct flow_tnl *src, size_t i, struct flow_tnl *dst)
{
    const struct mf_field *mf = mf_from_id(MFF_TUN_METADATA0 + i);
    union mf_value value;

    tun_metadata_read(src, mf, &value);
    tun_metadata_write(dst, mf, &value);
}

/* Returns true if option 'i' has the same value in 'a' and 'b', which have the
 * same TLV map. */
static bool
equal_options(const struct flow_tnl *a, const struct flow_tnl *b, size_t i)
{
    const struct mf_field *mf = mf_from_id(MFF_TUN_METADATA0 + i);
    union mf_value va, vb;

    tun_metadata_read(a, mf, &va);
    tun_metadata_read(b, mf, &vb);
    return !memcmp(&va, &vb, mf->n_bytes);
}

/* Returns the bit map of the options of 'tnl' that are the packet's own and
 * unchanged from 'own', with which it was received.  An option that was partly
 * written is in it only if its value is the same: the datapath flow matches on
 * the option. */
uint64_t
ovl_geneve_unchanged(const struct flow_tnl *tnl, const struct flow_tnl *own)
{
    uint64_t map = (tnl->opts_own & tnl->metadata.present.map
                    & own->metadata.present.map);
    uint64_t unchanged = map;
    size_t i;

    ULLONG_FOR_EACH_1 (i, map) {
        if (!equal_options(tnl, own, i)) {
            unchanged &= ~(UINT64_C(1) << i);
        }
    }
    return unchanged;
}

/* Sets the options in 'frozen' to those of 'tnl', the state of 'upcall' when
 * translation is frozen, without those that ovl_geneve_thaw() takes from each
 * packet.  Makes 'wc' match on the packet's own options that differ from
 * 'upcall'. */
void
ovl_geneve_freeze(const struct flow_tnl *upcall, const struct flow_tnl *tnl,
                  struct flow_tnl *frozen, struct flow_wildcards *wc)
{
    struct flow_tnl own;
    uint64_t map;
    size_t i;

    if (!tnl->opts_own) {
        return;
    }
    ovl_geneve_convert_own(upcall, tnl, &own);
    frozen->opts_own = ovl_geneve_unchanged(tnl, &own);

    /* Own options that 'upcall' does not have, or that are partly written. */
    map = tnl->opts_own & tnl->metadata.present.map & ~frozen->opts_own;
    ULLONG_FOR_EACH_1 (i, map) {
        mf_mask_field(mf_from_id(MFF_TUN_METADATA0 + i), wc);
    }

    memset(&frozen->metadata, 0, sizeof frozen->metadata);
    frozen->metadata.tab = tnl->metadata.tab;
    map = tnl->metadata.present.map & ~frozen->opts_own;
    ULLONG_FOR_EACH_1 (i, map) {
        copy_option(tnl, i, frozen);
    }
    frozen->metadata.tab = NULL;
}

/* Completes 'tnl', which was frozen when the TLV map had sequence number
 * 'map_seq', with the options of 'packet', in UDPIF format, for which
 * translation continues. */
void
ovl_geneve_thaw(const struct flow_tnl *packet, uint64_t map_seq,
                struct flow_tnl *tnl)
{
    uint64_t valid = ovl_tlv_since(tnl->metadata.tab, map_seq);
    struct flow_tnl own;
    size_t i;

    tnl->metadata.present.map &= valid;
    tnl->opts_own &= valid;
    if (tnl->opts_own) {
        ovl_geneve_convert_own(packet, tnl, &own);
        tnl->opts_own &= own.metadata.present.map;
        ULLONG_FOR_EACH_1 (i, tnl->opts_own) {
            copy_option(&own, i, tnl);
        }
    }
}
