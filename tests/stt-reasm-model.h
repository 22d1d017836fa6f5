/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef STT_REASM_MODEL_H
#define STT_REASM_MODEL_H 1

#include <stddef.h>
#include <stdint.h>

#include "overlay/encap/stt-reasm.h"

void stt_reasm_compare(const uint8_t *data, size_t size,
                       uint64_t n[STT_REASM_N_COUNTERS]);

#endif /* stt-reasm-model.h */
