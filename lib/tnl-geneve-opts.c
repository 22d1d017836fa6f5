/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Options of Geneve (RFC 8926, section 3.5).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-------------------------------+-+-------------+-----+---------+
 *     |          Option Class         |C|    Type     |R|R|R| Length  |
 *     +-------------------------------+-+-------------+-----+---------+
 *     |                Value: Length times 4 bytes ...                |
 *
 * C is the critical bit: whoever does not know the option must not ignore it.
 *
 * All that a port decides about unknown options follows from the headers of
 * options, never from their values.  So each datapath flow matches on all
 * headers (upstream matches on them only if some OpenFlow rule matches on an
 * option), and packets that differ in values that no rule asks for share one
 * datapath flow.
 *
 * Hence the values that translation sees, of the packet that it is done for,
 * are not those of the other packets of the flow, unless the flow matches on
 * them.  'opts_own' in struct flow_tnl says for which options that holds:
 * those that came with the packet and that no action has written.
 *
 *   - Where translation stops, to go on for each packet later, it leaves them
 *     out, and takes them from that packet then (freeze, thaw).
 *
 *   - An output without relay needs their values, so the flow matches on them.
 *
 *   - An output with relay leaves them to tnl_push.  Its header has no options
 *     then, but a list of edits, in the format of options, for each packet's
 *     own: the values to set, and the options to delete (OPT_DELETE, no
 *     value). */

#include <config.h>

#include "tnl-geneve-opts.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "bitmap.h"
#include "coverage.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netdev-vport-private.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/meta-flow.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "tun-metadata.h"
#include "util.h"

static const char *const unknown_names[] = {
    [TNL_GENEVE_IGNORE] = "ignore",
    [TNL_GENEVE_DROP] = "drop",
    [TNL_GENEVE_RELAY] = "relay",
};

/* A packet whose options, with the edits, need more than the 252 bytes that
 * there are, or are no options. */
COVERAGE_DEFINE(drop_geneve_relay);

/* Reserved bit of the header of an option that is to be deleted. */
#define OPT_DELETE r1

/* Reserved bits of the Geneve header of a tnl_push action that has edits. */
#define RSVD_EDITS 1

/* Largest number of options in a packet, and of edits in a tnl_push action:
 * those without a value. */
#define MAX_OPTS (TLV_TOT_OPT_SIZE / sizeof(struct geneve_opt))
#define MAX_EDITS (TNL_PUSH_HEADER_SIZE / sizeof(struct geneve_opt))

/* Options. */

/* Returns the option at 'ofs' among the 'len' bytes 'opts', or NULL if what is
 * left is too short for it. */
static const struct geneve_opt *
geneve_opt_at(const struct geneve_opt *opts, size_t len, size_t ofs)
{
    const struct geneve_opt *opt = opts + ofs / sizeof *opts;

    if (len - ofs < sizeof *opt
        || len - ofs < sizeof *opt + opt->length * 4) {
        return NULL;
    }
    return opt;
}

/* Returns the size of 'opt' in bytes. */
static size_t
geneve_opt_size(const struct geneve_opt *opt)
{
    return sizeof *opt + opt->length * 4;
}

/* Configuration. */

/* If 'key' is the option of tunnels of type 'type' that is read here, stores
 * 'value' in '*unknown', or appends what is allowed to 'allowed', as
 * 'set_option' of struct tnl_class does, and returns true. */
bool
tnl_geneve_set_option(enum tnl_geneve_unknown *unknown, const char *type,
                      const char *key, const char *value, struct ds *allowed)
{
    if (strcmp(type, "geneve") || strcmp(key, "unknown_options")) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(unknown_names); i++) {
        if (!strcmp(value, unknown_names[i])) {
            *unknown = i;
            return true;
        }
    }
    ds_put_cstr(allowed, "\"drop\", \"ignore\" or \"relay\"");
    return true;
}

/* Adds 'unknown' to 'args', unless it is the default. */
void
tnl_geneve_get_option(enum tnl_geneve_unknown unknown, struct smap *args)
{
    if (unknown != TNL_GENEVE_IGNORE) {
        smap_add(args, "unknown_options", unknown_names[unknown]);
    }
}

