# Text: the headers of overlay types.
@line after from ovs.flow.flow import Flow, Section
from ovs.flow.overlay import (tnl_push_decoders,
                              tnl_push_template_decoders)

# Text: the headers of overlay types.
@in _tnl_action_decoder_args before "gre": decode_tnl_gre,
                                    **tnl_push_decoders(),

# Text: the Protocol Type of Geneve, and relay.
@in _tnl_action_decoder_args after "crit": decode_flag,
                                                "proto": decode_int,
                                                "relay": decode_default,

# Text: parameters of the push beyond the headers.
@in _tnl_action_decoder_args before "tnl_port": decode_default,
                        **tnl_push_template_decoders(),
