/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/geneve/relay.h"

#include <errno.h>
#include <string.h>

#include "coverage.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/geneve/opt.h"
#include "overlay/geneve/own-options.h"
#include "overlay/geneve/unknown.h"
#include "packets.h"
#include "tun-metadata.h"
#include "util.h"

/* Maximum number of edits in a tnl_push action: if none has a value. */
#define MAX_EDITS (TNL_PUSH_HEADER_SIZE / sizeof(struct geneve_opt))

/* A packet whose options are malformed, or with the edits exceed the 252 bytes
 * of a Geneve header. */
COVERAGE_DEFINE(drop_geneve_relay);

/* Returns the Geneve header in 'data', which has UDP over IPv4 without options
 * or IPv6 without extension headers. */
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

/* Stores the options of 'tnl' whose fields are in the bit map 'map', in the
 * order of the fields, in 'opts'.  Returns their size in bytes. */
static size_t
put_options(const struct flow_tnl *tnl, uint64_t map, struct geneve_opt *opts)
{
    struct flow_tnl copy = *tnl;
    bool critical;

    copy.metadata.present.map = map;
    return tun_metadata_to_geneve_header(&copy, opts, &critical);
}

/* Stores the edits of 'data' in '*edits'. */
static void
get_edits(const struct ovs_action_push_tnl *data,
          struct ovl_geneve_edits *edits)
{
    edits->opts = get_geneve_header(data)->options;
    edits->len = (data->header_len - ((const char *) edits->opts
                                      - (const char *) data->header));
    edits->set_len = data->ovl.set_len;
}

/* If options of packets with 'tnl' are relayed, replaces the options in
 * 'data', the header for them, by edits of the options with which each packet
 * was received.  'upcall' is 'tnl' before actions.  Returns 0, or E2BIG if the
 * edits do not fit. */
int
ovl_geneve_set_edits(struct ovs_action_push_tnl *data,
                     const struct flow_tnl *upcall, const struct flow_tnl *tnl)
{
    struct genevehdr *gnh = get_geneve_header(data);
    uint64_t present = tnl->metadata.present.map;
    struct geneve_opt deleted[GENEVE_MAX_OPTS];
    const struct geneve_opt *opt;
    struct flow_tnl own;
    size_t size, len;
    char *end;

    if (data->tnl_type != OVS_VPORT_TYPE_GENEVE
        || !(tnl->flags & OVL_GENEVE_F_RELAY)) {
        return 0;
    }
    ovl_geneve_convert_own(upcall, tnl, &own);
    own.metadata.tab = tnl->metadata.tab;

    gnh->critical = 0;
    gnh->opt_len = 0;
    data->ovl.relay = true;
    data->ovl.set_len = put_options(tnl, present
                                         & ~ovl_geneve_unchanged(tnl, &own),
                                    gnh->options);
    end = (char *) gnh->options + data->ovl.set_len;

    len = put_options(&own, own.metadata.present.map & ~present, deleted);
    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(deleted, len, ofs);
        if (end + sizeof *opt > (char *) data->header + sizeof data->header) {
            return E2BIG;
        }
        memcpy(end, opt, sizeof *opt);
        end += sizeof *opt;
    }
    size = end - (char *) data->header;
    data->header_len = size;
    return 0;
}

/* Returns true if the edit at 'ofs' in 'edits' deletes an option. */
static bool
edit_deletes(const struct ovl_geneve_edits *edits, size_t ofs)
{
    return ofs >= edits->set_len;
}

/* Returns the edit at 'ofs' in 'edits', or NULL if the rest is too short for
 * an edit.  Stores its size in bytes in '*size'. */
static const struct geneve_opt *
edit_at(const struct ovl_geneve_edits *edits, size_t ofs, size_t *size)
{
    const struct geneve_opt *edit;

    if (edit_deletes(edits, ofs)) {
        edit = edits->opts + ofs / sizeof *edit;
        *size = sizeof *edit;
        return edits->len - ofs < sizeof *edit ? NULL : edit;
    }
    edit = geneve_opt_at(edits->opts, edits->set_len, ofs);
    *size = edit ? geneve_opt_size(edit) : 0;
    return edit;
}

/* Returns true if 'edit' applies to 'opt': same class, type and length. */
static bool
is_about(const struct geneve_opt *edit, const struct geneve_opt *opt)
{
    return (edit->opt_class == opt->opt_class && edit->type == opt->type
            && edit->length == opt->length);
}

