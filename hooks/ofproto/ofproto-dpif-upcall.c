@include "ofproto-dpif-overlay.h"

# Packets without a port, active OAM, accounts: functions that use this file's
# private structures.
@line after static struct ovs_list all_udpifs = OVS_LIST_INITIALIZER(&all_udpifs);
#include "ofproto-dpif-upcall-overlay.inc"

# Active OAM: packets for the switch itself.  ENOSPC has no datapath flow
# installed.
@in upcall_receive first
    if (ovl_stamp_receive(backer, flow, packet)) {
        return ENOSPC;
    }

# Packets without a port: count each packet in the userspace datapath, and
# the first one in the kernel datapath, where it causes a flow without
# actions.
@in upcall_receive before if (error) {
        ovl_xlate_no_port(error, backer->dpif, flow, 1);

# Packets without a port, active OAM: count those of a flow without actions.
@in push_dp_ops guard if (push->n_packets || netflow_exists()) {
        if (!ovl_ukey_deleted(udpif, op, push->n_packets))

# Active OAM: a flow that drops a flood, or one older than the key.
@in revalidate_ukey before push.used = stats->used;
    if (ovl_stamp_has_key(ukey->key, ukey->key_len)) {
        return UKEY_DELETE;
    }

# Accounts: those of the packets of the datapath flow.
@in struct udpif_key after struct recirc_refs recircs;  /* Action recirc IDs with references held. */
    struct ovl_flow_accounts accounts; /* Guarded by 'mutex'. */

# Accounts: those of the translation.
@in ukey_create__ before recirc_refs_init(&ukey->recircs);
    ovl_ukey_init(ukey, xout);

# Accounts: does a flow that is found come from an earlier ovs-vswitchd?
@in struct udpif after struct seq *dump_seq;              /* Increments each dump iteration. */
    uint64_t first_dump_seq;           /* 'dump_seq' before the first one. */

# Accounts: does a flow that is found come from an earlier ovs-vswitchd?
@in udpif_create after udpif->dump_seq = seq_create();
    udpif->first_dump_seq = seq_read(udpif->dump_seq);

# Accounts: does a flow that is found come from an earlier ovs-vswitchd?
@in ukey_create_from_dpif_flow before return 0;
    ovl_account_found(&(*ukey)->accounts, udpif->dpif,
                      seq_read(udpif->dump_seq) == udpif->first_dump_seq);

# Accounts: free them.
@in ukey_delete__ after recirc_refs_unref(&ukey->recircs);
        ovl_flow_accounts_uninit(&ukey->accounts);

# Accounts: keep those of the new translation until its actions are in the
# datapath.
@in revalidate_ukey__ before xlate_out_uninit(xoutp);
    ovl_ukey_translated(ukey, xoutp);

# Accounts: settle those of the packets so far.
@in revalidate_ukey before /* Stats for deleted flows will be attributed upon flow deletion. Skip. */
    ovl_account_revalidated(&ukey->accounts, stats,
                            need_revalidate && result == UKEY_KEEP);

# Accounts: the flow is in another layer, and counts from zero.
@in revalidate after memset(&ukey->stats, 0, sizeof ukey->stats);
                    ovl_flow_accounts_reset(&ukey->accounts);

# Accounts: read the statistics when the actions change.
@in reval_op_init after put_op_init(op, ukey, DPIF_FP_MODIFY);
        ovl_account_modify(&ukey->accounts, &op->dop, &op->stats);

# Accounts: none are known of the flow.
@in delete_op_init__ last
    op->dop.flow_del.rest = NULL;

# Accounts: those of the flow, as long as packets may still count.
@in delete_op_init last
    op->dop.flow_del.rest = ovl_account_rest_create(&ukey->accounts);

# Accounts: settle those of the packets until the change or deletion.
@in push_dp_ops after struct ukey_op *op = &ops[i];
        ovl_ukey_op_done(op);

# Datapath flows: a purge may have deleted the flow meanwhile.
@in handle_upcalls guard transition_ukey(ukey, UKEY_EVICTED);
                if (ukey->state < UKEY_EVICTED)

# TTL replies: a packet whose TTL has expired.
@in classify_upcall before } else if (cookie->type == USER_ACTION_COOKIE_IPFIX) {
    } else if (cookie->type == USER_ACTION_COOKIE_TTL) {
        return FLOW_SAMPLE_UPCALL;

# Accounts: those of the packets of a flow that was deleted before it was
# translated.
@in push_dp_ops before xlate_out_uninit(&ctx.xout);
                ovl_ukey_untranslated(op, &ctx.xout, push);

# Live traces: a copy of a packet.  TTL replies: a packet whose TTL has
# expired.
@in process_upcall after size_t actions_len = 0;

    if (upcall->type == FLOW_SAMPLE_UPCALL
        && ovl_upcall_receive(&upcall->cookie, upcall->ofproto, packet,
                              flow)) {
        return EAGAIN;
    }
