@include "overlay/csum.h"

# Checksums: the same sum in larger steps, which takes a fifth of the
# instructions.
@in csum_continue first
    return ovl_csum_continue(partial, data_, n);
