/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/no-port.h"

#include "cmap.h"
#include "coverage.h"
#include "flow.h"
#include "hash.h"
#include "netdev.h"
#include "openvswitch/dynamic-string.h"
#include "ovs-atomic.h"
#include "ovs-rcu.h"
#include "ovs-thread.h"
#include "packets.h"
#include "svec.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_no_port);

/* Number of kinds of packets that a datapath port remembers.  A kind has the
 * same addresses and key. */
#define NO_PORT_KINDS 64

/* A kind of packets without an interface. */
struct no_port_kind {
    struct in6_addr src, dst;
    ovs_be64 tun_id;
    bool has_key;
    long long int when;         /* When the last one came, or 0. */
};

/* A datapath port that receives tunnel packets. */
struct no_port {
    struct cmap_node node;      /* In 'no_ports', by 'odp_port'. */
    odp_port_t odp_port;
    bool userspace;             /* Of the userspace datapath? */
    char *name;                 /* E.g. "vxlan_sys_4789". */
    const char *type;           /* E.g. "vxlan". */

    atomic_uint64_t n;          /* Packets without an interface. */

    /* The kinds that came last, the last one first.  Guarded by
     * 'no_port_mutex'. */
    struct no_port_kind kinds[NO_PORT_KINDS];
};

/* Changed with 'no_port_mutex' held. */
static struct cmap no_ports = CMAP_INITIALIZER;
static struct ovs_mutex no_port_mutex = OVS_MUTEX_INITIALIZER;

/* Returns the entry for port 'odp_port' of the userspace datapath, if
 * 'userspace', or of the kernel datapath, or NULL if there is none. */
static struct no_port *
no_port_find(odp_port_t odp_port, bool userspace)
{
    uint32_t hash = hash_int(odp_to_u32(odp_port), 0);
    struct no_port *port;

    CMAP_FOR_EACH_WITH_HASH (port, node, hash, &no_ports) {
        if (port->odp_port == odp_port && port->userspace == userspace) {
            return port;
        }
    }
    return NULL;
}

/* Frees 'port'. */
static void
no_port_free(struct no_port *port)
{
    free(port->name);
    free(port);
}

/* Adds an entry for port 'odp_port', called 'name', of the userspace datapath,
 * if 'userspace', or of the kernel datapath.  'netdev' is one of its
 * interfaces.  Does nothing if there is an entry already. */
void
ovl_no_port_add(odp_port_t odp_port, bool userspace, const char *name,
                const struct netdev *netdev)
{
    struct no_port *port;

    ovs_mutex_lock(&no_port_mutex);
    port = no_port_find(odp_port, userspace);
    if (port && strcmp(port->name, name)) {
        /* The port with this number was deleted. */
        cmap_remove(&no_ports, &port->node,
                    hash_int(odp_to_u32(odp_port), 0));
        ovsrcu_postpone(no_port_free, port);
        port = NULL;
    }
    if (!port) {
        port = xzalloc(sizeof *port);
        port->odp_port = odp_port;
        port->userspace = userspace;
        port->name = xstrdup(name);
        port->type = netdev_get_type(netdev);
        atomic_init(&port->n, 0);
        cmap_insert(&no_ports, &port->node,
                    hash_int(odp_to_u32(odp_port), 0));
    }
    ovs_mutex_unlock(&no_port_mutex);
}

/* Returns true if 'a' and 'b' are the same kind. */
static bool
is_same_kind(const struct no_port_kind *a, const struct no_port_kind *b)
{
    return (a->tun_id == b->tun_id && a->has_key == b->has_key
            && ipv6_addr_equals(&a->src, &b->src)
            && ipv6_addr_equals(&a->dst, &b->dst));
}

/* Makes the kind of the packet with the headers in 'tnl' the first one of
 * 'port'. */
