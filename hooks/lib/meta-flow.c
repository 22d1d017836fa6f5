# Tunnel fields, Geneve options: not @include, because this file's last
# #include is in an array.
@line after #include "openvswitch/ofp-match.h"
#include "overlay/fields.h"
#include "overlay/geneve/own-options.h"

# Tunnel fields: their wildcards.
@in mf_is_all_wild first
    bool wild;

    if (ovl_field_is_wild(mf, wc, &wild)) {
        return wild;
    }

# Tunnel fields: an action that writes all of tun_tp_src makes it
# independent of the port that was received; a packet from a tunnel over
# IPv4 may be sent to one over IPv6.
@in mf_set_flow_value_masked after mf_set_flow_value(field, &tmp, flow);
    ovl_field_written(field, mask, &flow->tunnel);
    ovl_field_chooses_family(field, &flow->tunnel);

# Tunnel fields: an action that writes all of tun_tp_src makes it
# independent of the port that was received; a packet from a tunnel over
# IPv4 may be sent to one over IPv6.
@in mf_subfield_copy after mf_set_flow_value(dst->field, &dst_value, flow);
        if (dst->n_bits == dst->field->n_bits) {
            ovl_field_written(dst->field, NULL, &flow->tunnel);
        }
        ovl_field_chooses_family(dst->field, &flow->tunnel);

# Geneve options: record which of them actions write.
@in mf_subfield_copy before union mf_value src_value;
        ovl_geneve_written(dst->field, dst->n_bits == dst->field->n_bits,
                           flow, wc);
