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
 * C is the critical bit: an endpoint that does not know the option must drop
 * the packet.
 *
 * The handling of unknown options depends on the headers of options, never on
 * their values.  So each datapath flow matches on the headers of all options
 * (upstream matches on them only if some OpenFlow rule matches on an option),
 * and packets that differ only in values on which no rule matches share a
 * datapath flow. */

#include <config.h>

#include "overlay/geneve/unknown.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "bitmap.h"
#include "coverage.h"
#include "dp-packet.h"
#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport-private.h"
#include "netdev-vport.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/meta-flow.h"
#include "overlay/geneve/opt.h"
#include "overlay/geneve/tlv.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "tun-metadata.h"
#include "util.h"

static const char *const unknown_names[] = {
    [OVL_GENEVE_IGNORE] = "ignore",
    [OVL_GENEVE_DROP] = "drop",
    [OVL_GENEVE_RELAY] = "relay",
};

/* If 'key' is "unknown_options" and 'type' is "geneve", stores 'value' in
 * '*unknown', or appends the allowed values to 'allowed', as 'set_option' of
 * struct ovl_class does, and returns true. */
bool
ovl_geneve_set_option(enum ovl_geneve_unknown *unknown, const char *type,
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

/* Adds the option for 'unknown' to 'args', unless it is the default. */
void
ovl_geneve_get_option(enum ovl_geneve_unknown unknown, struct smap *args)
{
    if (unknown != OVL_GENEVE_IGNORE) {
        smap_add(args, "unknown_options", unknown_names[unknown]);
    }
}

/* Returns true if 'netdev' is a Geneve port. */
static bool
is_geneve(const struct netdev *netdev)
{
    return netdev && !strcmp(netdev_get_type(netdev), "geneve");
}

/* Stores the counters of the Geneve port 'netdev' in 'stats', for
 * 'get_custom_stats' of struct netdev_class.  Returns 0. */
int
ovl_geneve_get_custom_stats(const struct netdev *netdev,
                            struct netdev_custom_stats *stats)
{
    static const char *const names[] = {
#define OVL_GENEVE_RX(NAME, COUNTER) COUNTER,
        OVL_GENEVE_RX_COUNTERS
#undef OVL_GENEVE_RX
    };
    struct netdev_vport *vport = netdev_vport_cast(netdev);

    stats->size = OVL_GENEVE_N_RX;
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

/* Returns the handling of unknown options by 'netdev', which may be null or of
 * another type. */
static enum ovl_geneve_unknown
get_policy(const struct netdev *netdev)
{
    return (is_geneve(netdev)
            ? netdev_get_tunnel_config(netdev)->ovl.unknown_options
            : OVL_GENEVE_IGNORE);
}

/* Returns true if 'netdev' is a Geneve port that relays options. */
bool
ovl_geneve_wants_relay(const struct netdev *netdev)
{
    return get_policy(netdev) == OVL_GENEVE_RELAY;
}

/* Returns true if 'tnl' has an option that is unknown to 'tab', and stores in
 * '*critical' whether an unknown option is critical.  'tnl' is in UDPIF format
 * and well-formed. */
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
        if (!ovl_tlv_knows(tab, opt)) {
            unknown = true;
            *critical |= (opt->type & GENEVE_CRIT_OPT_TYPE) != 0;
        }
    }
    return unknown;
}

/* Returns the number of bytes at the start of the 'len' bytes 'opts' that are
 * well-formed options. */
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

/* Returns the outcome for packets with options 'tnl', in UDPIF format,
 * received on 'netdev' in a bridge whose TLV map is 'tab'.  'netdev' may be
 * null or of another type, which ignores unknown options that are not
 * critical. */
