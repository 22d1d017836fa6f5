/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef FUZZ_H
#define FUZZ_H 1

/* Functions that the fuzz targets share. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "util.h"

struct dp_packet;
struct netdev;
struct ovs_action_push_tnl;

/* libFuzzer calls these once for each input, and once at the start. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct netdev *fuzz_open_port(const char *name, const char *type);
void *fuzz_put_outer(struct ovs_action_push_tnl *, uint32_t vport_type,
                     bool ipv6, uint8_t nw_proto);
void fuzz_fix_sums(struct dp_packet *, ovs_be16 dl_type, uint8_t nw_proto);
void fuzz_leave_undone(struct dp_packet *, bool tso);
void fuzz_pop_push_pop(struct netdev *, uint32_t vport_type, uint8_t nw_proto,
                       const void *l4, size_t l4_len, uint64_t tun_id,
                       bool has_tags, const uint8_t *data, size_t size);
void fuzz_round_trip(const char *text,
                     bool (*is_ours)(const struct ovs_action_push_tnl *));

#endif /* fuzz.h */
