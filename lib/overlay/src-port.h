/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_SRC_PORT_H
#define OVERLAY_SRC_PORT_H 1

/* Source ports of UDP tunnels and STT
 * ===================================
 *
 * Upstream gives each packet a source port that is a hash of its inner
 * headers, in one range for the whole switch (ovs-appctl
 * tnl/egress_port_range).  Here actions and options of the port can ask for
 * others.  A source port that they fix is that of the header template, which
 * is 0 otherwise. */

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
    bool keep;                  /* Keep the port that a packet came with? */
};

bool ovl_src_port_set_option(struct ovl_src_port *, const char *type,
                             const char *key, const char *value,
                             struct ds *allowed);
void ovl_src_port_get_options(const struct ovl_src_port *, struct smap *);

/* Push. */
ovs_be16 ovl_src_port_choose(const struct dp_packet *, ovs_be16 fixed,
                             const struct ovl_src_port *choice,
                             ovs_be16 hashed);

/* Returns the source port of 'packet', of which the template has 'fixed' and
 * 'choice' and netdev_tnl_get_src_port() returned 'hashed'.  The tunnel
 * metadata of 'packet' must be those it came with. */
static inline ovs_be16
ovl_src_port(const struct dp_packet *packet, ovs_be16 fixed,
             const struct ovl_src_port *choice, ovs_be16 hashed)
{
    return (OVS_LIKELY(!(fixed | choice->min | choice->keep)) ? hashed
            : ovl_src_port_choose(packet, fixed, choice, hashed));
}

#endif /* overlay/src-port.h */
