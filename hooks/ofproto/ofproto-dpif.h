# Live traces, TTL replies: meters for them.
@in struct dpif_backer after struct id_pool *meter_ids;     /* Datapath meter allocation. */
    uint32_t ovl_meters;           /* First of OVL_N_METERS, or UINT32_MAX if
                                    * there are none. */

# TTL replies: the configuration of the bridge.
@in struct ofproto_dpif before /* Work queues. */
    OVSRCU_TYPE(struct ovl_ttl_reply *) ttl_reply; /* Null if never set. */

