/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_ACCOUNT_H
#define OVERLAY_ACCOUNT_H 1

/* Accounts
 * ========
 *
 * An account counts the packets and bytes of the inner frames that a tunnel
 * port has received and sent for a tenant's key and a remote address, or those
 * that have passed an edge, which a flow marks with a "sample" action.
 *
 * The translation of a datapath flow yields the list of accounts whose frames
 * its packets are.  The list stays with the actions of the datapath flow, and
 * its accounts are settled from the statistics of the datapath flow: when
 * these are read, when the actions change, and when the flow is deleted.  So
 * accounts cost nothing per packet, and they make no datapath flow match on
 * more.
 *
 * "ovs-appctl account/show" and "account/dump" print the accounts. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "openvswitch/types.h"
#include "ovs-atomic.h"

struct dpif_flow_stats;
struct netdev;
struct netdev_custom_stats;

/* What the members of an account's key mean. */
enum ovl_account_kind {
    OVL_ACCOUNT_CELL,           /* 'name', 'type', 'tenant', 'remote'. */
    OVL_ACCOUNT_TENANT,         /* A tenant's cells that were removed:
                                 * 'name', 'type', 'tenant'. */
    OVL_ACCOUNT_REMOTE,         /* A remote's cells that were removed:
                                 * 'name', 'type', 'remote'. */
    OVL_ACCOUNT_OTHER,          /* What had no room: 'name', 'type'. */
    OVL_ACCOUNT_PORT,           /* All of a port: 'name', 'type'. */
    OVL_ACCOUNT_EDGE,           /* 'name', 'set', 'domain', 'point'. */
    OVL_ACCOUNT_EDGE_OTHER      /* What had no room: 'name', 'set'. */
};

/* Members that 'kind' does not use are zeros. */
struct ovl_account_key {
    enum ovl_account_kind kind;
    const char *name;           /* Of the port, or for an edge the bridge. */
    const char *type;           /* Of the port, e.g. "stt".  A constant. */
    bool has_tenant;            /* Do packets have a key? */
    ovs_be64 tenant;            /* The key. */
    struct in6_addr remote;     /* IPv4 is mapped. */
    uint32_t set;               /* Collector set. */
    uint32_t domain;            /* Observation domain ID. */
    uint32_t point;             /* Observation point ID. */
};

/* Counters never decrease.  An edge uses the first two. */
enum ovl_account_counter {
    OVL_ACCOUNT_RX_PACKETS,     /* Received from the tunnel. */
    OVL_ACCOUNT_RX_BYTES,
    OVL_ACCOUNT_RX_DROPPED,     /* Of those, dropped by OpenFlow flows. */
    OVL_ACCOUNT_TX_PACKETS,     /* Sent to the tunnel. */
    OVL_ACCOUNT_TX_BYTES,
    OVL_ACCOUNT_N_COUNTERS
};
extern const char *const ovl_account_counter_names[OVL_ACCOUNT_N_COUNTERS];

struct ovl_account;

/* How a packet changes an account. */
enum ovl_account_event {
    OVL_ACCOUNT_RX,
    OVL_ACCOUNT_RX_DROP,
    OVL_ACCOUNT_TX
};

struct ovl_account_entry {
    struct ovl_account *account;
    int delta;                  /* Bytes of the frame counted less bytes of
                                 * the packet in the datapath flow. */
    enum ovl_account_event event;
};

/* Accounts of the packets of a datapath flow, or of a packet.  All zeros is
 * an empty list. */
struct ovl_account_list {
    size_t n;
    size_t allocated;           /* Of 'more', or 0 to use 'few'. */
    union {
        struct ovl_account_entry few[2];
        struct ovl_account_entry *more;
    };
};

/* Accounts of a datapath flow.  All zeros is the state of a flow without. */
struct ovl_flow_accounts {
    struct ovl_account_list now;  /* For the actions in the datapath. */
    struct ovl_account_list next; /* For those of the last translation. */
    uint64_t n_packets;           /* Settled so far. */
    uint64_t n_bytes;
    bool adopt;                   /* Count all packets so far for 'next'. */
};

void ovl_account_list_add(struct ovl_account_list *,
                          const struct ovl_account_key *,
                          enum ovl_account_event, int delta);
void ovl_account_list_count(const struct ovl_account_list *,
                            uint64_t n_packets, uint64_t n_bytes);
void ovl_account_list_truncate(struct ovl_account_list *, size_t n);
void ovl_account_list_swap(struct ovl_account_list *,
                           struct ovl_account_list *);
void ovl_account_list_clear(struct ovl_account_list *);

void ovl_flow_accounts_settle(struct ovl_flow_accounts *,
                              const struct dpif_flow_stats *);
void ovl_flow_accounts_replace(struct ovl_flow_accounts *);
void ovl_flow_accounts_adopt(struct ovl_flow_accounts *);
void ovl_flow_accounts_reset(struct ovl_flow_accounts *);
void ovl_flow_accounts_uninit(struct ovl_flow_accounts *);

/* Limits and time. */
#define OVL_ACCOUNT_MAX_DEFAULT 65536
#define OVL_ACCOUNT_IDLE_DEFAULT (24 * 60 * 60)
bool ovl_account_configure(unsigned int max, unsigned int idle_secs);
bool ovl_account_is_on(void);
void ovl_account_run(void);

/* For too-big.c. */
void ovl_account_get_custom_stats(const struct netdev *,
                                  struct netdev_custom_stats *);

/* For account-show.c: an account's key and counters as they are now. */
struct ovl_account_record {
    struct ovl_account_key key;
    uint64_t n[OVL_ACCOUNT_N_COUNTERS];
};
struct ovl_account_record *ovl_account_read_all(size_t *);
void ovl_account_free_all(struct ovl_account_record *, size_t);

#endif /* overlay/account.h */
