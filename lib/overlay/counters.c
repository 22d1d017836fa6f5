/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/counters.h"

#include <inttypes.h>

#include "openvswitch/dynamic-string.h"

void
ovl_show_counter(struct ds *s, const char *name, uint64_t n,
                 const char *meaning)
{
    ds_put_format(s, "  %s: %"PRIu64" (%s)\n", name, n, meaning);
}

void
ovl_show_counters(struct ds *s, struct ovl_counter *counters, size_t n)
{
    ds_put_cstr(s, "counters:\n");
    for (size_t i = 0; i < n; i++) {
        uint64_t value;

        atomic_read_relaxed(&counters[i].n, &value);
        ovl_show_counter(s, counters[i].name, value, counters[i].meaning);
    }
}
