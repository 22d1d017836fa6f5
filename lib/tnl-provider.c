/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "tnl-provider.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>
#include <sys/socket.h>

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
#include "tnl-geneve-opts.h"
#include "tnl-too-big.h"
#include "userspace-tso.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tnl_provider);

COVERAGE_DEFINE(drop_tnl_no_l4);
COVERAGE_DEFINE(drop_tnl_push_slow);
COVERAGE_DEFINE(drop_tnl_push_type);

static const struct tnl_class *const tnl_classes[] = {
    &tnl_stt_class,
    &tnl_nvgre_class,
    &tnl_l2tpv3_udp_class,
    &tnl_l2tpv3_ip_class,
};
BUILD_ASSERT_DECL(ARRAY_SIZE(tnl_classes) == TNL_N_CLASSES);

/* What becomes of TNL_OL_SEGMENT when upstream pushes a tunnel header on top,
 * which shifts the flags. */
#define TNL_OL_INNER_SEGMENT (TNL_OL_SEGMENT << DP_PACKET_OL_SHIFT_COUNT)
BUILD_ASSERT_DECL(!(TNL_OL_SEGMENT & (DP_PACKET_OL_IP_CKSUM_MASK
                                      | DP_PACKET_OL_L4_CKSUM_MASK
                                      | DP_PACKET_OL_L4_PROTO_MASK
                                      | DP_PACKET_OL_TUNNEL_MASK)));

/* Messages for the user, with the name and the type of a port. */
#define TNL_SAME_CONFIG_FMT "%s: another %s port has the same remote_ip, " \
                            "local_ip, key and dst_port"
#define TNL_NO_OFFLOAD_FMT "%s: flows through %s tunnels are not offloaded " \
                           "to hardware"

/* A port of one of our classes. */
struct tnl_netdev {
    struct netdev_vport up;             /* Upstream frees by this pointer. */
    OVSRCU_TYPE(uint8_t *) cfg;         /* Its class's options. */
};

/* True from the time that the first port of any class exists.  Until then, the
 * datapath hooks return at once. */
static atomic_bool tnl_active = false;

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

/* Returns the class of 'netdev', or NULL if it is not one of ours.  This is on
 * the path of each batch, so it compares pointers: the type string of a netdev
 * class registered here is the class's own. */
static const struct tnl_class *
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

