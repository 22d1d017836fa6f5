# GSO: the MTU for tunnel packets, in the low 16 bits, and the change_seq
# at which it was read.
@in struct netdev after atomic_uint64_t change_seq;
    atomic_uint64_t ovl_mtu;
