@include "overlay/geneve/unknown.h"
@include "overlay/src-port.h"
@include "overlay/too-big.h"

# Why: options:unknown_options.
@in struct netdev_tunnel_config after enum netdev_pt_mode pt_mode;
    enum ovl_geneve_unknown geneve_unknown;

# Why: options:src_port_range, options:src_port and options:too_big.
@in struct netdev_tunnel_config after ovs_be16 dst_port;
    struct ovl_src_port src_port;
    enum ovl_too_big_mode too_big;
