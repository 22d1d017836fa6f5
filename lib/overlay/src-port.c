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

/* In the last port of a template without first port: keep. */
enum { OVL_SRC_PORT_KEEP = 1 };

/* Configuration. */

bool
ovl_type_has_src_port(const char *type)
{
    return (!strcmp(type, "geneve") || !strcmp(type, "gtpu")
            || !strcmp(type, "vxlan") || ovl_type_needs_dst_port(type));
}

/* Parses 's', two port numbers with a hyphen between them, into '*cfg'.
 * Returns false if it is not that. */
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
 * 'value' in '*cfg', or appends what is allowed to 'allowed', as
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

/* Adds the options that 'cfg' is from to 'args', without defaults. */
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

/* Template. */

/* Stores the ports of a header template, for a tunnel port with 'cfg', in
 * '*first' and '*last'.  'tp_src' is the port that actions asked for, or 0. */
void
ovl_src_port_build(const struct ovl_src_port *cfg, ovs_be16 tp_src,
                   ovs_be16 *first, ovs_be16 *last)
{
    if (tp_src) {
        *first = tp_src;
        *last = 0;
    } else if (cfg->keep) {
        *first = htons(cfg->max);
        *last = htons(cfg->min ? cfg->min : OVL_SRC_PORT_KEEP);
    } else {
        *first = htons(cfg->min);
        *last = htons(cfg->min != cfg->max ? cfg->max : 0);
    }
}

/* Does the same for the template 'udp', the tunnel port 'cfg' and the flow's
 * 'tp_src'. */
void
ovl_src_port_build_udp(const struct netdev_tunnel_config *cfg, ovs_be16 tp_src,
                       struct udp_header *udp)
{
    ovl_src_port_build(&cfg->ovl.src_port, tp_src,
                       &udp->udp_src, &udp->udp_len);
}

/* Appends to 's', with a comma, what the source port of a template with
 * 'first' and 'last' does not tell, if there is anything. */
void
ovl_src_port_format(ovs_be16 first, ovs_be16 last, struct ds *s)
{
    if (last) {
        ds_put_format(s, "src_port(first=%"PRIu16",last=%"PRIu16"),",
                      ntohs(first), ntohs(last));
    }
}

/* The inverse: if 's' starts with such text, stores it in '*first' and
 * '*last'.  Returns the number of characters used. */
int
ovl_src_port_parse(const char *s, ovs_be16 *first, ovs_be16 *last)
{
    uint16_t a, b;
    int n = 0;

    if (ovs_scan_len(s, &n, "src_port(first=%"SCNu16",last=%"SCNu16"),",
                     &a, &b)) {
        *first = htons(a);
        *last = htons(b);
    }
    return n;
}

/* Push. */

/* Does the work of ovl_src_port() unless both 'first_' and 'last_' are 0. */
ovs_be16
ovl_src_port_choose(const struct dp_packet *packet, ovs_be16 first_,
                    ovs_be16 last_, ovs_be16 hashed)
{
    const struct flow_tnl *tnl = &packet->md.tunnel;
    uint16_t first = ntohs(first_);
    uint16_t last = ntohs(last_);
    uint32_t hash;

    if (!last) {
        return first_;
    }
    if (first >= last || !first) {
        if (flow_tnl_dst_is_set(tnl) && tnl->tp_src) {
            return tnl->tp_src;
        } else if (!first) {
            return hashed;
        }
    }

    /* A device that offloads flows may have chosen 'hashed' without it. */
    hash = (dp_packet_rss_valid(packet) ? dp_packet_get_rss_hash(packet)
            : hash_int(ntohs(hashed), 0));
    return htons(MIN(first, last)
                 + (((uint64_t) hash * (abs(last - first) + 1)) >> 32));
}
