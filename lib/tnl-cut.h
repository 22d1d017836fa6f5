/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_CUT_H
#define TNL_CUT_H 1

/* A header of its own for upstream's dp-packet.h. */

struct dp_packet;

void tnl_packet_cut(struct dp_packet *);

#endif /* tnl-cut.h */