/* Returns true if there is or was a port of one of our classes. */
static bool
tnl_is_active(void)
{
    bool active;

    atomic_read_relaxed(&tnl_active, &active);
    return active;
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
    } else if (!strncmp(key, "erspan_", strlen("erspan_"))
               || !strncmp(key, "srv6_", strlen("srv6_"))
               || !strcmp(key, "payload_type")) {
        /* Upstream's parser would take these for any type, silently. */
        return xstrdup("left out: it belongs to another type");
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
    reason = tnl_parse_encap(args, &class);
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
        VLOG_WARN("%s", *errp);
        free(reason);
        error = EINVAL;
    }
    if (error) {
        free(cfg);
        return error;
    }
    tnl_publish_config(netdev, cfg, class->cfg_size);
    if (dpif_offload_enabled()) {
        VLOG_WARN(TNL_NO_OFFLOAD_FMT, name, class->type);
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

/* Completes 'cfg' for the new 'netdev', whose name ends in L4 port number
 * 'port', in host byte order, or in none, if 'port' is 0.  The datapath port
 * of a class without L4 ports has a name that ends in "_0", if its type has
 * one with ports, too. */
void
tnl_construct(const struct netdev *netdev, uint16_t port,
              struct netdev_tunnel_config *cfg)
{
    const char *name = netdev_get_name(netdev);
    const struct tnl_class *class;

    class = tnl_class_from_type(netdev_get_type(netdev));
    if (class) {
        size_t len = strlen(class->dpif_port);

        if (!strncmp(name, class->dpif_port, len)
            && !strcmp(name + len, "_0")) {
            class = tnl_class_variant(class, false);
        }
        cfg->dst_port = htons(port ? port : class->dst_port);
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

/* Returns the class that has 'type', one of upstream's, among its rivals, or
 * NULL if there is none. */
static const struct tnl_class *
tnl_class_from_rival(const char *type)
{
    for (size_t i = 0; i < ARRAY_SIZE(tnl_classes); i++) {
        const char *const *rival = tnl_classes[i]->rivals;

        for (; rival && *rival; rival++) {
            if (!strcmp(*rival, type)) {
                return tnl_classes[i];
            }
        }
    }
    return NULL;
}

/* Returns true if 'netdev' is a tunnel port of a userspace datapath, and not
 * one of the datapath's own, which may outlive the others. */
static bool
tnl_is_userspace_port(const struct netdev *netdev)
{
    const char *dpif_type = netdev_get_dpif_type(netdev);
    char namebuf[NETDEV_VPORT_NAME_BUFSIZE];

    return (dpif_type && strcmp(dpif_type, "system")
            && strcmp(netdev_get_name(netdev),
                      netdev_vport_get_dpif_port(netdev, namebuf,
                                                 sizeof namebuf)));
}

/* Returns a port in a userspace datapath that wants packets that 'netdev',
 * with options 'cfg' and in such a datapath, would receive as well, with
 * nothing in them that tells whose they are, or NULL if there is none.  The
 * caller must close it. */
static struct netdev *
tnl_find_rival__(const struct netdev *netdev,
                 const struct netdev_tunnel_config *cfg)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);
    const char *type = netdev_get_type(netdev);
    struct netdev *rival = NULL;
    struct netdev **vports;
    size_t n;

    if (!class) {
        class = tnl_class_from_rival(type);
        if (!class || !class->contests(type, cfg)) {
            return NULL;
        }
    } else if (!class->rivals) {
        return NULL;
    }

    vports = netdev_get_vports(&n);
    for (size_t i = 0; i < n; i++) {
        struct netdev *vport = vports[i];
        const char *other = netdev_get_type(vport);

        if (!rival && tnl_is_userspace_port(vport)
            && (type == class->type
                ? (tnl_class_from_rival(other) == class
                   && class->contests(other, netdev_get_tunnel_config(vport)))
                : tnl_class_from_netdev(vport) == class)) {
            rival = vport;
        } else {
            netdev_close(vport);
        }
    }
    free(vports);
    return rival;
}

/* The same for 'netdev' as it is, to be added to a datapath of type
 * 'datapath_type'. */
static struct netdev *
tnl_find_rival(const struct netdev *netdev, const char *datapath_type)
{
    return (strcmp(datapath_type, "system") && tnl_is_active()
            ? tnl_find_rival__(netdev, netdev_get_tunnel_config(netdev))
            : NULL);
}

/* Says in a malloc()'d string why 'netdev' cannot be beside 'rival'. */
static char *
tnl_explain_rival(const struct netdev *netdev, const struct netdev *rival)
{
    return xasprintf("%s: type %s would receive packets that port %s of type "
                     "%s receives: delete one of them, or set "
                     "options:seq=true on the GRE ports and their peers",
                     netdev_get_name(netdev), netdev_get_type(netdev),
                     netdev_get_name(rival), netdev_get_type(rival));
}

/* Returns true if 'netdev', which may be in a datapath already, can have the
 * options 'cfg', as far as types with the same packets are concerned.
 * Otherwise, appends a line to 'errors'. */
bool
tnl_check_rival(const struct netdev *netdev,
                const struct netdev_tunnel_config *cfg, struct ds *errors)
{
    struct netdev *rival;
    char *reason;

    rival = (tnl_is_active() && tnl_is_userspace_port(netdev)
             ? tnl_find_rival__(netdev, cfg) : NULL);
    if (!rival) {
        return true;
    }
    reason = tnl_explain_rival(netdev, rival);
    ds_put_format(errors, "%s\n", reason);
    free(reason);
    netdev_close(rival);
    return false;
}

/* Returns true if 'netdev' must not be added to a datapath of type
 * 'datapath_type', because a port of another type receives its packets, and
 * nothing in them tells whose they are. */
bool
tnl_has_rival(const struct netdev *netdev, const char *datapath_type)
{
    struct netdev *rival = tnl_find_rival(netdev, datapath_type);

    netdev_close(rival);
    return rival != NULL;
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
    struct netdev *rival;
    char *reason = NULL;

    rival = error == EBUSY ? tnl_find_rival(netdev, datapath_type) : NULL;
    if (rival) {
        reason = tnl_explain_rival(netdev, rival);
        netdev_close(rival);
    } else if (!class) {
        return;
    } else if (error == EEXIST) {
        reason = xasprintf(TNL_SAME_CONFIG_FMT, name, class->type);
    } else if (strcmp(datapath_type, "system")) {
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

/* Ports of the datapath that share an IP protocol.
 *
 * Upstream's map from addresses, IP protocol and L4 port to datapath ports has
 * one entry for a class without L4 ports and its rivals, with the first of
 * their ports.  What follows tells which of these ports are there, and hands
 * each packet to the one that it is for, whichever upstream or an older flow
 * of the datapath chose. */

/* A port of the datapath. */
struct tnl_shared {
    struct ovs_list node;       /* In 'tnl_shared_list'. */
    const struct tnl_class *class;
    bool rival;                 /* Of one of 'class''s rivals. */
    odp_port_t port;
    unsigned int n;             /* OpenFlow ports that use it. */
};

static struct ovs_mutex tnl_shared_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_list tnl_shared_list OVS_GUARDED_BY(tnl_shared_mutex)
    = OVS_LIST_INITIALIZER(&tnl_shared_list);

/* For each class, its first port and that of its rivals, 0 for none. */
static atomic_uint32_t tnl_shared_ports[TNL_N_CLASSES][2];

/* Returns the port of class number 'i', or of its rivals, or 0 if there is
 * none. */
static odp_port_t
tnl_shared_port(size_t i, bool rival)
{
    uint32_t port;

    atomic_read_relaxed(&tnl_shared_ports[i][rival], &port);
    return u32_to_odp(port);
}

/* Makes 'tnl_shared_ports' what the list says. */
static void
tnl_shared_update(void)
    OVS_REQUIRES(tnl_shared_mutex)
{
    for (size_t i = 0; i < TNL_N_CLASSES; i++) {
        odp_port_t ports[2] = { 0, 0 };
        const struct tnl_shared *p;

        LIST_FOR_EACH (p, node, &tnl_shared_list) {
            if (p->class == tnl_classes[i] && !ports[p->rival]) {
                ports[p->rival] = p->port;
            }
        }
        for (int rival = 0; rival < 2; rival++) {
            atomic_store_relaxed(&tnl_shared_ports[i][rival],
                                 odp_to_u32(ports[rival]));
        }
    }
}

/* Returns the port number 'port' of 'type' in 'tnl_shared_list', or NULL.
 * Stores the class that 'type' is, or is a rival of, in '*classp'. */
static struct tnl_shared *
tnl_shared_find(odp_port_t port, const char *type,
                const struct tnl_class **classp, bool *rivalp)
    OVS_REQUIRES(tnl_shared_mutex)
{
    struct tnl_shared *p;

    *classp = tnl_class_from_type(type);
    *rivalp = !*classp;
    if (!*classp) {
        *classp = tnl_class_from_rival(type);
    } else if (!(*classp)->rivals) {
        *classp = NULL;
    }
    LIST_FOR_EACH (p, node, &tnl_shared_list) {
        if (p->port == port && p->class == *classp && p->rival == *rivalp) {
            return p;
        }
    }
    return NULL;
}

/* Notes that an OpenFlow port of 'type' now uses datapath port 'port'. */
void
tnl_map_insert(odp_port_t port, const char *type)
{
    const struct tnl_class *class;
    struct tnl_shared *p;
    bool rival;

    ovs_mutex_lock(&tnl_shared_mutex);
    p = tnl_shared_find(port, type, &class, &rival);
    if (p) {
        p->n++;
    } else if (class) {
        p = xmalloc(sizeof *p);
        *p = (struct tnl_shared) {
            .class = class, .rival = rival, .port = port, .n = 1,
        };
        ovs_list_push_back(&tnl_shared_list, &p->node);
        tnl_shared_update();
    }
    ovs_mutex_unlock(&tnl_shared_mutex);
}

/* Notes that an OpenFlow port of 'type' does not use datapath port 'port' any
 * more. */
void
tnl_map_delete(odp_port_t port, const char *type)
{
    const struct tnl_class *class;
    struct tnl_shared *p;
    bool rival;

    ovs_mutex_lock(&tnl_shared_mutex);
    p = tnl_shared_find(port, type, &class, &rival);
    if (p && !--p->n) {
        ovs_list_remove(&p->node);
        free(p);
        tnl_shared_update();
    }
    ovs_mutex_unlock(&tnl_shared_mutex);
}

/* Returns the datapath port that receives packets of 'nw_proto' for local
 * addresses, if a class with rivals decides on that, otherwise 0. */
odp_port_t
tnl_map_lookup(uint8_t nw_proto)
{
    for (size_t i = 0; tnl_is_active() && i < TNL_N_CLASSES; i++) {
        if (tnl_classes[i]->rivals && tnl_classes[i]->nw_proto == nw_proto) {
            odp_port_t port = tnl_shared_port(i, false);

            return port ? port : tnl_shared_port(i, true);
        }
    }
    return 0;
}

/* If packets in 'batch', received for 'netdev', are for another type, moves
 * them to 'others', with an action for them, and returns true. */
bool
tnl_pop_split(const struct netdev *netdev, struct dp_packet_batch *batch,
              struct tnl_pop_others *others)
{
    const char *type = netdev->netdev_class->type;

    for (size_t i = 0; tnl_is_active() && i < TNL_N_CLASSES; i++) {
        const struct tnl_class *class = tnl_classes[i];
        size_t j, n = dp_packet_batch_size(batch);
        struct dp_packet *packet;
        bool rival;

        if (!tnl_shared_port(i, false) || !tnl_shared_port(i, true)) {
            continue;
        }
        rival = type != class->type;
        if (rival && tnl_class_from_rival(type) != class) {
            continue;
        }

        dp_packet_batch_init(&others->packets);
        DP_PACKET_BATCH_REFILL_FOR_EACH (j, n, packet, batch) {
            dp_packet_batch_add(class->claims(packet) == rival
                                ? &others->packets : batch, packet);
        }
        others->pop.nla_type = OVS_ACTION_ATTR_TUNNEL_POP;
        others->pop.nla_len = NLA_HDRLEN + sizeof others->port;
        others->port = tnl_shared_port(i, !rival);
        return !dp_packet_batch_is_empty(&others->packets);
    }
    return false;
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

/* If something about 'netdev', a port of one of our classes, does not work,
 * stores a description in '*errp', as a malloc()'d string, and returns true.
 * 'mapped_type' is the type of the tunnel port that translation finds for it,
 * or NULL if there is none: another port gets its packets. */
bool
tnl_get_error(const struct netdev *netdev, const char *mapped_type,
              char **errp)
{
    const struct tnl_class *class = tnl_class_from_netdev(netdev);

    if (class && !mapped_type) {
        *errp = xasprintf(TNL_SAME_CONFIG_FMT, netdev_get_name(netdev),
                          class->type);
        return true;
    } else if (class && dpif_offload_enabled()) {
        *errp = xasprintf(TNL_NO_OFFLOAD_FMT, netdev_get_name(netdev),
                          class->type);
        return true;
    }
    return false;
}

/* Returns 0 if 'netdev', with 'options', can be a port of a bridge of type
 * 'datapath_type', otherwise a positive errno value, with a malloc()'d message
 * in '*errp', unless 'errp' is null.  The kernel is who does IPsec: a port of
 * one of our classes that asks for it must not send in the clear elsewhere. */
int
tnl_check_ipsec(const struct netdev *netdev, const struct smap *options,
                const char *datapath_type, char **errp)
{
    struct smap_node *node;

    if (tnl_class_from_netdev(netdev) && strcmp(datapath_type, "system")) {
        SMAP_FOR_EACH (node, options) {
            if (tnl_is_ipsec_option(node->key)) {
                char *s = xasprintf("%s: %s needs IPsec, which only the kernel "
                                    "datapath has: set the bridge's "
                                    "datapath_type to system",
                                    netdev_get_name(netdev), node->key);

                VLOG_WARN("%s", s);
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

bool
tnl_has_options6(const struct dp_packet *packet)
{
    const struct ip_header *ip = dp_packet_l3(packet);

    return (ip && dp_packet_l4(packet)
            && packet->l4_ofs - packet->l3_ofs > IPV6_HEADER_LEN
            && IP_VER(ip->ip_ihl_ver) == 6);
}

uint32_t
tnl_pseudoheader6(const struct dp_packet *packet, uint8_t nw_proto)
{
    const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);
    uint32_t sum;

    sum = csum_continue(0, &ip6->ip6_src, sizeof ip6->ip6_src);
    sum = csum_continue(sum, &ip6->ip6_dst, sizeof ip6->ip6_dst);
    sum = csum_add16(sum, htons(nw_proto));
    return csum_add16(sum, htons(dp_packet_l4_size(packet)));
}

void
tnl_complete_csum6(struct dp_packet *packet)
{
    void *l4 = dp_packet_l4(packet);
    bool tcp = dp_packet_l4_proto_tcp(packet);
    ovs_be16 *field = (tcp ? &((struct tcp_header *) l4)->tcp_csum
                       : &((struct udp_header *) l4)->udp_csum);
    uint32_t sum;

    if (!dp_packet_l4_checksum_partial(packet) || !tnl_has_options6(packet)
        || !(tcp || dp_packet_l4_proto_udp(packet))) {
        return;
    }
    *field = 0;
    sum = tnl_pseudoheader6(packet, tcp ? IPPROTO_TCP : IPPROTO_UDP);
    *field = csum_finish(csum_continue(sum, l4, dp_packet_l4_size(packet)));
    if (!*field) {
        *field = OVS_BE16_MAX;
    }
    dp_packet_l4_checksum_set_good(packet);
}

/* Segments 'packet', which has a segment size, and adds the segments, with its
 * metadata, to 'out'. */
static void
tnl_segment(struct dp_packet *packet, struct dp_packet_batch *out)
{
    struct dp_packet_batch segments;
    struct dp_packet *segment;

    packet->offloads &= ~(TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
    dp_packet_batch_init_packet(&segments, packet);
    dp_packet_gso_batch(&segments);
    DP_PACKET_BATCH_FOR_EACH (i, segment, &segments) {
        if (segment != packet) {
            segment->md = packet->md;
        }
        dp_packet_batch_add(out, segment);
    }
    dp_packet_batch_destroy(&segments);
}

void
tnl_segment_batch(struct dp_packet_batch *batch,
                  bool (*test)(const struct dp_packet *))
{
    struct dp_packet_batch out;
    struct dp_packet *packet;

    dp_packet_batch_init(&out);
    out.trunc = batch->trunc;
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_get_tso_segsz(packet) && !tnl_lacks_l4(packet)
            && (!test || test(packet))) {
            tnl_segment(packet, &out);
        } else {
            dp_packet_batch_add(&out, packet);
        }
    }
    dp_packet_batch_swap(batch, &out);
    dp_packet_batch_destroy(&out);
}

/* Returns true if a packet in 'batch' has a segment size and 'test' returns
 * true for it. */
static bool
tnl_any(const struct dp_packet_batch *batch,
        bool (*test)(const struct dp_packet *))
{
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (dp_packet_get_tso_segsz(packet) && test(packet)) {
            return true;
        }
    }
    return false;
}

/* Returns true if 'packet' is to be segmented by the device that it leaves
 * from. */
static bool
tnl_is_marked(const struct dp_packet *packet)
{
    return packet->offloads & (TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
}

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
        /* GSO sees through these headers and no others. */
        if (tnl_is_active()
            && data->tnl_type != OVS_VPORT_TYPE_GENEVE
            && data->tnl_type != OVS_VPORT_TYPE_VXLAN
            && data->tnl_type != OVS_VPORT_TYPE_GRE
            && data->tnl_type != OVS_VPORT_TYPE_IP6GRE
            && tnl_any(batch, tnl_is_marked)) {
            tnl_segment_batch(batch, tnl_is_marked);
        }
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

/* Adapts 'packet', marked by tnl_segment_later(), to a device that takes IP
 * packets of at most 'mtu' bytes, that is, frames of 'mtu' bytes and an
 * Ethernet header with up to one 802.1Q tag. */
static void
tnl_segment_fit(struct dp_packet *packet, int mtu)
{
    const struct eth_header *eth = dp_packet_data(packet);
    uint16_t segsz = dp_packet_get_tso_segsz(packet);
    int max = mtu + ETH_HEADER_LEN;
    const char *payload;
    int room, size;

    if (eth->eth_type == htons(ETH_TYPE_VLAN_8021Q)) {
        max += VLAN_HEADER_LEN;
    }
    if (!segsz && dp_packet_size(packet) <= max) {
        return;
    }

    payload = (packet->offloads & TNL_OL_INNER_SEGMENT
               ? dp_packet_get_inner_tcp_payload(packet)
               : dp_packet_get_tcp_payload(packet));
    if (!payload) {
        return;
    }
    room = max - (payload - (const char *) eth);
    size = segsz ? segsz : (const char *) dp_packet_tail(packet) - payload;
    if (room > 0 && room < size) {
        dp_packet_set_tso_segsz(packet, room);
    }
}

/* Makes 'packet', which an action truncated, fit to be sent: there is nothing
 * left of it to segment or to sum up, but for the IP header. */
static void
tnl_finish_cut(struct dp_packet *packet)
{
    dp_packet_set_tso_segsz(packet, 0);
    if (dp_packet_ip_checksum_partial(packet)
        && dp_packet_size(packet) >= packet->l3_ofs + IP_HEADER_LEN) {
        struct ip_header *ip = dp_packet_l3(packet);

        ip->ip_csum = 0;
        ip->ip_csum = csum(ip, IP_HEADER_LEN);
    }
    packet->offloads = 0;
}

bool
tnl_finish_offload(struct dp_packet *packet)
{
    if (!dp_packet_get_tso_segsz(packet)
        && !dp_packet_ip_checksum_partial(packet)
        && !dp_packet_l4_checksum_partial(packet)
        && !dp_packet_tunnel(packet)) {
        return true;
    } else if (tnl_lacks_l4(packet)) {
        return false;
    } else if (tnl_is_cut(packet)) {
        tnl_finish_cut(packet);
    } else {
        if (!dp_packet_tunnel(packet)) {
            tnl_complete_csum6(packet);
        }
        dp_packet_ol_send_prepare(packet, 0);
    }
    return true;
}

/* Prepares the packets in 'batch' to be sent on 'netdev': gives those that
 * tnl_segment_later() marked the segment size that its MTU allows, cuts
 * them if nobody below will, and drops what nobody below can finish. */
void
tnl_send_prepare(const struct netdev *netdev, struct dp_packet_batch *batch)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;
    bool segment = false;
    int mtu = 0;

    if (!tnl_is_active()) {
        return;
    }

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_UNLIKELY(tnl_lacks_l4(packet))) {
            COVERAGE_INC(drop_tnl_no_l4);
            dp_packet_delete(packet);
            continue;
        }
        if (tnl_is_marked(packet)) {
            if (OVS_UNLIKELY(tnl_is_cut(packet))) {
                tnl_finish_cut(packet);
            } else {
                if (!mtu && netdev_get_mtu(netdev, &mtu)) {
                    mtu = ETH_PAYLOAD_MAX;
                }
                tnl_segment_fit(packet, mtu);
            }
            packet->offloads &= ~(TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
            segment |= dp_packet_get_tso_segsz(packet) != 0;
        }
        dp_packet_batch_add(batch, packet);
    }

    /* With userspace TSO, netdev_send() does this for devices without TSO. */
    if (segment && !userspace_tso_enabled()) {
        dp_packet_gso_batch(batch);
    }
}

/* Gives the packet socket 'fd', from which a port is received, a buffer that
 * takes a full batch of 64-kB frames.  No memory is used before there are
 * frames to hold. */
void
tnl_set_rx_buffer(int fd)
{
    int size = 2 * NETDEV_MAX_BURST * 65536;

    /* The first form, unlike the second, is not bound by net.core.rmem_max,
     * but needs the capability CAP_NET_ADMIN. */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)
        && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size)) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

        VLOG_WARN_RL(&rl, "failed to set the size of a receive buffer (%s)",
                     ovs_strerror(errno));
    }
}

/* Called when 'execute', one step of the slow path, has left 'n_packets'
 * packets.  If it pushed a tunnel header and there is not one packet now,
 * makes 'execute''s packet empty: otherwise the steps that follow, meant
 * for the encapsulated packet, would send it as it was before. */
void
tnl_execute_done(struct dpif_execute *execute, size_t n_packets)
{
    const struct nlattr *a, *last = NULL;
    size_t left;

    if (n_packets == 1) {
        return;
    }
    NL_ATTR_FOR_EACH_UNSAFE (a, left, execute->actions, execute->actions_len) {
        last = a;
    }
    if (last && nl_attr_type(last) == OVS_ACTION_ATTR_TUNNEL_PUSH) {
        COVERAGE_INC(drop_tnl_push_slow);
        dp_packet_clear(execute->packet);
    }
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