/* Returns true if 'netdev' is a Geneve port. */
static bool
is_geneve(const struct netdev *netdev)
{
    return netdev && !strcmp(netdev_get_type(netdev), "geneve");
}

/* Implements 'get_custom_stats' of struct netdev_class. */
int
tnl_geneve_get_custom_stats(const struct netdev *netdev,
                            struct netdev_custom_stats *stats)
{
    static const char *const names[] = {
#define TNL_GENEVE_RX(NAME, COUNTER) COUNTER,
        TNL_GENEVE_RX_COUNTERS
#undef TNL_GENEVE_RX
    };
    struct netdev_vport *vport = netdev_vport_cast(netdev);

    stats->size = TNL_GENEVE_N_RX;
    stats->counters = xcalloc(stats->size, sizeof *stats->counters);
    ovs_mutex_lock(&vport->mutex);
    for (size_t i = 0; i < stats->size; i++) {
        stats->counters[i].value = vport->geneve.n[i];
        ovs_strlcpy(stats->counters[i].name, names[i],
                    sizeof stats->counters[i].name);
    }
    ovs_mutex_unlock(&vport->mutex);
    return 0;
}

/* Returns what 'netdev', which may be null or of another type, does with
 * unknown options. */
static enum tnl_geneve_unknown
get_policy(const struct netdev *netdev)
{
    return (is_geneve(netdev)
            ? netdev_get_tunnel_config(netdev)->geneve_unknown
            : TNL_GENEVE_IGNORE);
}

/* Returns true if 'netdev' is a Geneve port that relays options. */
bool
tnl_geneve_wants_relay(const struct netdev *netdev)
{
    return get_policy(netdev) == TNL_GENEVE_RELAY;
}

/* Translation. */

/* Returns true if 'tnl' has an option that 'tab' does not know, and stores in
 * '*critical' whether one of them is critical.  'tnl' is in UDPIF format and
 * well-formed. */
static bool
has_unknown(const struct tun_table *tab, const struct flow_tnl *tnl,
            bool *critical)
{
    size_t len = tnl->metadata.present.len;
    const struct geneve_opt *opt;
    bool unknown = false;

    *critical = false;
    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(tnl->metadata.opts.gnv, len, ofs);
        if (!tun_metadata_knows(tab, opt)) {
            unknown = true;
            *critical |= (opt->type & GENEVE_CRIT_OPT_TYPE) != 0;
        }
    }
    return unknown;
}

/* Returns how many of the 'len' bytes 'opts' are well-formed options. */
static size_t
geneve_opts_scan(const struct geneve_opt *opts, size_t len)
{
    const struct geneve_opt *opt;
    size_t ofs;

    for (ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(opts, len, ofs);
        if (!opt) {
            break;
        }
    }
    return ofs;
}

/* Decides about packets with options 'tnl', in UDPIF format, that arrive on
 * 'netdev', which may be null or of another type (then only rules that always
 * hold do), in a bridge whose TLV map is 'tab'. */
enum tnl_geneve_rx
tnl_geneve_receive(const struct netdev *netdev, const struct tun_table *tab,
                   const struct flow_tnl *tnl)
{
    enum tnl_geneve_unknown policy = get_policy(netdev);
    size_t len = tnl->metadata.present.len;
    bool critical;

    if (geneve_opts_scan(tnl->metadata.opts.gnv, len) != len) {
        return TNL_GENEVE_RX_MALFORMED;
    } else if (!has_unknown(tab, tnl, &critical)) {
        return TNL_GENEVE_RX_KNOWN;
    } else if (policy == TNL_GENEVE_RELAY) {
        return TNL_GENEVE_RX_RELAYED;
    } else if (critical) {
        return TNL_GENEVE_RX_CRITICAL;
    } else {
        return (policy == TNL_GENEVE_DROP ? TNL_GENEVE_RX_DROPPED
                : TNL_GENEVE_RX_IGNORED);
    }
}

