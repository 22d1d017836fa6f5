/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/slow-path.h"

#include "coverage.h"
#include "dpif.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "ovs-thread.h"
#include "util.h"

COVERAGE_DEFINE(drop_tnl_push_slow);

/* The calling thread's innermost step. */
DEFINE_STATIC_PER_THREAD_DATA(struct ovl_slow_step *, slow_step, NULL);

/* Called with the arguments of 'cb', the callback of odp_execute_actions() for
 * 'action', which asserts that 'batch' has one packet.  If 'batch' has another
 * number of packets, calls 'cb' for each of them and returns true.  'meters'
 * are the meter actions to be executed with the next step, for each of the
 * packets. */
bool
ovl_slow_each(void *aux, struct ofpbuf *meters,
              struct dp_packet_batch *batch, const struct nlattr *action,
              bool should_steal, odp_execute_cb cb)
{
    struct dp_packet_batch out;
    struct dp_packet *packet;
    struct ofpbuf *waiting;

    if (dp_packet_batch_size(batch) == 1) {
        return false;
    }

    waiting = ofpbuf_clone(meters);
    dp_packet_batch_init(&out);
    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        struct dp_packet_batch one;

        ofpbuf_clear(meters);
        ofpbuf_put(meters, waiting->data, waiting->size);
        dp_packet_batch_init_packet(&one, packet);
        cb(aux, &one, action, should_steal);
        dp_packet_batch_add_array(&out, one.packets,
                                  dp_packet_batch_size(&one));
        dp_packet_batch_destroy(&one);
    }
    dp_packet_batch_swap(batch, &out);
    dp_packet_batch_destroy(&out);
    ofpbuf_delete(waiting);
    return true;
}

/* Begins 'step', in which the datapath executes 'action' on 'packet'.  The
 * caller must end it with ovl_slow_end(). */
void
ovl_slow_begin(struct ovl_slow_step *step, struct dp_packet *packet,
               const struct nlattr *action)
{
    step->outer = *slow_step_get();
    step->packet = packet;
    step->push = nl_attr_type(action) == OVS_ACTION_ATTR_TUNNEL_PUSH;
    step->done = false;
    step->n = 0;
    dp_packet_batch_init(&step->out);
    *slow_step_get() = step;
}

/* Called when the datapath has executed 'execute', which left 'batch'.  If
 * that was a push in the calling thread's step, and the number of packets is
 * not one, takes them out of 'batch', which upstream is about to free. */
void
ovl_slow_done(const struct dpif_execute *execute,
              struct dp_packet_batch *batch)
{
    struct ovl_slow_step *step = *slow_step_get();

    if (!step || step->packet != execute->packet || !step->push) {
        return;
    }
    step->done = true;
    step->n = dp_packet_batch_size(batch);
    if (step->n != 1) {
        dp_packet_batch_add_array(&step->out, batch->packets, step->n);
        dp_packet_batch_reset(batch);
    }
}

/* Ends 'step', with 'error', for the packet in 'batch'.  If it pushed a tunnel
 * header, replaces the packet by those that the push left.  'callers' is the
 * packet that the slow path's caller owns. */
void
ovl_slow_end(struct ovl_slow_step *step, struct dp_packet_batch *batch,
             const struct dp_packet *callers, int error)
{
    struct dp_packet *packet = batch->packets[0];

    *slow_step_get() = step->outer;
    if (step->push && step->n == 1) {
        if (step->packet != packet) {
            /* The slow path pushed the header onto a truncated copy. */
            dp_packet_swap(packet, step->packet);
        }
    } else if (step->push && (step->done || error)) {
        if (!step->n) {
            COVERAGE_INC(drop_tnl_push_slow);
        }
        dp_packet_batch_reset(batch);
        dp_packet_batch_add_array(batch, step->out.packets, step->n);
        if (packet != callers) {
            dp_packet_delete(packet);
        }
    }
    dp_packet_batch_destroy(&step->out);
}

/* Frees the packets in 'batch' at the end of the slow path, except for
 * 'callers', which the slow path's caller owns. */
void
ovl_slow_free(struct dp_packet_batch *batch,
              const struct dp_packet *callers)
{
    struct dp_packet *packet;

    DP_PACKET_BATCH_FOR_EACH (i, packet, batch) {
        if (packet != callers) {
            dp_packet_delete(packet);
        }
    }
}
