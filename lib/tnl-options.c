/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "tnl-options.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "tnl-geneve-opts.h"
#include "tnl-provider.h"
#include "tnl-src-port.h"
#include "tnl-too-big.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tnl_options);

/* Makes the options here, in '*cfg', what a tunnel of type 'type' has by
 * default. */
void
tnl_init_common_options(const char *type, struct netdev_tunnel_config *cfg)
{
    tnl_too_big_set_default(&cfg->too_big, type);
}

/* If 'option' of a tunnel called 'name' of type 'type' is one of those here,
 * stores it in '*cfg' and returns true, with '*error' 0, or EINVAL and a
 * message in 'errors' if its value cannot be used. */
bool
tnl_set_common_option(const char *name, const char *type,
                      const struct smap_node *option,
                      struct netdev_tunnel_config *cfg, struct ds *errors,
                      int *error)
{
    struct ds allowed = DS_EMPTY_INITIALIZER;
    const char *value = option->value;
    const char *key = option->key;
    bool found;

    if (!strcmp(key, "packet_type") && strcmp(value, "legacy_l2")
        && strcmp(value, "legacy_l3") && strcmp(value, "ptap")) {
        ds_put_cstr(&allowed, "\"legacy_l2\", \"legacy_l3\" or \"ptap\"");
    }
    found = (allowed.length
             || tnl_geneve_set_option(&cfg->geneve_unknown, type, key, value,
                                   &allowed)
             || tnl_src_port_set_option(&cfg->src_port, type, key, value,
                                        &allowed)
             || tnl_too_big_set_option(&cfg->too_big, type, key, value,
                                       &allowed));
    *error = 0;
    if (allowed.length) {
        ds_put_format(errors, "%s: invalid %s option %s=\"%s\": must be %s\n",
                      name, type, key, value, ds_cstr(&allowed));
        *error = EINVAL;
    }
    ds_destroy(&allowed);
    return found;
}

/* Adds those of the options in 'cfg', of a tunnel of type 'type', that are not
 * the defaults to 'args'. */
void
tnl_get_common_options(const struct netdev_tunnel_config *cfg,
                       const char *type, struct smap *args)
{
    tnl_geneve_get_option(cfg->geneve_unknown, args);
    tnl_src_port_get_options(&cfg->src_port, args);
    tnl_too_big_get_options(cfg->too_big, type, args);
}

/* Messages that were logged as warnings, by hash, and when, in
 * milliseconds. */
#define TNL_N_WARNINGS 1024
#define TNL_WARN_AGAIN (60 * 60 * 1000)

enum vlog_level
tnl_warn_level(const char *s)
{
    static struct {
        uint32_t hash;
        long long int when;
    } warnings[TNL_N_WARNINGS];
    static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;

    uint32_t hash = hash_string(s, 0);
    size_t i = hash % TNL_N_WARNINGS;
    long long int now = time_msec();
    bool is_new;

    ovs_mutex_lock(&mutex);
    is_new = (warnings[i].hash != hash || !warnings[i].when
              || now - warnings[i].when >= TNL_WARN_AGAIN);
    if (is_new) {
        warnings[i].hash = hash;
        warnings[i].when = now;
    }
    ovs_mutex_unlock(&mutex);
    return is_new ? VLL_WARN : VLL_DBG;
}

/* Returns 0 if there are devices of 'type', otherwise a positive errno value,
 * with a malloc()'d message in '*errp' about the device called 'name'. */
int
tnl_check_type(const char *name, const char *type, char **errp)
{
    struct sset types = SSET_INITIALIZER(&types);
    bool known;

    netdev_enumerate_types(&types);
    known = sset_contains(&types, type);
    sset_destroy(&types);
    if (known) {
        return 0;
    }
    *errp = xasprintf("could not open network device %s (unknown interface "
                      "type \"%s\")", name, type);
    VLOG(tnl_warn_level(*errp), "%s", *errp);
    return EAFNOSUPPORT;
}

/* Returns 0 if a bridge of type 'datapath_type' can have 'netdev', with
 * 'options', as a port, otherwise a positive errno value, with a malloc()'d
 * message in '*errp', unless 'errp' is null. */
int
tnl_check_options(const struct netdev *netdev, const struct smap *options,
                  const char *datapath_type, char **errp)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    int error = tnl_check_ipsec(netdev, options, datapath_type, errp);
    const char *what;
    char *s;

    if (error || !cfg || strcmp(datapath_type, "system")) {
        return error;
    } else if (cfg->src_port.min || cfg->src_port.keep) {
        what = "src_port and src_port_range need";
    } else if (cfg->too_big && smap_get(options, "too_big")) {
        what = "too_big needs";
    } else {
        return 0;
    }
    s = xasprintf("%s: %s the userspace datapath: set the bridge's "
                  "datapath_type to netdev", netdev_get_name(netdev), what);
    VLOG(tnl_warn_level(s), "%s", s);
    if (errp) {
        *errp = s;
    } else {
        free(s);
    }
    return EOPNOTSUPP;
}
