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
#include "overlay/src-port.h"
#include "overlay/template.h"
#include "overlay/too-big.h"
#include "packets.h"
#include "util.h"

/* If 'data' has a header of an overlay type, appends the text of its 'size'
 * bytes from 'l4' on to 's', as the end of the header() of a tnl_push action,
 * and returns true. */
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

/* Clears the template in 'data'.  If 's' + '*n' is the text of one of our
 * headers, parses it into 'l4' in 'data', adds its length to '*n', stores the
 * length of all headers in '*header_len' and the class's 'vport_type' in
 * '*vport_type' (OVS_VPORT_TYPE_UNSPEC if the text is invalid), and returns
 * true. */
bool
ovl_parse_push(const char *s, int *n, struct ovs_action_push_tnl *data,
               void *l4, uint32_t *vport_type, uint32_t *header_len)
{
    memset(&data->ovl, 0, sizeof data->ovl);
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

/* Appends the text of the members of 'template' that are not part of the text
 * of the headers to 's', after header() in the text of a tnl_push action. */
void
ovl_format_template(const struct ovl_template *template, struct ds *s)
{
    const struct ovl_too_big_limit *limit = &template->too_big;
    const struct ovl_src_port *src_port = &template->src_port;

    if (src_port->keep && src_port->min) {
        ds_put_format(s, ",src_port(keep,range=%"PRIu16"-%"PRIu16")",
                      src_port->min, src_port->max);
    } else if (src_port->keep) {
        ds_put_cstr(s, ",src_port(keep)");
    } else if (src_port->min) {
        ds_put_format(s, ",src_port(range=%"PRIu16"-%"PRIu16")",
                      src_port->min, src_port->max);
    }
    if (template->segsz) {
        ds_put_format(s, ",segsz(%"PRIu16")", template->segsz);
    }
    if (limit->mode) {
        ovs_be64 tun_id = get_32aligned_be64(&limit->tun_id);
        ovs_be64 tenant = get_32aligned_be64(&limit->tenant);

        ds_put_format(s, ",too_big(%s,mtu=%"PRIu16,
                      ovl_too_big_mode_to_string(limit->mode), limit->mtu);
        if (limit->has_key) {
            ds_put_format(s, ",tun_id=0x%"PRIx64, ntohll(tun_id));
        }
        if (tenant != tun_id) {
            ds_put_format(s, ",tenant=0x%"PRIx64, ntohll(tenant));
        }
        ds_put_format(s, ",counters=%"PRIu32")", limit->port);
    }
}

/* Parses the rest of a source port's text, after ",src_port(", at 's' + '*n'
 * into 'src_port'.  Returns false if it is wrong. */
static bool
parse_src_port(const char *s, int *n, struct ovl_src_port *src_port)
{
    src_port->keep = ovs_scan_len(s, n, "keep");
    if (src_port->keep && ovs_scan_len(s, n, ")")) {
        return true;
    }
    return (ovs_scan_len(s, n, src_port->keep
                         ? ",range=%"SCNu16"-%"SCNu16")"
                         : "range=%"SCNu16"-%"SCNu16")",
                         &src_port->min, &src_port->max)
            && src_port->min && src_port->min <= src_port->max);
}

/* Parses the rest of a limit's text, after ",too_big(", at 's' + '*n' into
 * 'limit'.  Returns false if it is wrong. */
static bool
parse_limit(const char *s, int *n, struct ovl_too_big_limit *limit)
{
    uint64_t tun_id = 0, tenant;
    unsigned int mtu;
    char mode[8];

    if (!ovs_scan_len(s, n, "%7[a-z],mtu=%u", mode, &mtu) || mtu > UINT16_MAX
        || !ovl_too_big_mode_from_string(mode, &limit->mode) || !limit->mode) {
        return false;
    }
    limit->mtu = mtu;
    limit->has_key = ovs_scan_len(s, n, ",tun_id=0x%"SCNx64, &tun_id);
    if (!ovs_scan_len(s, n, ",tenant=0x%"SCNx64, &tenant)) {
        tenant = tun_id;
    }
    put_32aligned_be64(&limit->tun_id, htonll(tun_id));
    put_32aligned_be64(&limit->tenant, htonll(tenant));
    return ovs_scan_len(s, n, ",counters=%"SCNu32")", &limit->port);
}

/* The inverse of ovl_format_template(): parses the text at 's' + '*n', which
 * may be absent, into 'template', in which these members are 0, and adds its
 * length to '*n'.  Returns false if the text is invalid. */
bool
ovl_parse_template(const char *s, int *n, struct ovl_template *template)
{
    return ((!ovs_scan_len(s, n, ",src_port(")
             || parse_src_port(s, n, &template->src_port))
            && (!ovs_scan_len(s, n, ",segsz(")
                || ovs_scan_len(s, n, "%"SCNu16")", &template->segsz))
            && (!ovs_scan_len(s, n, ",too_big(")
                || parse_limit(s, n, &template->too_big)));
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

/* Returns the 'tnl_type' in tnl_push actions for 'netdev', or 0 if it is not a
 * port of one of our classes. */
uint32_t
ovl_to_vport_type(const struct netdev *netdev)
{
    const struct ovl_class *class = ovl_class_from_netdev(netdev);

    return class ? class->vport_type : 0;
}

/* If 'data' has a header of an overlay type, reads its addresses, TOS, TTL,
 * ports and key into 'tnl', stores its IP protocol in '*nw_proto', and returns
 * true. */
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

/* Returns true if 'actions', 'actions_len' bytes long, push a header of an
 * overlay type, or one whose template has more than the header's bytes.
 * Hardware would send these bytes unchanged. */
bool
ovl_refuse_offload(const struct nlattr *actions, size_t actions_len)
{
    const struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH_UNSAFE (a, left, actions, actions_len) {
        if (nl_attr_type(a) == OVS_ACTION_ATTR_TUNNEL_PUSH) {
            const struct ovs_action_push_tnl *data = nl_attr_get(a);

            if (ovl_class_from_vport_type(data->tnl_type)
                || !is_all_zeros(&data->ovl, sizeof data->ovl)) {
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
