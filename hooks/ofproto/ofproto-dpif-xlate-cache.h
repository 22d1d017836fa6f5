@include "ofproto-dpif-fdb.h"
@include "overlay/geneve/unknown.h"

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in enum xc_type after XC_TUNNEL_HEADER,
    XC_GENEVE,
    XC_FDB,

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in struct xc_entry after } tunnel_hdr;
        struct {
            struct netdev *netdev;
            enum ovl_geneve_rx rx;
        } geneve;
        struct ovl_fdb_source fdb;
