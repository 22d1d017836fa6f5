@include "overlay/hooks.h"

# Geneve with IP: count packets of another version.
@in netdev_geneve_pop_header before if (gnh->ver != 0) {
    ovl_geneve_check_version(gnh);

# Geneve with IP: accept IPv4 and IPv6, too.
@in netdev_geneve_pop_header guard if (gnh->proto_type != htons(ETH_TYPE_TEB)) {
    if (!ovl_geneve_takes_payload(gnh))

# Geneve with IP: set the packet type.
@in netdev_geneve_pop_header after tnl_ol_pop(packet, hlen);
    ovl_geneve_popped(packet, gnh);

# Geneve with IP: set the Protocol Type.
@in netdev_geneve_build_header after gnh->proto_type = htons(ETH_TYPE_TEB);
    if (!ovl_geneve_set_payload(gnh, params->flow)) {
        return EINVAL;
    }

# Source ports: actions and options of the port choose them.
@in netdev_tnl_push_udp_header before udp->udp_src = udp_src;
    udp_src = ovl_src_port(packet, udp->udp_src, &data->ovl.src_port, udp_src);

# Source ports: actions and options of the port choose them.
@in netdev_gtpu_push_header before udp->udp_src = udp_src;
    udp_src = ovl_src_port(packet, udp->udp_src, &data->ovl.src_port, udp_src);

# Geneve options: 64 fields may exceed the room in a header.
@in netdev_geneve_build_header before opt_len = tun_metadata_to_geneve_header(&params->flow->tunnel,
    if (!ovl_geneve_options_fit(&params->flow->tunnel)) {
        return E2BIG;
    }

# GTP-U: upstream reads the version of the inner IP header 8 bytes too far
# on, which is beyond the end of short packets.
@in netdev_gtpu_pop_header after ip = ALIGNED_CAST(struct ip_header *, (char *)gtph + gtpu_hlen);
        ip = ALIGNED_CAST(struct ip_header *, (char *) ip - UDP_HEADER_LEN);
        if ((char *) ip >= (char *) dp_packet_tail(packet)) {
            goto err;
        }
