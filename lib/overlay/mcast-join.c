/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/mcast-join.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/list.h"
#include "packets.h"
#include "socket-util.h"
#include "util.h"

/* Memberships of a socket.  Linux refuses more than 20 IPv4 groups by default
 * (net.ipv4.igmp_max_memberships). */
#define MAX_GROUPS 16

/* A socket, which receives nothing. */
struct ovl_mcast_socket {
    struct ovs_list node;       /* In 'sockets'. */
    int family;                 /* AF_INET or AF_INET6. */
    int fd;
    unsigned int n;             /* Number of its memberships. */
};

static struct ovs_list sockets = OVS_LIST_INITIALIZER(&sockets);

/* Returns the address family of 'group', an IPv4-mapped or IPv6 address. */
static int
family_of(const struct in6_addr *group)
{
    return IN6_IS_ADDR_V4MAPPED(group) ? AF_INET : AF_INET6;
}

/* Returns a socket of 'family' with room for a membership, or NULL, with the
 * reason in errno, if that fails. */
static struct ovl_mcast_socket *
get_socket(int family)
{
    struct ovl_mcast_socket *s;
    int fd;

    LIST_FOR_EACH (s, node, &sockets) {
        if (s->family == family && s->n < MAX_GROUPS) {
            return s;
        }
    }
    fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return NULL;
    }
    s = xzalloc(sizeof *s);
    s->family = family;
    s->fd = fd;
    ovs_list_push_back(&sockets, &s->node);
    return s;
}

/* Closes 's' if it has no memberships. */
static void
put_socket(struct ovl_mcast_socket *s)
{
    if (!s->n) {
        ovs_list_remove(&s->node);
        close(s->fd);
        free(s);
    }
}

/* Changes a membership of 's' by 'option': MCAST_JOIN_GROUP or
 * MCAST_LEAVE_GROUP.  Returns 0 or a positive errno value. */
static int
change(const struct ovl_mcast_socket *s, int option,
       const struct in6_addr *group, unsigned int ifindex)
{
    struct group_req req = { .gr_interface = ifindex };

    if (s->family == AF_INET) {
        struct sockaddr_in sin = {
            .sin_family = AF_INET,
            .sin_addr.s_addr = in6_addr_get_mapped_ipv4(group),
        };

        memcpy(&req.gr_group, &sin, sizeof sin);
    } else {
        struct sockaddr_in6 sin6 = {
            .sin6_family = AF_INET6,
            .sin6_addr = *group,
        };

        memcpy(&req.gr_group, &sin6, sizeof sin6);
    }
    return (setsockopt(s->fd, s->family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6,
                       option, &req, sizeof req)
            ? errno : 0);
}

/* Returns 0 if 'device' can receive multicast, otherwise EOPNOTSUPP or another
 * positive errno value. */
static int
check_device(const struct ovl_mcast_socket *s, const char *device)
{
    struct ifreq ifr;

    memset(&ifr, 0, sizeof ifr);
    ovs_strzcpy(ifr.ifr_name, device, sizeof ifr.ifr_name);
    if (ioctl(s->fd, SIOCGIFFLAGS, &ifr)) {
        return errno;
    }
    return ifr.ifr_flags & IFF_MULTICAST ? 0 : EOPNOTSUPP;
}

/* Joins 'group', an IPv4-mapped or IPv6 address, on the kernel's 'device', and
 * fills in '*join'.  Does nothing if '*join' has that membership; leaves the
 * group first on a device of the same name that was deleted.  Returns 0 or a
 * positive errno value: ENODEV if there is no such device, EOPNOTSUPP if it
 * cannot receive multicast. */
int
ovl_mcast_join(struct ovl_mcast_join *join, const struct in6_addr *group,
               const char *device)
{
    unsigned int ifindex = if_nametoindex(device);
    struct ovl_mcast_socket *s;
    int error;

    if (join->socket) {
        if (join->ifindex == ifindex) {
            return 0;
        }
        ovl_mcast_leave(join, group);
    }
    if (!ifindex) {
        return ENODEV;
    }
    s = get_socket(family_of(group));
    if (!s) {
        return errno;
    }
    error = check_device(s, device);
    if (!error) {
        error = change(s, MCAST_JOIN_GROUP, group, ifindex);
    }
    if (error) {
        put_socket(s);
        return error;
    }
    s->n++;
    join->socket = s;
    join->ifindex = ifindex;
    return 0;
}

/* Ends the membership 'join' of 'group', if there is one. */
void
ovl_mcast_leave(struct ovl_mcast_join *join, const struct in6_addr *group)
{
    struct ovl_mcast_socket *s = join->socket;

    if (s) {
        /* A membership stays with the socket when the device is deleted. */
        change(s, MCAST_LEAVE_GROUP, group, join->ifindex);
        s->n--;
        put_socket(s);
        join->socket = NULL;
    }
}
