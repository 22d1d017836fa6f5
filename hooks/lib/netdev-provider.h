# GSO: the MTU for what tunnels send, in the low 16 bits, and the
# change_seq of when it was read.
@in struct netdev after atomic_uint64_t change_seq;
    atomic_uint64_t ovl_mtu;
