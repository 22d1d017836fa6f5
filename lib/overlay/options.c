/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/options.h"

#include <errno.h>
#include <string.h>

#include "hash.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "overlay/conflict.h"
#include "overlay/fdb-options.h"
#include "overlay/fdb.h"
#include "overlay/geneve/payload.h"
#include "overlay/geneve/unknown.h"
#include "overlay/mcast.h"
#include "overlay/src-port.h"
#include "overlay/too-big.h"
#include "ovs-thread.h"
#include "smap.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_options);

/* Sets the common options in '*cfg' to the defaults of a tunnel of type
 * 'type'. */
void
ovl_init_common_options(const char *type, struct netdev_tunnel_config *cfg)
{
    ovl_too_big_set_default(&cfg->ovl.too_big, type);
}

/* If 'option' of a tunnel called 'name' of type 'type' is a common option,
 * stores it in '*cfg' and returns true.  Sets '*error' to 0, or, if the value
 * is invalid, to EINVAL, and appends a message to 'errors'. */
bool
ovl_set_common_option(const char *name, const char *type,
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
             || ovl_geneve_set_option(&cfg->ovl.unknown_options, type, key,
                                      value, &allowed)
             || ovl_fdb_set_option(type, key, value, cfg, &allowed)
             || ovl_mcast_check_option(type, key, value, &allowed)
             || ovl_src_port_set_option(&cfg->ovl.src_port, type, key, value,
                                        &allowed)
             || ovl_too_big_set_option(&cfg->ovl.too_big, type, key, value,
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

/* 'netdev', a tunnel port, is about to get the configuration 'cfg' from
 * 'options', which were parsed one by one.  Applies what concerns other ports
 * or forwarding databases.  Returns 0, or a positive errno value, with a line
 * appended to 'errors', if the port must not have this configuration: EBUSY if
 * a port of another type would receive the same packets, EINVAL if options do
 * not fit each other. */
int
ovl_apply_options(const struct netdev *netdev, const struct smap *options,
                  const struct netdev_tunnel_config *cfg, struct ds *errors)
{
    if (!ovl_conflict_check_config(netdev, cfg, errors)) {
        return EBUSY;
    }
    if (!ovl_fdb_configure(netdev, options, cfg, errors)) {
        return EINVAL;
    }
    ovl_geneve_configured(netdev_get_type(netdev), cfg);
    return 0;
}

/* Adds the common options of 'netdev', a tunnel port, that are not the
 * defaults, to 'args'. */
void
ovl_get_common_options(const struct netdev *netdev, struct smap *args)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);

    ovl_geneve_get_option(cfg->ovl.unknown_options, args);
    ovl_src_port_get_options(&cfg->ovl.src_port, args);
    ovl_too_big_get_options(cfg->ovl.too_big, netdev_get_type(netdev), args);
    ovl_fdb_get_options(netdev, args);
}