/* Marks 'tnl', the options 'upcall' of a packet received on 'netdev' after
 * their conversion from UDPIF format, as the packet's own. */
void
tnl_geneve_start(const struct netdev *netdev, const struct flow_tnl *upcall,
                 struct flow_tnl *tnl)
{
    bool critical;

    if (!(upcall->flags & FLOW_TNL_F_UDPIF)) {
        return;
    }
    tnl->opts_own = tnl->metadata.present.map;
    if (get_policy(netdev) == TNL_GENEVE_RELAY) {
        has_unknown(tnl->metadata.tab, upcall, &critical);
        tnl->flags |= (TNL_GENEVE_F_RELAY
                       | (critical ? TNL_GENEVE_F_CRITICAL : 0));
    }
}

/* Returns true if a packet with 'tnl' must not leave by 'out', because that
 * would ignore a critical option. */
bool
tnl_geneve_withholds(const struct flow_tnl *tnl, const struct netdev *out)
{
    return OVS_UNLIKELY(tnl->flags & TNL_GENEVE_F_CRITICAL) && !is_geneve(out);
}

/* Called when an action is about to write 'mf' of 'flow', or not 'all' of its
 * bits.  In the latter case the rest remains the packet's own, so 'wc' must
 * match on it.  (Upstream does not match on what is written.) */
