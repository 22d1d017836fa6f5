/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/src-port.h"

#include <string.h>

#include "dp-packet.h"
#include "hash.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/class.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

/* Configuration. */

bool
ovl_type_has_src_port(const char *type)
{
    return (!strcmp(type, "geneve") || !strcmp(type, "gtpu")
            || !strcmp(type, "vxlan") || ovl_type_needs_dst_port(type));
}

/* Parses 's', two port numbers with a hyphen between them, into '*cfg'.
 * Returns false if 's' is invalid. */
static bool
ovl_src_port_parse_range(const char *s, struct ovl_src_port *cfg)
{
    unsigned int min, max;
    int n = 0;

    if (s[strspn(s, "0123456789-")]
        || !ovs_scan(s, "%5u-%5u%n", &min, &max, &n) || s[n]
        || !min || min > max || max > UINT16_MAX) {
        return false;
    }
    cfg->min = min;
    cfg->max = max;
    return true;
}

/* If 'key' is an option for the source port of tunnels of type 'type', stores
 * 'value' in '*cfg', or appends the allowed values to 'allowed', as
 * 'set_option' of struct ovl_class does, and returns true. */
bool
ovl_src_port_set_option(struct ovl_src_port *cfg, const char *type,
                        const char *key, const char *value, struct ds *allowed)
{
    if (!ovl_type_has_src_port(type)) {
        return false;
    } else if (!strcmp(key, "src_port_range")) {
        if (!ovl_src_port_parse_range(value, cfg)) {
            ds_put_cstr(allowed, "MIN-MAX with 1 <= MIN <= MAX <= 65535");
        }
    } else if (!strcmp(key, "src_port")) {
        cfg->keep = !strcmp(value, "keep");
        if (!cfg->keep && strcmp(value, "hash")) {
            ds_put_cstr(allowed, "\"hash\" or \"keep\"");
        }
    } else {
        return false;
    }
    return true;
}

/* Adds the options for 'cfg' to 'args', without defaults. */
void
ovl_src_port_get_options(const struct ovl_src_port *cfg, struct smap *args)
{
    if (cfg->min) {
        smap_add_format(args, "src_port_range", "%"PRIu16"-%"PRIu16,
                        cfg->min, cfg->max);
    }
    if (cfg->keep) {
        smap_add(args, "src_port", "keep");
    }
}

/* Push. */

/* Does the work of ovl_src_port() if 'fixed' or 'choice' is not 0. */
ovs_be16
ovl_src_port_choose(const struct dp_packet *packet, ovs_be16 fixed,
                    const struct ovl_src_port *choice, ovs_be16 hashed)
{
    const struct flow_tnl *tnl = &packet->md.tunnel;
    uint32_t hash;

    if (fixed) {
        return fixed;
    } else if (choice->keep && flow_tnl_dst_is_set(tnl) && tnl->tp_src) {
        return tnl->tp_src;
    } else if (!choice->min) {
        return hashed;
    }

    /* Without a valid hash, 'hashed' is from a device that offloads flows. */
    hash = (dp_packet_rss_valid(packet) ? dp_packet_get_rss_hash(packet)
            : hash_int(ntohs(hashed), 0));
    return htons(choice->min
                 + (((uint64_t) hash * (choice->max - choice->min + 1))
                    >> 32));
}
