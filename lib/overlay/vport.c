/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/vport.h"

#include <errno.h>
#include <net/if.h>
#include <string.h>

#include "dpif-offload.h"
#include "netdev-provider.h"
#include "netdev-vport-private.h"
#include "netdev-vport.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "overlay/addr.h"
#include "overlay/class.h"
#include "overlay/fdb-options.h"
#include "overlay/ipsec.h"
#include "overlay/log.h"
#include "overlay/mcast.h"
#include "overlay/src-port.h"
#include "overlay/too-big.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "packets.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ovl_vport);

/* A port of one of our classes. */
struct ovl_netdev {
    struct netdev_vport up;             /* Upstream frees this pointer. */
    OVSRCU_TYPE(uint8_t *) cfg;         /* Its class's options. */
};

/* Functions of upstream's tunnel class, which the functions here that replace
 * them call. */
static int (*super_set_config)(struct netdev *, const struct smap *,
                               char **errp);
static int (*super_get_config)(const struct netdev *, struct smap *);
static void (*super_destruct)(struct netdev *);

/* Returns 'netdev', which must be a port of one of our classes. */
static struct ovl_netdev *
ovl_netdev_cast(const struct netdev *netdev)
{
    return CONTAINER_OF(netdev_vport_cast(netdev), struct ovl_netdev, up);
}

const void *
ovl_get_config(const struct netdev *netdev)
{
    return ovsrcu_get(uint8_t *, &ovl_netdev_cast(netdev)->cfg);
}

/* Implements 'alloc' of struct netdev_class for each class. */
static struct netdev *
vport_alloc(void)
{
    struct ovl_netdev *netdev = xzalloc(sizeof *netdev);

    BUILD_ASSERT_DECL(offsetof(struct ovl_netdev, up) == 0);
    return &netdev->up.up;
}

/* Returns true if 's' is an integer from 'min' to 'max' in 'base', as for
 * strtoull().  'base' must be that with which upstream parses the option. */
static bool
is_uint(const char *s, int base, uint64_t min, uint64_t max)
{
    unsigned long long int value;

    return (s[0] >= '0' && s[0] <= '9' && str_to_ullong(s, base, &value)
            && value >= min && value <= max);
}

/* Returns true if 's' is a unicast IPv4 or IPv6 address. */
static bool
is_unicast(const char *s)
{
    struct in6_addr ip6;
    ovs_be32 ip;

    if (ip_parse(s, &ip)) {
        return ip && ip != OVS_BE32_MAX && !ip_is_multicast(ip);
    } else {
        return (ipv6_parse(s, &ip6) && ipv6_addr_is_set(&ip6)
                && !IN6_IS_ADDR_V4MAPPED(&ip6)
                && !ipv6_addr_is_multicast(&ip6));
    }
}

/* Returns true if 's' is a multicast address that hosts can join. */
static bool
is_group(const char *s)
{
    struct in6_addr addr;

    return ovl_addr_parse(s, &addr) && ovl_mcast_may_join(&addr);
}

/* Options of overlay types, without those for IPsec: first those that all
 * types have, then those that some have. */
static const char *const vport_option_names[] = {
    "csum", "df_default", "egress_pkt_mark", "local_ip", "packet_type",
    "remote_ip", "too_big", "tos", "ttl",
#define VPORT_N_ALL_OPTIONS 9
    "dst_port", "encap", "fdb", "fdb_advertise", "flood", "groups", "in_key",
    "key", "l2_specific", "learn", "offset", "out_key", "remote_macs_max",
    "remotes", "rx_cookie", "seq", "src_port", "src_port_range", "tx_cookie",
};

/* Returns true if 'key' is an option for a tunnel key. */
static bool
vport_is_key_option(const char *key)
{
    return (!strcmp(key, "key") || !strcmp(key, "in_key")
            || !strcmp(key, "out_key"));
}

/* Returns true if 'key' is an option of 'class' that neither its set_option()
 * takes nor vport_check_option() checks: vport_parse_encap() or
 * ovl_set_common_option() does. */
