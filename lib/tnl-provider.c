/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "tnl-provider.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "coverage.h"
#include "csum.h"
#include "dp-packet.h"
#include "dp-packet-gso.h"
#include "dpif.h"
#include "dpif-offload.h"
#include "netdev-provider.h"
#include "netdev-vport.h"
#include "netdev-vport-private.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "ovs-atomic.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "smap.h"
#include "timeval.h"
#include "tnl-admit.h"
#include "tnl-geneve-opts.h"
#include "tnl-options.h"
#include "tnl-src-port.h"
#include "tnl-too-big.h"
#include "userspace-tso.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tnl_provider);

COVERAGE_DEFINE(drop_tnl_push_type);

const struct tnl_class *const tnl_classes[] = {
    &tnl_stt_class,
    &tnl_nvgre_class,
    &tnl_l2tpv3_udp_class,
    &tnl_l2tpv3_ip_class,
};
BUILD_ASSERT_DECL(ARRAY_SIZE(tnl_classes) == TNL_N_CLASSES);

/* Messages for the user, with the name and the type of a port. */
#define TNL_NO_OFFLOAD_FMT "%s: flows through %s tunnels are not offloaded " \
                           "to hardware"

/* A port of one of our classes. */
struct tnl_netdev {
    struct netdev_vport up;             /* Upstream frees by this pointer. */
    OVSRCU_TYPE(uint8_t *) cfg;         /* Its class's options. */
};

atomic_bool tnl_active = false;

/* What upstream's virtual port class does, for the functions that a class here
 * puts in front of it. */
static int (*super_set_config)(struct netdev *, const struct smap *,
                               char **errp);
static int (*super_get_config)(const struct netdev *, struct smap *);
static void (*super_destruct)(struct netdev *);

/* Packets that the calling thread's last tnl_pop() dropped. */
DEFINE_STATIC_PER_THREAD_DATA(size_t, pop_drops, 0);

/* Returns the class called 'type', the first one if there are two, or NULL if
 * it is not one of ours. */
const struct tnl_class *
tnl_class_from_type(const char *type)
{
    for (size_t i = 0; type && i < ARRAY_SIZE(tnl_classes); i++) {
        if (!strcmp(type, tnl_classes[i]->type)) {
            return tnl_classes[i];
        }
    }
    return NULL;
}

/* Returns the class of tnl_push actions of type 'vport_type', or NULL if it is
 * not one of ours. */
static const struct tnl_class *
tnl_class_from_vport_type(uint32_t vport_type)
{
    for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
        if (tnl_classes[i]->vport_type == vport_type) {
            return tnl_classes[i];
        }
    }
    return NULL;
}

/* Returns the class of the same type as 'class', one of ours, that has L4
 * ports if 'has_ports' is true and none if it is false; 'class' if it is the
 * only one. */
static const struct tnl_class *
tnl_class_variant(const struct tnl_class *class, bool has_ports)
{
    for (size_t i = 0; class->encap && i < ARRAY_SIZE(tnl_classes); i++) {
        if (!strcmp(class->type, tnl_classes[i]->type)
            && has_ports == (tnl_classes[i]->dst_port != 0)) {
            return tnl_classes[i];
        }
    }
    return class;
}

/* This is on the path of each batch, so it compares pointers: the type string
 * of a netdev class registered here is the class's own. */
const struct tnl_class *
tnl_class_from_netdev(const struct netdev *netdev)
{
    for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
        const struct tnl_class *class = tnl_classes[i];

        if (netdev->netdev_class->type == class->type) {
            return (OVS_LIKELY(!class->encap)
                    || netdev_get_tunnel_config(netdev)->dst_port
                    ? class : tnl_classes[i + 1]);
        }
    }
    return NULL;
}

/* Returns the tunnel key that the switch's own packets need to leave by
 * 'netdev', or 0 if they need none but what the port has. */
uint64_t
tnl_get_own_key(const struct netdev *netdev)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);

    return (class && netdev_get_tunnel_config(netdev)->out_key_flow
            ? class->own_key : 0);
}

/* Returns true if a packet of 'flow', on its way out of 'netdev', has the
 * tunnel key of the switch's own packets and is none: flows gave it the key. */
