# IPFIX: not @include, because this file's last #include is in an enum.
@line after #include "sset.h"
#include "overlay/action.h"

# IPFIX: STT's key has 64 bits.
@line after #define MAX_TUNNEL_KEY_LEN 4
#undef MAX_TUNNEL_KEY_LEN
#define MAX_TUNNEL_KEY_LEN 8

# IPFIX: tunnelType of overlay types.
@in dpif_ipfix_tunnel_type before if (strcmp(type, "gre") == 0) {
    if (ovl_type_to_ipfix(type)) {
        return ovl_type_to_ipfix(type);
    }

# IPFIX: tunnelKey's length of overlay types.
@in dpif_ipfix_tunnel_key_length first
    if (ovl_ipfix_key_len(tunnel_type)) {
        return ovl_ipfix_key_len(tunnel_type);
    }

# IPFIX: tunnelProtocolIdentifier of overlay types.
@line after tunnel_protocol[tunnel_port->tunnel_type];
        ovl_ipfix_nw_proto(tunnel_port->tunnel_type,
                           &data_tunnel->tunnel_protocol_identifier);