static bool
vport_is_common_option(const struct ovl_class *class, const char *key)
{
    return (!strcmp(key, "too_big")
            || (class->encap && !strcmp(key, "encap"))
            || (ovl_mcast_type_has_groups(class->type)
                && !strcmp(key, "groups"))
            || ovl_fdb_is_option(class->type, key)
            || (ovl_type_has_src_port(class->type)
                && (!strcmp(key, "src_port")
                    || !strcmp(key, "src_port_range"))));
}

/* Returns true if 'vport_option_names[i]' is an option of 'class'. */
static bool
vport_has_option(const struct ovl_class *class, size_t i)
{
    const char *key = vport_option_names[i];
    struct ds allowed = DS_EMPTY_INITIALIZER;
    bool has;

    has = (i < VPORT_N_ALL_OPTIONS || vport_is_common_option(class, key)
           || (class->dst_port && !strcmp(key, "dst_port"))
           || (class->key_max && vport_is_key_option(key)));
    if (!has && class->set_option) {
        void *cfg = xzalloc(class->cfg_size);

        has = class->set_option(cfg, key, "", &allowed);
        free(cfg);
    }
    ds_destroy(&allowed);
    return has;
}

/* Returns the number of characters to insert, delete or replace to turn 'a'
 * into 'b', or any number that is not less than 'max' if there are more. */
static size_t
edit_distance(const char *a, const char *b, size_t max)
{
    size_t del, ins, rep;

    while (*a && *a == *b) {
        a++;
        b++;
    }
    if (!*a || !*b) {
        return strlen(a) + strlen(b);
    } else if (!max) {
        return 1;
    }
    del = edit_distance(a + 1, b, max - 1);
    ins = edit_distance(a, b + 1, max - 1);
    rep = edit_distance(a + 1, b + 1, max - 1);
    return 1 + MIN(rep, MIN(del, ins));
}

/* Returns the option of 'class' whose name is most similar to 'key', which is
 * not an option, or NULL if none is similar. */
static const char *
vport_guess_option(const struct ovl_class *class, const char *key)
{
    const char *guess = NULL;
    size_t least = 4;

    for (size_t i = 0; i < ARRAY_SIZE(vport_option_names); i++) {
        const char *name = vport_option_names[i];
        size_t distance = edit_distance(key, name, least);

        if (distance < least && 2 * distance < strlen(name)
            && vport_has_option(class, i)) {
            guess = name;
            least = distance;
        }
    }
    return guess;
}

/* Checks that the value 's' of option 'key' is one that 'class' can use.
 * Upstream's parser, which reads the value afterward, accepts parts of an
 * invalid value.  Returns NULL if 's' is valid, otherwise the allowed values,
 * in words that follow "must be", as a malloc()'d string. */
