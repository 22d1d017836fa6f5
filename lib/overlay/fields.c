/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fields.h"

#include <string.h>

#include "netdev.h"
#include "netlink.h"
#include "nx-match.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-match.h"
#include "packets.h"
#include "tun-metadata.h"
#include "util.h"

/* Private bits in the padding of struct flow_tnl, in pad1[0].  They are used
 * during translation and in rules; in a packet they are 0.
 *
 * FIELD_TP_SRC_SET, in a flow: an action wrote tun_tp_src.
 *
 * FIELD_TP_SRC_PART, in a flow: an action wrote some bits of tun_tp_src, so
 * that its value depends on the port that was received.
 *
 * FIELD_PRESENCE, in the mask of a match: the match has tun_metadata_present.
 * Upstream's presence bits alone cannot distinguish "tun_metadata_present=1/1"
 * from "tun_metadata0", which means the same, but a controller must get back
 * what it wrote.  If it is set in the flow of a match, too, all of
 * tun_metadata_present is sent, including the bits that tun_metadata fields
 * with a value imply. */
enum {
    FIELD_TP_SRC_SET = 1 << 0,
    FIELD_TP_SRC_PART = 1 << 1,
    FIELD_PRESENCE = 1 << 2,
};

/* Returns true if 'wc' comes from flow_wildcards_init_for_packet(), for the
 * text of a flow, rather than from a match. */
static bool
field_is_whole_flow(const struct flow_wildcards *wc)
{
    return wc->masks.tunnel.flags == UINT16_MAX;
}

/* Returns true if 'wc' matches on tun_metadata_present. */
static bool
field_has_presence(const struct flow_wildcards *wc)
{
    return wc->masks.tunnel.pad1[0] & FIELD_PRESENCE;
}

/* Returns true if 'match' matches on the value of tun_metadata'i', not only on
 * its presence. */
static bool
field_has_value(const struct match *match, int i)
{
    if (match->tun_md.valid) {
        const struct tun_metadata_match_entry *e = &match->tun_md.entry[i];
        const struct tun_metadata *mask = &match->wc.masks.tunnel.metadata;

        return (!e->masked
                || !is_all_zeros(mask->opts.u8 + e->loc.c.offset,
                                 e->loc.c.len));
    } else if (match->flow.tunnel.metadata.tab) {
        const struct mf_field *mf = mf_from_id(MFF_TUN_METADATA0 + i);
        struct flow_tnl mask = match->wc.masks.tunnel;
        union mf_value value;

        mask.metadata.tab = match->flow.tunnel.metadata.tab;
        tun_metadata_read(&mask, mf, &value);
        return !is_all_zeros(&value, mf->n_bytes);
    } else {
        return false;
    }
}

/* Returns the mask of tun_metadata_present in 'match': the presence bits that
 * its tun_metadata fields do not imply, or all of them. */
static uint64_t
field_get_presence(const struct match *match)
{
    uint64_t map = match->wc.masks.tunnel.metadata.present.map;
    uint64_t bits = 0;
    int i;

    if (!field_has_presence(&match->wc)) {
        return 0;
    }
    if (match->flow.tunnel.pad1[0] & FIELD_PRESENCE) {
        return map;
    }
    ULLONG_FOR_EACH_1 (i, map) {
        if (!field_has_value(match, i)) {
            ULLONG_SET1(bits, i);
        }
    }
    return bits;
}

/* Returns the bit map of the tun_metadata fields that are mapped in 'tab'. */
static uint64_t
field_get_mapped(const struct tun_table *tab)
{
    struct ofputil_tlv_table_reply ttr;
    struct ofputil_tlv_map *map;
    uint64_t bits = 0;

    tun_metadata_table_request(tab, &ttr);
    LIST_FOR_EACH (map, list_node, &ttr.mappings) {
        ULLONG_SET1(bits, map->index);
    }
    ofputil_uninit_tlv_table(&ttr.mappings);
    return bits;
}

/* Fields, for lib/meta-flow.c and lib/tun-metadata.c. */

/* If 'mf' is ours, stores in '*wild' whether 'wc' wildcards it, and returns
 * true.  If 'wc' matches on tun_metadata_present, stores true for each
 * tun_metadata field, too, because the presence bits must not be taken for
 * that field; ovl_field_set_match() refuses a field that is set twice. */
