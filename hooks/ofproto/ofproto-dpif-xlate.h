@include "overlay/account.h"

# Accounts: those of the packets of the datapath flow.
@in struct xlate_out after struct recirc_refs recircs;
    struct ovl_account_list accounts;

# Live traces: what the translation of a copy yields.
@in struct xlate_in after struct ovs_list *recirc_queue;
    struct ovl_live_copy *live; /* Or NULL, if it is not one. */
