// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Nothing but what every kernel has. */

#include <linux/kernel.h>
