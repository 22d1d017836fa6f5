# Geneve options: counters of outcomes for unknown options.
@in xlate_push_stats_entry before case XC_NETDEV:
    case XC_GENEVE:
        ovl_geneve_count(entry->geneve.netdev, entry->geneve.rx,
                         stats->n_packets);
        break;

# Geneve options: counters of outcomes for unknown options.
@in xlate_cache_clear_entry before case XC_NETDEV:
    case XC_GENEVE:
        netdev_close(entry->geneve.netdev);
        break;

# Geneve options: counters of outcomes for unknown options.  Forwarding
# databases: refresh entries.
@in xlate_xcache_format before case XC_NETDEV:
        case XC_GENEVE:
        case XC_FDB:

# Forwarding databases: refresh entries.
@in xlate_push_stats_entry before case XC_NETDEV:
    case XC_FDB:
        ovl_fdb_refresh(&entry->fdb, stats->used);
        break;

# Forwarding databases: refresh entries.
@in xlate_cache_clear_entry before case XC_NETDEV:
    case XC_FDB:
        ovl_fdb_source_destroy(&entry->fdb);
        break;
