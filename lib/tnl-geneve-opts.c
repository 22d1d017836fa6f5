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
 * datapath flow. */

#include <config.h>

#include "tnl-geneve-opts.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "flow.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netdev-vport-private.h"
#include "ovs-thread.h"
#include "packets.h"
#include "smap.h"
#include "tun-metadata.h"
#include "util.h"

static const char *const unknown_names[] = {
    [TNL_GENEVE_IGNORE] = "ignore",
    [TNL_GENEVE_DROP] = "drop",
};

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

/* If 'node' is an option of interfaces of 'type' that is read here, returns
 * true, and stores its value in '*unknown' and 0 in '*error', or EINVAL if the
 * value is not one of those of enum tnl_geneve_unknown. */
bool
tnl_geneve_set_option(const char *type, const struct smap_node *node,
                      enum tnl_geneve_unknown *unknown, int *error)
{
    if (strcmp(type, "geneve") || strcmp(node->key, "unknown_options")) {
        return false;
    }
    *error = EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(unknown_names); i++) {
        if (!strcmp(node->value, unknown_names[i])) {
            *unknown = i;
            *error = 0;
        }
    }
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

/* Translation. */

/* Decides about packets with options 'tnl', in UDPIF format, that arrive on
 * 'netdev', which may be null or of another type (then only rules that always
 * hold do), in a bridge whose TLV map is 'tab'. */
enum tnl_geneve_rx
tnl_geneve_receive(const struct netdev *netdev, const struct tun_table *tab,
                   const struct flow_tnl *tnl)
{
    enum tnl_geneve_unknown policy
        = is_geneve(netdev) ? netdev_get_tunnel_config(netdev)->geneve_unknown
                            : TNL_GENEVE_IGNORE;
    const struct geneve_opt *opts = tnl->metadata.opts.gnv;
    size_t len = tnl->metadata.present.len;
    const struct geneve_opt *opt;
    bool critical = false;
    bool unknown = false;

    for (size_t ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(opts, len, ofs);
        if (!opt) {
            return TNL_GENEVE_RX_MALFORMED;
        }
        if (!tun_metadata_knows(tab, opt)) {
            unknown = true;
            critical |= (opt->type & GENEVE_CRIT_OPT_TYPE) != 0;
        }
    }

    return (critical ? TNL_GENEVE_RX_CRITICAL
            : !unknown ? TNL_GENEVE_RX_KNOWN
            : policy == TNL_GENEVE_DROP ? TNL_GENEVE_RX_DROPPED
            : TNL_GENEVE_RX_IGNORED);
}

/* Returns true if packets with outcome 'rx' are dropped. */
bool
tnl_geneve_is_drop(enum tnl_geneve_rx rx)
{
    return rx != TNL_GENEVE_RX_KNOWN && rx != TNL_GENEVE_RX_IGNORED;
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
    struct geneve_opt opts[TLV_TOT_OPT_SIZE / sizeof(struct geneve_opt)];
    size_t len = upcall->metadata.present.len;
    const struct geneve_opt *opt;
    size_t ofs;

    if (!(upcall->flags & FLOW_TNL_F_UDPIF)) {
        return;
    }

    for (ofs = 0; ofs < len; ofs += geneve_opt_size(opt)) {
        opt = geneve_opt_at(upcall->metadata.opts.gnv, len, ofs);
        if (!opt) {
            break;
        }
    }
    memset(opts, 0xff, sizeof opts);
    if (tnl->metadata.tab) {
        tun_metadata_to_geneve_udpif_mask(tnl, &wc->masks.tunnel,
                                          upcall->metadata.opts.gnv, ofs,
                                          opts);
    }
    memset(mask, 0, sizeof *mask);
    memcpy(mask->opts.gnv, opts, len);
    mask->present.len = 0xff;
    wc->masks.tunnel.flags |= FLOW_TNL_F_UDPIF;
}