static char *
vport_check_option(const struct ovl_class *class, const char *key,
                   const char *s)
{
    if (!strcmp(key, "dst_port")) {
        if (!class->dst_port) {
            return xstrdup("left out: this encapsulation has no ports");
        } else if (!is_uint(s, 10, 1, UINT16_MAX)) {
            return xstrdup("1 to 65535");
        }
    } else if (vport_is_key_option(key)) {
        if (!class->key_max) {
            return xstrdup("left out: this encapsulation has no key");
        } else if (strcmp(s, "flow")
                   && !is_uint(s, 0, class->key_min, class->key_max)) {
            return xasprintf("\"flow\" or %"PRIu64" to %"PRIu64,
                             class->key_min, class->key_max);
        }
    } else if (!strcmp(key, "ttl")) {
        if (strcmp(s, "inherit") && !is_uint(s, 10, 1, UINT8_MAX)) {
            return xstrdup("\"inherit\" or 1 to 255");
        }
    } else if (!strcmp(key, "tos")) {
        if (strcmp(s, "inherit")
            && (!is_uint(s, 0, 0, UINT8_MAX)
                || strtoul(s, NULL, 0) & ~IP_DSCP_MASK)) {
            return xstrdup("\"inherit\" or a multiple of 4 from 0 to 252");
        }
    } else if (!strcmp(key, "df_default") || !strcmp(key, "csum")) {
        if (strcmp(s, "true") && strcmp(s, "false")) {
            return xstrdup("\"true\" or \"false\"");
        }
    } else if (!strcmp(key, "egress_pkt_mark")) {
        if (!is_uint(s, 10, 0, UINT32_MAX)) {
            return xstrdup("0 to 4294967295");
        }
    } else if (!strcmp(key, "packet_type")) {
        if (strcmp(s, "legacy_l2")) {
            return xstrdup("\"legacy_l2\"");
        }
    } else if (ovl_is_ipsec_option(key)) {
        if (!class->ipsec) {
            return xstrdup("left out: IPsec does not protect this type");
        }
    } else if (!strcmp(key, "remote_ip") || !strcmp(key, "local_ip")) {
        bool may_be_group = (!strcmp(key, "remote_ip")
                             && ovl_mcast_type_has_groups(class->type));

        if (strcmp(s, "flow") && !is_unicast(s)
            && !(may_be_group && is_group(s))) {
            return xstrdup(may_be_group ? OVL_FDB_REMOTE_IP
                           : "\"flow\" or a unicast IP address");
        }
    } else if (!vport_is_common_option(class, key)) {
        const char *guess = vport_guess_option(class, key);

        return (guess
                ? xasprintf("left out: there is no such option, but \"%s\"",
                            guess)
                : xstrdup("left out: this type has no such option"));
    }
    return NULL;
}

/* Checks the options 'args' for a port of 'class'.  Stores those that only
 * 'class' has in 'cfg', and removes them from 'super_args', which starts as a
 * copy of 'args'.  Returns NULL, or an error message, as a malloc()'d
 * string. */
static char *
vport_parse_options(const struct ovl_class *class, const struct smap *args,
                    void *cfg, struct smap *super_args)
{
    struct smap_node *node;

    SMAP_FOR_EACH (node, args) {
        struct ds allowed = DS_EMPTY_INITIALIZER;
        char *error = NULL;

        if (class->set_option
            && class->set_option(cfg, node->key, node->value, &allowed)) {
            smap_remove(super_args, node->key);
            if (allowed.length) {
                error = ds_steal_cstr(&allowed);
            }
        } else {
            error = vport_check_option(class, node->key, node->value);
        }
        ds_destroy(&allowed);

        if (error) {
            char *s = xasprintf("invalid %s option %s=\"%s\": must be %s",
                                class->type, node->key, node->value, error);

            free(error);
            return s;
        }
    }
    return NULL;
}

/* Stores in '*classp' the class that options:encap in 'args' selects, among
 * those of the type of '*classp'.  Returns NULL, or an error message, as a
 * malloc()'d string. */
static char *
vport_parse_encap(const struct smap *args, const struct ovl_class **classp)
{
    const struct ovl_class *with = ovl_class_variant(*classp, true);
    const struct ovl_class *without = ovl_class_variant(*classp, false);
    const char *encap;

    if (!with->encap) {
        return NULL;
    }
    encap = smap_get_def(args, "encap", with->encap);
    *classp = !strcmp(encap, without->encap) ? without : with;
    if (strcmp(encap, (*classp)->encap)) {
        return xasprintf("invalid %s option encap=\"%s\": must be \"%s\" or "
                         "\"%s\"", with->type, encap, with->encap,
                         without->encap);
    }
    return NULL;
}

/* Sets the options of 'netdev' to 'cfg', 'size' bytes, and takes ownership of
 * 'cfg'. */
static void
vport_publish_config(struct netdev *netdev_, void *cfg, size_t size)
{
    struct ovl_netdev *netdev = ovl_netdev_cast(netdev_);
    uint8_t *old = ovsrcu_get_protected(uint8_t *, &netdev->cfg);

    if (old && cfg && !memcmp(old, cfg, size)) {
        free(cfg);
        return;
    }
    ovsrcu_set(&netdev->cfg, cfg);
    if (old) {
        ovsrcu_postpone(free, old);
        netdev_change_seq_changed(netdev_);
    }
}

