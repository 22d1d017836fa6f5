@include "overlay/hooks.h"

# Polling: a round of the main thread takes as long as receiving a batch.
# Without this, it would lose packets that it has the time to receive.
@in dp_netdev_process_rxq_port before return batch_cnt;
    if (pmd->core_id == NON_PMD_CORE_ID && ovl_poll_again(batch_cnt)) {
        batch_cnt += dp_netdev_process_rxq_port(pmd, rxq, port_no);
    }

# Demultiplexing: types with the same IP protocol each receive their own
# packets.
@in dp_execute_cb before netdev_pop_header(p->port->netdev, packets_);
                packet_count = ovl_demux_split(portno, packets_,
                                               dp_execute_cb, aux_);

# too_big: drop packets, and recirculate ICMP errors as packets received
# from the tunnel.
@in dp_execute_cb before if (push_tnl_action(pmd, a, packets_)) {
        ovl_too_big_filter(a, packets_, dp_netdev_recirculate, pmd, depth);

# Pop: a packet that is kept for reassembly is not dropped, and the batch
# may grow.
@in dp_execute_cb before if (packets_dropped) {
                packets_dropped = ovl_pop_drops(p->port->netdev,
                                                packets_dropped);

# Geneve OAM: process control packets before data packets and their
# upcalls.
@in dp_execute_cb after packet_count - dp_packet_batch_size(packets_);
                ovl_geneve_oam_first(p->port->netdev, portno, packets_,
                                     dp_netdev_recirculate, pmd, depth);

# Slow path: return the packets that a push left to the caller.
@in dpif_netdev_execute before if (dp_packet_batch_size(&pp) == 1) {
    ovl_slow_done(execute, &pp);

# GSO: netdev_send() may return a batch of another capacity, and
# dp_execute_output_action() assumes that 'output_pkts_rxqs' has the same.
@in dp_netdev_pmd_flush_output_on_port first
    size_t capacity = dp_packet_batch_capacity(&p->output_pkts);

# GSO: netdev_send() may return a batch of another capacity.  The code
# below still reads an element for each packet passed to it, so the array
# must not shrink here.
@in dp_netdev_pmd_flush_output_on_port before dp_packet_batch_reset(&p->output_pkts);
    if (capacity < dp_packet_batch_capacity(&p->output_pkts)) {
        capacity = dp_packet_batch_capacity(&p->output_pkts);
        p->output_pkts_rxqs = xrealloc(p->output_pkts_rxqs, capacity
                                       * sizeof *p->output_pkts_rxqs);
    }

# Accounts: other threads may count packets while the flow is removed.
@in flow_del_on_pmd before dp_netdev_pmd_remove_flow(pmd, netdev_flow);
        if (ovl_account_rest_wait(del->rest, netdev_flow)) {
            dp_netdev_flow_ref(netdev_flow);
        }