static void
no_port_remember(struct no_port *port, const struct flow_tnl *tnl)
    OVS_REQUIRES(no_port_mutex)
{
    const struct no_port_kind kind = {
        .src = flow_tnl_src(tnl),
        .dst = flow_tnl_dst(tnl),
        .tun_id = tnl->tun_id,
        .has_key = tnl->flags & FLOW_TNL_F_KEY,
        .when = time_msec(),
    };
    size_t i = 0;

    while (i < NO_PORT_KINDS - 1 && !is_same_kind(&port->kinds[i], &kind)) {
        i++;
    }
    memmove(&port->kinds[1], &port->kinds[0], i * sizeof kind);
    port->kinds[0] = kind;
}

/* Counts 'n' packets with the headers in 'tnl' that arrived at 'port', which
 * may be null. */
static void
no_port_count(struct no_port *port, const struct flow_tnl *tnl,
              uint64_t n)
{
    uint64_t orig;

    COVERAGE_ADD(drop_tnl_no_port, n);
    if (!port || !n) {
        return;
    }
    atomic_add_relaxed(&port->n, n, &orig);
    /* If another thread holds the mutex, its packet serves as well. */
    if (!ovs_mutex_trylock(&no_port_mutex)) {
        no_port_remember(port, tnl);
        ovs_mutex_unlock(&no_port_mutex);
    }
}

/* Counts 'n' packets with the headers in 'tnl' that arrived at port 'odp_port'
 * of the userspace datapath, if 'userspace', or of the kernel datapath, and
 * for which there is no interface. */
void
ovl_no_port_count(odp_port_t odp_port, bool userspace,
                  const struct flow_tnl *tnl, uint64_t n)
{
    no_port_count(no_port_find(odp_port, userspace), tnl, n);
}

/* Counts a packet with the headers in 'tnl' that arrived at the port called
 * 'name' of the userspace datapath and for which there is no interface. */
void
ovl_no_port_count_popped(const char *name, const struct flow_tnl *tnl)
{
    struct no_port *port;

    CMAP_FOR_EACH (port, node, &no_ports) {
        if (port->userspace && !strcmp(port->name, name)) {
            break;
        }
    }
    no_port_count(port, tnl, 1);
}

/* Appends to 's' when the last packet of 'kind' came, and its headers. */
static void
no_port_format_kind(const struct no_port_kind *kind, struct ds *s)
{
    ds_put_format(s, "the last %lld s ago from ",
                  (time_msec() - kind->when) / 1000);
    ipv6_format_mapped(&kind->src, s);
    ds_put_cstr(s, " to ");
    ipv6_format_mapped(&kind->dst, s);
    if (kind->has_key) {
        ds_put_format(s, ", key %"PRIu64, ntohll(kind->tun_id));
    } else {
        ds_put_cstr(s, ", no key");
    }
}

/* Returns the lines of text for 'port', with 'n' packets, as a malloc()'d
 * string. */
static char *
no_port_format(const struct no_port *port, uint64_t n)
    OVS_REQUIRES(no_port_mutex)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s (%s, %s): %"PRIu64" packets, ", port->name,
                  port->type, port->userspace ? "userspace" : "kernel", n);
    no_port_format_kind(&port->kinds[0], &s);
    for (size_t i = 1; i < NO_PORT_KINDS && port->kinds[i].when; i++) {
        ds_put_cstr(&s, "\n  others, ");
        no_port_format_kind(&port->kinds[i], &s);
    }
    return ds_steal_cstr(&s);
}

/* Implements "ovs-appctl tnl/rx_no_port". */
static void
no_port_show(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct svec lines = SVEC_EMPTY_INITIALIZER;
    struct no_port *port;
    char *reply;

    ovs_mutex_lock(&no_port_mutex);
    CMAP_FOR_EACH (port, node, &no_ports) {
        uint64_t n;

        atomic_read_relaxed(&port->n, &n);
        if (n) {
            svec_add_nocopy(&lines, no_port_format(port, n));
        }
    }
    ovs_mutex_unlock(&no_port_mutex);

    svec_sort(&lines);
    reply = svec_join(&lines, "\n", lines.n ? "\n" : "");
    unixctl_command_reply(conn, reply);
    free(reply);
    svec_destroy(&lines);
}

/* Registers the command.  Must be called once. */
void
ovl_no_port_init(void)
{
    unixctl_command_register("tnl/rx_no_port", "", 0, 0, no_port_show,
                             NULL);
}
