/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_TRUNCATE_H
#define OVERLAY_TRUNCATE_H 1

/* Truncated packets.  Upstream's dp-packet.h includes this header, so it
 * includes nothing itself. */

struct dp_packet;

void ovl_packet_truncated(struct dp_packet *);

#endif /* overlay/truncate.h */
