/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_GENEVE_TLV_H
#define OVERLAY_GENEVE_TLV_H 1

/* Functions for the TLV map, for unknown Geneve options:
 * overlay/geneve/tlv.inc. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow_tnl;
struct geneve_opt;
struct tun_table;

uint64_t ovl_tlv_next_seq(void);
bool ovl_tlv_knows(const struct tun_table *, const struct geneve_opt *);
uint64_t ovl_tlv_seq(const struct tun_table *);
uint64_t ovl_tlv_since(const struct tun_table *, uint64_t seq);
size_t ovl_tlv_geneve_size(const struct flow_tnl *);

#endif /* overlay/geneve/tlv.h */
