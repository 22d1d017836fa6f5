/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GSO_H
#define OVERLAY_GSO_H 1

/* Deferred segmentation (GSO) and checksums.
 *
 * A push makes one packet of a frame.  The device that sends the packet
 * segments it, or the switch does immediately before sending it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp-packet.h"

struct netdev;
struct ovs_action_push_tnl;

/* Offload flag set by ovl_defer_gso().  Upstream does not use this bit. */
#define OVL_OL_GSO (UINT32_C(1) << 14)

/* OVL_OL_GSO after upstream has pushed another tunnel header, which shifts the
 * flags. */
#define OVL_OL_INNER_GSO (OVL_OL_GSO << DP_PACKET_OL_SHIFT_COUNT)

/* Marks 'packet', an encapsulated TCP-like packet with 'payload' bytes behind
 * its TCP header, for segmentation when it is sent, if necessary.  'segsz' is
 * the largest payload of a segment, in bytes, that the device with the local
 * address allows.  See ovl_send_prepare(). */
static inline void
ovl_defer_gso(struct dp_packet *packet, size_t payload, uint16_t segsz)
{
    dp_packet_set_tso_segsz(packet, payload > segsz ? segsz : 0);
    packet->offloads |= OVL_OL_GSO;
}

/* Returns true if ovl_defer_gso() marked 'packet'. */
static inline bool
ovl_needs_gso(const struct dp_packet *packet)
{
    return packet->offloads & (OVL_OL_GSO | OVL_OL_INNER_GSO);
}

/* Segments the packets in the batch that have a segment size and for which
 * 'test', unless it is null, returns true.  Packets whose L4 header is missing
 * stay as they are.  Segments have the metadata of their packet. */
void ovl_gso_batch(struct dp_packet_batch *,
                   bool (*test)(const struct dp_packet *));

/* Makes the packets in the batch fit into their buffers with a header of
 * 'header_len' bytes. */
void ovl_gso_fit(struct dp_packet_batch *, size_t header_len);

void ovl_gso_finish(struct dp_packet_batch *);

void ovl_prepare_upstream(struct dp_packet_batch *,
                          const struct ovs_action_push_tnl *);

void ovl_send_prepare(const struct netdev *, struct dp_packet_batch *);

#endif /* overlay/gso.h */
