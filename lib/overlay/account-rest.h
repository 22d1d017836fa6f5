/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ACCOUNT_REST_H
#define OVERLAY_ACCOUNT_REST_H 1

/* The rest of a deleted flow
 * ==========================
 *
 * The userspace datapath reads the statistics of a flow before it removes the
 * flow.  A thread that has looked up the flow before the removal may count up
 * to a batch of packets afterward.  The accounts of these are settled when no
 * thread can use the flow any more. */

#include <stdbool.h>

struct dp_netdev_flow;
struct dpif_flow_del;
struct ovl_flow_accounts;

/* For hooks in ofproto/ofproto-dpif-upcall.c. */
struct ovl_account_rest *ovl_account_rest_create(struct ovl_flow_accounts *);
void ovl_account_rest_settle(const struct dpif_flow_del *, int error);

/* For a hook in lib/dpif-netdev.c. */
bool ovl_account_rest_wait(struct ovl_account_rest *,
                           struct dp_netdev_flow *);

#endif /* overlay/account-rest.h */
