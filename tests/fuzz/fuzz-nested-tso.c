/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Tunnels in tunnels, with userspace TSO, which is constant in a process. */

#define FUZZ_TSO true

#include "fuzz-nested.c"
