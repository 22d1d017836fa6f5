@include "tnl-cut.h"
@include "tnl-execute.h"

# Why: what truncation leaves is neither to be segmented nor to be summed up.
@in dpif_execute_helper_cb after dp_packet_set_size(packet, dp_packet_size(packet) - cutlen);
            tnl_packet_cut(packet);

# Why: in the slow path, a push may leave no packet for the actions that
# follow, or several, where upstream expects one.
@in dpif_execute_helper_cb first
    struct ofpbuf *meters
        = &((struct dpif_execute_helper_aux *) aux_)->meter_actions;
    if (tnl_execute_each(aux_, meters, packets_, action, should_steal,
                         dpif_execute_helper_cb)) {
        return;
    }

# Why: as above.
@in dpif_execute_helper_cb before aux->error = dpif_execute(aux->dpif, &execute);
        struct tnl_step step;
        tnl_execute_begin(&step, packet, action);

# Why: as above.
@in dpif_execute_helper_cb before dp_packet_delete(clone);
        tnl_execute_end(&step, packets_, aux->orig_execute.packet, aux->error);

# Why: as above.
@in dpif_execute_with_help before dp_packet_batch_destroy(&pb);
    tnl_execute_free(&pb, execute->packet);
