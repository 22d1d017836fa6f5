@include "overlay/geneve/unknown.h"

# Geneve options: counters of what became of unknown ones.
@in enum xc_type after XC_TUNNEL_HEADER,
    XC_GENEVE,

# Geneve options: counters of what became of unknown ones.
@in struct xc_entry after } tunnel_hdr;
        struct {
            struct netdev *netdev;
            enum ovl_geneve_rx rx;
        } geneve;
