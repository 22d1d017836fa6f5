@include "overlay/account.h"

# Accounts: those of the packets of the datapath flow.
@in struct xlate_out after struct recirc_refs recircs;
    struct ovl_account_list accounts;
