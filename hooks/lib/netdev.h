@include "tnl-geneve-opts.h"

# Why: options:unknown_options.
@in struct netdev_tunnel_config after enum netdev_pt_mode pt_mode;
    enum tnl_geneve_unknown geneve_unknown;
