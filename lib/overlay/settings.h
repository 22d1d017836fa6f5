/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_SETTINGS_H
#define OVERLAY_SETTINGS_H 1

/* Settings in the "other_config" column of the Open_vSwitch table. */

#include <stdint.h>

struct smap;

uint64_t ovl_get_setting(const struct smap *other_config, const char *key,
                         uint64_t def, uint64_t min, uint64_t max);

#endif /* overlay/settings.h */
