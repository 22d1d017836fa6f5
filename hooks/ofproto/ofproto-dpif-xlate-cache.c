@include "ofproto-dpif-overlay.h"

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in xlate_push_stats_entry before case XC_NETDEV:
    case XC_GENEVE:
    case XC_FDB:
        ovl_xcache_push(entry, stats);
        break;

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in xlate_cache_clear_entry before case XC_NETDEV:
    case XC_GENEVE:
    case XC_FDB:
        ovl_xcache_clear(entry);
        break;

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in xlate_xcache_format before case XC_NETDEV:
        case XC_GENEVE:
        case XC_FDB:
