@include "overlay/geneve/unknown.h"

# Why: counters of what became of unknown Geneve options.
@in enum xc_type after XC_TUNNEL_HEADER,
    XC_GENEVE,

# Why: counters of what became of unknown Geneve options.
@in struct xc_entry after } tunnel_hdr;
        struct {
            struct netdev *netdev;
            enum ovl_geneve_rx rx;
        } geneve;
