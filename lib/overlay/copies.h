/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_COPIES_H
#define OVERLAY_COPIES_H 1

/* Copies that a meter would drop
 * ==============================
 *
 * A live trace copies packets by a "sample" action that begins with a meter.
 * The userspace datapath would copy each packet before it asks the meter, at
 * half the cost of forwarding it.  When ovs-vswitchd knows that the meter has
 * nothing left, or that no more packets are wanted, it pauses the meter, and
 * there are no copies of packets that enter the datapath. */

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "ovs-atomic.h"

struct dp_packet;
struct nlattr;

/* Meters that can be paused. */
#define OVL_COPIES_METERS 16

/* Bit I is 1 if meter I of them is paused. */
extern atomic_uint32_t ovl_copies_paused;

void ovl_copies_set_meters(uint32_t first);
void ovl_copies_pause(size_t meter, bool);
bool ovl_copies_skip__(struct dp_packet *, bool steal,
                       const struct nlattr *subactions);

/* Returns true if a "sample" action with 'subactions' need not be executed for
 * 'packet', which is deleted then if 'steal'. */
static inline bool
ovl_copies_skip(struct dp_packet *packet, bool steal,
                const struct nlattr *subactions)
{
    uint32_t paused;

    atomic_read_relaxed(&ovl_copies_paused, &paused);
    return OVS_UNLIKELY(paused)
           && ovl_copies_skip__(packet, steal, subactions);
}

#endif /* overlay/copies.h */
