/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_EXECUTE_H
#define TNL_EXECUTE_H 1

/* Tunnel headers in the slow path.
 *
 * The slow path (dpif_execute_with_help()) executes actions one at a time,
 * most of them itself, and a push, like an output, by the datapath: that is a
 * step.  Upstream expects a step to leave one packet.  A push may leave none,
 * or several segments.  The actions that follow are then for those. */

#include <stdbool.h>

#include "dp-packet.h"
#include "odp-execute.h"

struct dpif_execute;
struct nlattr;
struct ofpbuf;

/* A step. */
struct tnl_step {
    struct tnl_step *outer;     /* The step within which this one began. */
    struct dp_packet *packet;   /* The packet that it is for. */
    bool push;                  /* Does it push a tunnel header? */
    bool done;                  /* Has the datapath executed it? */
    size_t n;                   /* Number of packets that it left. */
    struct dp_packet_batch out; /* The packets, unless there is one. */
};

/* In lib/dpif.c. */
bool tnl_execute_each(void *aux, struct ofpbuf *meters,
                      struct dp_packet_batch *, const struct nlattr *action,
                      bool should_steal, odp_execute_cb);
void tnl_execute_begin(struct tnl_step *, struct dp_packet *,
                       const struct nlattr *action);
void tnl_execute_end(struct tnl_step *, struct dp_packet_batch *,
                     const struct dp_packet *callers, int error);
void tnl_execute_free(struct dp_packet_batch *,
                      const struct dp_packet *callers);

/* In lib/dpif-netdev.c. */
void tnl_execute_done(const struct dpif_execute *, struct dp_packet_batch *);

#endif /* tnl-execute.h */
