/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ADDR_H
#define OVERLAY_ADDR_H 1

/* Addresses of remote endpoints, as options have them.  IPv6 or IPv4-mapped.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

struct ds;

/* A set of addresses. */
struct ovl_prefix {
    struct in6_addr addr;
    struct in6_addr mask;
};

bool ovl_addr_is_group(const struct in6_addr *);
bool ovl_addr_is_link_scope(const struct in6_addr *group);
bool ovl_addr_is_unicast(const struct in6_addr *);
bool ovl_addr_is_same_family(const struct in6_addr *, const struct in6_addr *);

bool ovl_addr_parse(const char *, struct in6_addr *);
bool ovl_addrs_parse(const char *, size_t max, struct in6_addr **, size_t *n);
void ovl_addrs_format(const struct in6_addr *, size_t n, struct ds *);

bool ovl_prefixes_parse(const char *, size_t max, struct ovl_prefix **,
                        size_t *n);
void ovl_prefixes_format(const struct ovl_prefix *, size_t n, struct ds *);
bool ovl_prefixes_have(const struct ovl_prefix *, size_t n,
                       const struct in6_addr *);

#endif /* overlay/addr.h */
