/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_STAMP_SHOW_H
#define OFPROTO_DPIF_STAMP_SHOW_H 1

/* "ovs-appctl oam/show" and "ovs-appctl oam/stats", which ovs-tunnels(7)
 * documents. */

void ovl_stamp_show_init(void);

#endif /* ofproto-dpif-stamp-show.h */
