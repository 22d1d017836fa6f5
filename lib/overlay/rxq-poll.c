/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/rxq-poll.h"

#include "dp-packet.h"
#include "netdev.h"

/* Called in the main thread, which has polled a receive queue and processed
 * the 'n_packets' packets that it received.  Returns true if it must poll the
 * same queue again before the next one: while batches are full, up to 4
 * batches in all. */
bool
ovl_poll_again(int n_packets)
{
    static int n_full = 0;

    if (n_packets < NETDEV_MAX_BURST || ++n_full == 4) {
        n_full = 0;
        return false;
    }
    return true;
}
