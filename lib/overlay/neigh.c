/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/neigh.h"

#include <errno.h>
#include <sys/types.h>
#include <netinet/in.h>
#include <netinet/icmp6.h>

#include "flow.h"
#include "packets.h"
#include "tnl-neigh-cache.h"

/* Returns true if 'dst' is 'addr' or its solicited-node multicast address. */
static bool
is_addressed_by(const struct in6_addr *addr, const struct in6_addr *dst)
{
    struct in6_addr solicited_node;

    in6_addr_solicited_node(&solicited_node, addr);
    return ipv6_addr_equals(dst, addr)
           || ipv6_addr_equals(dst, &solicited_node);
}

/* Returns true if 'flow', an ARP or ICMPv6 packet, is addressed to one of the
 * 'n_addrs' addresses 'addrs' of a port, which may be of both families. */
bool
ovl_neigh_is_reply_to(const struct flow *flow, const struct in6_addr *addrs,
                      size_t n_addrs)
{
    for (size_t i = 0; i < n_addrs; i++) {
        ovs_be32 ip = in6_addr_get_mapped_ipv4(&addrs[i]);

        if (is_arp(flow)
            ? ip && ip == flow->nw_dst
            : !ip && is_addressed_by(&addrs[i], &flow->ipv6_dst)) {
            return true;
        }
    }
    return false;
}

/* Returns true if ARP message 'flow' has a valid MAC address of its sender,
 * and is a reply to us ('is_reply') or a gratuitous ARP. */
static bool
is_arp_news(const struct flow *flow, struct flow_wildcards *wc, bool is_reply)
{
    WC_MASK_FIELD(wc, nw_proto);
    WC_MASK_FIELD(wc, arp_sha);
    return (is_garp(flow, wc) || (is_reply && flow->nw_proto == ARP_OP_REPLY))
           && !eth_addr_is_zero(flow->arp_sha)
           && !eth_addr_is_multicast(flow->arp_sha);
}

/* Returns true if neighbor advertisement 'flow' is valid by RFC 4861, section
 * 7.1.2, has a valid MAC address of the target, and is addressed to us
 * ('is_reply') or to all nodes.
 *
 * The hop limit shows that no router has forwarded it. */
static bool
is_nd_news(const struct flow *flow, struct flow_wildcards *wc, bool is_reply)
{
    WC_MASK_FIELD(wc, nw_ttl);
    WC_MASK_FIELD(wc, ipv6_dst);
    WC_MASK_FIELD(wc, nd_target);
    WC_MASK_FIELD(wc, arp_tha);
    WC_MASK_FIELD(wc, igmp_group_ip4);
    return flow->nw_ttl == 255
           && !ipv6_addr_is_multicast(&flow->nd_target)
           && !eth_addr_is_zero(flow->arp_tha)
           && !eth_addr_is_multicast(flow->arp_tha)
           && (is_reply
               || (ipv6_addr_equals(&flow->ipv6_dst, &in6addr_all_hosts)
                   && !(flow->igmp_group_ip4 & htonl(ND_RSO_SOLICITED))));
}

/* Returns true if advertisement 'flow' must update the neighbor cache entry of
 * its target in 'bridge'.  By RFC 4861, section 7.2.5, an unsolicited
 * advertisement does not create an entry, and without the Override flag does
 * not replace a MAC address.  A reply to us does both, as in upstream. */
static bool
nd_changes_neigh(const struct flow *flow, const char *bridge, bool is_reply)
{
    struct eth_addr mac;

    switch (tnl_neigh_lookup(bridge, &flow->nd_target, &mac, false)) {
    case 0:
        return is_reply
               || (flow->igmp_group_ip4 & htonl(ND_RSO_OVERRIDE))
               || eth_addr_equals(mac, flow->arp_tha);
    case EINPROGRESS:
        return true;
    default:
        return is_reply;
    }
}

/* Called when 'flow', which is not for a tunnel, is output to a port with an
 * address in 'bridge'.  'is_reply' is true if it is an ARP or ICMPv6 packet to
 * an address of the bridge.  If it is an ARP message or a neighbor
 * advertisement, returns true, and, if 'allow_update' is true, updates the
 * neighbor cache.
 *
 * Sets SLOW_ACTION in '*slow' so that each message that may update the cache
 * is translated: if an address moves to another host and back within seconds,
 * the datapath flow of the first message still exists. */
bool
ovl_neigh_hear(const struct flow *flow, struct flow_wildcards *wc,
               const char *bridge, bool is_reply, bool allow_update,
               enum slow_path_reason *slow)
{
    if (is_arp(flow)) {
        if (is_arp_news(flow, wc, is_reply)) {
            *slow |= SLOW_ACTION;
            if (allow_update) {
                struct in6_addr ip = in6_addr_mapped_ipv4(flow->nw_src);

                tnl_neigh_set(bridge, &ip, flow->arp_sha);
            }
        }
        return true;
    } else if (is_nd(flow, wc)
               && flow->tp_src == htons(ND_NEIGHBOR_ADVERT)) {
        if (is_nd_news(flow, wc, is_reply)) {
            *slow |= SLOW_ACTION;
            if (allow_update && nd_changes_neigh(flow, bridge, is_reply)) {
                tnl_neigh_set(bridge, &flow->nd_target, flow->arp_tha);
            }
        }
        return true;
    } else {
        return false;
    }
}