/* If hardware offload is enabled, returns a warning that flows through
 * 'netdev', a port of one of our classes, are not offloaded, as a malloc()'d
 * string.  Otherwise, returns NULL. */
char *
ovl_explain_no_offload(const struct netdev *netdev)
{
    return (dpif_offload_enabled()
            ? xasprintf("%s: flows through %s tunnels are not offloaded to "
                        "hardware", netdev_get_name(netdev),
                        netdev_get_type(netdev))
            : NULL);
}

/* Implements 'set_config' of struct netdev_class for each class. */
static int
vport_set_config(struct netdev *netdev, const struct smap *args, char **errp)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    const char *name = netdev_get_name(netdev);
    void *cfg = xzalloc(class->cfg_size);
    struct smap super_args;
    char *reason;
    int error;

    smap_clone(&super_args, args);
    reason = (smap_get(args, "remote_ip")
              ? vport_parse_encap(args, &class)
              : xasprintf("%s type requires options:remote_ip, an address or "
                          "\"flow\"", class->type));
    if (!reason) {
        reason = vport_parse_options(class, args, cfg, &super_args);
    }
    if (!reason) {
        /* Upstream's parser knows neither the default port of 'class' nor the
         * options "csum" and "encap" of the type. */
        smap_remove(&super_args, "csum");
        if (class->encap) {
            smap_remove(&super_args, "encap");
        }
        if ((class->dst_port || class->encap) && !smap_get(args, "dst_port")) {
            smap_add_format(&super_args, "dst_port", "%"PRIu16,
                            class->dst_port);
        }
        error = super_set_config(netdev, &super_args, errp);
        if (!error && class->configure) {
            reason = class->configure(netdev, cfg);
        }
    }
    smap_destroy(&super_args);

    if (reason) {
        *errp = xasprintf("%s: %s", name, reason);
        VLOG(ovl_warn_level(*errp), "%s", *errp);
        free(reason);
        error = EINVAL;
    }
    if (error) {
        free(cfg);
        return error;
    }
    vport_publish_config(netdev, cfg, class->cfg_size);
    reason = ovl_explain_no_offload(netdev);
    if (reason) {
        VLOG(ovl_warn_level(reason), "%s", reason);
        free(reason);
    }
    return 0;
}

/* Implements 'get_config' of struct netdev_class for each class. */
static int
vport_get_options(const struct netdev *netdev, struct smap *args)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct ovl_class *class = ovl_class_from_netdev(netdev);
    int error = super_get_config(netdev, args);

    if (!error && cfg) {
        if (ntohs(cfg->dst_port) != class->dst_port) {
            smap_add_format(args, "dst_port", "%"PRIu16, ntohs(cfg->dst_port));
        }
        if (class->encap && !class->dst_port) {
            smap_add(args, "encap", class->encap);
        }
        if (class->get_options) {
            class->get_options(ovl_get_config(netdev), args);
        }
    }
    return error;
}

/* Implements 'get_mtu' of struct netdev_class for each class. */
static int
vport_get_mtu(const struct netdev *netdev, int *mtup)
{
    *mtup = ovl_class_from_netdev(netdev)->mtu;
    return 0;
}

/* Implements 'run' of struct netdev_class for each class. */
static void
vport_run(const struct netdev_class *netdev_class)
{
    const struct ovl_class *class = ovl_class_from_type(netdev_class->type);

    if (class->run && ovl_is_active()) {
        class->run(time_msec());
    }
}

/* Implements 'destruct' of struct netdev_class for each class. */
static void
vport_destruct(struct netdev *netdev)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    if (class->port_destroy) {
        class->port_destroy(netdev);
    }
    vport_publish_config(netdev, NULL, 0);
    super_destruct(netdev);
}

