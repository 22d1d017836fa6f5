@include "overlay/fields.h"

# Tunnel fields: a bit of tun_metadata_present is not a match on the value
# of a tun_metadata field.
@in remap_match before const struct mf_field *field = mf_from_id(MFF_TUN_METADATA0 + i);
        if (ovl_field_remap(&match, &flow, &flow_mask, i)) {
            continue;
        }
