# Tunnel fields, Geneve options: not @include, because this file's last
# #include is in a table.
@line after #include "vl-mff-map.h"
#include "overlay/fields.h"
#include "overlay/geneve/own-options.h"

# Geneve options: record which of them actions write.
@in nxm_reg_load before mf_write_subfield_flow(dst, &src_subvalue, flow);
    ovl_geneve_written(dst->field, dst->n_bits == dst->field->n_bits,
                       flow, wc);

# Geneve options: record which of them actions write.
@in nxm_execute_stack_pop before mf_write_subfield_flow(&pop->subfield, &src_value, flow);
        ovl_geneve_written(pop->subfield.field,
                           pop->subfield.n_bits == pop->subfield.field->n_bits,
                           flow, wc);

# Tunnel fields: a packet from a tunnel over IPv4 may be sent to one over
# IPv6.
@in nxm_execute_stack_pop after mf_write_subfield_flow(&pop->subfield, &src_value, flow);
        ovl_field_chooses_family(pop->subfield.field, &flow->tunnel);
