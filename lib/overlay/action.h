/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ACTION_H
#define OVERLAY_ACTION_H 1

/* The tnl_push action: its text, its data for sFlow and IPFIX, and hardware
 * offload. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;
struct flow_tnl;
struct netdev;
struct nlattr;
struct ovl_template;
struct ovs_action_push_tnl;

/* lib/odp-util.c. */
bool ovl_format_push(const struct ovs_action_push_tnl *, const void *l4,
                     size_t size, struct ds *);
bool ovl_parse_push(const char *s, int *n, struct ovs_action_push_tnl *,
                    void *l4, uint32_t *vport_type, uint32_t *header_len);

void ovl_format_template(const struct ovl_template *, struct ds *);
bool ovl_parse_template(const char *s, int *n, struct ovl_template *);

/* ofproto/ofproto-dpif-ipfix.c, ofproto/ofproto-dpif-sflow.c. */
uint8_t ovl_type_to_ipfix(const char *type);
uint8_t ovl_ipfix_key_len(uint8_t ipfix_type);
void ovl_ipfix_nw_proto(uint8_t ipfix_type, uint8_t *nw_proto);
uint32_t ovl_to_vport_type(const struct netdev *);
bool ovl_read_push(const struct ovs_action_push_tnl *, struct flow_tnl *,
                   uint8_t *nw_proto);

/* lib/dpif-offload-*.c. */
bool ovl_refuse_offload(const struct nlattr *actions, size_t actions_len);

#endif /* overlay/action.h */
