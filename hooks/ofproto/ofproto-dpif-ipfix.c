# Why: not @include, because this file's last #include is in an enum.
@line after #include "sset.h"
#include "tnl-provider.h"

# Why: STT's key has 64 bits.
@line after #define MAX_TUNNEL_KEY_LEN 4
#undef MAX_TUNNEL_KEY_LEN
#define MAX_TUNNEL_KEY_LEN 8

# Why: tunnelType of overlay types.
@in dpif_ipfix_tunnel_type before if (strcmp(type, "gre") == 0) {
    if (tnl_type_to_ipfix(type)) {
        return tnl_type_to_ipfix(type);
    }

# Why: tunnelKey's length of overlay types.
@in dpif_ipfix_tunnel_key_length first
    if (tnl_ipfix_key_len(tunnel_type)) {
        return tnl_ipfix_key_len(tunnel_type);
    }

# Why: tunnelProtocolIdentifier of overlay types.
@line after tunnel_protocol[tunnel_port->tunnel_type];
        tnl_ipfix_nw_proto(tunnel_port->tunnel_type,
                           &data_tunnel->tunnel_protocol_identifier);
