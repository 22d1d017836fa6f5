/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Reassembly: the input becomes a sequence of operations, which must have the
 * same effect on lib/overlay/encap/stt-reasm.c as on a naive model. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"
#include "stt-reasm-model.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t n[STT_REASM_N_COUNTERS] = { 0 };

    /* Longer sequences find less in the same time. */
    stt_reasm_compare(data, MIN(size, 512), n);
    return 0;
}
