# Live traces: meters for them.
@in struct dpif_backer after struct id_pool *meter_ids;     /* Datapath meter allocation. */
    uint32_t live_meters;          /* First of OVL_LIVE_MAX, or UINT32_MAX if
                                    * there are none. */
