/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/addr.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* What separates the members of a list. */
#define SEPARATORS ", "

/* Returns true if 'addr' is a multicast address. */
bool
ovl_addr_is_group(const struct in6_addr *addr)
{
    return (IN6_IS_ADDR_V4MAPPED(addr)
            ? ip_is_multicast(in6_addr_get_mapped_ipv4(addr))
            : ipv6_addr_is_multicast(addr));
}

/* Returns true if 'group' stays within a link: networks flood it, and no host
 * joins it. */
bool
ovl_addr_is_link_scope(const struct in6_addr *group)
{
    return (IN6_IS_ADDR_V4MAPPED(group)
            ? ip_is_local_multicast(in6_addr_get_mapped_ipv4(group))
            : (group->s6_addr[1] & 0xf) < 3);
}

/* Returns true if 'addr' is a unicast address that another host may have. */
bool
ovl_addr_is_unicast(const struct in6_addr *addr)
{
    ovs_be32 ip = in6_addr_get_mapped_ipv4(addr);

    return (IN6_IS_ADDR_V4MAPPED(addr)
            ? (ip && ip != OVS_BE32_MAX && !ip_is_multicast(ip)
               && (ip & htonl(0xff000000)) != htonl(0x7f000000))
            : (ipv6_addr_is_set(addr) && !ipv6_addr_is_multicast(addr)
               && !IN6_IS_ADDR_LOOPBACK(addr)));
}

/* Returns true if 'a' and 'b' are both IPv4 or both IPv6. */
bool
ovl_addr_is_same_family(const struct in6_addr *a, const struct in6_addr *b)
{
    return !IN6_IS_ADDR_V4MAPPED(a) == !IN6_IS_ADDR_V4MAPPED(b);
}

/* Parses 's', an IPv4 or IPv6 address, into '*addr'.  Returns false if 's' is
 * invalid. */
bool
ovl_addr_parse(const char *s, struct in6_addr *addr)
{
    ovs_be32 ip;

    if (ip_parse(s, &ip)) {
        in6_addr_set_mapped_ipv4(addr, ip);
        return true;
    }
    return ipv6_parse(s, addr) && !IN6_IS_ADDR_V4MAPPED(addr);
}

static int
compare_addrs(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct in6_addr));
}

/* Parses 's', addresses separated by commas or spaces, at least one and at
 * most 'max'.  Stores them, each one once and in ascending order, in
 * '*addrsp', which the caller must free, and their number in '*np'.  Returns
 * false if 's' is invalid. */
bool
ovl_addrs_parse(const char *s, size_t max, struct in6_addr **addrsp,
                size_t *np)
{
    struct in6_addr *addrs = NULL;
    size_t n = 0, allocated = 0;
    char *copy = xstrdup(s);
    char *save = NULL;
    bool valid = true;

    for (char *token = strtok_r(copy, SEPARATORS, &save); token && valid;
         token = strtok_r(NULL, SEPARATORS, &save)) {
        if (n >= allocated) {
            addrs = x2nrealloc(addrs, &allocated, sizeof *addrs);
        }
        valid = ovl_addr_parse(token, &addrs[n]);
        n++;
    }
    free(copy);
    if (!valid || !n) {
        free(addrs);
        return false;
    }

    qsort(addrs, n, sizeof *addrs, compare_addrs);
    *np = 1;
    for (size_t i = 1; i < n; i++) {
        if (compare_addrs(&addrs[i], &addrs[*np - 1])) {
            addrs[(*np)++] = addrs[i];
        }
    }
    if (*np > max) {
        free(addrs);
        return false;
    }
    *addrsp = addrs;
    return true;
}

/* Appends the 'n' addresses 'addrs' to 's', separated by commas. */
void
ovl_addrs_format(const struct in6_addr *addrs, size_t n, struct ds *s)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_cstr(s, i ? "," : "");
        ipv6_format_mapped(&addrs[i], s);
    }
}

/* Parses 's', an address with or without a prefix length, into '*prefix'.
 * Returns false if 's' is invalid. */
static bool
parse_prefix(const char *s, struct ovl_prefix *prefix)
{
    ovs_be32 ip, mask;
    char *error = ip_parse_masked(s, &ip, &mask);

    if (!error) {
        in6_addr_set_mapped_ipv4(&prefix->addr, ip & mask);
        prefix->mask = ipv6_create_mask(96 + ip_count_cidr_bits(mask));
        return ip_is_cidr(mask);
    }
    free(error);
    error = ipv6_parse_masked(s, &prefix->addr, &prefix->mask);
    if (error) {
        free(error);
        return false;
    }
    prefix->addr = ipv6_addr_bitand(&prefix->addr, &prefix->mask);
    return ipv6_is_cidr(&prefix->mask);
}

/* Parses 's', IPv4 and IPv6 prefixes separated by commas or spaces, at least
 * one and at most 'max'.  Stores them in '*prefixesp', which the caller must
 * free, and their number in '*np'.  Returns false if 's' is invalid. */
bool
ovl_prefixes_parse(const char *s, size_t max, struct ovl_prefix **prefixesp,
                   size_t *np)
{
    struct ovl_prefix *prefixes = xcalloc(max, sizeof *prefixes);
    char *copy = xstrdup(s);
    char *save = NULL;
    bool valid = true;
    size_t n = 0;

    for (char *token = strtok_r(copy, SEPARATORS, &save); token && valid;
         token = strtok_r(NULL, SEPARATORS, &save)) {
        valid = n < max && parse_prefix(token, &prefixes[n]);
        n++;
    }
    free(copy);
    if (!valid || !n) {
        free(prefixes);
        return false;
    }
    *prefixesp = prefixes;
    *np = n;
    return true;
}

/* Appends the 'n' prefixes 'prefixes' to 's', separated by commas. */
void
ovl_prefixes_format(const struct ovl_prefix *prefixes, size_t n, struct ds *s)
{
    for (size_t i = 0; i < n; i++) {
        const struct ovl_prefix *p = &prefixes[i];
        bool ip4 = IN6_IS_ADDR_V4MAPPED(&p->addr);

        ds_put_cstr(s, i ? "," : "");
        ipv6_format_mapped(&p->addr, s);
        ds_put_format(s, "/%d", ipv6_count_cidr_bits(&p->mask) - 96 * ip4);
    }
}

/* Returns true if 'addr' is in one of the 'n' prefixes 'prefixes'. */
bool
ovl_prefixes_have(const struct ovl_prefix *prefixes, size_t n,
                  const struct in6_addr *addr)
{
    for (size_t i = 0; i < n; i++) {
        struct in6_addr masked = ipv6_addr_bitand(addr, &prefixes[i].mask);

        if (ovl_addr_is_same_family(addr, &prefixes[i].addr)
            && ipv6_addr_equals(&masked, &prefixes[i].addr)) {
            return true;
        }
    }
    return false;
}
