/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/copies.h"

#include "dp-packet.h"
#include "netlink.h"

atomic_uint32_t ovl_copies_paused = 0;

/* The number of the first meter in the userspace datapath.  Written before any
 * of them is paused. */
static uint32_t first_meter;

/* Says that the meters are numbers 'first' to 'first' + OVL_COPIES_METERS - 1
 * of the userspace datapath. */
void
ovl_copies_set_meters(uint32_t first)
{
    first_meter = first;
}

/* Pauses 'meter', from 0 to OVL_COPIES_METERS - 1, or ends that. */
void
ovl_copies_pause(size_t meter, bool pause)
{
    uint32_t orig;

    if (pause) {
        atomic_or_relaxed(&ovl_copies_paused, 1u << meter, &orig);
    } else {
        atomic_and_relaxed(&ovl_copies_paused, ~(1u << meter), &orig);
    }
}

/* Does the work of ovl_copies_skip() if some meters are paused. */
bool
ovl_copies_skip__(struct dp_packet *packet, bool steal,
                  const struct nlattr *subactions)
{
    const struct nlattr *first = nl_attr_get(subactions);
    uint32_t paused, meter;

    /* If a packet was copied, there are other copies of it after its
     * recirculation. */
    if (packet->md.recirc_id
        || nl_attr_get_size(subactions) < NL_A_U32_SIZE
        || nl_attr_type(first) != OVS_ACTION_ATTR_METER) {
        return false;
    }
    meter = nl_attr_get_u32(first) - first_meter;
    atomic_read_relaxed(&ovl_copies_paused, &paused);
    if (meter >= OVL_COPIES_METERS || !(paused & (1u << meter))) {
        return false;
    }
    if (steal) {
        dp_packet_delete(packet);
    }
    return true;
}
