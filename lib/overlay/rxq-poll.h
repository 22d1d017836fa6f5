/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_RXQ_POLL_H
#define OVERLAY_RXQ_POLL_H 1

/* When the main thread polls a receive queue again. */

#include <stdbool.h>

bool ovl_poll_again(int n_packets);

#endif /* overlay/rxq-poll.h */
