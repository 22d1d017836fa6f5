@include "ofproto-dpif-overlay.h"

# Packets without a port: count each packet in the userspace datapath, and
# the first one in the kernel datapath, where it causes a flow without
# actions.
@in upcall_receive before if (error) {
        ovl_xlate_no_port(error, backer->dpif, flow, 1);

# Packets without a port: count those of a flow without actions.
@in push_dp_ops before if (push->n_packets || netflow_exists()) {
        if (!op->ukey
            || !ovsrcu_get(struct ofpbuf *, &op->ukey->actions)->size) {
            ovl_xlate_flow_deleted(udpif->backer,
                                   op->ukey ? op->ukey->key
                                   : op->dop.flow_del.key,
                                   op->ukey ? op->ukey->key_len
                                   : op->dop.flow_del.key_len,
                                   push->n_packets);
        }