/* Implements 'build_header' of struct netdev_class for each class. */
static int
vport_build_header(const struct netdev *netdev,
                   struct ovs_action_push_tnl *data,
                   const struct netdev_tnl_build_header_params *params)
{
    return ovl_class_from_netdev(netdev)->build_header(netdev, data, params);
}

/* Implements 'push_header' of struct netdev_class for each class. */
static void
vport_push_header(const struct netdev *netdev OVS_UNUSED,
                  const struct netdev *ingress_netdev OVS_UNUSED,
                  struct dp_packet *packet OVS_UNUSED,
                  const struct ovs_action_push_tnl *data OVS_UNUSED)
{
    OVS_NOT_REACHED();          /* ovl_push() takes the whole batch. */
}

/* Implements 'pop_header' of struct netdev_class for each class. */
static struct dp_packet *
vport_pop_header(struct dp_packet *packet OVS_UNUSED)
{
    OVS_NOT_REACHED();          /* ovl_pop() takes the whole batch. */
}

/* Turns 'netdev_class', a copy of one of upstream's tunnel classes, into the
 * netdev class of class number 'i', and registers it.  Stores the prefix of
 * its datapath port's name in '*dpif_port'.  'construct' must stay upstream's:
 * upstream recognizes virtual ports by it.  Does nothing for the class without
 * L4 ports of a type with two classes, which have one netdev class. */
void
ovl_class_register(size_t i, const char **dpif_port,
                   struct netdev_class *netdev_class)
{
    const struct ovl_class *class = ovl_classes[i];

    if (class != ovl_class_from_type(class->type)) {
        return;
    }
    ovs_assert(strlen(class->dpif_port) + strlen("_65535") < IFNAMSIZ);
    *dpif_port = class->dpif_port;

    super_set_config = netdev_class->set_config;
    super_get_config = netdev_class->get_config;
    super_destruct = netdev_class->destruct;

    netdev_class->type = class->type;
    netdev_class->run = vport_run;
    netdev_class->wait = NULL;
    netdev_class->alloc = vport_alloc;
    netdev_class->destruct = vport_destruct;
    netdev_class->get_config = vport_get_options;
    netdev_class->set_config = vport_set_config;
    netdev_class->get_mtu = vport_get_mtu;
    netdev_class->build_header = vport_build_header;
    netdev_class->push_header = vport_push_header;
    netdev_class->pop_header = vport_pop_header;
    ovl_classes_init();
    netdev_register_provider(netdev_class);
}

/* Completes the new 'netdev', a virtual port, and 'cfg', its configuration.
 * 'port' is the L4 port number at the end of its name, in host byte order, or
 * 0 if there is none.  If a type has a class with L4 ports and one without,
 * the name of the latter's datapath port ends in "_0". */
void
ovl_construct(const struct netdev *netdev, uint16_t port,
              struct netdev_tunnel_config *cfg)
{
    const char *name = netdev_get_name(netdev);
    const struct ovl_class *class;

    if (netdev_vport_class_get_dpif_port(netdev_get_class(netdev))) {
        netdev_vport_cast(netdev)->too_big = ovl_too_big_port_create();
    }
    class = ovl_class_from_type(netdev_get_type(netdev));
    if (class) {
        size_t len = strlen(class->dpif_port);

        if (!strncmp(name, class->dpif_port, len)
            && !strcmp(name + len, "_0")) {
            class = ovl_class_variant(class, false);
        }
        cfg->dst_port = htons(port ? port : class->dst_port);
        ovl_too_big_set_default(&cfg->ovl.too_big, class->type);
        ovsrcu_init(&ovl_netdev_cast(netdev)->cfg, xzalloc(class->cfg_size));
        atomic_store_relaxed(&ovl_active, true);
    }
}

/* Hands the Open_vSwitch table's 'other_config' to each class. */
void
ovl_set_other_config(const struct smap *other_config)
{
    ovl_classes_init();
    for (size_t i = 0; i < OVL_N_CLASSES; i++) {
        if (ovl_classes[i]->set_other_config) {
            ovl_classes[i]->set_other_config(other_config);
        }
    }
}