/* Applies 'edits' to the 'len' bytes 'opts' and stores the result in 'out',
 * which has room for TLV_TOT_OPT_SIZE bytes.  Stores in '*critical' whether
 * one of the resulting options is critical.  Each occurrence of a changed
 * option keeps its place and its reserved bits.  New options are last.
 *
 * 'edits' have at most TNL_PUSH_HEADER_SIZE bytes.  Returns the number of
 * bytes in 'out', or -1 if the result is too long or if 'opts' or 'edits' are
 * malformed. */
int
ovl_geneve_merge(const struct geneve_opt *opts, size_t len,
                 const struct ovl_geneve_edits *edits,
                 struct geneve_opt *out, bool *critical)
{
    const struct geneve_opt *opt, *edit;
    unsigned long done[BITMAP_N_LONGS(MAX_EDITS)] = { 0 };
    size_t ofs, size, n, i, edit_size;
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
        for (i = n = 0; n < edits->len; n += edit_size, i++) {
            edit = edit_at(edits, n, &edit_size);
            if (!edit) {
                return -1;
            }
            if (is_about(edit, opt)) {
                bitmap_set1(done, i);
                keep = !edit_deletes(edits, n);
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

    for (i = n = 0; n < edits->len; n += size, i++) {
        edit = edit_at(edits, n, &size);
        if (!edit) {
            return -1;
        }
        if (!edit_deletes(edits, n) && !bitmap_is_set(done, i)) {
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
 * own options, and returns true.  Drops and counts packets for which that is
 * impossible. */
bool
ovl_geneve_push(const struct netdev *netdev, const struct netdev *ingress,
                struct dp_packet_batch *batch,
                const struct ovs_action_push_tnl *data)
{
    struct ovl_geneve_edits edits;
    struct ovs_action_push_tnl own;
    struct dp_packet_batch out;
    struct dp_packet *packet;
    struct genevehdr *gnh;
    size_t base;

    if (OVS_LIKELY(!data->ovl.relay)) {
        return false;
    }

    get_edits(data, &edits);
    base = (const char *) edits.opts - (const char *) data->header;
    memcpy(&own, data, offsetof(struct ovs_action_push_tnl, header) + base);
    own.ovl.relay = false;
    gnh = get_geneve_header(&own);

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        const struct flow_tnl *tnl = &packet->md.tunnel;
        struct dp_packet_batch one;
        bool critical;
        int len;

        len = ovl_geneve_merge(tnl->metadata.opts.gnv,
                               flow_tnl_dst_is_set(tnl)
                               && tnl->flags & FLOW_TNL_F_UDPIF
                               ? tnl->metadata.present.len : 0,
                               &edits, gnh->options, &critical);
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

/* Appends the text of the edits in 'data', if it relays options, to 's', the
 * text of a tnl_push action. */
void
ovl_geneve_format_edits(const struct ovs_action_push_tnl *data, struct ds *s)
{
    const struct geneve_opt *edit;
    struct ovl_geneve_edits edits;
    size_t size;

    if (!data->ovl.relay) {
        return;
    }
    get_edits(data, &edits);
    ds_put_cstr(s, ",relay(");
    for (size_t ofs = 0; ofs < edits.len; ofs += size) {
        bool deletes = edit_deletes(&edits, ofs);

        edit = edit_at(&edits, ofs, &size);
        if (!edit) {
            break;
        }
        if (!ofs) {
            ds_put_cstr(s, deletes ? "delete(" : "set(");
        } else if (ofs == edits.set_len) {
            ds_put_cstr(s, "),delete(");
        }
        ovl_geneve_format_opt(edit, !deletes, s);
    }
    ds_put_cstr(s, edits.len ? "))" : ")");
}

/* Parses an edit at 's' + '*n', one that deletes if 'delete' is true and
 * otherwise one that sets, into the 'room' bytes 'edit', and adds the length
 * of its text to '*n'.  Returns the size of the edit in bytes, or 0 if the
 * text is invalid or the edit does not fit. */
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
    size = delete ? sizeof header : geneve_opt_size(&header);
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

/* The inverse of ovl_geneve_format_edits(): parses the edits at 's' + '*n', if
 * any, into 'gnh', the last header in 'data', of which '*header_len' bytes are
 * used, and adds the lengths of the text and of the edits to '*n' and
 * '*header_len'.  Returns false if the text is invalid. */
bool
ovl_geneve_parse_edits(const char *s, int *n,
                       struct ovs_action_push_tnl *data,
                       struct genevehdr *gnh, uint32_t *header_len)
{
    struct geneve_opt *edit;

    if (!ovs_scan_len(s, n, ",relay(")) {
        return true;
    }
    data->ovl.relay = true;
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
                data->ovl.set_len = (char *) edit - (char *) gnh->options;
                ovs_scan_len(s, n, ",");
            }
        }
    }
    return ovs_scan_len(s, n, ")");
}
