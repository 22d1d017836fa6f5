@include "overlay/tunnel-config.h"

# Options: those common to several types.
@in struct netdev_tunnel_config after ovs_be16 dst_port;
    struct ovl_tunnel_config ovl;