bool
tnl_poses_as_own(const struct netdev *netdev, const struct flow *flow)
{
    uint64_t key = tnl_get_own_key(netdev);

    return (key && flow->tunnel.tun_id == htonll(key)
            && !(flow->tunnel.flags & TNL_FLOW_F_OWN));
}

/* Returns the class with IPFIX tunnelType 'ipfix_type', or NULL if it is
 * not one of ours. */
static const struct tnl_class *
tnl_class_from_ipfix_type(uint8_t ipfix_type)
{
    for (size_t i = 0; ipfix_type && i < ARRAY_SIZE(tnl_classes); i++) {
        if (tnl_classes[i]->ipfix_type == ipfix_type) {
            return tnl_classes[i];
        }
    }
    return NULL;
}

/* Configuration. */

/* Returns 'netdev', which must be a port of one of our classes. */
static struct tnl_netdev *
tnl_netdev_cast(const struct netdev *netdev)
{
    return CONTAINER_OF(netdev_vport_cast(netdev), struct tnl_netdev, up);
}

const void *
tnl_get_config(const struct netdev *netdev)
{
    return ovsrcu_get(uint8_t *, &tnl_netdev_cast(netdev)->cfg);
}

/* Implements 'alloc' of struct netdev_class for each class. */
static struct netdev *
tnl_alloc(void)
{
    struct tnl_netdev *netdev = xzalloc(sizeof *netdev);

    BUILD_ASSERT_DECL(offsetof(struct tnl_netdev, up) == 0);
    return &netdev->up.up;
}

/* Returns true if 's' is an integer from 'min' to 'max' in 'base', which is as
 * for strtoull(): the one in which upstream will read it. */
static bool
tnl_is_uint(const char *s, int base, uint64_t min, uint64_t max)
{
    unsigned long long int value;

    return (s[0] >= '0' && s[0] <= '9' && str_to_ullong(s, base, &value)
            && value >= min && value <= max);
}

/* Returns true if 's' is an IP address that a host can have. */
static bool
tnl_is_unicast(const char *s)
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

/* Returns true if option 'key' is one for ovs-monitor-ipsec. */
static bool
tnl_is_ipsec_option(const char *key)
{
    return (!strcmp(key, "psk") || !strcmp(key, "remote_cert")
            || !strcmp(key, "remote_name")
            || !strncmp(key, "ipsec_", strlen("ipsec_")));
}

/* Options of types here, without those for IPsec: first those that all have,
 * then those that some have. */
static const char *const tnl_option_names[] = {
    "csum", "df_default", "egress_pkt_mark", "in_key", "key", "local_ip",
    "out_key", "packet_type", "remote_ip", "too_big", "tos", "ttl",
#define TNL_N_ALL_OPTIONS 12
    "dst_port", "encap", "l2_specific", "offset", "rx_cookie", "seq",
    "src_port", "src_port_range", "tx_cookie",
};

/* Returns true if 'key' is an option of 'class' that it does not take itself
 * and tnl_check_option() does not check, because others do. */
static bool
tnl_is_common_option(const struct tnl_class *class, const char *key)
{
    return (!strcmp(key, "too_big")
            || (class->encap && !strcmp(key, "encap"))
            || (tnl_type_has_src_port(class->type)
                && (!strcmp(key, "src_port")
                    || !strcmp(key, "src_port_range"))));
}

/* Returns true if 'tnl_option_names[i]' is an option of 'class'. */
static bool
tnl_has_option(const struct tnl_class *class, size_t i)
{
    const char *key = tnl_option_names[i];
    struct ds allowed = DS_EMPTY_INITIALIZER;
    bool has;

    has = (i < TNL_N_ALL_OPTIONS || tnl_is_common_option(class, key)
           || (class->dst_port && !strcmp(key, "dst_port")));
    if (!has && class->set_option) {
        void *cfg = xzalloc(class->cfg_size);

        has = class->set_option(cfg, key, "", &allowed);
        free(cfg);
    }
    ds_destroy(&allowed);
    return has;
}

/* Returns the number of characters to insert, delete or replace that make 'a'
 * into 'b', or some number that is not less than 'max'. */
static size_t
tnl_edit_distance(const char *a, const char *b, size_t max)
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
    del = tnl_edit_distance(a + 1, b, max - 1);
    ins = tnl_edit_distance(a, b + 1, max - 1);
    rep = tnl_edit_distance(a + 1, b + 1, max - 1);
    return 1 + MIN(rep, MIN(del, ins));
}