void
tnl_geneve_written(const struct mf_field *mf, bool all, struct flow *flow,
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

/* Returns true if packets with outcome 'rx' are dropped. */
bool
tnl_geneve_is_drop(enum tnl_geneve_rx rx)
{
    return (rx == TNL_GENEVE_RX_DROPPED || rx == TNL_GENEVE_RX_CRITICAL
            || rx == TNL_GENEVE_RX_MALFORMED);
}

/* Adds 'n' packets to the counter for 'rx' of 'netdev', if that is a Geneve
 * port. */
void
tnl_geneve_count(const struct netdev *netdev, enum tnl_geneve_rx rx,
                 uint64_t n)
{
    if (is_geneve(netdev) && rx < TNL_GENEVE_N_RX) {
        struct netdev_vport *vport = netdev_vport_cast(netdev);

        ovs_mutex_lock(&vport->mutex);
        vport->geneve.n[rx] += n;
        ovs_mutex_unlock(&vport->mutex);
    }
}

/* Has 'wc', at the end of the translation of a flow that came with options
 * 'upcall', in UDPIF format, match on the headers of all of them. */
void
tnl_geneve_match_headers(const struct flow_tnl *upcall,
                         struct flow_wildcards *wc)
{
    if (upcall->flags & FLOW_TNL_F_UDPIF && upcall->metadata.present.len) {
        /* What upstream looks at before it converts the mask, which adds the
         * headers. */
        ULLONG_SET1(wc->masks.tunnel.metadata.present.map, 0);
    }
}

/* Does the same if the translation failed, when upstream leaves the mask of
 * options as it is.  'tnl' is the flow that was translated, with its options
 * in the format of the TLV map, if it has one. */
void
tnl_geneve_match_dropped(const struct flow_tnl *upcall,
                         const struct flow_tnl *tnl, struct flow_wildcards *wc)
{
    struct tun_metadata *mask = &wc->masks.tunnel.metadata;
    struct geneve_opt opts[MAX_OPTS];
    size_t len = upcall->metadata.present.len;

    if (!(upcall->flags & FLOW_TNL_F_UDPIF)) {
        return;
    }
    memset(opts, 0xff, sizeof opts);
    if (tnl->metadata.tab) {
        tun_metadata_to_geneve_udpif_mask(tnl, &wc->masks.tunnel,
                                          upcall->metadata.opts.gnv,
                                          geneve_opts_scan(
                                              upcall->metadata.opts.gnv, len),
                                          opts);
    }
    memset(mask, 0, sizeof *mask);
    memcpy(mask->opts.gnv, opts, len);
    mask->present.len = 0xff;
    wc->masks.tunnel.flags |= FLOW_TNL_F_UDPIF;
}

/* Prepares the output of packets of 'tnl' to 'netdev', by tnl_push if
 * 'native': has 'wc' match on the options that are the packet's own, if they
 * will be in the header. */
void
tnl_geneve_output(const struct netdev *netdev, const struct flow_tnl *tnl,
                  struct flow_wildcards *wc, bool native)
{
    uint64_t own = tnl->opts_own & tnl->metadata.present.map;
    size_t i;

    if (own && is_geneve(netdev)
        && !(native && tnl->flags & TNL_GENEVE_F_RELAY)) {
        ULLONG_FOR_EACH_1 (i, own) {
            mf_mask_field(mf_from_id(MFF_TUN_METADATA0 + i), wc);
        }
    }
}

/* Converts the options of 'upcall', in UDPIF format, into '*own', by the TLV
 * map of 'tnl'. */
static void
convert_own(const struct flow_tnl *upcall, const struct flow_tnl *tnl,
            struct flow_tnl *own)
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

/* Returns which options of 'tnl' a packet that came with 'own' has anyway.
 * What was written in part is not among them, unless it makes no difference:
 * the datapath flow matches on it. */
static uint64_t
unchanged_options(const struct flow_tnl *tnl, const struct flow_tnl *own)
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

/* Frozen translation. */

/* Sets the options in 'frozen' to those of 'tnl', the flow that 'upcall' has
 * become when translation stops, without those that are to be taken from each
 * packet. */
void
tnl_geneve_freeze(const struct flow_tnl *upcall, const struct flow_tnl *tnl,
                  struct flow_tnl *frozen, struct flow_wildcards *wc)
{
    struct flow_tnl own;
    uint64_t map;
    size_t i;

    if (!tnl->opts_own) {
        return;
    }
    convert_own(upcall, tnl, &own);
    frozen->opts_own = unchanged_options(tnl, &own);

    /* What is not there, or written in part. */
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

/* Completes 'tnl', as frozen when the TLV map had sequence number 'map_seq',
 * by the options of 'packet', in UDPIF format, for which translation goes
 * on. */
void
tnl_geneve_thaw(const struct flow_tnl *packet, uint64_t map_seq,
                struct flow_tnl *tnl)
{
    uint64_t valid = tun_metadata_since(tnl->metadata.tab, map_seq);
    struct flow_tnl own;
    size_t i;

    tnl->metadata.present.map &= valid;
    tnl->opts_own &= valid;
    if (tnl->opts_own) {
        convert_own(packet, tnl, &own);
        tnl->opts_own &= own.metadata.present.map;
        ULLONG_FOR_EACH_1 (i, tnl->opts_own) {
            copy_option(&own, i, tnl);
        }
    }
}

/* Datapath. */

/* Returns true if the options of 'tnl' fit into a Geneve header. */
bool
tnl_geneve_options_fit(const struct flow_tnl *tnl)
{
    return tun_metadata_geneve_size(tnl) <= TLV_TOT_OPT_SIZE;
}

/* Returns the Geneve header in 'data', which is IPv4 or IPv6 without options
 * and extension headers, and UDP. */
static struct genevehdr *
get_geneve_header(const struct ovs_action_push_tnl *data)
{
    const struct eth_header *eth = (const struct eth_header *) data->header;
    size_t l3_len = (eth->eth_type == htons(ETH_TYPE_IPV6) ? IPV6_HEADER_LEN
                     : IP_HEADER_LEN);

    return ALIGNED_CAST(struct genevehdr *,
                        (char *) data->header + sizeof *eth + l3_len
                        + UDP_HEADER_LEN);
}

/* Returns true if 'data' has edits of the packets' options. */
bool
tnl_geneve_relays(const struct ovs_action_push_tnl *data)
{
    return (data->tnl_type == OVS_VPORT_TYPE_GENEVE
            && get_geneve_header(data)->rsvd1 == RSVD_EDITS);
}

/* Stores the options 'map' of 'tnl', in the order of their fields, in
 * 'opts'.  Returns their size in bytes. */
static size_t
put_options(const struct flow_tnl *tnl, uint64_t map, struct geneve_opt *opts)
{
    struct flow_tnl copy = *tnl;
    bool critical;

    copy.metadata.present.map = map;
    return tun_metadata_to_geneve_header(&copy, opts, &critical);
}

/* Replaces the options in 'data', the header for packets of 'tnl', by edits of
 * those that each packet came with, if they are to be relayed.  'upcall' is
 * what 'tnl' was before actions.  Returns 0, or E2BIG if there are too
 * many. */
int
tnl_geneve_set_edits(struct ovs_action_push_tnl *data,
                     const struct flow_tnl *upcall, const struct flow_tnl *tnl)
{
    struct genevehdr *gnh = get_geneve_header(data);
    uint64_t present = tnl->metadata.present.map;
    struct geneve_opt deleted[MAX_OPTS];
    const struct geneve_opt *opt;
    struct flow_tnl own;
    size_t size, len;
    char *end;

    if (data->tnl_type != OVS_VPORT_TYPE_GENEVE
        || !(tnl->flags & TNL_GENEVE_F_RELAY)) {
        return 0;
    }
    convert_own(upcall, tnl, &own);
    own.metadata.tab = tnl->metadata.tab;

    gnh->rsvd1 = RSVD_EDITS;
    gnh->critical = 0;
    gnh->opt_len = 0;
    end = (char *) gnh->options;
    end += put_options(tnl, present & ~unchanged_options(tnl, &own),
                       gnh->options);

    len = put_options(&own, own.metadata.present.map & ~present, deleted);
    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        struct geneve_opt edit;

        opt = geneve_opt_at(deleted, len, ofs);
        edit = *opt;
        edit.OPT_DELETE = 1;
        if (end + sizeof edit > (char *) data->header + sizeof data->header) {
            return E2BIG;
        }
        memcpy(end, &edit, sizeof edit);
        end += sizeof edit;
    }
    size = end - (char *) data->header;
    data->header_len = size;
    return 0;
}

/* Returns the edit at 'ofs' among the 'len' bytes 'edits', or NULL at their
 * end or if what is left is too short for it. */
static const struct geneve_opt *
edit_at(const struct geneve_opt *edits, size_t len, size_t ofs)
{
    const struct geneve_opt *edit = edits + ofs / sizeof *edits;

    return (len - ofs < sizeof *edit ? NULL
            : edit->OPT_DELETE ? edit
            : geneve_opt_at(edits, len, ofs));
}

/* Returns the size of 'edit' in bytes. */
static size_t
edit_size(const struct geneve_opt *edit)
{
    return edit->OPT_DELETE ? sizeof *edit : geneve_opt_size(edit);
}

/* Returns true if 'edit' is about 'opt'. */
static bool
is_about(const struct geneve_opt *edit, const struct geneve_opt *opt)
{
    return (edit->opt_class == opt->opt_class && edit->type == opt->type
            && edit->length == opt->length);
}

/* Stores the 'len' bytes 'opts', changed by the 'edits_len' bytes 'edits', in
 * 'out', which has room for TLV_TOT_OPT_SIZE bytes, and in '*critical' whether
 * one of them is critical.  What is changed stays where it is, with its
 * reserved bits, each time that it occurs; what is new comes last.
 *
 * 'edits_len' is at most TNL_PUSH_HEADER_SIZE.  Returns the number of bytes in
 * 'out', or -1 if they are too many or if 'opts' or 'edits' are malformed. */
int
tnl_geneve_merge(const struct geneve_opt *opts, size_t len,
                 const struct geneve_opt *edits, size_t edits_len,
                 struct geneve_opt *out, bool *critical)
{
    const struct geneve_opt *opt, *edit;
    unsigned long done[BITMAP_N_LONGS(MAX_EDITS)] = { 0 };
    size_t ofs, size, n, i;
    char *end = (char *) out;

    *critical = false;
    for (ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        bool keep = true;

        opt = geneve_opt_at(opts, len, ofs);
        if (!opt) {
            return -1;
        }
        size = geneve_opt_size(opt);
        if (size > (char *) out + TLV_TOT_OPT_SIZE - end) {
            return -1;
        }
        memcpy(end, opt, size);
        for (i = n = 0; n < edits_len; n += edit_size(edit), i++) {
            edit = edit_at(edits, edits_len, n);
            if (!edit) {
                return -1;
            }
            if (is_about(edit, opt)) {
                bitmap_set1(done, i);
                keep = !edit->OPT_DELETE;
                if (keep) {
                    memcpy(end + sizeof *opt, edit + 1, size - sizeof *opt);
                }
                break;
            }
        }
        if (keep) {
            *critical |= (opt->type & GENEVE_CRIT_OPT_TYPE) != 0;
            end += size;
        }
    }

    for (i = n = 0; n < edits_len; n += size, i++) {
        edit = edit_at(edits, edits_len, n);
        if (!edit) {
            return -1;
        }
        size = edit_size(edit);
        if (!edit->OPT_DELETE && !bitmap_is_set(done, i)) {
            if (size > (char *) out + TLV_TOT_OPT_SIZE - end) {
                return -1;
            }
            memcpy(end, edit, size);
            *critical |= (edit->type & GENEVE_CRIT_OPT_TYPE) != 0;
            end += size;
        }
    }
    return end - (char *) out;
}

/* If 'data' has edits, pushes it onto the packets in 'batch', each with its
 * own options, and returns true.  Packets for which that is impossible are
 * dropped and counted. */
bool
tnl_geneve_push(const struct netdev *netdev, const struct netdev *ingress,
                struct dp_packet_batch *batch,
                const struct ovs_action_push_tnl *data)
{
    const struct genevehdr *edits;
    struct ovs_action_push_tnl own;
    struct dp_packet_batch out;
    struct dp_packet *packet;
    struct genevehdr *gnh;
    size_t base;

    if (OVS_LIKELY(data->tnl_type != OVS_VPORT_TYPE_GENEVE
                   || get_geneve_header(data)->rsvd1 != RSVD_EDITS)) {
        return false;
    }

    edits = get_geneve_header(data);
    base = (const char *) edits->options - (const char *) data->header;
    memcpy(&own, data, offsetof(struct ovs_action_push_tnl, header) + base);
    gnh = get_geneve_header(&own);
    gnh->rsvd1 = 0;

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        const struct flow_tnl *tnl = &packet->md.tunnel;
        struct dp_packet_batch one;
        bool critical;
        int len;

        len = tnl_geneve_merge(tnl->metadata.opts.gnv,
                               flow_tnl_dst_is_set(tnl)
                               && tnl->flags & FLOW_TNL_F_UDPIF
                               ? tnl->metadata.present.len : 0,
                               edits->options, data->header_len - base,
                               gnh->options, &critical);
        if (len < 0) {
            COVERAGE_INC(drop_geneve_relay);
            dp_packet_delete(packet);
            continue;
        }
        gnh->opt_len = len / 4;
        gnh->critical = critical;
        own.header_len = base + len;

        dp_packet_batch_init_packet(&one, packet);
        netdev_push_header(netdev, ingress, &one, &own);
        DP_PACKET_BATCH_FOR_EACH (j, packet, &one) {
            dp_packet_batch_add(&out, packet);
        }
        dp_packet_batch_destroy(&one);
    }
    dp_packet_batch_swap(batch, &out);
    dp_packet_batch_destroy(&out);
    return true;
}

