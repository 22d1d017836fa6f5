/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OFPROTO_DPIF_STAMP_RX_H
#define OFPROTO_DPIF_STAMP_RX_H 1

/* Active OAM: reception of the packets that have its key, by the threads of
 * the datapath, for the thread that handles them; and counters of all test
 * packets. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/types.h"

struct dp_packet;
struct dpif_backer;
struct flow;
struct nlattr;
struct ovl_counter;

enum ovl_stamp_counter {
    OVL_STAMP_RX_REQUESTS,
    OVL_STAMP_RX_REPLIES,
    OVL_STAMP_RX_LATE,
    OVL_STAMP_RX_DUPLICATE,
    OVL_STAMP_RX_NOT_OURS,
    OVL_STAMP_RX_OTHER,
    OVL_STAMP_RX_TTL,
    OVL_STAMP_RX_MALFORMED,
    OVL_STAMP_RX_HMAC,
    OVL_STAMP_RX_LIMITED,
    OVL_STAMP_RX_NO_PORT,
    OVL_STAMP_TX_REQUESTS,
    OVL_STAMP_TX_REPLIES,
    OVL_STAMP_TX_ERRORS,
};

/* A packet that waits for the thread. */
struct ovl_stamp_rx {
    struct ovs_list node;       /* For ofproto-dpif-stamp-rx.c. */
    bool is_netdev;             /* Datapath of 'odp_port'. */
    odp_port_t odp_port;
    struct in6_addr src, dst;   /* Outer addresses. */
    uint16_t tp_src;            /* Outer source port, or 0. */
    int64_t when;               /* ovl_stamp_clock(). */
    uint64_t stamp;             /* ovl_stamp_now(). */
    struct dp_packet *packet;
};

int64_t ovl_stamp_clock(void);
void ovl_stamp_count(enum ovl_stamp_counter);
struct ovl_counter *ovl_stamp_counters(size_t *n);

/* Hooks. */
bool ovl_stamp_receive(const struct dpif_backer *, const struct flow *,
                       const struct dp_packet *);
bool ovl_stamp_has_key(const struct nlattr *key, size_t key_len);
bool ovl_stamp_flow_deleted(const struct nlattr *key, size_t key_len,
                            uint64_t n);

void ovl_stamp_rx_init(void);
void ovl_stamp_rx_set_rate(unsigned int rate);
struct ovl_stamp_rx *ovl_stamp_rx_pop(void);
void ovl_stamp_rx_free(struct ovl_stamp_rx *);
int64_t ovl_stamp_rx_since(void);
uint64_t ovl_stamp_rx_seq(void);
void ovl_stamp_rx_wait(uint64_t seq);

#endif /* ofproto-dpif-stamp-rx.h */
