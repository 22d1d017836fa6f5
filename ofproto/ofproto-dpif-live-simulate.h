/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_LIVE_SIMULATE_H
#define OFPROTO_DPIF_LIVE_SIMULATE_H 1

/* Packets that no tenant sends
 * ============================
 *
 * "Simulate" reports on one as a live trace does.  "Inject" sends one for a
 * live trace, if it leaves by Geneve tunnels only: it has the O bit there, so
 * that it reaches no tenant. */

struct json;

char *ovl_live_simulate(const char *bridge, const char *flow,
                        const char *type, struct json **sessions);
char *ovl_live_inject(const char *bridge, const char *flow);

#endif /* ofproto-dpif-live-simulate.h */
