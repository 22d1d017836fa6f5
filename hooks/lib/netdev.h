@include "overlay/tunnel-config.h"

# Options: those that several types have.
@in struct netdev_tunnel_config after ovs_be16 dst_port;
    struct ovl_tunnel_config ovl;
