/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_CSUM_H
#define OVERLAY_CSUM_H 1

/* A faster csum_continue(). */

#include <stddef.h>
#include <stdint.h>

uint32_t ovl_csum_continue(uint32_t partial, const void *, size_t);

#endif /* overlay/csum.h */
