@include "overlay/fields.h"

# Tunnel fields: bits of tun_metadata_present are no values of
# tun_metadata fields.
@in remap_match before const struct mf_field *field = mf_from_id(MFF_TUN_METADATA0 + i);
        if (ovl_field_remap(&match, &flow, &flow_mask, i)) {
            continue;
        }
