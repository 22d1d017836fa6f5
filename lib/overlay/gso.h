/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GSO_H
#define OVERLAY_GSO_H 1

/* Deferred segmentation (GSO) and checksums: who completes them, and when.
 *
 * A push leaves a frame as one packet.  The device that the packet leaves from
 * segments it, or the switch does right before that. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp-packet.h"

struct netdev;
struct ovs_action_push_tnl;

/* Offload flag of a packet that ovl_defer_gso() marked; upstream gives
 * this bit no meaning. */
#define OVL_OL_GSO (UINT32_C(1) << 14)

/* What becomes of OVL_OL_GSO when upstream pushes a tunnel header on top,
 * which shifts the flags. */
#define OVL_OL_INNER_GSO (OVL_OL_GSO << DP_PACKET_OL_SHIFT_COUNT)

/* Marks 'packet', an encapsulated TCP-like packet with 'payload' bytes
 * behind its TCP header, for segmentation by the device that it will leave
 * from, if need be; 'segsz' is the payload that the sender's own device
 * takes, in bytes.  See ovl_send_prepare(). */
static inline void
ovl_defer_gso(struct dp_packet *packet, size_t payload, uint16_t segsz)
{
    dp_packet_set_tso_segsz(packet, payload > segsz ? segsz : 0);
    packet->offloads |= OVL_OL_GSO;
}

/* Returns true if 'packet' is to be segmented by the device that it leaves
 * from. */
static inline bool
ovl_needs_gso(const struct dp_packet *packet)
{
    return packet->offloads & (OVL_OL_GSO | OVL_OL_INNER_GSO);
}

/* Segments those of the packets in the batch that have a segment size and
 * for which 'test', unless it is null, returns true, except for those without
 * their L4 header.  The segments keep the metadata of their packet. */
void ovl_gso_batch(struct dp_packet_batch *,
                   bool (*test)(const struct dp_packet *));

/* Makes the packets in the batch fit into their buffers with a header. */
void ovl_gso_fit(struct dp_packet_batch *, size_t header_len);

void ovl_gso_finish(struct dp_packet_batch *);

void ovl_prepare_upstream(struct dp_packet_batch *,
                          const struct ovs_action_push_tnl *);

void ovl_send_prepare(const struct netdev *, struct dp_packet_batch *);

#endif /* overlay/gso.h */
