@include "tnl-geneve.h"

# Why: a counter for Geneve packets of another version.
@in netdev_geneve_pop_header before if (gnh->ver != 0) {
    tnl_geneve_check_version(gnh);

# Why: Geneve carries IPv4 and IPv6, too.  The if becomes the body of this one.
@in netdev_geneve_pop_header before if (gnh->proto_type != htons(ETH_TYPE_TEB)) {
    if (!tnl_geneve_takes_payload(gnh))

# Why: the packet is then not Ethernet.
@in netdev_geneve_pop_header after tnl_ol_pop(packet, hlen);
    tnl_geneve_popped(packet, gnh);

# Why: the same on transmission.
@in netdev_geneve_build_header after gnh->proto_type = htons(ETH_TYPE_TEB);
    if (!tnl_geneve_set_payload(gnh, params->flow)) {
        return EINVAL;
    }
