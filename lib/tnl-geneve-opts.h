/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_GENEVE_OPTS_H
#define TNL_GENEVE_OPTS_H 1

/* Options of Geneve (RFC 8926, section 3.5): what becomes of those that a
 * bridge's TLV map does not know.
 *
 * An option is unknown if the map of the bridge does not have its class and
 * type, or has them with another length. */

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

/* The value of options:unknown_options: what a Geneve port does with packets
 * that have unknown options. */
enum tnl_geneve_unknown {
    TNL_GENEVE_IGNORE,          /* Default: as if they were not there. */
    TNL_GENEVE_DROP,            /* Drop the packet. */
    TNL_GENEVE_RELAY,           /* They leave with it, if by Geneve. */
};

/* What became of received packets, for each outcome the name of its counter
 * among the statistics of the interface. */
#define TNL_GENEVE_RX_COUNTERS                                          \
    /* Accepted, unknown options were ignored. */                       \
    TNL_GENEVE_RX(IGNORED, "rx_geneve_unknown_ignored")                 \
    /* Accepted, unknown options stay with the packet. */               \
    TNL_GENEVE_RX(RELAYED, "rx_geneve_unknown_relayed")                 \
    /* Dropped, because the port is configured so. */                   \
    TNL_GENEVE_RX(DROPPED, "rx_geneve_unknown_dropped")                 \
    /* Dropped, because an unknown option is critical. */               \
    TNL_GENEVE_RX(CRITICAL, "rx_geneve_critical_dropped")               \
    /* Not output to a port other than Geneve, because an unknown option    \
     * is critical. */                                                  \
    TNL_GENEVE_RX(WITHHELD, "rx_geneve_critical_withheld")              \
    /* Dropped, because options overrun their space in the header. */   \
    TNL_GENEVE_RX(MALFORMED, "rx_geneve_malformed_dropped")             \
    /* Kept from a port that is no tunnel, because of the O bit. */     \
    TNL_GENEVE_RX(OAM, "rx_geneve_oam_refused")

enum tnl_geneve_rx {
#define TNL_GENEVE_RX(NAME, COUNTER) TNL_GENEVE_RX_##NAME,
    TNL_GENEVE_RX_COUNTERS
#undef TNL_GENEVE_RX
    TNL_GENEVE_N_RX,
    TNL_GENEVE_RX_KNOWN = TNL_GENEVE_N_RX   /* Nothing to count. */
};

/* Counters of a port. */
struct tnl_geneve_stats {
    uint64_t n[TNL_GENEVE_N_RX];
};

/* Private flags in struct flow_tnl, of a packet that came with options in
 * UDPIF format: its options are to be relayed; an unknown one is critical. */
#define TNL_GENEVE_F_RELAY (1 << 14)
#define TNL_GENEVE_F_CRITICAL (1 << 13)

/* Configuration (lib/netdev-vport.c). */
bool tnl_geneve_set_option(enum tnl_geneve_unknown *, const char *type,
                           const char *key, const char *value,
                           struct ds *allowed);
void tnl_geneve_get_option(enum tnl_geneve_unknown, struct smap *args);
bool tnl_geneve_wants_relay(const struct netdev *);
int tnl_geneve_get_custom_stats(const struct netdev *,
                                struct netdev_custom_stats *);

/* Translation. */
enum tnl_geneve_rx tnl_geneve_receive(const struct netdev *,
                                      const struct tun_table *,
                                      const struct flow_tnl *);
bool tnl_geneve_is_drop(enum tnl_geneve_rx);
void tnl_geneve_start(const struct netdev *, const struct flow_tnl *upcall,
                      struct flow_tnl *);
bool tnl_geneve_withholds(const struct flow_tnl *, const struct netdev *out);
void tnl_geneve_written(const struct mf_field *, bool all, struct flow *,
                        struct flow_wildcards *);
void tnl_geneve_count(const struct netdev *, enum tnl_geneve_rx, uint64_t n);
void tnl_geneve_match_headers(const struct flow_tnl *,
                              struct flow_wildcards *);
void tnl_geneve_match_dropped(const struct flow_tnl *upcall,
                              const struct flow_tnl *,
                              struct flow_wildcards *);
void tnl_geneve_output(const struct netdev *, const struct flow_tnl *,
                       struct flow_wildcards *, bool native);

/* Frozen translation (ofproto/ofproto-dpif-rid.h). */
void tnl_geneve_freeze(const struct flow_tnl *upcall, const struct flow_tnl *,
                       struct flow_tnl *frozen, struct flow_wildcards *);
void tnl_geneve_thaw(const struct flow_tnl *packet, uint64_t map_seq,
                     struct flow_tnl *);

/* Datapath. */
bool tnl_geneve_options_fit(const struct flow_tnl *);
int tnl_geneve_set_edits(struct ovs_action_push_tnl *,
                         const struct flow_tnl *upcall,
                         const struct flow_tnl *);
int tnl_geneve_merge(const struct geneve_opt *opts, size_t len,
                     const struct geneve_opt *edits, size_t edits_len,
                     struct geneve_opt *out, bool *critical);
bool tnl_geneve_push(const struct netdev *, const struct netdev *ingress,
                     struct dp_packet_batch *,
                     const struct ovs_action_push_tnl *);
bool tnl_geneve_relays(const struct ovs_action_push_tnl *);

/* Text. */
void tnl_geneve_format_unknown(const struct tun_table *,
                               const struct flow_tnl *, struct ds *);
void tnl_geneve_format_edits(const struct ovs_action_push_tnl *,
                             const struct genevehdr *, struct ds *);
bool tnl_geneve_parse_edits(const char *s, int *n, struct genevehdr *,
                            uint32_t *header_len);

#endif /* tnl-geneve-opts.h */
