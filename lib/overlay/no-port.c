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

/* A datapath port that receives tunnel packets. */
struct no_port {
    struct cmap_node node;      /* In 'no_ports', by 'odp_port'. */
    odp_port_t odp_port;
    bool userspace;             /* Of the userspace datapath? */
    char *name;                 /* E.g. "vxlan_sys_4789". */
    const char *type;           /* E.g. "vxlan". */

    atomic_uint64_t n;          /* Packets without an interface. */

    /* The last of them, guarded by 'no_port_mutex'. */
    struct flow_tnl last;
    long long int when;
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
        memcpy(&port->last, tnl, offsetof(struct flow_tnl, metadata));
        port->when = time_msec();
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

/* Returns a line of text for 'port', with 'n' packets, as a malloc()'d
 * string. */
static char *
no_port_format(const struct no_port *port, uint64_t n)
    OVS_REQUIRES(no_port_mutex)
{
    const struct in6_addr src = flow_tnl_src(&port->last);
    const struct in6_addr dst = flow_tnl_dst(&port->last);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s (%s, %s): %"PRIu64" packets, the last %lld s ago "
                  "from ", port->name, port->type,
                  port->userspace ? "userspace" : "kernel", n,
                  (time_msec() - port->when) / 1000);
    ipv6_format_mapped(&src, &s);
    ds_put_cstr(&s, " to ");
    ipv6_format_mapped(&dst, &s);
    if (port->last.flags & FLOW_TNL_F_KEY) {
        ds_put_format(&s, ", key %"PRIu64, ntohll(port->last.tun_id));
    } else {
        ds_put_cstr(&s, ", no key");
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
