/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef FUZZ_H
#define FUZZ_H 1

#include <stddef.h>
#include <stdint.h>

#include "netdev.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* What libFuzzer calls, once for each input, and once at the start. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Returns a new port of type 'type' called 'name'. */
static inline struct netdev *
fuzz_open_port(const char *name, const char *type)
{
    struct netdev *netdev;

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    ovs_assert(!netdev_open(name, type, &netdev));
    return netdev;
}

#endif /* fuzz.h */
