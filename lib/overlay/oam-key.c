/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/oam-key.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "flow.h"
#include "netdev-vport.h"
#include "netdev.h"
#include "openvswitch/vlog.h"
#include "overlay/class.h"
#include "overlay/log.h"
#include "overlay/xlate.h"
#include "ovs-atomic.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_oam_key);

/* In host byte order, or 0 if there is none. */
static atomic_uint64_t oam_key;

/* Returns the key, in host byte order, or 0 if there is none. */
uint64_t
ovl_oam_key(void)
{
    uint64_t key;

    atomic_read_explicit(&oam_key, &key, memory_order_acquire);
    return key;
}

/* Makes 'key', in host byte order, the key.  0 is none.  A thread that reads
 * it sees what the caller has done before. */
void
ovl_oam_set_key(uint64_t key)
{
    atomic_store_explicit(&oam_key, key, memory_order_release);
}

/* Returns true if 'tnl' has the key. */
bool
ovl_oam_has_key(const struct flow_tnl *tnl)
{
    uint64_t key = ovl_oam_key();

    return key && tnl->tun_id == htonll(key);
}

/* Returns true if packets of 'netdev', a tunnel port, can have the key. */
bool
ovl_oam_is_supported(const struct netdev *netdev)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    const char *type = netdev_get_type(netdev);
    uint64_t key = ovl_oam_key();

    if (!cfg || cfg->pt_mode != NETDEV_PT_LEGACY_L2) {
        return false;
    } else if (class) {
        /* A class with a key of its own for the switch's packets knows the
         * keys of all ports, unless flows set them. */
        return (key >= class->key_min && key <= class->key_max
                && (!class->own_key
                    || (cfg->in_key_flow && cfg->out_key_flow)));
    } else {
        return !strcmp(type, "geneve") || !strcmp(type, "vxlan")
               || !strcmp(type, "gre");
    }
}

/* Returns 0 if the keys of 'netdev' are not the one of OAM, otherwise EINVAL,
 * and stores a malloc()'d message in '*errp' if 'errp' is nonnull. */
int
ovl_oam_check(const struct netdev *netdev, char **errp)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    ovs_be64 key = htonll(ovl_oam_key());
    char *s;

    if (!cfg || !key
        || ((!cfg->in_key_present || cfg->in_key_flow || cfg->in_key != key)
            && (!cfg->out_key_present || cfg->out_key_flow
                || cfg->out_key != key))) {
        return 0;
    }
    s = xasprintf("%s: key %"PRIu64" is that of other_config:oam-key",
                  netdev_get_name(netdev), ntohll(key));
    VLOG(ovl_warn_level(s), "%s", s);
    if (errp) {
        *errp = s;
    } else {
        free(s);
    }
    return EINVAL;
}

/* Returns true if a packet of 'flow' that is output to a tunnel is a test
 * packet. */
bool
ovl_oam_is_own(const struct flow *flow)
{
    return (flow->tunnel.flags & OVL_FLOW_F_OWN
            && ovl_oam_has_key(&flow->tunnel));
}

/* Returns true if a packet of 'flow' that is output to a tunnel is a test
 * packet with a source address. */
bool
ovl_oam_keeps_source(const struct flow *flow)
{
    struct in6_addr src = flow_tnl_src(&flow->tunnel);

    return ovl_oam_is_own(flow) && ipv6_addr_is_set(&src);
}

/* Returns false if a packet of 'flow' must not be sent to a tunnel: it has the
 * key, but flows have set it.  If it is a test packet, sets FLOW_TNL_F_KEY,
 * because the port may have no key. */
bool
ovl_oam_may_send(struct flow *flow)
{
    if (!ovl_oam_has_key(&flow->tunnel)) {
        return true;
    } else if (!ovl_oam_is_own(flow)) {
        char *s = xasprintf("flows send packets with key %"PRIu64", that of "
                            "other_config:oam-key, which are dropped",
                            ovl_oam_key());

        VLOG(ovl_warn_level(s), "%s", s);
        free(s);
        return false;
    }
    flow->tunnel.flags |= FLOW_TNL_F_KEY;
    return true;
}
