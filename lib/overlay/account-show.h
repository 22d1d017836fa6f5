/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ACCOUNT_SHOW_H
#define OVERLAY_ACCOUNT_SHOW_H 1

/* The commands "account/show" and "account/dump" of ovs-appctl. */

/* For a hook in ofproto/tunnel.c. */
void ovl_account_show_init(void);

#endif /* overlay/account-show.h */
