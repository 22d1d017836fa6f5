/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/ipsec.h"

#include <errno.h>
#include <string.h>

#include "netdev-vport.h"
#include "netdev.h"
#include "openvswitch/vlog.h"
#include "overlay/class.h"
#include "overlay/log.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_ipsec);

/* Returns true if option 'key' is one for ovs-monitor-ipsec. */
bool
ovl_is_ipsec_option(const char *key)
{
    return (!strcmp(key, "psk") || !strcmp(key, "remote_cert")
            || !strcmp(key, "remote_name")
            || !strncmp(key, "ipsec_", strlen("ipsec_")));
}

/* Returns true if ovs-monitor-ipsec supports tunnels of 'type'. */
static bool
ovl_type_has_ipsec(const char *type)
{
    const struct ovl_class *class = ovl_class_from_type(type);

    return (class ? class->ipsec
            : !strcmp(type, "geneve") || !strcmp(type, "gre")
              || !strcmp(type, "vxlan"));
}

/* Returns 0 if 'netdev', with 'options', can be a port of a bridge of type
 * 'datapath_type', otherwise a positive errno value, with a malloc()'d message
 * in '*errp', unless 'errp' is null.  Only the kernel datapath implements
 * IPsec: a tunnel of any type with IPsec options must not send unencrypted
 * packets in the userspace datapath. */
int
ovl_check_ipsec(const struct netdev *netdev, const struct smap *options,
                const char *datapath_type, char **errp)
{
    bool supported = ovl_type_has_ipsec(netdev_get_type(netdev));
    const char *name = netdev_get_name(netdev);
    struct smap_node *node;

    if (netdev_get_tunnel_config(netdev)
        && (!supported || strcmp(datapath_type, "system"))) {
        SMAP_FOR_EACH (node, options) {
            if (ovl_is_ipsec_option(node->key)) {
                char *s = (supported
                           ? xasprintf("%s: %s needs IPsec, which only the "
                                       "kernel datapath has: set the bridge's "
                                       "datapath_type to system",
                                       name, node->key)
                           : xasprintf("%s: %s must be left out: IPsec does "
                                       "not protect type %s", name, node->key,
                                       netdev_get_type(netdev)));

                VLOG(ovl_warn_level(s), "%s", s);
                if (errp) {
                    *errp = s;
                } else {
                    free(s);
                }
                return EOPNOTSUPP;
            }
        }
    }
    return 0;
}
