/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_ACCOUNT_H
#define OFPROTO_DPIF_ACCOUNT_H 1

/* Accounts of the packets of a datapath flow: what translation adds to the
 * list, and when the list is settled.
 *
 * Hooks in ofproto-dpif.c, ofproto-dpif-upcall.c and ofproto-dpif-xlate.c call
 * these functions. */

#include <stdbool.h>
#include <stdint.h>

#include "overlay/account-config.h"
#include "overlay/account-rest.h"
#include "overlay/account.h"

struct dpif;
struct dpif_flow_stats;
struct dpif_op;
struct flow;
struct netdev;
struct ovs_action_push_tnl;
struct xlate_in;
struct xlate_out;

void ovl_account_ofproto_run(void);

/* Translation.  'pushed' is what ovl_account_pushed() returned for the
 * innermost tunnel header pushed so far, or 0. */
int ovl_account_pushed(int pushed, const struct flow *,
                       const struct ovs_action_push_tnl *);
void ovl_account_sent(struct xlate_out *, const struct xlate_in *,
                      const struct netdev *, int pushed);
void ovl_account_edge(struct xlate_out *, const struct xlate_in *,
                      const char *bridge, uint32_t set, uint32_t domain,
                      uint32_t point, int pushed);
void ovl_account_translated(struct xlate_out *, const struct xlate_in *,
                            const struct netdev *tunnel, bool error,
                            bool has_output);

/* Datapath flows. */
void ovl_account_found(struct ovl_flow_accounts *, const struct dpif *,
                       bool first_dump);
void ovl_account_untranslated(struct ovl_flow_accounts *,
                              const struct ovl_account_list *translated,
                              const struct dpif_flow_stats *);
void ovl_account_revalidated(struct ovl_flow_accounts *,
                             const struct dpif_flow_stats *, bool same);
void ovl_account_modify(const struct ovl_flow_accounts *, struct dpif_op *,
                        struct dpif_flow_stats *);
void ovl_account_op_done(struct ovl_flow_accounts *, const struct dpif_op *);

#endif /* ofproto-dpif-account.h */
