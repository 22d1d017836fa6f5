/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FDB_OPTIONS_H
#define OVERLAY_FDB_OPTIONS_H 1

/* Options of tunnel ports with a forwarding database. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "overlay/addr.h"

struct ds;
struct netdev_tunnel_config;
struct smap;

/* What options:remote_ip must be if it can be a group. */
#define OVL_FDB_REMOTE_IP "\"flow\", a unicast IP address, or a multicast " \
                          "address of a scope wider than the link"

/* Maximum number of addresses in a flood list. */
#define OVL_FDB_MAX_FLOOD 64

/* The options of a port. */
struct ovl_fdb_config {
    const char *used_option;        /* The one that was used last, for error
                                     * messages, or NULL if there is none. */
    bool learn;
    size_t remote_macs_max;
    char *kernel;                   /* options:fdb, or NULL. */
    char *advertise;                /* options:fdb_advertise, or NULL. */
    struct in6_addr *flood;         /* In ascending order. */
    size_t n_flood;
    struct ovl_prefix *remotes;
    size_t n_remotes;
};

bool ovl_fdb_is_option(const char *type, const char *key);
bool ovl_fdb_set_option(const char *type, const char *key, const char *value,
                        struct netdev_tunnel_config *, struct ds *allowed);

void ovl_fdb_config_parse(struct ovl_fdb_config *, const char *type,
                          const struct smap *options,
                          const struct in6_addr *group);
const char *ovl_fdb_config_check(const struct ovl_fdb_config *,
                                 const struct netdev_tunnel_config *,
                                 const char **option);
void ovl_fdb_config_format(const struct ovl_fdb_config *, bool is_group,
                           struct smap *options);
bool ovl_fdb_config_equal(const struct ovl_fdb_config *,
                          const struct ovl_fdb_config *);
void ovl_fdb_config_destroy(struct ovl_fdb_config *);

#endif /* overlay/fdb-options.h */
