/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_AFXDP_H
#define OVERLAY_AFXDP_H 1

/* Packets of AF_XDP ports that outgrow their frames.
 *
 * The buffer of a packet of an AF_XDP port is a frame of the port's ring, with
 * 128 bytes of headroom.  A push that needs more, such as that of a second
 * tunnel header, moves the packet's data to allocated memory.  The packet
 * keeps its frame, and returns it to the ring when it is freed. */

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
