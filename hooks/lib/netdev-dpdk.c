# Why: many drivers leave there what the buffer was last sent with, and the
# packet would be taken for one that is to be segmented.
@in netdev_dpdk_batch_init_packet_fields before dp_packet_reset_cutlen(packet);
        if (!(packet->mbuf.ol_flags & RTE_MBUF_F_RX_LRO)) {
            dp_packet_set_tso_segsz(packet, 0);
        }
