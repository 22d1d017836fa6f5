/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_LIVE_SHOW_H
#define OFPROTO_DPIF_LIVE_SHOW_H 1

/* The commands of live traces: "live/start" and so on. */

void ovl_live_show_init(void);

#endif /* ofproto-dpif-live-show.h */