enum ovl_geneve_rx
ovl_geneve_receive(const struct netdev *netdev, const struct tun_table *tab,
                   const struct flow_tnl *tnl)
{
    enum ovl_geneve_unknown policy = get_policy(netdev);
    size_t len = tnl->metadata.present.len;
    bool critical;

    if (geneve_opts_scan(tnl->metadata.opts.gnv, len) != len) {
        return OVL_GENEVE_RX_MALFORMED;
    } else if (!has_unknown(tab, tnl, &critical)) {
        return OVL_GENEVE_RX_KNOWN;
    } else if (policy == OVL_GENEVE_RELAY) {
        return OVL_GENEVE_RX_RELAYED;
    } else if (critical) {
        return OVL_GENEVE_RX_CRITICAL;
    } else {
        return (policy == OVL_GENEVE_DROP ? OVL_GENEVE_RX_DROPPED
                : OVL_GENEVE_RX_IGNORED);
    }
}

/* Marks the options of 'tnl', which were converted from 'upcall', in UDPIF
 * format, as those with which the packet was received on 'netdev'. */
void
ovl_geneve_start(const struct netdev *netdev, const struct flow_tnl *upcall,
                 struct flow_tnl *tnl)
{
    bool critical;

    if (!(upcall->flags & FLOW_TNL_F_UDPIF)) {
        return;
    }
    tnl->opts_own = tnl->metadata.present.map;
    if (get_policy(netdev) == OVL_GENEVE_RELAY) {
        has_unknown(tnl->metadata.tab, upcall, &critical);
        tnl->flags |= (OVL_GENEVE_F_RELAY
                       | (critical ? OVL_GENEVE_F_CRITICAL : 0));
    }
}

/* Returns true if a packet with 'tnl' must not be output to 'out', because
 * that would ignore a critical option. */
bool
ovl_geneve_withholds(const struct flow_tnl *tnl, const struct netdev *out)
{
    return OVS_UNLIKELY(tnl->flags & OVL_GENEVE_F_CRITICAL) && !is_geneve(out);
}

/* Returns true if packets with outcome 'rx' are dropped. */
bool
ovl_geneve_is_drop(enum ovl_geneve_rx rx)
{
    return (rx == OVL_GENEVE_RX_DROPPED || rx == OVL_GENEVE_RX_CRITICAL
            || rx == OVL_GENEVE_RX_MALFORMED);
}

/* Adds 'n' packets to the counter for 'rx' of 'netdev', if that is a Geneve
 * port. */
void
ovl_geneve_count(const struct netdev *netdev, enum ovl_geneve_rx rx,
                 uint64_t n)
{
    if (is_geneve(netdev) && rx < OVL_GENEVE_N_RX) {
        struct netdev_vport *vport = netdev_vport_cast(netdev);

        ovs_mutex_lock(&vport->mutex);
        vport->geneve.n[rx] += n;
        ovs_mutex_unlock(&vport->mutex);
    }
}

/* Called at the end of the translation of a flow that was received with
 * options 'upcall', in UDPIF format: makes 'wc' match on the headers of all of
 * them. */
void
ovl_geneve_match_headers(const struct flow_tnl *upcall,
                         struct flow_wildcards *wc)
{
    if (upcall->flags & FLOW_TNL_F_UDPIF && upcall->metadata.present.len) {
        /* Any bit makes upstream convert the mask, which adds the headers. */
        ULLONG_SET1(wc->masks.tunnel.metadata.present.map, 0);
    }
}

/* Does the same if the translation failed, after which upstream does not
 * convert the mask of options.  'tnl' is the translated flow, with its options
 * in the format of its TLV map, if it has one. */
void
ovl_geneve_match_dropped(const struct flow_tnl *upcall,
                         const struct flow_tnl *tnl, struct flow_wildcards *wc)
{
    struct tun_metadata *mask = &wc->masks.tunnel.metadata;
    struct geneve_opt opts[GENEVE_MAX_OPTS];
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

/* Appends to 's' the options of 'tnl', which is in UDPIF format and
 * well-formed, that are unknown to 'tab', without their values. */
void
ovl_geneve_format_unknown(const struct tun_table *tab,
                          const struct flow_tnl *tnl, struct ds *s)
{
    size_t len = tnl->metadata.present.len;
    const struct geneve_opt *opt;

    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(tnl->metadata.opts.gnv, len, ofs);
        if (!ovl_tlv_knows(tab, opt)) {
            ovl_geneve_format_opt(opt, false, s);
        }
    }
}
