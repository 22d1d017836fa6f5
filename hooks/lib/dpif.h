# Accounts: those of the flow to delete.
@in struct dpif_flow_del after unsigned pmd_id;                /* Datapath poll mode driver id. */
    struct ovl_account_rest *rest;  /* Or NULL. */
