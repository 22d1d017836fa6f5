/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_MCAST_JOIN_H
#define OVERLAY_MCAST_JOIN_H 1

/* Memberships in multicast groups
 * ===============================
 *
 * The kernel speaks IGMP (RFC 3376) and MLD (RFC 3810) for the switch, on the
 * device that has the address of the tunnels.  It stops when this process
 * ends. */

#include <net/if.h>
#include <netinet/in.h>

struct ovl_mcast_socket;

/* A membership.  All zeros if there is none.  The caller synchronizes. */
struct ovl_mcast_join {
    struct ovl_mcast_socket *socket;    /* NULL if not joined. */
    unsigned int ifindex;               /* Index of the device. */
};

int ovl_mcast_join(struct ovl_mcast_join *, const struct in6_addr *group,
                   const char *device);
void ovl_mcast_leave(struct ovl_mcast_join *, const struct in6_addr *group);

#endif /* overlay/mcast-join.h */
