/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Packets whose Geneve options differ only in values on which no flow matches
 * share a datapath flow, but not an entry in the exact match cache, whose key
 * has all of a packet's fields.  With many different values, as load balancers
 * send them, nearly every packet would need the classifier.
 *
 * But packets with otherwise equal fields have the same hash, and so the same
 * place in the cache.  So if no entry in that place is equal to the packet,
 * this uses one that differs only in bytes of options on which its flow does
 * not match. */

#include <config.h>

#include "overlay/geneve/emc.h"

#include <string.h>

#include "dpif-netdev-dfc.h"
#include "dpif-netdev-flow.h"
#include "flow.h"
#include "tun-metadata.h"
#include "util.h"

/* Index in struct flow, and number, of the 64-bit words of options, all of
 * which are in the first unit of a flowmap. */
enum {
    OPTS_IDX = FLOW_U64_OFFSET(tunnel.metadata.opts),
    OPTS_N = FLOW_U64_SIZE(tunnel.metadata.opts)
};
BUILD_ASSERT_DECL(OPTS_IDX + OPTS_N <= MAP_T_BITS);

/* Returns the number of words of 'mf' before those of options. */
static unsigned int
n_before_opts(const struct miniflow *mf)
{
    return count_1bits(mf->map.bits[0] & ((MAP_1 << OPTS_IDX) - 1));
}

/* Returns true if 'rule', which matches 'cached', also matches 'key': both
 * have the same fields, and differ only in bits of options on which 'rule'
 * does not match. */
static bool
differs_in_unmatched_options(const struct netdev_flow_key *cached,
                             const struct netdev_flow_key *key,
                             const struct dpcls_rule *rule)
{
    const struct miniflow *mask = &rule->mask->mf;
    const uint64_t *masks = miniflow_get_values(mask);
    const uint64_t *a = miniflow_get_values(&cached->mf);
    const uint64_t *b = miniflow_get_values(&key->mf);
    size_t size = cached->len - sizeof cached->mf;
    size_t i = n_before_opts(&key->mf);
    map_t opts, mask_opts;

    if (memcmp(&cached->mf, &key->mf, sizeof key->mf + i * sizeof *a)) {
        return false;
    }
    masks += n_before_opts(mask);
    mask_opts = mask->map.bits[0] >> OPTS_IDX;
    /* A packet's options have no gaps. */
    for (opts = key->mf.map.bits[0] >> OPTS_IDX & ((MAP_1 << OPTS_N) - 1);
         opts; opts >>= 1, mask_opts >>= 1, i++) {
        if (mask_opts & 1 && (a[i] ^ b[i]) & *masks++) {
            return false;
        }
    }
    return !memcmp(a + i, b + i, size - i * sizeof *a);
}

/* Does the work of ovl_geneve_emc_lookup() for packets with options. */
struct dp_netdev_flow *
ovl_geneve_emc_lookup__(struct emc_cache *cache,
                        const struct netdev_flow_key *key)
{
    struct emc_entry *entry;

    EMC_FOR_EACH_POS_WITH_HASH (cache, entry, key->hash) {
        if (entry->key.hash == key->hash
            && emc_entry_alive(entry)
            && differs_in_unmatched_options(&entry->key, key,
                                            &entry->flow->cr)) {
            return entry->flow;
        }
    }
    return NULL;
}