bool
ovl_field_is_wild(const struct mf_field *mf, const struct flow_wildcards *wc,
                  bool *wild)
{
    if (mf->id == MFF_TUN_METADATA_PRESENT) {
        *wild = !field_has_presence(wc);
    } else if (mf->id == MFF_TUN_TP_SRC) {
        *wild = !wc->masks.tunnel.tp_src;
    } else if (mf->id == MFF_TUN_TP_DST) {
        *wild = !wc->masks.tunnel.tp_dst;
    } else if (mf_is_tun_metadata(mf) && field_has_presence(wc)) {
        *wild = true;
    } else {
        return false;
    }
    return true;
}

/* Called when an action has written into 'tnl' the bits of 'mf' that are 1 in
 * 'mask', which is as long as the field.  A null 'mask' means all bits. */
void
ovl_field_written(const struct mf_field *mf, const void *mask,
                  struct flow_tnl *tnl)
{
    if (mf->id == MFF_TUN_TP_SRC
        && (!mask || is_all_ones(mask, mf->n_bytes))) {
        tnl->pad1[0] &= ~FIELD_TP_SRC_PART;
    }
}

/* Called when an action has written 'mf' into 'tnl'.  An outer header has
 * addresses of one family.  So an address that is not 0 clears the same
 * address of the other family, and a destination also clears the source of the
 * other family: these may be from the tunnel by which the packet was
 * received. */
void
ovl_field_chooses_family(const struct mf_field *mf, struct flow_tnl *tnl)
{
    bool is_dst = mf->id == MFF_TUN_DST || mf->id == MFF_TUN_IPV6_DST;

    if ((mf->id == MFF_TUN_SRC && tnl->ip_src)
        || (mf->id == MFF_TUN_DST && tnl->ip_dst)) {
        tnl->ipv6_src = in6addr_any;
        if (is_dst) {
            tnl->ipv6_dst = in6addr_any;
        }
    } else if ((mf->id == MFF_TUN_IPV6_SRC && ipv6_addr_is_set(&tnl->ipv6_src))
               || (mf->id == MFF_TUN_IPV6_DST
                   && ipv6_addr_is_set(&tnl->ipv6_dst))) {
        tnl->ip_src = 0;
        if (is_dst) {
            tnl->ip_dst = 0;
        }
    }
}

/* If 'mf' is ours, stores its value in 'tnl' in '*value' and returns true. */
bool
ovl_field_read(const struct flow_tnl *tnl, const struct mf_field *mf,
               union mf_value *value)
{
    if (mf->id == MFF_TUN_METADATA_PRESENT) {
        value->be64 = htonll(tnl->metadata.present.map);
    } else if (mf->id == MFF_TUN_TP_SRC) {
        value->be16 = tnl->tp_src;
    } else if (mf->id == MFF_TUN_TP_DST) {
        value->be16 = tnl->tp_dst;
    } else {
        return false;
    }
    return true;
}

/* If 'mf' is ours, sets it to '*value' in 'tnl' and returns true.  Actions
 * only write tun_tp_src; the others are written as part of a mask or of a flow
 * that is parsed from text. */
bool
ovl_field_write(struct flow_tnl *tnl, const struct mf_field *mf,
                const union mf_value *value)
{
    if (mf->id == MFF_TUN_METADATA_PRESENT) {
        tnl->metadata.present.map = ntohll(value->be64);
    } else if (mf->id == MFF_TUN_TP_SRC) {
        tnl->tp_src = value->be16;
        tnl->pad1[0] |= FIELD_TP_SRC_SET | FIELD_TP_SRC_PART;
    } else if (mf->id == MFF_TUN_TP_DST) {
        tnl->tp_dst = value->be16;
    } else {
        return false;
    }
    return true;
}

/* Stores 'error', which must be malloc()'d or null, in '*err_str', unless that
 * is null. */
static void
field_set_error(char **err_str, char *error)
{
    if (err_str) {
        *err_str = error;
    } else {
        free(error);
    }
}

/* Makes 'match' match on 'value' / 'mask' of tun_metadata_present, in addition
 * to its other fields.  Stores in '*err_str', if nonnull, a malloc()'d error
 * if that is impossible. */
