# Why: not @include, because this file's last #include is in a table.
@line after #include "vl-mff-map.h"
#include "tnl-geneve-opts.h"

# Why: which options still are as the packet came with them.
@in nxm_reg_load before mf_write_subfield_flow(dst, &src_subvalue, flow);
    tnl_geneve_written(dst->field, dst->n_bits == dst->field->n_bits,
                       flow, wc);

# Why: the same.
@in nxm_execute_stack_pop before mf_write_subfield_flow(&pop->subfield, &src_value, flow);
        tnl_geneve_written(pop->subfield.field,
                           pop->subfield.n_bits == pop->subfield.field->n_bits,
                           flow, wc);
