/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_GENEVE_H
#define TNL_GENEVE_H 1

/* Geneve (RFC 8926): what this project adds to upstream's class "geneve".
 * Hooks in upstream's files call these functions. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "tnl-provider.h"

struct dp_packet;
struct dp_packet_batch;
struct ds;
struct flow;
struct genevehdr;
struct netdev;
struct netdev_tunnel_config;

/* Payload and flags. */

/* lib/netdev-vport.c. */
bool tnl_type_is_geneve(const char *type);
void tnl_geneve_configured(const char *type,
                           const struct netdev_tunnel_config *);

/* ofproto/ofproto-dpif.c, vswitchd/bridge.c. */
int tnl_geneve_check_datapath(const struct netdev *, const char *dpif_type);
void tnl_geneve_explain_add_error(const struct netdev *,
                                  const char *datapath_type, int error,
                                  char **errp);

/* lib/netdev-native-tnl.c. */
void tnl_geneve_check_version(const struct genevehdr *);
bool tnl_geneve_takes_payload(const struct genevehdr *);
void tnl_geneve_popped(struct dp_packet *, const struct genevehdr *);
bool tnl_geneve_set_payload(struct genevehdr *, const struct flow *);

/* lib/dpif-netdev.c. */
void tnl_geneve_oam_first(const struct netdev *, odp_port_t,
                          struct dp_packet_batch *,
                          tnl_recirculate_func *,
                          struct dp_netdev_pmd_thread *, uint32_t *depth);

/* lib/odp-util.c. */
void tnl_geneve_format_payload(const struct genevehdr *, struct ds *);
ovs_be16 tnl_geneve_parse_payload(const char *s, int *n);

#endif /* tnl-geneve.h */
