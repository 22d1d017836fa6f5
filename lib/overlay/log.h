/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_LOG_H
#define OVERLAY_LOG_H 1

/* Warnings about the configuration. */

#include "openvswitch/vlog.h"

/* Returns the level for 's', a warning about the configuration, which is
 * looked at anew whenever any of the database changes: it is a warning only
 * when it is new. */
enum vlog_level ovl_warn_level(const char *s);

#endif /* overlay/log.h */
