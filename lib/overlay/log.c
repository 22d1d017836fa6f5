/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/log.h"

#include "hash.h"
#include "ovs-thread.h"
#include "timeval.h"
#include "util.h"

/* Number of remembered warnings, which have places by hash, and time after
 * which one is new again, in milliseconds. */
#define N_WARNINGS 1024
#define WARN_AGAIN (60 * 60 * 1000)

enum vlog_level
ovl_warn_level(const char *s)
{
    static struct {
        uint32_t hash;
        long long int when;
    } warnings[N_WARNINGS];
    static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;

    uint32_t hash = hash_string(s, 0);
    size_t i = hash % N_WARNINGS;
    long long int now = time_msec();
    bool is_new;

    ovs_mutex_lock(&mutex);
    is_new = (warnings[i].hash != hash || !warnings[i].when
              || now - warnings[i].when >= WARN_AGAIN);
    if (is_new) {
        warnings[i].hash = hash;
        warnings[i].when = now;
    }
    ovs_mutex_unlock(&mutex);
    return is_new ? VLL_WARN : VLL_DBG;
}
