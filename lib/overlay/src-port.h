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
 * others.  The header template of a tnl_push action says which, in two fields
 * that are otherwise 0 and that the push fills: those of the source port and
 * of the length in UDP (the window in STT).
 *
 *     first  last           source port of a packet
 *     -----  -------------  --------------------------------------------------
 *     0      0              hash, in the range of the whole switch
 *     A      0              A
 *     A      B > A          hash, in the range from A to B
 *     0      1              the one that it came with; if none, as 0, 0
 *     B      A, 1 to B      the one that it came with; if none, as A, B
 */

#include <stdbool.h>
#include <stdint.h>

#include "compiler.h"
#include "openvswitch/types.h"

struct dp_packet;
struct ds;
struct netdev_tunnel_config;
struct smap;
struct udp_header;

/* Returns true if tunnels of 'type' have source ports that we choose. */
bool ovl_type_has_src_port(const char *type);

/* Configuration, a member of struct netdev_tunnel_config.  All 0 is the
 * default. */
struct ovl_src_port {
    uint16_t min, max;          /* Range of the hash; 0 if not set. */
    bool keep;                  /* Keep the port that a packet came with? */
};

bool ovl_src_port_set_option(struct ovl_src_port *, const char *type,
                             const char *key, const char *value,
                             struct ds *allowed);
void ovl_src_port_get_options(const struct ovl_src_port *, struct smap *);

/* Template. */
void ovl_src_port_build(const struct ovl_src_port *, ovs_be16 tp_src,
                        ovs_be16 *first, ovs_be16 *last);
void ovl_src_port_build_udp(const struct netdev_tunnel_config *,
                            ovs_be16 tp_src, struct udp_header *);
void ovl_src_port_format(ovs_be16 first, ovs_be16 last, struct ds *);
int ovl_src_port_parse(const char *s, ovs_be16 *first, ovs_be16 *last);

/* Push. */
ovs_be16 ovl_src_port_choose(const struct dp_packet *, ovs_be16 first,
                             ovs_be16 last, ovs_be16 hashed);

/* Returns the source port of 'packet', of which the template has 'first' and
 * 'last' and netdev_tnl_get_src_port() returned 'hashed'.  The tunnel metadata
 * of 'packet' must be those it came with. */
static inline ovs_be16
ovl_src_port(const struct dp_packet *packet, ovs_be16 first, ovs_be16 last,
             ovs_be16 hashed)
{
    return (OVS_LIKELY(!(first | last)) ? hashed
            : ovl_src_port_choose(packet, first, last, hashed));
}

#endif /* overlay/src-port.h */
