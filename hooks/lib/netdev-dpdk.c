# DPDK: many drivers leave the segment size with which the buffer was last
# sent, and the packet would be segmented.
@in netdev_dpdk_batch_init_packet_fields before dp_packet_reset_cutlen(packet);
        if (!(packet->mbuf.ol_flags & RTE_MBUF_F_RX_LRO)) {
            dp_packet_set_tso_segsz(packet, 0);
        }
