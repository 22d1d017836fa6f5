# GSO: what goes into GTP-U, SRv6 or GRE without its Ethernet header may
# have to be segmented as well, where upstream counts from a header that is not
# there.
@in dp_packet_gso__ before for (unsigned int i = 1; i < n_segs - 1; i++) {
    hdr_len = dp_packet_size(p) - dp_packet_l2_pad_size(p) - data_len;

# GSO: what goes into GTP-U, SRv6 or GRE without its Ethernet header may
# have to be segmented as well, where upstream counts from a header that is not
# there.
@in dp_packet_gso_seg_new before seg->offloads = p->offloads;
    seg->packet_type = p->packet_type;