/* Returns the option of 'class' that may have been meant by 'key', which is
 * none, or NULL. */
static const char *
tnl_guess_option(const struct tnl_class *class, const char *key)
{
    const char *guess = NULL;
    size_t least = 4;

    for (size_t i = 0; i < ARRAY_SIZE(tnl_option_names); i++) {
        const char *name = tnl_option_names[i];
        size_t distance = tnl_edit_distance(key, name, least);

        if (distance < least && 2 * distance < strlen(name)
            && tnl_has_option(class, i)) {
            guess = name;
            least = distance;
        }
    }
    return guess;
}

/* Checks that the value 's' of option 'key' is one that 'class' can use.
 * Upstream's parser, which reads the value afterward, takes what it can of a
 * bad one.  Returns NULL if 's' is fine, otherwise what is allowed, as a
 * malloc()'d string. */
static char *
tnl_check_option(const struct tnl_class *class, const char *key, const char *s)
{
    if (!strcmp(key, "dst_port")) {
        if (!class->dst_port) {
            return xstrdup("left out: this encapsulation has no ports");
        } else if (!tnl_is_uint(s, 10, 1, UINT16_MAX)) {
            return xstrdup("1 to 65535");
        }
    } else if (!strcmp(key, "key") || !strcmp(key, "in_key")
               || !strcmp(key, "out_key")) {
        if (strcmp(s, "flow")
            && !tnl_is_uint(s, 0, class->key_min, class->key_max)) {
            return xasprintf("\"flow\" or %"PRIu64" to %"PRIu64,
                             class->key_min, class->key_max);
        }
    } else if (!strcmp(key, "ttl")) {
        if (strcmp(s, "inherit") && !tnl_is_uint(s, 10, 1, UINT8_MAX)) {
            return xstrdup("\"inherit\" or 1 to 255");
        }
    } else if (!strcmp(key, "tos")) {
        if (strcmp(s, "inherit")
            && (!tnl_is_uint(s, 0, 0, UINT8_MAX)
                || strtoul(s, NULL, 0) & ~IP_DSCP_MASK)) {
            return xstrdup("\"inherit\" or a multiple of 4 from 0 to 252");
        }
    } else if (!strcmp(key, "df_default") || !strcmp(key, "csum")) {
        if (strcmp(s, "true") && strcmp(s, "false")) {
            return xstrdup("\"true\" or \"false\"");
        }
    } else if (!strcmp(key, "egress_pkt_mark")) {
        if (!tnl_is_uint(s, 10, 0, UINT32_MAX)) {
            return xstrdup("0 to 4294967295");
        }
    } else if (!strcmp(key, "packet_type")) {
        if (strcmp(s, "legacy_l2")) {
            return xstrdup("\"legacy_l2\"");
        }
    } else if (tnl_is_ipsec_option(key)) {
        if (!class->ipsec) {
            return xstrdup("left out: IPsec does not protect this type");
        }
    } else if (!strcmp(key, "remote_ip") || !strcmp(key, "local_ip")) {
        if (strcmp(s, "flow") && !tnl_is_unicast(s)) {
            return xstrdup("\"flow\" or a unicast IP address");
        }
    } else if (!tnl_is_common_option(class, key)) {
        const char *guess = tnl_guess_option(class, key);

        return (guess
                ? xasprintf("left out: there is no such option, but \"%s\"",
                            guess)
                : xstrdup("left out: this type has no such option"));
    }
    return NULL;
}

/* Checks the options 'args' for a port of 'class'.  Stores those that only
 * 'class' has in 'cfg', and takes them out of 'super_args', which starts as a
 * copy of 'args'.  Returns NULL, or what is wrong, as a malloc()'d string. */
