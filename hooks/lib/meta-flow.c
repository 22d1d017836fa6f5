# Why: not @include, because this file's last #include is in an array.
@line after #include "openvswitch/ofp-match.h"
#include "tnl-fields.h"

# Why: fields of tunnels.
@in mf_is_all_wild first
    bool wild;

    if (tnl_field_is_wild(mf, wc, &wild)) {
        return wild;
    }

# Why: an action that writes all of tun_tp_src makes it independent of the port
# that was received.
@in mf_set_flow_value_masked after mf_set_flow_value(field, &tmp, flow);
    tnl_field_written(field, mask, &flow->tunnel);

# Why: the same.
@in mf_subfield_copy after mf_set_flow_value(dst->field, &dst_value, flow);
        if (dst->n_bits == dst->field->n_bits) {
            tnl_field_written(dst->field, NULL, &flow->tunnel);
        }

# Why: not @include, because this file's last #include is in a table.
@line after #include "vl-mff-map.h"
#include "tnl-geneve-opts.h"

# Why: which options still are as the packet came with them.
@in mf_subfield_copy before union mf_value src_value;
        tnl_geneve_written(dst->field, dst->n_bits == dst->field->n_bits,
                           flow, wc);

# Why: a packet that came from a tunnel over IPv4 may go to one over IPv6.
@in mf_set_flow_value_masked after mf_set_flow_value(field, &tmp, flow);
    tnl_field_chooses_family(field, &flow->tunnel);

# Why: the same.
@in mf_subfield_copy after mf_set_flow_value(dst->field, &dst_value, flow);
        tnl_field_chooses_family(dst->field, &flow->tunnel);
