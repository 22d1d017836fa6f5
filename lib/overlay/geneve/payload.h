/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_PAYLOAD_H
#define OVERLAY_GENEVE_PAYLOAD_H 1

/* Geneve (RFC 8926): versions and payloads, in addition to upstream's class
 * "geneve".  Hooks in upstream's files call these functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct dp_packet;
struct ds;
struct flow;
struct genevehdr;
struct netdev_tunnel_config;

/* Configuration. */
bool ovl_type_is_geneve(const char *type);
void ovl_geneve_configured(const char *type,
                           const struct netdev_tunnel_config *);
bool ovl_geneve_has_l3(void);

/* Payload and flags. */

/* lib/netdev-native-tnl.c. */
void ovl_geneve_check_version(const struct genevehdr *);
bool ovl_geneve_takes_payload(const struct genevehdr *);
void ovl_geneve_popped(struct dp_packet *, const struct genevehdr *);
bool ovl_geneve_set_payload(struct genevehdr *, const struct flow *);

/* lib/odp-util.c. */
void ovl_geneve_format_payload(const struct genevehdr *, struct ds *);
ovs_be16 ovl_geneve_parse_payload(const char *s, int *n);

#endif /* overlay/geneve/payload.h */
