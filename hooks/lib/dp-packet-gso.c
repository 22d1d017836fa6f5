# GSO: a packet without an Ethernet header, for GTP-U, SRv6 or GRE, may
# have to be segmented, too, but upstream computes 'hdr_len' from the
# Ethernet header.
@in dp_packet_gso__ before for (unsigned int i = 1; i < n_segs - 1; i++) {
    hdr_len = dp_packet_size(p) - dp_packet_l2_pad_size(p) - data_len;

# GSO: segments of a packet without an Ethernet header have none, either.
@in dp_packet_gso_seg_new before seg->offloads = p->offloads;
    seg->packet_type = p->packet_type;