/* Text. */

/* Appends 'opt' to 's', with its value if 'value'. */
static void
format_opt(const struct geneve_opt *opt, bool value, struct ds *s)
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

/* Appends to 's' the options of 'tnl', which is in UDPIF format and
 * well-formed, that 'tab' does not know, without their values. */
void
tnl_geneve_format_unknown(const struct tun_table *tab,
                          const struct flow_tnl *tnl, struct ds *s)
{
    size_t len = tnl->metadata.present.len;
    const struct geneve_opt *opt;

    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(tnl->metadata.opts.gnv, len, ofs);
        if (!tun_metadata_knows(tab, opt)) {
            format_opt(opt, false, s);
        }
    }
}

/* Appends the edits that follow 'gnh' in 'data', if it has some, to 's', the
 * text of a tnl_push action. */
void
tnl_geneve_format_edits(const struct ovs_action_push_tnl *data,
                        const struct genevehdr *gnh, struct ds *s)
{
    const struct geneve_opt *edit;
    size_t len;

    if (gnh->rsvd1 != RSVD_EDITS) {
        return;
    }
    len = (data->header_len
           - ((const char *) gnh->options - (const char *) data->header));
    ds_put_cstr(s, ",relay(");
    for (int deletes = 0; deletes < 2; deletes++) {
        const char *sep = deletes ? "delete(" : "set(";

        for (size_t ofs = 0; ofs < len; ofs += edit_size(edit)) {
            edit = edit_at(gnh->options, len, ofs);
            if (!edit) {
                break;
            }
            if (edit->OPT_DELETE == deletes) {
                ds_put_cstr(s, sep);
                format_opt(edit, !deletes, s);
                sep = "";
            }
        }
        if (!*sep) {
            ds_put_cstr(s, "),");
        }
    }
    ds_chomp(s, ',');
    ds_put_char(s, ')');
}

