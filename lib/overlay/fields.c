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

/* Bits that we keep in the padding of struct flow_tnl, in pad1[0].  They exist
 * during translation and in rules; in a packet they are 0.
 *
 * FIELD_TP_SRC_SET, in a flow: an action wrote tun_tp_src.
 *
 * FIELD_TP_SRC_PART, in a flow: an action wrote some bits of tun_tp_src, so
 * that it may depend on the port that was received.
 *
 * FIELD_PRESENCE, in the mask of a match: the match has tun_metadata_present.
 * Upstream's bits for presence alone cannot tell "tun_metadata_present=1/1"
 * from "tun_metadata0", which means the same, but a controller must get back
 * what it wrote.  In the flow of a match, too: all of tun_metadata_present is
 * to be sent, with the bits that values of options tell already. */
enum {
    FIELD_TP_SRC_SET = 1 << 0,
    FIELD_TP_SRC_PART = 1 << 1,
    FIELD_PRESENCE = 1 << 2,
};

/* Returns true if 'wc' is what flow_wildcards_init_for_packet() makes, for the
 * text of a flow, rather than a match. */
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
 * whether it is there. */
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

/* Returns the bits of tun_metadata_present that 'match' has to have beyond its
 * tun_metadata fields. */
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

/* Returns the bits of the options for which 'tab' has a mapping. */
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

/* If 'mf' is ours, stores in '*wild' whether 'wc' wildcards it.  Does the same
 * for a tun_metadata field if 'wc' has tun_metadata_present, whose bits must
 * not pass for that field; ovl_field_set_match() refuses what is set twice. */
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

/* Called when an action has written those bits of 'mf' into 'tnl' that are 1
 * in 'mask', as long as the field; null means all. */
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
 * addresses of one family.  So an address that is not 0 replaces the other
 * family's, and a destination replaces the other family's source, too: they
 * may be those that the packet came with. */
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

/* If 'mf' is ours, stores its value in 'tnl' in '*value'. */
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

/* If 'mf' is ours, sets it to '*value' in 'tnl'.  Actions only write
 * tun_tp_src; the others get here as part of a mask or of a flow from text. */
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

/* Makes 'match' match on the bits 'value' / 'mask' of tun_metadata_present,
 * beside what it matches on already. */
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

/* Prepares 'match', which has tun_metadata_present, for a value of the
 * tun_metadata field 'mf'.  Returns false if there cannot be one, with an
 * error in '*err_str'. */
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

/* Stores 'value' / 'mask' (no 'value': nothing; no 'mask': exactly) in '*port'
 * and '*port_mask'. */
static void
field_set_port(const union mf_value *value, const union mf_value *mask,
               ovs_be16 *port, ovs_be16 *port_mask)
{
    *port_mask = !value ? 0 : mask ? mask->be16 : OVS_BE16_MAX;
    *port = value ? value->be16 & *port_mask : 0;
}

/* If 'mf' is ours, makes 'match' match on '*value' / '*mask' (no 'value': on
 * nothing; no 'mask': exactly).  Stores in '*err_str', if nonnull, a
 * malloc()'d error or NULL. */
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

/* Returns true if bit 'i' of the presence mask of 'match' is told by
 * tun_metadata_present, so that tun_metadata'i' is left out. */
bool
ovl_field_is_presence(const struct match *match, int i)
{
    return field_has_presence(&match->wc) && !field_has_value(match, i);
}

/* Adds our fields of 'tnl' to 'match', the metadata of a packet-in.  Those
 * that are 0 are left out, as for other fields; of tun_metadata_present, the
 * bits that are 0. */
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
        /* The caller sets the bits with the values. */
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

/* Appends the text of our fields in 'match' to 's', each with a comma. */
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

/* Appends to 'b', if the tunnel mask 'mask' says so, that a packet must have
 * no Geneve options.  There is no such attribute in the key, where it would
 * ask for the flag that the kernel sets with the first option: in the mask
 * alone, it makes the kernel compare the length of the options, which is 0 in
 * the key. */
void
ovl_fields_put_no_options(const struct flow_tnl *mask, struct ofpbuf *b)
{
    if (mask->flags & FLOW_TNL_F_UDPIF) {
        nl_msg_put_unspec(b, OVS_TUNNEL_KEY_ATTR_GENEVE_OPTS, NULL, 0);
    }
}

/* If bit 'i' of the presence mask 'mask', which comes from 'match' with
 * 'flow', is told by tun_metadata_present, puts it back into 'match'. */
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

/* Called when translation starts: no action has written to 'flow' yet. */
void
ovl_fields_start(struct flow *flow)
{
    flow->tunnel.pad1[0] = 0;
}

/* Returns true if 'flow', on its way to a tunnel, is to have the source port
 * in its tun_tp_src, because actions wrote that, rather than none, because it
 * came with the packet.  Unwildcards in 'wc' what the port depends on. */
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

/* Called when the translation of 'flow', as it came from the datapath and
 * 'in_port' (may be null), is about to end: completes its wildcards 'wc'.
 *
 * The kernel tells of options only if there are some.  If a flow for a Geneve
 * packet without any left them wildcarded, the kernel would use it for packets
 * with options, too, and rules that match on these would never see them. */
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
