@include "tnl-geneve-opts.h"
@include "tnl-provider.h"
@include "tnl-geneve.h"
@include "tnl-src-port.h"
@include "tnl-too-big.h"

# Why: text of the headers of overlay types.
@in format_odp_tnl_push_header before udp = (const struct udp_header *) l4;
    if (tnl_format_push(data, l4, bytes_left, ds)) {
        return;
    }

# Why: and back.  What follows is the body of the else.
@in ovs_parse_tnl_push after greh = (struct gre_base_hdr *) l4;
    if (tnl_parse_push(s, &n, data, l4, &tnl_type, &header_len)) {
        header_len += sizeof *eth + ip_len;
    } else

# Why: the type of what follows a Geneve header, unless it is Ethernet.
@in format_odp_tnl_push_header after ntohl(get_16aligned_be32(&gnh->vni)) >> 8);
        tnl_geneve_format_payload(gnh, ds);

# Why: and back.
@in ovs_parse_tnl_push before if (ovs_scan_len(s, &n, ",options(")) {
            ovs_be16 payload = tnl_geneve_parse_payload(s, &n);

# Why: and back.
@in ovs_parse_tnl_push after gnh->proto_type = htons(ETH_TYPE_TEB);
            gnh->proto_type = payload;

# Why: text of the choice of the source port.
@in format_udp_tnl_push_header before return udp + 1;
    tnl_src_port_format(udp->udp_src, udp->udp_len, ds);

# Why: and back.
@in ovs_parse_tnl_push after udp->udp_csum = htons(udp_csum);
        n += tnl_src_port_parse(s + n, &udp->udp_src, &udp->udp_len);

# Why: changes of relayed options.
@in format_odp_tnl_push_header after ntohl(get_16aligned_be32(&gnh->vni)) >> 8);
        tnl_geneve_format_edits(data, gnh, ds);

# Why: and back.
@in ovs_parse_tnl_push before if (ovs_scan_len(s, &n, ",options(")) {
            if (!tnl_geneve_parse_edits(s, &n, gnh, &header_len)) {
                return -EINVAL;
            }

# Why: the limit for the size of packets, behind the headers.
@in odp_put_tnl_push_action first
    if (tnl_too_big_put(odp_actions, data)) {
        return;
    }

# Why: its text.
@in format_odp_tnl_push_action before ds_put_format(ds, ",out_port(");
    tnl_too_big_format(attr, ds);

# Why: and back.
@in ovs_parse_tnl_push first
    tnl_too_big_init(data);

# Why: the same.
@in ovs_parse_tnl_push before if (!ovs_scan_len(s, &n, ",out_port(%"SCNi32"))", &data->out_port)) {
    int limit_len = tnl_too_big_parse(s + n, data);
    if (limit_len < 0) {
        return limit_len;
    }
    n += limit_len;
