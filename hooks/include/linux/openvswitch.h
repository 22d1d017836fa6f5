# Templates: parameters of the push beyond the headers.
@line after #define TNL_PUSH_HEADER_SIZE 512
#include "overlay/template.h"

# Templates: parameters of the push beyond the headers.
@in struct ovs_action_push_tnl before uint32_t header[TNL_PUSH_HEADER_SIZE / 4];
	struct ovl_template ovl;
