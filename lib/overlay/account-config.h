/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ACCOUNT_CONFIG_H
#define OVERLAY_ACCOUNT_CONFIG_H 1

/* Accounts in the database: limits, and the collector sets that count. */

#include <stdbool.h>
#include <stdint.h>

struct ovsdb_idl;
struct ovsrec_bridge;
struct smap;

/* For hooks in vswitchd/bridge.c. */
void ovl_account_monitor(struct ovsdb_idl *);
void ovl_account_set_other_config(const struct smap *other_config);
void ovl_account_set_edges(const struct ovsdb_idl *,
                           const struct ovsrec_bridge *);

/* For ofproto/ofproto-dpif-account.c. */
bool ovl_account_is_edge(const char *bridge, uint32_t set);
bool ovl_account_config_changed(void);

#endif /* overlay/account-config.h */