static char *
tnl_parse_options(const struct tnl_class *class, const struct smap *args,
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
            error = tnl_check_option(class, node->key, node->value);
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

/* Finds the class that options:encap in 'args' asks for, among those of the
 * type of '*classp', and stores it in '*classp'.  Returns NULL, or what is
 * wrong, as a malloc()'d string. */
static char *
tnl_parse_encap(const struct smap *args, const struct tnl_class **classp)
{
    const struct tnl_class *with = tnl_class_variant(*classp, true);
    const struct tnl_class *without = tnl_class_variant(*classp, false);
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

/* Makes the options of 'netdev' those in 'cfg', 'size' bytes, which it takes
 * over. */
static void
tnl_publish_config(struct netdev *netdev_, void *cfg, size_t size)
{
    struct tnl_netdev *netdev = tnl_netdev_cast(netdev_);
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

/* Implements 'set_config' of struct netdev_class for each class. */
static int
tnl_set_config(struct netdev *netdev, const struct smap *args, char **errp)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    const char *name = netdev_get_name(netdev);
    void *cfg = xzalloc(class->cfg_size);
    struct smap super_args;
    char *reason;
    int error;

    smap_clone(&super_args, args);
    reason = (smap_get(args, "remote_ip")
              ? tnl_parse_encap(args, &class)
              : xasprintf("%s type requires options:remote_ip, an address or "
                          "\"flow\"", class->type));
    if (!reason) {
        reason = tnl_parse_options(class, args, cfg, &super_args);
    }
    if (!reason) {
        /* Upstream's parser knows neither the default port of 'class' nor that
         * it takes "csum" and "encap". */
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
        VLOG(tnl_warn_level(*errp), "%s", *errp);
        free(reason);
        error = EINVAL;
    }
    if (error) {
        free(cfg);
        return error;
    }
    tnl_publish_config(netdev, cfg, class->cfg_size);
    if (dpif_offload_enabled()) {
        char *s = xasprintf(TNL_NO_OFFLOAD_FMT, name, class->type);

        VLOG(tnl_warn_level(s), "%s", s);
        free(s);
    }
    return 0;
}

/* Implements 'get_config' of struct netdev_class for each class. */
static int
tnl_get_options(const struct netdev *netdev, struct smap *args)
{
    const struct netdev_tunnel_config *cfg = netdev_get_tunnel_config(netdev);
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    int error = super_get_config(netdev, args);

    if (!error && cfg) {
        if (ntohs(cfg->dst_port) != class->dst_port) {
            smap_add_format(args, "dst_port", "%"PRIu16, ntohs(cfg->dst_port));
        }
        if (class->encap && !class->dst_port) {
            smap_add(args, "encap", class->encap);
        }
        if (class->get_options) {
            class->get_options(tnl_get_config(netdev), args);
        }
    }
    return error;
}

/* Implements 'get_mtu' of struct netdev_class for each class. */
static int
tnl_get_mtu(const struct netdev *netdev, int *mtup)
{
    *mtup = tnl_class_from_netdev(netdev)->mtu;
    return 0;
}

/* Implements 'run' of struct netdev_class for each class. */
static void
tnl_run(const struct netdev_class *netdev_class)
{
    const struct tnl_class *class = tnl_class_from_type(netdev_class->type);

    if (class->run && tnl_is_active()) {
        class->run(time_msec());
    }
}

/* Implements 'destruct' of struct netdev_class for each class. */
static void
tnl_destruct(struct netdev *netdev)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);

    if (class->forget) {
        class->forget(netdev);
    }
    tnl_publish_config(netdev, NULL, 0);
    super_destruct(netdev);
}

/* Implements 'build_header' of struct netdev_class for each class. */
static int
tnl_build_header(const struct netdev *netdev, struct ovs_action_push_tnl *data,
                 const struct netdev_tnl_build_header_params *params)
{
    return tnl_class_from_netdev(netdev)->build_header(netdev, data, params);
}

/* Implements 'push_header' of struct netdev_class for each class. */
static void
tnl_push_header(const struct netdev *netdev OVS_UNUSED,
                const struct netdev *ingress_netdev OVS_UNUSED,
                struct dp_packet *packet OVS_UNUSED,
                const struct ovs_action_push_tnl *data OVS_UNUSED)
{
    OVS_NOT_REACHED();          /* tnl_push() takes the whole batch. */
}

/* Implements 'pop_header' of struct netdev_class for each class. */
static struct dp_packet *
tnl_pop_header(struct dp_packet *packet OVS_UNUSED)
{
    OVS_NOT_REACHED();          /* tnl_pop() takes the whole batch. */
}

