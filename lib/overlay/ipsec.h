/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_IPSEC_H
#define OVERLAY_IPSEC_H 1

/* Options for ovs-monitor-ipsec. */

#include <stdbool.h>

struct netdev;
struct smap;

bool ovl_is_ipsec_option(const char *key);
int ovl_check_ipsec(const struct netdev *, const struct smap *options,
                    const char *datapath_type, char **errp);

#endif /* overlay/ipsec.h */
