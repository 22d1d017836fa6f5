@include "overlay/hooks.h"

# Text: the headers of overlay types.
@in format_odp_tnl_push_header before udp = (const struct udp_header *) l4;
    if (ovl_format_push(data, l4, bytes_left, ds)) {
        return;
    }

# Text: the headers of overlay types.
@in ovs_parse_tnl_push guard if (ovs_scan_len(s, &n, "udp(src=%"SCNi16",dst=%"SCNi16",csum=0x%"SCNx16"),",
    if (!ovl_parse_push(s, &n, data, l4, &tnl_type, &header_len))

# Text: the Protocol Type of Geneve, and edits of relayed options.
@in format_odp_tnl_push_header after ntohl(get_16aligned_be32(&gnh->vni)) >> 8);
        ovl_geneve_format_payload(gnh, ds);
        ovl_geneve_format_edits(data, ds);

# Text: the Protocol Type of Geneve, and edits of relayed options.
@in ovs_parse_tnl_push before if (ovs_scan_len(s, &n, ",options(")) {
            ovs_be16 payload = ovl_geneve_parse_payload(s, &n);
            if (!ovl_geneve_parse_edits(s, &n, data, gnh, &header_len)) {
                return -EINVAL;
            }

# Text: the Protocol Type of Geneve.
@in ovs_parse_tnl_push after gnh->proto_type = htons(ETH_TYPE_TEB);
            gnh->proto_type = payload;

# Text: parameters of the push beyond the headers.
@in format_odp_tnl_push_action before ds_put_format(ds, ",out_port(");
    ovl_format_template(&data->ovl, ds);

# Text: parameters of the push beyond the headers.
@in ovs_parse_tnl_push before if (!ovs_scan_len(s, &n, ",out_port(%"SCNi32"))", &data->out_port)) {
    if (!ovl_parse_template(s, &n, &data->ovl)) {
        return -EINVAL;
    }