/* Initializes the classes, the first time that it is called. */
static void
tnl_initialize(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;

    if (ovsthread_once_start(&once)) {
        for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
            if (tnl_classes[i]->init) {
                tnl_classes[i]->init();
            }
        }
        ovsthread_once_done(&once);
    }
}

/* Makes class number 'i' out of 'netdev_class', a copy of one of upstream's
 * tunnel classes, and stores the prefix of its datapath port's name in
 * '*dpif_port'.  'construct' must stay upstream's, which tells virtual ports
 * by it.  Returns false if an earlier class has the same type, and so shares
 * that one's netdev class. */
bool
tnl_class_register(size_t i, const char **dpif_port,
                   struct netdev_class *netdev_class)
{
    const struct tnl_class *class = tnl_classes[i];

    if (class != tnl_class_from_type(class->type)) {
        return false;
    }
    ovs_assert(strlen(class->dpif_port) + strlen("_65535") < IFNAMSIZ);
    *dpif_port = class->dpif_port;

    super_set_config = netdev_class->set_config;
    super_get_config = netdev_class->get_config;
    super_destruct = netdev_class->destruct;

    netdev_class->type = class->type;
    netdev_class->run = tnl_run;
    netdev_class->wait = NULL;
    netdev_class->alloc = tnl_alloc;
    netdev_class->destruct = tnl_destruct;
    netdev_class->get_config = tnl_get_options;
    netdev_class->set_config = tnl_set_config;
    netdev_class->get_mtu = tnl_get_mtu;
    netdev_class->build_header = tnl_build_header;
    netdev_class->push_header = tnl_push_header;
    netdev_class->pop_header = tnl_pop_header;
    tnl_initialize();
    return true;
}

/* Returns true if 'type' is one of ours whose datapath port has an L4 port. */
bool
tnl_type_needs_dst_port(const char *type)
{
    const struct tnl_class *class = tnl_class_from_type(type);

    return class && class->dst_port;
}

/* Completes the new 'netdev', a virtual port, and 'cfg', its configuration.
 * Its name ends in L4 port number 'port', in host byte order, or in none, if
 * 'port' is 0.  The datapath port
 * of a class without L4 ports has a name that ends in "_0", if its type has
 * one with ports, too. */
void
tnl_construct(const struct netdev *netdev, uint16_t port,
              struct netdev_tunnel_config *cfg)
{
    const char *name = netdev_get_name(netdev);
    const struct tnl_class *class;

    if (netdev_vport_class_get_dpif_port(netdev_get_class(netdev))) {
        netdev_vport_cast(netdev)->too_big = tnl_too_big_port_create();
    }
    class = tnl_class_from_type(netdev_get_type(netdev));
    if (class) {
        size_t len = strlen(class->dpif_port);

        if (!strncmp(name, class->dpif_port, len)
            && !strcmp(name + len, "_0")) {
            class = tnl_class_variant(class, false);
        }
        cfg->dst_port = htons(port ? port : class->dst_port);
        tnl_too_big_set_default(&cfg->too_big, class->type);
        ovsrcu_init(&tnl_netdev_cast(netdev)->cfg, xzalloc(class->cfg_size));
        atomic_store_relaxed(&tnl_active, true);
    }
}

/* Hands the Open_vSwitch table's 'other_config' to each class. */
void
tnl_set_global_config(const struct smap *other_config)
{
    tnl_initialize();
    for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
        if (tnl_classes[i]->set_global) {
            tnl_classes[i]->set_global(other_config);
        }
    }
}

/* Replaces '*errp', upstream's words for why 'netdev' could not be added to a
 * bridge of type 'datapath_type' (a positive errno value, 'error'), by words
 * that tell what to change, where we know it. */
