# Geneve options: those with which the packet was received and which no
# action has written; see lib/overlay/geneve/own-options.c.
@in struct flow_tnl before struct tun_metadata metadata;
    uint64_t opts_own;   /* Bit N: tun_metadataN. */
