/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/action.h"

#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <string.h>

#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "overlay/class.h"
#include "overlay/geneve/relay.h"
#include "overlay/too-big.h"
#include "packets.h"
#include "util.h"

/* If 'data' is one of ours, appends its 'size' bytes of headers from 'l4' on
 * to 's', as the end of the text of a tnl_push action's header(), and returns
 * true. */
bool
ovl_format_push(const struct ovs_action_push_tnl *data, const void *l4,
                size_t size, struct ds *s)
{
    const struct ovl_class *class = ovl_class_from_vport_type(data->tnl_type);

    if (class) {
        class->format(data, l4, size, s);
        ds_put_char(s, ')');
    }
    return class != NULL;
}

/* If 's' + '*n' is the text of one of our headers, parses it into 'l4' in
 * 'data', adds its length to '*n', stores the length of all headers in
 * '*header_len' and its number in '*vport_type' (0, which nothing has, if the
 * text is wrong), and returns true. */
bool
ovl_parse_push(const char *s, int *n, struct ovs_action_push_tnl *data,
               void *l4, uint32_t *vport_type, uint32_t *header_len)
{
    for (size_t i = 0; i < ARRAY_SIZE(ovl_classes); i++) {
        const struct ovl_class *class = ovl_classes[i];
        size_t size;
        int len;

        len = class->parse(s + *n, data, l4, &size);
        if (len < 0 || (len > 0 && s[*n + len] != ')')) {
            *vport_type = OVS_VPORT_TYPE_UNSPEC;
            return true;
        } else if (len > 0) {
            *n += len + 1;
            *header_len = (char *) l4 - (char *) data->header + size;
            *vport_type = class->vport_type;
            return true;
        }
    }
    return false;
}

/* Returns the IPFIX tunnelType of 'type', or 0 if it is not one of ours. */
uint8_t
ovl_type_to_ipfix(const char *type)
{
    const struct ovl_class *class = ovl_class_from_type(type);

    return class ? class->ipfix_type : 0;
}

/* Returns the length of the key of tunnels of IPFIX tunnelType 'ipfix_type' in
 * bytes, or 0 if it is not one of ours. */
uint8_t
ovl_ipfix_key_len(uint8_t ipfix_type)
{
    const struct ovl_class *class = ovl_class_from_ipfix_type(ipfix_type);

    return class ? class->ipfix_key_len : 0;
}

/* Stores the IP protocol of tunnels of IPFIX tunnelType 'ipfix_type' in
 * '*nw_proto', if it is one of ours. */
void
ovl_ipfix_nw_proto(uint8_t ipfix_type, uint8_t *nw_proto)
{
    const struct ovl_class *class = ovl_class_from_ipfix_type(ipfix_type);

    if (class) {
        *nw_proto = class->nw_proto;
    }
}

/* Returns the number in the tnl_push actions of 'netdev', or 0 if it is not a
 * port of one of our classes. */
uint32_t
ovl_to_vport_type(const struct netdev *netdev)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    return class ? class->vport_type : 0;
}

/* If 'data' is one of ours, reads its addresses, TOS, TTL, ports and key into
 * 'tnl', stores its IP protocol in '*nw_proto', and returns true. */
bool
ovl_read_push(const struct ovs_action_push_tnl *data, struct flow_tnl *tnl,
              uint8_t *nw_proto)
{
    const struct ovl_class *class = ovl_class_from_vport_type(data->tnl_type);
    const struct eth_header *eth = (const struct eth_header *) data->header;
    const void *l3 = eth + 1;
    const void *l4;

    if (!class) {
        return false;
    }
    if (eth->eth_type == htons(ETH_TYPE_IP)) {
        const struct ip_header *ip = l3;

        tnl->ip_src = get_16aligned_be32(&ip->ip_src);
        tnl->ip_dst = get_16aligned_be32(&ip->ip_dst);
        tnl->ip_tos = ip->ip_tos;
        tnl->ip_ttl = ip->ip_ttl;
        l4 = ip + 1;
    } else {
        const struct ovs_16aligned_ip6_hdr *ip6 = l3;

        memcpy(&tnl->ipv6_src, &ip6->ip6_src, sizeof tnl->ipv6_src);
        memcpy(&tnl->ipv6_dst, &ip6->ip6_dst, sizeof tnl->ipv6_dst);
        tnl->ip_tos = ntohl(get_16aligned_be32(&ip6->ip6_flow)) >> 20;
        tnl->ip_ttl = ip6->ip6_hlim;
        l4 = ip6 + 1;
    }
    if (class->read_header) {
        class->read_header(l4, tnl);
    }
    *nw_proto = class->nw_proto;
    return true;
}

/* Returns true if 'actions', 'actions_len' bytes long, push one of our
 * headers, or one of Geneve whose options are those of each packet, or have a
 * limit for the size, which no hardware can do: it would send the header as it
 * is. */
bool
ovl_refuse_offload(const struct nlattr *actions, size_t actions_len)
{
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, actions_len) {
        if (nl_attr_type(a) == OVS_ACTION_ATTR_TUNNEL_PUSH) {
            const struct ovs_action_push_tnl *data = nl_attr_get(a);

            if (ovl_class_from_vport_type(data->tnl_type)
                || ovl_geneve_relays(data)
                || ovl_too_big_is_set(a)) {
                return true;
            }
        } else if (nl_attr_type(a) == OVS_ACTION_ATTR_CLONE
                   && ovl_refuse_offload(nl_attr_get(a),
                                         nl_attr_get_size(a))) {
            return true;
        }
    }
    return false;
}
