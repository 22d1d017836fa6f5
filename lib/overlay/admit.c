/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/admit.h"

#include <errno.h>
#include <string.h>

#include "dpif-offload.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "openvswitch/vlog.h"
#include "overlay/class.h"
#include "overlay/conflict.h"
#include "overlay/fdb.h"
#include "overlay/geneve/kernel.h"
#include "overlay/ipsec.h"
#include "overlay/log.h"
#include "overlay/mcast.h"
#include "overlay/oam-key.h"
#include "overlay/port-io.h"
#include "overlay/vport.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_admit);

/* Returns 0 if 'netdev' may be added to 'dpif', a datapath of type
 * 'datapath_type', otherwise a positive errno value: EOPNOTSUPP if 'dpif'
 * cannot carry its payload, EBUSY if a port of another type receives its
 * packets, and their headers do not tell which type they are for. */
int
ovl_admit(const struct netdev *netdev, const char *datapath_type,
          struct dpif *dpif)
{
    char *reason;

    if (!ovl_geneve_can_add(netdev, dpif)) {
        return EOPNOTSUPP;
    }
    reason = ovl_conflict_explain(netdev, datapath_type);
    free(reason);
    return reason ? EBUSY : 0;
}

/* Returns 0 if 'type' is a known interface type, otherwise a positive errno
 * value, with a malloc()'d message for the interface 'name' in '*errp'. */
int
ovl_check_type(const char *name, const char *type, char **errp)
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
    VLOG(ovl_warn_level(*errp), "%s", *errp);
    return EAFNOSUPPORT;
}

/* Returns 0 if a bridge of type 'datapath_type' can have 'netdev', with
 * 'options', as a port, otherwise a positive errno value, with a malloc()'d
 * message in '*errp', unless 'errp' is null. */
int
ovl_check_options(const struct netdev *netdev, const struct smap *options,
                  const char *datapath_type, char **errp)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    int error = ovl_check_ipsec(netdev, options, datapath_type, errp);
    const char *what, *verb = "needs";
    char *s;

    if (!error) {
        error = ovl_oam_check(netdev, errp);
    }
    if (error || !cfg || strcmp(datapath_type, "system")) {
        return error;
    } else if (cfg->ovl.src_port.min || cfg->ovl.src_port.keep) {
        what = "src_port and src_port_range";
        verb = "need";
    } else if (cfg->ovl.too_big && smap_get(options, "too_big")) {
        what = "too_big";
    } else if (smap_get(options, "groups")) {
        what = "groups";
    } else if (ovl_fdb_used_option(netdev)) {
        what = ovl_fdb_used_option(netdev);
            } else {
        return 0;
    }
    s = xasprintf("%s: %s %s the userspace datapath: set the bridge's "
                  "datapath_type to netdev", netdev_get_name(netdev), what,
                  verb);
    VLOG(ovl_warn_level(s), "%s", s);
    if (errp) {
        *errp = s;
    } else {
        free(s);
    }
    return EOPNOTSUPP;
}

/* Returns true if 'netdev', which may have changed together with its
 * 'options', can stay a port of a bridge of type 'datapath_type'.  Otherwise
 * it must be removed and added again. */
bool
ovl_can_stay(struct netdev *netdev, const struct smap *options,
             const char *datapath_type)
{
    return (!ovl_check_options(netdev, options, datapath_type, NULL)
            && ovl_geneve_can_stay(netdev, datapath_type)
            && !ovl_port_device_replaced(netdev));
}

/* Replaces '*errp', upstream's error message for 'netdev', which could not be
 * added to a bridge of type 'datapath_type' because of 'error', a positive
 * errno value, by one that tells what to change, if the cause is known. */
void
ovl_explain_add_error(const struct netdev *netdev, const char *datapath_type,
                      int error, char **errp)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    const char *name = netdev_get_name(netdev);
    char *reason = NULL;

    ovl_geneve_explain_add_error(netdev, datapath_type, error, errp);
    if (error == EBUSY || error == EEXIST) {
        reason = (error == EBUSY
                  ? ovl_conflict_explain(netdev, datapath_type)
                  : ovl_conflict_explain_same(netdev));
    } else if (!class || strcmp(datapath_type, "system")) {
        return;
    } else if (!class->kind) {
        reason = xasprintf("%s: type %s needs the userspace datapath: set the "
                           "bridge's datapath_type to netdev",
                           name, class->type);
    } else if (error == EOPNOTSUPP) {
        reason = xasprintf("%s: the kernel has no module \"%s\", which type "
                           "%s needs: install it, or set the bridge's "
                           "datapath_type to netdev",
                           name, class->kind, class->type);
    } else if (error == EADDRINUSE) {
        const struct netdev_tunnel_config *cfg;

        cfg = netdev_get_tunnel_config(netdev);
        reason = xasprintf("%s: port %"PRIu16" is in use on this host",
                           name, ntohs(cfg->dst_port));
    }
    if (reason) {
        free(*errp);
        *errp = reason;
    }
}

/* If 'netdev', a port of any type, does not work as configured, stores an
 * error message in '*errp', as a malloc()'d string, and returns true.
 * 'mapped_type' is the type of the tunnel port that translation finds for it,
 * or NULL if there is none, because another port receives its packets. */
bool
ovl_get_error(const struct netdev *netdev, const char *mapped_type,
              char **errp)
{
    char *reason = mapped_type ? NULL : ovl_conflict_explain_same(netdev);

    if (!reason) {
        reason = ovl_mcast_get_error(netdev);
    }
    if (!reason) {
        reason = ovl_fdb_get_error(netdev);
    }
    if (!reason && ovl_class_from_netdev(netdev)) {
        reason = ovl_explain_no_offload(netdev);
    }
    if (reason) {
        *errp = reason;
    }
    return reason != NULL;
}
