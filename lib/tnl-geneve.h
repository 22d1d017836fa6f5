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
struct dpif;
struct ds;
struct flow;
struct genevehdr;
struct netdev;
struct netdev_tunnel_config;
struct ofpbuf;

/* Configuration (lib/netdev-vport.c). */
bool tnl_type_is_geneve(const char *type);
void tnl_geneve_configured(const char *type,
                           const struct netdev_tunnel_config *);

/* Kernel datapath (ofproto/ofproto-dpif.c, vswitchd/bridge.c). */
bool tnl_geneve_can_stay(const struct netdev *, const char *datapath_type);
bool tnl_geneve_can_add(const struct netdev *, struct dpif *);
void tnl_geneve_explain_add_error(const struct netdev *,
                                  const char *datapath_type, int error,
                                  char **errp);

/* The kernel's device (lib/tnl-rtnl.c; lib/dpif-netlink-rtnl.c). */
void tnl_rtnl_put_geneve(const struct netdev_tunnel_config *,
                         struct ofpbuf *request);
int tnl_rtnl_verify_geneve(const struct netdev_tunnel_config *,
                           const struct ofpbuf *reply);
int tnl_rtnl_check_geneve(const struct netdev *);

/* Payload and flags. */

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
