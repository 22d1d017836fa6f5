@include "ofproto-dpif-overlay.h"

# Packets without a port: each counts in the userspace datapath, and the
# first in the kernel's, which gets a flow without actions.
@in upcall_receive before if (error) {
        ovl_xlate_no_port(error, backer->dpif, flow, 1);

# Packets without a port: those that came by such a flow count.
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
