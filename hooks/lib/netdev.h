@include "tnl-geneve-opts.h"
@include "tnl-src-port.h"
@include "tnl-too-big.h"

# Why: options:unknown_options.
@in struct netdev_tunnel_config after enum netdev_pt_mode pt_mode;
    enum tnl_geneve_unknown geneve_unknown;

# Why: options:src_port_range and options:src_port.
@in struct netdev_tunnel_config after ovs_be16 dst_port;
    struct tnl_src_port src_port;

# Why: options:too_big.
@in struct netdev_tunnel_config after ovs_be16 dst_port;
    enum tnl_too_big_mode too_big;
