/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_RELAY_H
#define OVERLAY_GENEVE_RELAY_H 1

/* Geneve options that stay with each packet (unknown_options=relay). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_packet_batch;
struct ds;
struct flow_tnl;
struct geneve_opt;
struct genevehdr;
struct netdev;
struct ovs_action_push_tnl;

/* Changes to the options of a packet: 'set_len' bytes of options to set, then
 * the headers of options to delete, 'len' bytes in all. */
struct ovl_geneve_edits {
    const struct geneve_opt *opts;
    size_t len;
    size_t set_len;
};

int ovl_geneve_set_edits(struct ovs_action_push_tnl *,
                         const struct flow_tnl *upcall,
                         const struct flow_tnl *);
int ovl_geneve_merge(const struct geneve_opt *opts, size_t len,
                     const struct ovl_geneve_edits *,
                     struct geneve_opt *out, bool *critical);
bool ovl_geneve_push(const struct netdev *, const struct netdev *ingress,
                     struct dp_packet_batch *,
                     const struct ovs_action_push_tnl *);

/* Text. */
void ovl_geneve_format_edits(const struct ovs_action_push_tnl *, struct ds *);
bool ovl_geneve_parse_edits(const char *s, int *n,
                            struct ovs_action_push_tnl *, struct genevehdr *,
                            uint32_t *header_len);

#endif /* overlay/geneve/relay.h */
