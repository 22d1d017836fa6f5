/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ADMIT_H
#define OVERLAY_ADMIT_H 1

/* Whether a port may be in a datapath, and the error message if it may not. */

#include <stdbool.h>

struct dpif;
struct netdev;
struct smap;

/* ofproto/ofproto-dpif.c. */
int ovl_admit(const struct netdev *, const char *datapath_type, struct dpif *);
bool ovl_get_error(const struct netdev *, const char *mapped_type,
                   char **errp);

/* vswitchd/bridge.c. */
int ovl_check_type(const char *name, const char *type, char **errp);
int ovl_check_options(const struct netdev *, const struct smap *options,
                      const char *datapath_type, char **errp);
bool ovl_can_stay(struct netdev *, const struct smap *options,
                  const char *datapath_type);
void ovl_explain_add_error(const struct netdev *, const char *datapath_type,
                           int error, char **errp);

#endif /* overlay/admit.h */
