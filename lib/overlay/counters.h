/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_COUNTERS_H
#define OVERLAY_COUNTERS_H 1

/* Counters of packets of a class. */

#include <stddef.h>
#include <stdint.h>

#include "ovs-atomic.h"

struct ds;

/* One of the counters of a class, in an array of these. */
struct ovl_counter {
    const char *name;
    const char *meaning;
    atomic_uint64_t n;
};

/* Counts 'n' packets in 'counter'. */
static inline void
ovl_count_n(struct ovl_counter *counter, uint64_t n)
{
    uint64_t orig;

    atomic_add_relaxed(&counter->n, n, &orig);
}

/* Counts a packet in 'counter'. */
static inline void
ovl_count(struct ovl_counter *counter)
{
    ovl_count_n(counter, 1);
}

/* Appends to 's' the line for the counter called 'name'. */
void ovl_show_counter(struct ds *s, const char *name, uint64_t n,
                      const char *meaning);

/* Appends to 's' the 'n' counters in 'counters', with a title. */
void ovl_show_counters(struct ds *s, struct ovl_counter *counters, size_t n);

#endif /* overlay/counters.h */
