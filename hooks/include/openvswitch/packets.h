# Geneve options: which still are as the packet came with them; see
# lib/overlay/geneve/own-options.c.
@in struct flow_tnl before struct tun_metadata metadata;
    uint64_t opts_own;   /* Bit N: tun_metadataN. */
