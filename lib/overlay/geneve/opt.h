/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_OPT_H
#define OVERLAY_GENEVE_OPT_H 1

/* Options in a Geneve header (RFC 8926, section 3.5). */

#include <stdbool.h>
#include <stddef.h>

#include "packets.h"

struct ds;
struct flow_tnl;

/* Maximum number of options in a packet: if none has a value. */
#define GENEVE_MAX_OPTS (TLV_TOT_OPT_SIZE / sizeof(struct geneve_opt))

/* Returns the option at 'ofs' in the 'len' bytes 'opts', or NULL if the rest
 * is too short for it. */
static inline const struct geneve_opt *
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
static inline size_t
geneve_opt_size(const struct geneve_opt *opt)
{
    return sizeof *opt + opt->length * 4;
}

bool ovl_geneve_options_fit(const struct flow_tnl *);
void ovl_geneve_format_opt(const struct geneve_opt *, bool value, struct ds *);

#endif /* overlay/geneve/opt.h */
