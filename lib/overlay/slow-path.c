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

/* Called with the arguments of 'cb', with which odp_execute_actions() has
 * 'action' executed, which asserts that there is one packet in 'batch'.  If
 * there are several, calls it for each, and returns true.  'meters' are the
 * meters that wait for the next step: they are for each, too. */
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

/* Begins 'step', which has the datapath execute 'action' on 'packet'.  It
 * ends with ovl_slow_end(). */
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
 * that was a step and not one packet is left, takes them over, where upstream
 * would free them. */
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
 * header, makes 'batch' what that left.  'callers' is the packet that is not
 * the slow path's own. */
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

/* Frees the packets in 'batch', what is left at the end of the slow path,
 * except for the caller's own, 'callers'. */
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
