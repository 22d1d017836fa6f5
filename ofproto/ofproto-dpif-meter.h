/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_METER_H
#define OFPROTO_DPIF_METER_H 1

/* Datapath meters that only this project uses
 * ===========================================
 *
 * A datapath reserves OVL_N_METERS of its meters, which controllers do not
 * get: first OVL_LIVE_METERS for live traces, then OVL_TTL_METERS for TTL
 * replies.
 * They have the numbers 0 to OVL_N_METERS - 1 here. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dpif_backer;

#define OVL_LIVE_METERS 16
#define OVL_TTL_METERS 256
#define OVL_N_METERS (OVL_LIVE_METERS + OVL_TTL_METERS)

void ovl_reserve_meters(struct dpif_backer *, uint32_t max_meters);

bool ovl_has_meters(const struct dpif_backer *);
uint32_t ovl_meter_id(const struct dpif_backer *, size_t meter);
int ovl_meter_set(const struct dpif_backer *, size_t meter, unsigned int rate);
void ovl_meter_delete(const struct dpif_backer *, size_t meter);
uint64_t ovl_meter_count(const struct dpif_backer *, size_t meter);

#endif /* ofproto-dpif-meter.h */
