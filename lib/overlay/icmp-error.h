/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ICMP_ERROR_H
#define OVERLAY_ICMP_ERROR_H 1

/* ICMP errors to tenants
 * ======================
 *
 * What a router sends to the sender of a packet that it cannot forward, by
 * ICMP (RFC 792, RFC 1191, RFC 1812) or ICMPv6 (RFC 4443). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct dp_packet;
struct in6_addr;

enum ovl_icmp_error_type {
    OVL_ICMP_TOO_BIG,           /* Fragmentation needed, packet too big. */
    OVL_ICMP_TIME_EXCEEDED,     /* Time to live exceeded in transit. */
};

/* The packet that an error is about. */
struct ovl_icmp_quoted {
    const struct dp_packet *packet;
    size_t ip_ofs;              /* Offset of the IP header, in bytes. */
    bool ipv6;
    const void *src;            /* Source address, in the IP header, */
    size_t src_size;            /* 4 or 16 bytes. */
};

bool ovl_icmp_error_is_allowed(const struct dp_packet *,
                               struct ovl_icmp_quoted *);
struct dp_packet *ovl_icmp_error_compose(const struct ovl_icmp_quoted *,
                                         enum ovl_icmp_error_type,
                                         const struct in6_addr *from,
                                         uint16_t mtu);

#endif /* overlay/icmp-error.h */
