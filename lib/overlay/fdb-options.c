/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb-options.h"

#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/mcast.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

/* Maximum number of prefixes in options:remotes. */
#define MAX_PREFIXES 64

/* Default and maximum of options:remote_macs_max. */
#define REMOTE_MACS_DEFAULT 1024
#define REMOTE_MACS_MAX 1000000

/* Parses 's', the value of options:flood.  Stores the addresses in '*addrs',
 * which the caller must free, and their number in '*n'.  Returns false if 's'
 * is invalid. */
static bool
parse_flood(const char *s, struct in6_addr **addrs, size_t *n)
{
    if (!ovl_addrs_parse(s, OVL_FDB_MAX_FLOOD, addrs, n)) {
        return false;
    }
    for (size_t i = 0; i < *n; i++) {
        const struct in6_addr *addr = &(*addrs)[i];

        if (!(ovl_addr_is_unicast(addr) || ovl_mcast_may_join(addr))
            || !ovl_addr_is_same_family(addr, &(*addrs)[0])) {
            free(*addrs);
            return false;
        }
    }
    return true;
}

/* Parses 's', the value of options:remote_macs_max, into '*n'.  Returns false
 * if 's' is invalid. */
static bool
parse_macs_max(const char *s, unsigned int *n)
{
    return str_to_uint(s, 10, n) && *n >= 1 && *n <= REMOTE_MACS_MAX;
}

/* Returns true if tunnels of 'type' have the option 'key', which is for
 * forwarding databases. */
bool
ovl_fdb_is_option(const char *type, const char *key)
{
    return (ovl_mcast_type_has_groups(type)
            && (!strcmp(key, "flood") || !strcmp(key, "learn")
                || !strcmp(key, "fdb") || !strcmp(key, "fdb_advertise")
                || !strcmp(key, "remotes")
                || !strcmp(key, "remote_macs_max")));
}

/* If 'key' is an option for forwarding databases, or "remote_ip" and 'value' a
 * multicast address, which is stored in '*cfg', returns true.  If 'value' is
 * invalid, appends the allowed values, in words that may follow "must be", to
 * 'allowed'. */
bool
ovl_fdb_set_option(const char *type, const char *key, const char *value,
                   struct netdev_tunnel_config *cfg, struct ds *allowed)
{
    struct ovl_prefix *prefixes;
    struct in6_addr addr, *addrs;
    unsigned int max;
    size_t n;

    if (!strcmp(key, "remote_ip") && ovl_mcast_type_has_groups(type)
        && ovl_addr_parse(value, &addr) && ovl_addr_is_group(&addr)) {
        if (!ovl_mcast_may_join(&addr)) {
            ds_put_cstr(allowed, OVL_FDB_REMOTE_IP);
        }
        cfg->ovl.group = addr;
        cfg->ip_dst_flow = true;
        return true;
    } else if (!ovl_fdb_is_option(type, key)) {
        return false;
    } else if (!strcmp(key, "flood")) {
        if (parse_flood(value, &addrs, &n)) {
            free(addrs);
        } else {
            ds_put_format(allowed, "at most %d IP addresses of one family, "
                          "separated by commas, unicast or multicast of a "
                          "scope wider than the link", OVL_FDB_MAX_FLOOD);
        }
    } else if (!strcmp(key, "learn")) {
        if (strcmp(value, "true") && strcmp(value, "false")) {
            ds_put_cstr(allowed, "\"true\" or \"false\"");
        }
    } else if (!strcmp(key, "fdb") || !strcmp(key, "fdb_advertise")) {
        if (!value[0] || strlen(value) >= IFNAMSIZ) {
            ds_put_cstr(allowed, "the name of a network device");
        }
    } else if (!strcmp(key, "remotes")) {
        if (ovl_prefixes_parse(value, MAX_PREFIXES, &prefixes, &n)) {
            free(prefixes);
        } else {
            ds_put_format(allowed, "at most %d IP addresses or prefixes, "
                          "separated by commas", MAX_PREFIXES);
        }
    } else if (!parse_macs_max(value, &max)) {
        ds_put_format(allowed, "1 to %d", REMOTE_MACS_MAX);
    }
    return true;
}

/* Returns the default of options:learn in 'config'. */
static bool
learns_by_default(const struct ovl_fdb_config *config)
{
    return config->n_flood && !config->kernel;
}

/* Sets '*config', which ovl_fdb_config_destroy() must free, to 'options' of a
 * tunnel of 'type', which ovl_fdb_set_option() has checked.  'group' is the
 * group in options:remote_ip, or all zeros. */
