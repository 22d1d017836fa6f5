/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/settings.h"

#include <inttypes.h>
#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "overlay/log.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_settings);

/* Returns the value of 'key' in 'other_config', an integer from 'min' to
 * 'max', or 'def' if it is not set.  Warns in the log, and returns 'def', if
 * it is invalid. */
uint64_t
ovl_get_setting(const struct smap *other_config, const char *key,
                uint64_t def, uint64_t min, uint64_t max)
{
    const char *s = smap_get(other_config, key);
    unsigned long long int value;

    if (!s) {
        return def;
    }
    if (s[0] == '-' || !str_to_ullong(s, 10, &value)
        || value < min || value > max) {
        char *warning = xasprintf("invalid other_config:%s=\"%s\": must be "
                                  "%"PRIu64" to %"PRIu64"; using %"PRIu64,
                                  key, s, min, max, def);

        VLOG(ovl_warn_level(warning), "%s", warning);
        free(warning);
        return def;
    }
    return value;
}
