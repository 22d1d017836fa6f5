/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_SRC_PORT_H
#define OVERLAY_SRC_PORT_H 1

/* Source ports of UDP tunnels and STT
 * ===================================
 *
 * Upstream gives each packet a source port that is a hash of its inner
 * headers, in one range for the whole switch (ovs-appctl
 * tnl/egress_port_range).  Actions and options of a port can select others.
 * If they set a fixed source port, it is in the header template; otherwise,
 * the template's source port is 0. */

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "openvswitch/types.h"

struct dp_packet;
struct ds;
struct smap;

/* Returns true if tunnels of 'type' have source ports that we choose. */
bool ovl_type_has_src_port(const char *type);

/* Choice of source ports, a member of struct netdev_tunnel_config and of
 * struct ovl_template.  All 0 is the default. */
struct ovl_src_port {
    uint16_t min, max;          /* Range of the hash; 0 if not set. */
    bool keep;                  /* Keep the port of the received packet? */
};

bool ovl_src_port_set_option(struct ovl_src_port *, const char *type,
                             const char *key, const char *value,
                             struct ds *allowed);
void ovl_src_port_get_options(const struct ovl_src_port *, struct smap *);

/* Push. */
ovs_be16 ovl_src_port_choose(const struct dp_packet *, ovs_be16 fixed,
                             const struct ovl_src_port *choice,
                             ovs_be16 hashed);

/* Returns the source port for 'packet', from 'fixed' and 'choice' in the
 * template and 'hashed' from netdev_tnl_get_src_port().  The tunnel metadata
 * of 'packet' must be that with which it was received. */
static inline ovs_be16
ovl_src_port(const struct dp_packet *packet, ovs_be16 fixed,
             const struct ovl_src_port *choice, ovs_be16 hashed)
{
    return (OVS_LIKELY(!(fixed | choice->min | choice->keep)) ? hashed
            : ovl_src_port_choose(packet, fixed, choice, hashed));
}

#endif /* overlay/src-port.h */
