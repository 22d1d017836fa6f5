@include "overlay/hooks.h"

# Truncation: what it leaves is neither to be segmented nor to be summed
# up.
@in dpif_execute_helper_cb after dp_packet_set_size(packet, dp_packet_size(packet) - cutlen);
            ovl_packet_truncated(packet);

# Slow path: a push may leave no packet for the actions that follow, or
# several, where upstream expects one.
@in dpif_execute_helper_cb first
    struct ofpbuf *meters
        = &((struct dpif_execute_helper_aux *) aux_)->meter_actions;
    if (ovl_slow_each(aux_, meters, packets_, action, should_steal,
                      dpif_execute_helper_cb)) {
        return;
    }

# Slow path: a push may leave no packet for the actions that follow, or
# several, where upstream expects one.
@in dpif_execute_helper_cb before aux->error = dpif_execute(aux->dpif, &execute);
        struct ovl_slow_step step;
        ovl_slow_begin(&step, packet, action);

# Slow path: a push may leave no packet for the actions that follow, or
# several, where upstream expects one.
@in dpif_execute_helper_cb before dp_packet_delete(clone);
        ovl_slow_end(&step, packets_, aux->orig_execute.packet, aux->error);

# Slow path: a push may leave no packet for the actions that follow, or
# several, where upstream expects one.
@in dpif_execute_with_help before dp_packet_batch_destroy(&pb);
    ovl_slow_free(&pb, execute->packet);