static void
field_set_presence(struct match *match, uint64_t value, uint64_t mask,
                   char **err_str)
{
    const struct tun_table *tab = match->flow.tunnel.metadata.tab;
    uint64_t *flow_map = &match->flow.tunnel.metadata.present.map;
    uint64_t *mask_map = &match->wc.masks.tunnel.metadata.present.map;
    uint64_t unmapped = tab ? value & mask & ~field_get_mapped(tab) : 0;
    uint64_t fixed = *mask_map & ~field_get_presence(match);
    int i;

    if (unmapped) {
        field_set_error(err_str, xasprintf(
                          "tun_metadata_present: no option is mapped to "
                          "tun_metadata%d", rightmost_1bit_idx(unmapped)));

        /* Without an error, let nothing match: no packet has this bit. */
        match->flow.tunnel.pad1[0] |= FIELD_PRESENCE;
        match->wc.masks.tunnel.pad1[0] |= FIELD_PRESENCE;
        return;
    }
    if (fixed & mask & ~value) {
        field_set_error(err_str, xasprintf(
                          "tun_metadata_present: tun_metadata%d cannot be "
                          "absent and have a value",
                          rightmost_1bit_idx(fixed & mask & ~value)));
        return;
    }

    if (!tab) {
        ULLONG_FOR_EACH_1 (i, mask & ~*mask_map) {
            match->tun_md.entry[i].loc = (struct tun_metadata_loc) { .len = 0};
            match->tun_md.entry[i].masked = true;
        }
        match->tun_md.valid = true;
    }
    *flow_map = (*flow_map & ~mask) | (value & mask);
    *mask_map |= mask;
    match->wc.masks.tunnel.pad1[0] |= FIELD_PRESENCE;
}

/* Makes 'match' wildcard tun_metadata_present. */
static void
field_clear_presence(struct match *match)
{
    uint64_t bits = field_get_presence(match);

    match->flow.tunnel.metadata.present.map &= ~bits;
    match->wc.masks.tunnel.metadata.present.map &= ~bits;
    match->wc.masks.tunnel.pad1[0] &= ~FIELD_PRESENCE;
}

/* Prepares 'match', which matches on tun_metadata_present, for a value of the
 * tun_metadata field 'mf'.  Returns true if successful, otherwise false, with
 * an error in '*err_str'. */
static bool
field_make_room_for_value(const struct mf_field *mf, struct match *match,
                          char **err_str)
{
    uint64_t *flow_map = &match->flow.tunnel.metadata.present.map;
    uint64_t *mask_map = &match->wc.masks.tunnel.metadata.present.map;
    int i = mf->id - MFF_TUN_METADATA0;

    if (!ULLONG_GET(*mask_map, i)) {
        return true;
    }
    if (field_has_value(match, i)) {
        field_set_error(err_str, xasprintf("field %s set multiple times",
                                           mf->name));
        return false;
    }
    if (!ULLONG_GET(*flow_map, i)) {
        field_set_error(err_str, xasprintf("%s: cannot have a value and be "
                                           "absent by tun_metadata_present",
                                           mf->name));
        return false;
    }
    ULLONG_SET0(*mask_map, i);
    return true;
}

/* Stores 'value' / 'mask' in '*port' and '*port_mask'.  A null 'value' means a
 * wildcard, and a null 'mask' an exact match. */
static void
field_set_port(const union mf_value *value, const union mf_value *mask,
               ovs_be16 *port, ovs_be16 *port_mask)
{
    *port_mask = !value ? 0 : mask ? mask->be16 : OVS_BE16_MAX;
    *port = value ? value->be16 & *port_mask : 0;
}

/* If 'mf' is ours, makes 'match' match on '*value' / '*mask'.  A null 'value'
 * means a wildcard, and a null 'mask' an exact match.  Stores in '*err_str',
 * if nonnull, a malloc()'d error or NULL.  Returns true if 'mf' is ours, or a
 * tun_metadata field that cannot be set, so that upstream must not set it. */