void
tnl_explain_add_error(const struct netdev *netdev, const char *datapath_type,
                      int error, char **errp)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    const char *name = netdev_get_name(netdev);
    char *reason = NULL;

    if (error == EBUSY || error == EEXIST) {
        reason = (error == EBUSY
                  ? tnl_admit_explain(netdev, datapath_type)
                  : tnl_admit_explain_same(netdev));
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

/* Translation. */

/* Returns true if 'netdev' is a port of one of our classes. */
bool
tnl_owns(const struct netdev *netdev)
{
    return tnl_class_from_netdev(netdev) != NULL;
}

/* If 'type' is one of ours, stores the IP protocols under which its packets
 * arrive in 'nw_protos', 0 in unused elements, and returns true. */
bool
tnl_type_to_nw_protos(const char *type, uint8_t nw_protos[2])
{
    const struct tnl_class *class = tnl_class_from_type(type);

    if (class) {
        const struct tnl_class *other = tnl_class_variant(class, false);

        nw_protos[0] = class->nw_proto;
        nw_protos[1] = other != class ? other->nw_proto : 0;
    }
    return class != NULL;
}

/* If 'type' is one of ours with two classes, leaves in 'nw_protos', as
 * tnl_type_to_nw_protos() sets it, the one of the class whose ports have the
 * L4 port 'tp_port', which is 0 for the class without. */
void
tnl_filter_nw_protos(const char *type, ovs_be16 tp_port, uint8_t nw_protos[2])
{
    const struct tnl_class *class = tnl_class_from_type(type);

    if (class && class->encap) {
        nw_protos[0] = tnl_class_variant(class, tp_port != 0)->nw_proto;
        nw_protos[1] = 0;
    }
}

/* If 'vport_type' is one of ours, stores the IP protocol of the packets that
 * it sends in '*nw_proto' and returns true. */
bool
tnl_vport_type_to_nw_proto(uint32_t vport_type, uint8_t *nw_proto)
{
    const struct tnl_class *class = tnl_class_from_vport_type(vport_type);

    if (class) {
        *nw_proto = class->nw_proto;
    }
    return class != NULL;
}

/* Tells 'data', if it is one of ours, that its packets are sent from an
 * address of 'egress'. */
void
tnl_set_egress(struct ovs_action_push_tnl *data, const struct netdev *egress)
{
    const struct tnl_class *class = tnl_class_from_vport_type(data->tnl_type);
    int mtu;

    if (class && class->set_mtu) {
        if (netdev_get_mtu(egress, &mtu)) {
            mtu = ETH_PAYLOAD_MAX;
        }
        class->set_mtu(data, mtu);
    }
}

/* Has the datapath flows translated again, because some port changed and the
 * MTU is part of the header that tnl_set_egress() made. */
void
tnl_port_modified(void)
{
    if (tnl_is_active() || tnl_too_big_is_used()) {
        seq_change(tnl_conf_seq);
    }
}

/* If something about 'netdev', a port of any type, does not work, stores a
 * description in '*errp', as a malloc()'d string, and returns true.
 * 'mapped_type' is the type of the tunnel port that translation finds for it,
 * or NULL if there is none: another port gets its packets. */
bool
tnl_get_error(const struct netdev *netdev, const char *mapped_type,
              char **errp)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    char *same = mapped_type ? NULL : tnl_admit_explain_same(netdev);

    if (same) {
        *errp = same;
        return true;
    } else if (class && dpif_offload_enabled()) {
        *errp = xasprintf(TNL_NO_OFFLOAD_FMT, netdev_get_name(netdev),
                          class->type);
        return true;
    }
    return false;
}

/* Returns true if ovs-monitor-ipsec knows tunnels of 'type'. */
static bool
tnl_type_has_ipsec(const char *type)
{
    const struct tnl_class *class = tnl_class_from_type(type);

    return (class ? class->ipsec
            : !strcmp(type, "geneve") || !strcmp(type, "gre")
              || !strcmp(type, "vxlan"));
}

/* Returns 0 if 'netdev', with 'options', can be a port of a bridge of type
 * 'datapath_type', otherwise a positive errno value, with a malloc()'d message
 * in '*errp', unless 'errp' is null.  Only the kernel datapath has IPsec: a
 * tunnel of any type that asks for it must not send in the clear elsewhere. */
