/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_STAMP_H
#define OFPROTO_DPIF_STAMP_H 1

/* Active OAM: test packets inside tunnels
 * =======================================
 *
 * With other_config:oam-key in the Open_vSwitch table, the switch receives the
 * packets with this tunnel key itself, before OpenFlow, and answers test
 * packets (Session-Reflector of RFC 8762).  With other_config:oam-probe, it
 * also sends them (Session-Sender), to the remote endpoints to which tunnel
 * ports have sent frames in the last hour, by the accounts.
 *
 * A thread of its own does all this.  "ovs-appctl oam/show" prints what it
 * found. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "heap.h"
#include "openvswitch/hmap.h"
#include "overlay/oam-session.h"

struct ds;
struct netdev;
struct smap;

/* Hooks. */
void ovl_stamp_set_other_config(const struct smap *other_config);
bool ovl_stamp_status_changed(const struct netdev *);
void ovl_stamp_get_status(const struct netdev *, struct smap *);

/* For ofproto-dpif-stamp-show.c. */

/* A tenant's frames to the remote endpoint of a session. */
struct ovl_stamp_tenant {
    struct hmap_node node;      /* In a session's 'tenants', by 'key'. */
    uint64_t key;
    uint64_t tx_packets;        /* In the accounts. */
    bool seen;                  /* In the accounts? */
    bool is_new;
    struct ovl_oam_tenant oam;
};

/* A session with a remote endpoint. */
struct ovl_stamp_session {
    struct hmap_node node;      /* By datapath port and 'remote'. */
    struct heap_node heap_node; /* By the time when it has something to do. */
    bool in_heap;
    bool seen;                  /* In the accounts? */
    char *port;                 /* Name of the tunnel port that sends. */
    const char *type;           /* Its type, a constant. */
    bool is_netdev;             /* Datapath of the port. */
    uint32_t odp_port;
    struct in6_addr remote;     /* IPv4 is mapped. */
    uint16_t ssid;
    uint16_t src_port_min;      /* Outer source ports, in a userspace */
    uint16_t src_port_max;      /* datapath. */
    unsigned int headers;       /* Octets in front of a frame, from the outer
                                 * IP header on, or 0 if not known. */
    int64_t mtu_due;            /* When to look up the MTU again. */
    struct ovl_oam_session oam;
    struct hmap tenants;
    size_t next_tenant;         /* To ask for. */
    enum ovl_oam_state state;   /* Last logged. */
    long long int since;        /* Wall time, in ms. */
};

/* Tenants that sent to the remote endpoint in this time are hit by its
 * faults, in microseconds. */
#define OVL_STAMP_TENANT_ACTIVE (5 * 60 * INT64_C(1000000))

typedef void ovl_stamp_visitor(const struct ovl_stamp_session *, void *aux);
void ovl_stamp_visit(ovl_stamp_visitor *, void *aux);
bool ovl_stamp_is_sending(void);
void ovl_stamp_verdict(const struct ovl_stamp_session *, struct ds *);

#endif /* ofproto-dpif-stamp.h */
