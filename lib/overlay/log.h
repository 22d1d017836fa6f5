/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_LOG_H
#define OVERLAY_LOG_H 1

/* Warnings about the configuration. */

#include "openvswitch/vlog.h"

/* Returns the log level for 's', a warning about the configuration: VLL_WARN
 * if it is new or was last a warning an hour ago, otherwise VLL_DBG.  The
 * configuration is checked again whenever the database changes. */
enum vlog_level ovl_warn_level(const char *s);

#endif /* overlay/log.h */
