/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-meter.h"

#include <errno.h>

#include "dpif-netdev.h"
#include "dpif.h"
#include "id-pool.h"
#include "ofproto-dpif.h"
#include "openvswitch/ofp-meter.h"

/* Linux keeps meters in an array, at their number modulo its size.  This is
 * its size at first; it is doubled when it is full.  So a meter with a larger
 * number may take the place of one with a smaller, and is lost when the array
 * grows. */
#define KERNEL_METERS 1024

/* Reserves OVL_N_METERS of the 'max_meters' meters of 'backer': the last
 * ones, or in the kernel datapath those before KERNEL_METERS. */
void
ovl_reserve_meters(struct dpif_backer *backer, uint32_t max_meters)
{
    uint32_t end = max_meters;

    if (!dpif_is_netdev(backer->dpif)) {
        end = MIN(end, KERNEL_METERS);
    }
    if (end <= OVL_N_METERS) {
        backer->ovl_meters = UINT32_MAX;
        return;
    }
    backer->ovl_meters = end - OVL_N_METERS;
    for (uint32_t i = 0; i < OVL_N_METERS; i++) {
        id_pool_add(backer->meter_ids, backer->ovl_meters + i);
    }
}

/* Returns true if 'backer' has meters.  The other functions must not be called
 * if it has none, except ovl_meter_count(). */
bool
ovl_has_meters(const struct dpif_backer *backer)
{
    return backer->ovl_meters != UINT32_MAX;
}

/* Returns the number of 'meter' in the datapath of 'backer'. */
uint32_t
ovl_meter_id(const struct dpif_backer *backer, size_t meter)
{
    return backer->ovl_meters + meter;
}

/* Has 'meter' of 'backer' pass 'rate' packets per second, and a second's worth
 * at once.  Returns 0 or a positive errno value. */
int
ovl_meter_set(const struct dpif_backer *backer, size_t meter,
              unsigned int rate)
{
    struct ofputil_meter_band band = {
        .type = OFPMBT13_DROP,
        .rate = rate,
        .burst_size = rate,
    };
    struct ofputil_meter_config config = {
        .flags = OFPMF13_PKTPS | OFPMF13_BURST,
        .n_bands = 1,
        .bands = &band,
    };
    const ofproto_meter_id id = { ovl_meter_id(backer, meter) };

    return dpif_meter_set(backer->dpif, id, &config);
}

/* Deletes 'meter' of 'backer', if it exists. */
void
ovl_meter_delete(const struct dpif_backer *backer, size_t meter)
{
    const ofproto_meter_id id = { ovl_meter_id(backer, meter) };

    dpif_meter_del(backer->dpif, id, NULL, 0);
}

/* Returns the number of packets that 'meter' of 'backer' has dropped, 0 if it
 * does not exist. */
uint64_t
ovl_meter_count(const struct dpif_backer *backer, size_t meter)
{
    struct ofputil_meter_band_stats band = { .packet_count = 0 };
    struct ofputil_meter_stats stats = { .bands = &band };
    const ofproto_meter_id id = { ovl_meter_id(backer, meter) };

    return (ovl_has_meters(backer)
            && !dpif_meter_get(backer->dpif, id, &stats, 1)
            ? band.packet_count : 0);
}