/* Parses an edit, of the kind 'delete' or not, at 's' + '*n' into the 'room'
 * bytes 'edit', and adds the length of its text to '*n'.  Returns the size of
 * the edit in bytes, or 0 if there is none or no room for it. */
static size_t
parse_edit(const char *s, int *n, bool delete, struct geneve_opt *edit,
           size_t room)
{
    struct geneve_opt header;
    uint16_t opt_class;
    int len, start = *n;
    uint8_t type;
    size_t size;

    if (!ovs_scan_len(s, n, "{class=%"SCNi16",type=%"SCNi8",len=%d",
                      &opt_class, &type, &len)
        || len < 0 || len > 124 || len % 4) {
        *n = start;
        return 0;
    }
    memset(&header, 0, sizeof header);
    header.opt_class = htons(opt_class);
    header.type = type;
    header.length = len / 4;
    header.OPT_DELETE = delete;
    size = edit_size(&header);
    if (size > room) {
        *n = start;
        return 0;
    }
    memcpy(edit, &header, sizeof header);
    if (len && !delete) {
        uint8_t *value = (uint8_t *) (edit + 1);
        bool ok = ovs_scan_len(s, n, ",0x");

        for (int i = 0; ok && i < len; i++, *n += 2) {
            value[i] = hexits_value(s + *n, 2, &ok);
        }
        if (!ok) {
            *n = start;
            return 0;
        }
    }
    if (!ovs_scan_len(s, n, "}")) {
        *n = start;
        return 0;
    }
    return size;
}

/* The inverse of tnl_geneve_format_edits(): parses edits at 's' + '*n', if
 * there are some, into 'gnh', the last header in a struct ovs_action_push_tnl
 * of which '*header_len' bytes are used, and adds to '*n' and '*header_len'.
 * Returns false if the text is wrong. */
bool
tnl_geneve_parse_edits(const char *s, int *n, struct genevehdr *gnh,
                       uint32_t *header_len)
{
    struct geneve_opt *edit;

    if (!ovs_scan_len(s, n, ",relay(")) {
        return true;
    }
    gnh->rsvd1 = RSVD_EDITS;
    edit = gnh->options;
    for (int deletes = 0; deletes < 2; deletes++) {
        if (ovs_scan_len(s, n, deletes ? "delete(" : "set(")) {
            while (!ovs_scan_len(s, n, ")")) {
                size_t size = parse_edit(s, n, deletes, edit,
                                         TNL_PUSH_HEADER_SIZE - *header_len);

                if (!size) {
                    return false;
                }
                edit += size / sizeof *edit;
                *header_len += size;
            }
            if (!deletes) {
                ovs_scan_len(s, n, ",");
            }
        }
    }
    return ovs_scan_len(s, n, ")");
}
