/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_AFXDP_H
#define OVERLAY_AFXDP_H 1

/* Packets of AF_XDP ports that outgrow their frames.
 *
 * The buffer of such a packet is a frame of the port's ring, in which there is
 * room for 128 bytes in front.  What needs more, such as a second tunnel
 * header, moves the packet's data into memory of its own.  The packet keeps
 * its frame, and gives it back to the ring when it is freed. */

#include <stdbool.h>
#include <stddef.h>

#include "openvswitch/compiler.h"

struct dp_packet;

#if HAVE_AF_XDP
struct dp_packet_afxdp;
struct dp_packet_batch;

bool ovl_afxdp_resize(struct dp_packet *, size_t new_headroom,
                      size_t new_tailroom);
void ovl_afxdp_restore(struct dp_packet_afxdp *);
void ovl_afxdp_drop_long(struct dp_packet_batch *, size_t max);
#else
static inline bool
ovl_afxdp_resize(struct dp_packet *packet OVS_UNUSED,
                 size_t new_headroom OVS_UNUSED,
                 size_t new_tailroom OVS_UNUSED)
{
    return false;
}
#endif

#endif /* overlay/afxdp.h */