int
tnl_check_ipsec(const struct netdev *netdev, const struct smap *options,
                const char *datapath_type, char **errp)
{
    bool supported = tnl_type_has_ipsec(netdev_get_type(netdev));
    const char *name = netdev_get_name(netdev);
    struct smap_node *node;

    if (netdev_get_tunnel_config(netdev)
        && (!supported || strcmp(datapath_type, "system"))) {
        SMAP_FOR_EACH (node, options) {
            if (tnl_is_ipsec_option(node->key)) {
                char *s = (supported
                           ? xasprintf("%s: %s needs IPsec, which only the "
                                       "kernel datapath has: set the bridge's "
                                       "datapath_type to system",
                                       name, node->key)
                           : xasprintf("%s: %s must be left out: IPsec does "
                                       "not protect type %s", name, node->key,
                                       netdev_get_type(netdev)));

                VLOG(tnl_warn_level(s), "%s", s);
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

/* Datapath. */

/* If 'netdev' is one of ours, pushes its header 'data' onto each packet in
 * 'batch' and returns true.  Otherwise, returns false: upstream will push its
 * own header. */
bool
tnl_push(const struct netdev *netdev, struct dp_packet_batch *batch,
         const struct ovs_action_push_tnl *data)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    struct dp_packet *packet;
    bool splits = false;

    if (!class) {
        /* Relayed options are not in the template. */
        tnl_push_fit(batch, data->header_len
                            + (tnl_geneve_relays(data)
                               ? TUN_METADATA_TOT_OPT_SIZE : 0));
        tnl_prepare_upstream(batch, data);
        return false;
    }

    if (data->tnl_type != class->vport_type) {
        /* Only a flow that someone wrote by hand can be like that. */
        COVERAGE_ADD(drop_tnl_push_type, dp_packet_batch_size(batch));
        dp_packet_delete_batch(batch, true);
        return true;
    }
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        tnl_update_padding(packet);
        tnl_update_segsz(packet);
        splits |= (dp_packet_get_tso_segsz(packet) && class->push_splits
                   && class->push_splits(packet));
    }
    if (splits) {
        tnl_segment_batch(batch, class->push_splits);
    }
    class->push(batch, data);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        pkt_metadata_init(&packet->md, data->out_port);
    }
    return true;
}

/* If 'netdev' is one of ours, pops its header from each packet in 'batch' and
 * returns true. */
bool
tnl_pop(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);

    if (class) {
        struct dp_packet *packet;

        *pop_drops_get() = class->pop(netdev, batch);
        DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
            pkt_metadata_init_conn(&packet->md);
        }
    }
    return class != NULL;
}

/* Returns the number of packets that the netdev_pop_header() just called for
 * 'netdev' dropped, of which the caller sees only that 'missing' more went in
 * than came out. */
uint32_t
tnl_pop_drops(const struct netdev *netdev, uint32_t missing)
{
    return tnl_class_from_netdev(netdev) ? *pop_drops_get() : missing;
}

/* Called in the main thread, which has polled a receive queue and processed
 * the 'n_packets' packets that it got.  Returns true if it shall poll the same
 * queue again before it goes on to the next one: as long as the batches are
 * full, 4 times in all. */
bool
tnl_poll_again(int n_packets)
{
    static int n_full = 0;

    if (n_packets < NETDEV_MAX_BURST || ++n_full == 4) {
        n_full = 0;
        return false;
    }
    return true;
}

/* Text. */

/* If 'data' is one of ours, appends its 'size' bytes of headers from 'l4' on
 * to 's', as the end of the text of a tnl_push action's header(), and returns
 * true. */
bool
tnl_format_push(const struct ovs_action_push_tnl *data, const void *l4,
                size_t size, struct ds *s)
{
    const struct tnl_class *class = tnl_class_from_vport_type(data->tnl_type);

    if (class) {
        class->format(data, l4, size, s);
        ds_put_char(s, ')');
    }
    return class != NULL;
}

/* If 's' + '*n' is the text of one of our headers, parses it into 'l4' in
 * 'data', adds its length to '*n' and the length of the headers to
 * '*header_len', stores its number in '*vport_type' (0, which nothing has, if
 * the text is wrong), and returns true. */
bool
tnl_parse_push(const char *s, int *n, struct ovs_action_push_tnl *data,
               void *l4, uint32_t *vport_type, uint32_t *header_len)
{
    for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
        const struct tnl_class *class = tnl_classes[i];
        size_t size;
        int len;

        len = class->parse(s + *n, data, l4, &size);
        if (len < 0 || (len > 0 && s[*n + len] != ')')) {
            *vport_type = OVS_VPORT_TYPE_UNSPEC;
            return true;
        } else if (len > 0) {
            *n += len + 1;
            *header_len += size;
            *vport_type = class->vport_type;
            return true;
        }
    }
    return false;
}

/* Visibility. */