bool
ovl_field_set_match(const struct mf_field *mf, const union mf_value *value,
                    const union mf_value *mask, struct match *match,
                    char **err_str)
{
    field_set_error(err_str, NULL);
    if (mf->id == MFF_TUN_METADATA_PRESENT) {
        if (value) {
            field_set_presence(match, ntohll(value->be64),
                               mask ? ntohll(mask->be64) : UINT64_MAX,
                               err_str);
        } else {
            field_clear_presence(match);
        }
    } else if (mf->id == MFF_TUN_TP_SRC) {
        field_set_port(value, mask, &match->flow.tunnel.tp_src,
                       &match->wc.masks.tunnel.tp_src);
    } else if (mf->id == MFF_TUN_TP_DST) {
        field_set_port(value, mask, &match->flow.tunnel.tp_dst,
                       &match->wc.masks.tunnel.tp_dst);
    } else {
        return (field_has_presence(&match->wc)
                && !field_make_room_for_value(mf, match, err_str));
    }
    return true;
}

/* Messages and text. */

/* Returns true if tun_metadata_present expresses bit 'i' of the presence mask
 * of 'match', so that tun_metadata'i' is left out. */
bool
ovl_field_is_presence(const struct match *match, int i)
{
    return field_has_presence(&match->wc) && !field_has_value(match, i);
}

/* Adds our fields of 'tnl' to 'match', the metadata of a packet-in.  Fields
 * that are 0 are left out, like upstream's, and so are the bits of
 * tun_metadata_present that are 0. */
void
ovl_fields_get_metadata(const struct flow_tnl *tnl, struct match *match)
{
    if (tnl->tp_src) {
        match->flow.tunnel.tp_src = tnl->tp_src;
        match->wc.masks.tunnel.tp_src = OVS_BE16_MAX;
    }
    if (tnl->tp_dst) {
        match->flow.tunnel.tp_dst = tnl->tp_dst;
        match->wc.masks.tunnel.tp_dst = OVS_BE16_MAX;
    }
    if (tnl->metadata.present.map) {
        /* The caller sets the presence bits together with the values. */
        match->flow.tunnel.pad1[0] |= FIELD_PRESENCE;
        match->wc.masks.tunnel.pad1[0] |= FIELD_PRESENCE;
    }
}

/* Appends our fields in 'match' to 'b', as NXM if 'oxm' is 0, otherwise as OXM
 * of OpenFlow version 'oxm'. */
void
ovl_fields_put_nx_match(struct ofpbuf *b, enum ofp_version oxm,
                        const struct match *match)
{
    const struct flow_tnl *flow = &match->flow.tunnel;
    const struct flow_tnl *mask = &match->wc.masks.tunnel;
    uint64_t bits = field_get_presence(match);

    if (mask->tp_src) {
        nxm_put_entry_raw(b, MFF_TUN_TP_SRC, oxm, &flow->tp_src,
                          mask->tp_src != OVS_BE16_MAX ? &mask->tp_src : NULL,
                          sizeof flow->tp_src);
    }
    if (mask->tp_dst) {
        nxm_put_entry_raw(b, MFF_TUN_TP_DST, oxm, &flow->tp_dst,
                          mask->tp_dst != OVS_BE16_MAX ? &mask->tp_dst : NULL,
                          sizeof flow->tp_dst);
    }
    if (bits) {
        ovs_be64 map = htonll(flow->metadata.present.map & bits);
        ovs_be64 map_mask = htonll(bits);

        nxm_put_entry_raw(b, MFF_TUN_METADATA_PRESENT, oxm, &map,
                          bits != UINT64_MAX ? &map_mask : NULL, sizeof map);
    }
}

/* Appends 'port' / 'mask', the field called 'name', to 's'. */
static void
field_format_port(struct ds *s, const char *name, ovs_be16 port, ovs_be16 mask)
{
    if (mask) {
        ds_put_format(s, "%s=", name);
        if (mask == OVS_BE16_MAX) {
            ds_put_format(s, "%"PRIu16",", ntohs(port));
        } else {
            ds_put_format(s, "%#"PRIx16"/%#"PRIx16",",
                          ntohs(port), ntohs(mask));
        }
    }
}

/* Appends the text of our fields in 'match' to 's', each followed by a
 * comma. */
