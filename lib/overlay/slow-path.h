/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_SLOW_PATH_H
#define OVERLAY_SLOW_PATH_H 1

/* Tunnel headers in the slow path.
 *
 * The slow path (dpif_execute_with_help()) executes actions one at a time.  It
 * executes most of them itself; the datapath executes pushes and outputs, each
 * of which is a step.  Upstream expects a step to leave one packet, but a push
 * may leave none, or several segments.  The following actions apply to each of
 * these. */

#include <stdbool.h>

#include "dp-packet.h"
#include "odp-execute.h"

struct dpif_execute;
struct nlattr;
struct ofpbuf;

/* A step of the slow path. */
struct ovl_slow_step {
    struct ovl_slow_step *outer; /* The step within which this one began. */
    struct dp_packet *packet;   /* Its packet. */
    bool push;                  /* Does it push a tunnel header? */
    bool done;                  /* Has the datapath executed it? */
    size_t n;                   /* Number of packets that it left. */
    struct dp_packet_batch out; /* The packets, unless 'n' is 1. */
};

/* In lib/dpif.c. */
bool ovl_slow_each(void *aux, struct ofpbuf *meters,
                   struct dp_packet_batch *, const struct nlattr *action,
                   bool should_steal, odp_execute_cb);
void ovl_slow_begin(struct ovl_slow_step *, struct dp_packet *,
                    const struct nlattr *action);
void ovl_slow_end(struct ovl_slow_step *, struct dp_packet_batch *,
                  const struct dp_packet *callers, int error);
void ovl_slow_free(struct dp_packet_batch *,
                   const struct dp_packet *callers);

/* In lib/dpif-netdev.c. */
void ovl_slow_done(const struct dpif_execute *, struct dp_packet_batch *);

#endif /* overlay/slow-path.h */