void
tnl_show_counter(struct ds *s, const char *name, uint64_t n,
                 const char *meaning)
{
    ds_put_format(s, "  %s: %"PRIu64" (%s)\n", name, n, meaning);
}

void
tnl_show_counters(struct ds *s, struct tnl_counter *counters, size_t n)
{
    ds_put_cstr(s, "counters:\n");
    for (size_t i = 0; i < n; i++) {
        uint64_t value;

        atomic_read_relaxed(&counters[i].n, &value);
        tnl_show_counter(s, counters[i].name, value, counters[i].meaning);
    }
}

/* Returns the IPFIX tunnelType of 'type', or 0 if it is not one of ours. */
uint8_t
tnl_type_to_ipfix(const char *type)
{
    const struct tnl_class *class = tnl_class_from_type(type);

    return class ? class->ipfix_type : 0;
}

/* Returns the length of the key of tunnels of IPFIX tunnelType 'ipfix_type' in
 * bytes, or 0 if it is not one of ours. */
uint8_t
tnl_ipfix_key_len(uint8_t ipfix_type)
{
    const struct tnl_class *class = tnl_class_from_ipfix_type(ipfix_type);

    return class ? class->ipfix_key_len : 0;
}

/* Stores the IP protocol of tunnels of IPFIX tunnelType 'ipfix_type' in
 * '*nw_proto', if it is one of ours. */
void
tnl_ipfix_nw_proto(uint8_t ipfix_type, uint8_t *nw_proto)
{
    const struct tnl_class *class = tnl_class_from_ipfix_type(ipfix_type);

    if (class) {
        *nw_proto = class->nw_proto;
    }
}

/* Returns the number in the tnl_push actions of 'netdev', or 0 if it is not a
 * port of one of our classes. */
uint32_t
tnl_to_vport_type(const struct netdev *netdev)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);

    return class ? class->vport_type : 0;
}

/* If 'data' is one of ours, reads its addresses, TOS, TTL, ports and key into
 * 'tnl', stores its IP protocol in '*nw_proto', and returns true. */
bool
tnl_read_push(const struct ovs_action_push_tnl *data, struct flow_tnl *tnl,
              uint8_t *nw_proto)
{
    const struct tnl_class *class = tnl_class_from_vport_type(data->tnl_type);
    const struct eth_header *eth = (const struct eth_header *) data->header;
    const void *l3 = eth + 1;
    const void *l4;

    if (!class) {
        return false;
    }
    if (eth->eth_type == htons(ETH_TYPE_IP)) {
        const struct ip_header *ip = l3;

        tnl->ip_src = get_16aligned_be32(&ip->ip_src);
        tnl->ip_dst = get_16aligned_be32(&ip->ip_dst);
        tnl->ip_tos = ip->ip_tos;
        tnl->ip_ttl = ip->ip_ttl;
        l4 = ip + 1;
    } else {
        const struct ovs_16aligned_ip6_hdr *ip6 = l3;

        memcpy(&tnl->ipv6_src, &ip6->ip6_src, sizeof tnl->ipv6_src);
        memcpy(&tnl->ipv6_dst, &ip6->ip6_dst, sizeof tnl->ipv6_dst);
        tnl->ip_tos = ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 20;
        tnl->ip_ttl = ip6->ip6_hlim;
        l4 = ip6 + 1;
    }
    class->read_header(l4, tnl);
    *nw_proto = class->nw_proto;
    return true;
}

/* Returns true if 'actions', 'actions_len' bytes long, push one of our
 * headers, or one of Geneve whose options are those of each packet, or have a
 * limit for the size, which no hardware can do: it would send the header as it
 * is. */
bool
tnl_refuse_offload(const struct nlattr *actions, size_t actions_len)
{
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, actions_len) {
        if (nl_attr_type(a) == OVS_ACTION_ATTR_TUNNEL_PUSH) {
            const struct ovs_action_push_tnl *data = nl_attr_get(a);

            if (tnl_class_from_vport_type(data->tnl_type)
                || tnl_geneve_relays(data)
                || tnl_too_big_is_set(a)) {
                return true;
            }
        } else if (nl_attr_type(a) == OVS_ACTION_ATTR_CLONE
                   && tnl_refuse_offload(nl_attr_get(a),
                                         nl_attr_get_size(a))) {
            return true;
        }
    }
    return false;
}
