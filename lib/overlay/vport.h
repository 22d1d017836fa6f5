/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_VPORT_H
#define OVERLAY_VPORT_H 1

/* Ports of overlay types: virtual ports whose netdev class is a copy of
 * upstream's with some members replaced. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct netdev;
struct netdev_class;
struct netdev_tunnel_config;
struct smap;

/* lib/netdev-vport.c. */
void ovl_class_register(size_t i, const char **dpif_port,
                        struct netdev_class *);
void ovl_construct(const struct netdev *, uint16_t port,
                   struct netdev_tunnel_config *);

/* vswitchd/bridge.c. */
void ovl_set_other_config(const struct smap *other_config);

/* Returns the 'cfg_size' bytes of options of 'netdev', a port of one of our
 * classes.  They are valid until the calling thread quiesces. */
const void *ovl_get_config(const struct netdev *);

char *ovl_explain_no_offload(const struct netdev *);

#endif /* overlay/vport.h */
