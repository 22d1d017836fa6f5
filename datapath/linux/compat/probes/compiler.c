// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Compiles for every kernel: a failure is one of the compiler or KDIR. */

#include <linux/kernel.h>
