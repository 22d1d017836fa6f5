@include "overlay/geneve/unknown.h"

# Geneve options: counters of outcomes for unknown options.
@in enum xc_type after XC_TUNNEL_HEADER,
    XC_GENEVE,

# Geneve options: counters of outcomes for unknown options.
@in struct xc_entry after } tunnel_hdr;
        struct {
            struct netdev *netdev;
            enum ovl_geneve_rx rx;
        } geneve;