void
ovl_fields_format(struct ds *s, const struct match *match)
{
    const struct flow_tnl *flow = &match->flow.tunnel;
    const struct flow_tnl *mask = &match->wc.masks.tunnel;
    bool whole = field_is_whole_flow(&match->wc);

    if (!whole || flow->tp_src) {
        field_format_port(s, "tun_tp_src", flow->tp_src, mask->tp_src);
    }
    if (!whole || flow->tp_dst) {
        field_format_port(s, "tun_tp_dst", flow->tp_dst, mask->tp_dst);
    }
    if (!(flow->flags & FLOW_TNL_F_UDPIF)) {
        uint64_t map = flow->metadata.present.map;
        uint64_t bits = field_get_presence(match);
        int i;

        ULLONG_FOR_EACH_1 (i, bits) {
            if (field_has_value(match, i)) {
                ULLONG_SET0(bits, i);
            }
        }
        if (bits) {
            ds_put_format(s, "tun_metadata_present=%#"PRIx64, map & bits);
            if (bits != UINT64_MAX) {
                ds_put_format(s, "/%#"PRIx64, bits);
            }
            ds_put_char(s, ',');
        }
    }
}

/* If the tunnel mask 'mask' requires that a packet has no Geneve options,
 * appends the attribute for this to 'b', the mask.  The key has no such
 * attribute, because it would match on the flag that the kernel sets for a
 * packet with options.  In the mask alone, it makes the kernel compare the
 * length of the options, which is 0 in the key. */
void
ovl_fields_put_no_options(const struct flow_tnl *mask, struct ofpbuf *b)
{
    if (mask->flags & FLOW_TNL_F_UDPIF) {
        nl_msg_put_unspec(b, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, NULL, 0);
    }
}

/* If tun_metadata_present expresses bit 'i' of the presence mask in 'mask',
 * which comes from 'match', as does 'flow', sets the bit in 'match' again and
 * returns true. */
bool
ovl_field_remap(struct match *match, const struct tun_metadata *flow,
                const struct tun_metadata *mask, int i)
{
    const struct tun_metadata_match_entry *e = &match->tun_md.entry[i];

    if (!field_has_presence(&match->wc) || !e->masked
        || !is_all_zeros(mask->opts.u8 + e->loc.c.offset, e->loc.c.len)) {
        return false;
    }
    ULLONG_SET1(match->wc.masks.tunnel.metadata.present.map, i);
    if (ULLONG_GET(flow->present.map, i)) {
        ULLONG_SET1(match->flow.tunnel.metadata.present.map, i);
    }
    return true;
}

/* Translation. */

/* Called when the translation of 'flow' starts, before any action has written
 * to it. */
void
ovl_fields_start(struct flow *flow)
{
    flow->tunnel.pad1[0] = 0;
}

/* Returns true if actions wrote tun_tp_src in 'flow', which is output to a
 * tunnel, so that it is the source port for the outer header.  Returns false
 * if it is that of the received packet.  Unwildcards in 'wc' the fields on
 * which the port depends. */
bool
ovl_fields_take_tp_src(struct flow *flow, struct flow_wildcards *wc)
{
    uint8_t bits = flow->tunnel.pad1[0];

    if (bits & FIELD_TP_SRC_PART) {
        wc->masks.tunnel.tp_src = OVS_BE16_MAX;
    }
    flow->tunnel.pad1[0] = 0;
    return bits & FIELD_TP_SRC_SET;
}

/* Called at the end of the translation of 'flow', which is as received from
 * the datapath and by 'in_port' (may be null): completes its wildcards 'wc'.
 *
 * The kernel reports options only if a packet has some.  If a datapath flow
 * for a Geneve packet without options wildcarded them, the kernel would use it
 * for packets with options, too, and rules that match on options would not see
 * these packets. */
void
ovl_fields_finish(const struct flow *flow, const struct netdev *in_port,
                  struct flow_wildcards *wc)
{
    wc->masks.tunnel.pad1[0] &= ~(FIELD_TP_SRC_SET | FIELD_TP_SRC_PART);
    if (flow->tunnel.metadata.tab) {
        return;                 /* ofproto/trace: there are only wildcards. */
    }

    wc->masks.tunnel.pad1[0] &= ~FIELD_PRESENCE;
    if (!(flow->tunnel.flags & FLOW_TNL_F_UDPIF)
        && flow_tnl_dst_is_set(&flow->tunnel)
        && in_port && !strcmp(netdev_get_type(in_port), "geneve")) {
        wc->masks.tunnel.flags |= FLOW_TNL_F_UDPIF;
        wc->masks.tunnel.metadata.present.len = UINT8_MAX;
    }
}