void
ovl_fdb_config_parse(struct ovl_fdb_config *config, const char *type,
                     const struct smap *options, const struct in6_addr *group)
{
    static const char *const names[] = {
        "fdb", "fdb_advertise", "flood", "learn", "remotes",
        "remote_macs_max",
    };
    unsigned int max;

    memset(config, 0, sizeof *config);
    config->remote_macs_max = REMOTE_MACS_DEFAULT;
    if (!ovl_mcast_type_has_groups(type)) {
        return;
    }
    if (ipv6_addr_is_set(group)) {
        config->used_option = "a multicast address as remote_ip";
    }
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (smap_get(options, names[i])) {
            config->used_option = names[i];
        }
    }
    if (smap_get(options, "flood")) {
        parse_flood(smap_get(options, "flood"), &config->flood,
                    &config->n_flood);
    } else if (ipv6_addr_is_set(group)) {
        config->flood = xmemdup(group, sizeof *group);
        config->n_flood = 1;
    }
    if (smap_get(options, "remotes")) {
        ovl_prefixes_parse(smap_get(options, "remotes"), MAX_PREFIXES,
                           &config->remotes, &config->n_remotes);
    }
    if (parse_macs_max(smap_get_def(options, "remote_macs_max", ""), &max)) {
        config->remote_macs_max = max;
    }
    config->kernel = nullable_xstrdup(smap_get(options, "fdb"));
    config->advertise = nullable_xstrdup(smap_get(options, "fdb_advertise"));
    config->learn = smap_get_bool(options, "learn", learns_by_default(config));
}

/* Returns what 'config', for a port that is about to have the configuration
 * 'cfg', needs, in words that follow "needs options:", or NULL if nothing is
 * missing.  Stores in '*option' what it is that needs it. */
const char *
ovl_fdb_config_check(const struct ovl_fdb_config *config,
                     const struct netdev_tunnel_config *cfg,
                     const char **option)
{
    *option = config->used_option;
    if (!cfg->ip_dst_flow) {
        return (config->used_option
                ? "remote_ip=flow or a multicast address" : NULL);
    } else if (ipv6_addr_is_set(&cfg->ovl.group)
               && (config->n_flood != 1
                   || !ipv6_addr_equals(&cfg->ovl.group, config->flood))) {
        *option = "flood";
        return "remote_ip=flow";
    } else if (config->n_flood && ipv6_addr_is_set(&cfg->ipv6_src)
               && !ovl_addr_is_same_family(&cfg->ipv6_src,
                                           &config->flood[0])) {
        *option = ipv6_addr_is_set(&cfg->ovl.group) ? "remote_ip" : "flood";
        return "local_ip of the same address family";
    }
    return NULL;
}

/* Adds 'config' to 'options'.  If 'is_group', options:remote_ip is a group. */
void
ovl_fdb_config_format(const struct ovl_fdb_config *config, bool is_group,
                      struct smap *options)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (config->n_flood) {
        ovl_addrs_format(config->flood, config->n_flood, &s);
        smap_replace(options, is_group ? "remote_ip" : "flood", ds_cstr(&s));
    }
    if (config->kernel) {
        smap_add(options, "fdb", config->kernel);
    }
    if (config->advertise) {
        smap_add(options, "fdb_advertise", config->advertise);
    }
    if (config->learn != learns_by_default(config)) {
        smap_add(options, "learn", config->learn ? "true" : "false");
    }
    if (config->n_remotes) {
        ds_clear(&s);
        ovl_prefixes_format(config->remotes, config->n_remotes, &s);
        smap_add(options, "remotes", ds_cstr(&s));
    }
    if (config->remote_macs_max != REMOTE_MACS_DEFAULT) {
        smap_add_format(options, "remote_macs_max", "%"PRIuSIZE,
                        config->remote_macs_max);
    }
    ds_destroy(&s);
}

/* Frees the members of 'config'. */
void
ovl_fdb_config_destroy(struct ovl_fdb_config *config)
{
    free(config->flood);
    free(config->remotes);
    free(config->kernel);
    free(config->advertise);
}

/* Returns true if 'a' and 'b' are the same. */
bool
ovl_fdb_config_equal(const struct ovl_fdb_config *a,
                     const struct ovl_fdb_config *b)
{
    return (a->learn == b->learn
            && a->remote_macs_max == b->remote_macs_max
            && a->n_flood == b->n_flood
            && (!a->n_flood || !memcmp(a->flood, b->flood,
                                       a->n_flood * sizeof *a->flood))
            && a->n_remotes == b->n_remotes
            && (!a->n_remotes || !memcmp(a->remotes, b->remotes,
                                         a->n_remotes * sizeof *a->remotes))
            && nullable_string_is_equal(a->kernel, b->kernel)
            && nullable_string_is_equal(a->advertise, b->advertise)
            && a->used_option == b->used_option);
}
