@include "overlay/hooks.h"

# Truncation: no segmentation or checksum of a truncated packet is pending.
@in dpif_execute_helper_cb after dp_packet_set_size(packet, dp_packet_size(packet) - cutlen);
            ovl_packet_truncated(packet);

# Slow path: a push may leave no packet for the actions that follow, or
# several, but upstream expects one.
@in dpif_execute_helper_cb first
    if (ovl_slow_each(
            aux_, &((struct dpif_execute_helper_aux *) aux_)->meter_actions,
            packets_, action, should_steal, dpif_execute_helper_cb)) {
        return;
    }

# Slow path: a step begins, which may be a push.
@in dpif_execute_helper_cb before aux->error = dpif_execute(aux->dpif, &execute);
        struct ovl_slow_step step;
        ovl_slow_begin(&step, packet, action);

# Slow path: the step ends, with the packets that a push left.
@in dpif_execute_helper_cb before dp_packet_delete(clone);
        ovl_slow_end(&step, packets_, aux->orig_execute.packet, aux->error);

# Slow path: free all packets that are left.
@in dpif_execute_with_help before dp_packet_batch_destroy(&pb);
    ovl_slow_free(&pb, execute->packet);

# Accounts: none are known of the flow.
@in dpif_flow_del after op.flow_del.terse = false;
    op.flow_del.rest = NULL;
