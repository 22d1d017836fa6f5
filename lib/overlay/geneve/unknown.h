/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_UNKNOWN_H
#define OVERLAY_GENEVE_UNKNOWN_H 1

/* Handling of Geneve options (RFC 8926, section 3.5) that are unknown to the
 * TLV map of a bridge.
 *
 * An option is unknown if the TLV map does not have its class and type, or has
 * them with another length. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct dp_packet_batch;
struct ds;
struct flow;
struct flow_tnl;
struct flow_wildcards;
struct geneve_opt;
struct genevehdr;
struct mf_field;
struct netdev;
struct netdev_custom_stats;
struct ovs_action_push_tnl;
struct smap;
struct smap_node;
struct tun_table;

/* Value of options:unknown_options: handling of packets with unknown options
 * by a Geneve port. */
enum ovl_geneve_unknown {
    OVL_GENEVE_IGNORE,          /* Default: ignore them. */
    OVL_GENEVE_DROP,            /* Drop the packet. */
    OVL_GENEVE_RELAY,           /* Send them on, if by Geneve. */
};

/* Outcomes for received packets, and the names of their counters in the
 * statistics of the interface. */
#define OVL_GENEVE_RX_COUNTERS                                          \
    /* Accepted, unknown options were ignored. */                       \
    OVL_GENEVE_RX(IGNORED, "rx_geneve_unknown_ignored")                 \
    /* Accepted, unknown options stay with the packet. */               \
    OVL_GENEVE_RX(RELAYED, "rx_geneve_unknown_relayed")                 \
    /* Dropped, because of unknown_options=drop. */                     \
    OVL_GENEVE_RX(DROPPED, "rx_geneve_unknown_dropped")                 \
    /* Dropped, because an unknown option is critical. */               \
    OVL_GENEVE_RX(CRITICAL, "rx_geneve_critical_dropped")               \
    /* Not output to a port other than Geneve, because an unknown option    \
     * is critical. */                                                  \
    OVL_GENEVE_RX(WITHHELD, "rx_geneve_critical_withheld")              \
    /* Dropped, because options overrun their space in the header. */   \
    OVL_GENEVE_RX(MALFORMED, "rx_geneve_malformed_dropped")             \
    /* Not output to a port that is no tunnel (O bit). */               \
    OVL_GENEVE_RX(OAM, "rx_geneve_oam_refused")

enum ovl_geneve_rx {
#define OVL_GENEVE_RX(NAME, COUNTER) OVL_GENEVE_RX_##NAME,
    OVL_GENEVE_RX_COUNTERS
#undef OVL_GENEVE_RX
    OVL_GENEVE_N_RX,
    OVL_GENEVE_RX_KNOWN = OVL_GENEVE_N_RX   /* Nothing to count. */
};

/* Counters of a port. */
struct ovl_geneve_stats {
    uint64_t n[OVL_GENEVE_N_RX];
};

/* Private flags in struct flow_tnl, for a packet received with options in
 * UDPIF format: relay its options; an unknown option is critical. */
#define OVL_GENEVE_F_RELAY (1 << 14)
#define OVL_GENEVE_F_CRITICAL (1 << 13)

/* Configuration (lib/netdev-vport.c). */
bool ovl_geneve_set_option(enum ovl_geneve_unknown *, const char *type,
                           const char *key, const char *value,
                           struct ds *allowed);
void ovl_geneve_get_option(enum ovl_geneve_unknown, struct smap *args);
bool ovl_geneve_wants_relay(const struct netdev *);
int ovl_geneve_get_custom_stats(const struct netdev *,
                                struct netdev_custom_stats *);

/* Translation. */
enum ovl_geneve_rx ovl_geneve_receive(const struct netdev *,
                                      const struct tun_table *,
                                      const struct flow_tnl *);
bool ovl_geneve_is_drop(enum ovl_geneve_rx);
void ovl_geneve_start(const struct netdev *, const struct flow_tnl *upcall,
                      struct flow_tnl *);
bool ovl_geneve_withholds(const struct flow_tnl *, const struct netdev *out);
void ovl_geneve_count(const struct netdev *, enum ovl_geneve_rx, uint64_t n);
void ovl_geneve_match_headers(const struct flow_tnl *,
                              struct flow_wildcards *);
void ovl_geneve_match_dropped(const struct flow_tnl *upcall,
                              const struct flow_tnl *,
                              struct flow_wildcards *);

/* Text. */
void ovl_geneve_format_unknown(const struct tun_table *,
                               const struct flow_tnl *, struct ds *);

#endif /* overlay/geneve/unknown.h */
