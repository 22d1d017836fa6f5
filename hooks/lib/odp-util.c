@include "tnl-provider.h"

# Why: text of the headers of overlay types.
@in format_odp_tnl_push_header before udp = (const struct udp_header *) l4;
    if (tnl_format_push(data, l4, bytes_left, ds)) {
        return;
    }

# Why: and back.  What follows is the body of the else.
@in ovs_parse_tnl_push after greh = (struct gre_base_hdr *) l4;
    if (tnl_parse_push(s, &n, l4, &tnl_type, &header_len)) {
        header_len += sizeof *eth + ip_len;
    } else
