/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-account.h"

#include <string.h>

#include "dp-packet.h"
#include "dpif-netdev.h"
#include "dpif.h"
#include "flow.h"
#include "netdev.h"
#include "odp-netlink.h"
#include "ofproto-dpif-xlate.h"
#include "ofproto-dpif.h"
#include "packets.h"

/* Bytes of a VLAN tag and of an MPLS label stack entry. */
#define TAG_LEN 4

/* Reasons for the slow path by which the switch itself takes a packet. */
#define SLOW_TAKEN (SLOW_PATH_REASON_MASK & ~(SLOW_ACTION | SLOW_MATCH))

/* Does the periodic work: removes old accounts, and has all flows translated
 * again if that changes what they count. */
void
ovl_account_ofproto_run(void)
{
    if (ovl_account_config_changed()) {
        struct shash_node *node;

        SHASH_FOR_EACH (node, &all_dpif_backers) {
            struct dpif_backer *backer = node->data;

            backer->need_revalidate = REV_RECONFIGURE;
        }
    }
    ovl_account_run();
}

/* Returns the bytes of those headers of 'flow' that actions push and pop. */
static int
headers_len(const struct flow *flow)
{
    int len = flow->packet_type == htonl(PT_ETH) ? ETH_HEADER_LEN : 0;

    for (size_t i = 0; i < FLOW_MAX_VLAN_HEADERS; i++) {
        if (flow->vlans[i].tci & htons(VLAN_CFI)) {
            len += TAG_LEN;
        }
    }
    return len + TAG_LEN * flow_count_mpls_labels(flow, NULL);
}

/* Returns the bytes of the frame that 'xin' is translating, as actions have
 * left it, less those of the packet in the datapath flow. */
static int
frame_delta(const struct xlate_in *xin, int pushed)
{
    return headers_len(&xin->flow) - headers_len(xin->upcall_flow) + pushed;
}

/* Returns the bytes by which the packet with a tunnel header in 'template' is
 * longer than the packet in the datapath flow, less those that headers_len()
 * will return for it.  'pushed' is the same before, for 'inner'. */
int
ovl_account_pushed(int pushed, const struct flow *inner,
                   const struct ovs_action_push_tnl *template)
{
    return pushed + headers_len(inner) + template->header_len - ETH_HEADER_LEN;
}

/* Types whose packets always have a key, and the number of its bits. */
static const struct {
    const char *type;
    int bits;
} keyed_types[] = {
    {"vxlan", 24}, {"geneve", 24}, {"nvgre", 24}, {"l2tpv3", 32},
    {"gtpu", 32}, {"stt", 64},
};

/* Makes 'key' that of 'netdev', a tunnel port, and 'tnl', with remote address
 * 'remote'. */
static void
make_key(struct ovl_account_key *key, const struct netdev *netdev,
         const struct flow_tnl *tnl, struct in6_addr remote)
{
    const char *type = netdev_get_type(netdev);
    bool has_tenant = tnl->flags & FLOW_TNL_F_KEY;
    uint64_t tenant = has_tenant ? ntohll(tnl->tun_id) : 0;

    for (size_t i = 0; i < ARRAY_SIZE(keyed_types); i++) {
        if (!strcmp(type, keyed_types[i].type)) {
            has_tenant = true;
            tenant &= UINT64_MAX >> (64 - keyed_types[i].bits);
            break;
        }
    }
    *key = (struct ovl_account_key) {
        .kind = OVL_ACCOUNT_CELL,
        .name = netdev_get_name(netdev),
        .type = type,
        .has_tenant = has_tenant,
        .tenant = htonll(tenant),
        .remote = remote,
    };
}

/* Adds to 'xout' an entry for the account for 'key', on which the packets of
 * the datapath flow that 'xin' is translating have the effect 'event', with
 * 'delta' bytes more.  Not for "ofproto/trace". */
static void
add_entry(struct xlate_out *xout, const struct xlate_in *xin,
          const struct ovl_account_key *key, enum ovl_account_event event,
          int delta)
{
    if (!xin->trace) {
        ovl_account_list_add(&xout->accounts, key, event, delta);
    }
}

/* The datapath flow that 'xin' is translating into 'xout' sends its packets to
 * the tunnel port 'netdev'. */
void
ovl_account_sent(struct xlate_out *xout, const struct xlate_in *xin,
                 const struct netdev *netdev, int pushed)
{
    const struct flow_tnl *tnl = &xin->flow.tunnel;
    struct ovl_account_key key;

    make_key(&key, netdev, tnl, flow_tnl_dst(tnl));
    add_entry(xout, xin, &key, OVL_ACCOUNT_TX, frame_delta(xin, pushed));
}

/* The datapath flow that 'xin' is translating into 'xout' has its packets
 * counted in 'bridge' by a "sample" action with collector set 'set',
 * observation domain 'domain' and observation point 'point'. */
void
ovl_account_edge(struct xlate_out *xout, const struct xlate_in *xin,
                 const char *bridge, uint32_t set, uint32_t domain,
                 uint32_t point, int pushed)
{
    const struct ovl_account_key key = {
        .kind = OVL_ACCOUNT_EDGE,
        .name = bridge,
        .set = set,
        .domain = domain,
        .point = point,
    };

    add_entry(xout, xin, &key, OVL_ACCOUNT_RX, frame_delta(xin, pushed));
}

/* Translation of 'xin' into 'xout' ends.  'tunnel' is the tunnel port that the
 * packets are from, or NULL.  Because of an 'error', they are dropped.
 * Otherwise, they are if no output was translated, 'has_output' is false, and
 * nothing else follows. */
void
ovl_account_translated(struct xlate_out *xout, const struct xlate_in *xin,
                       const struct netdev *tunnel, bool error,
                       bool has_output)
{
    if (error) {
        ovl_account_list_clear(&xout->accounts);
    }
    if (tunnel && !xin->in_packet_out) {
        const struct flow_tnl *tnl = &xin->upcall_flow->tunnel;
        struct ovl_account_key key;

        make_key(&key, tunnel, tnl, flow_tnl_src(tnl));
        if (!xin->frozen_state) {
            add_entry(xout, xin, &key, OVL_ACCOUNT_RX, 0);
        }
        if (error || (!has_output && !xout->recircs.n_recircs
                      && !(xout->slow & SLOW_TAKEN))) {
            add_entry(xout, xin, &key, OVL_ACCOUNT_RX_DROP, 0);
        }
    }

    /* The packet of an upcall, and one of a controller, is not in the
     * statistics of a datapath flow. */
    if (xin->packet && (xin->resubmit_stats || xin->xcache)) {
        ovl_account_list_count(&xout->accounts, 1,
                               dp_packet_size(xin->packet));
    }
}

/* A datapath flow with 'accounts' was found in 'dpif', by the first dump or a
 * later one.  If it is from before ovs-vswitchd started, which the first dump
 * finds in the kernel datapath, its packets so far do not count.  Otherwise
 * all of its packets are yet to be counted. */
void
ovl_account_found(struct ovl_flow_accounts *accounts, const struct dpif *dpif,
                  bool first_dump)
{
    accounts->adopt = !first_dump || dpif_is_netdev(dpif);
}

/* A datapath flow with 'accounts' and 'stats' was found, and deleted before it
 * was translated.  Counts its packets for 'translated', the accounts of a
 * translation afterward. */
void
ovl_account_untranslated(struct ovl_flow_accounts *accounts,
                         const struct ovl_account_list *translated,
                         const struct dpif_flow_stats *stats)
{
    if (accounts->adopt) {
        ovl_account_list_count(translated, stats->n_packets, stats->n_bytes);
        accounts->adopt = false;
    }
}

/* A datapath flow with 'stats' and 'accounts' was translated again, or not,
 * and its actions stay the 'same' after that translation, or not. */
void
ovl_account_revalidated(struct ovl_flow_accounts *accounts,
                        const struct dpif_flow_stats *stats, bool same)
{
    /* The kernel may encode the actions of a flow in another way than we did,
     * so even if they are not the same, they have the same accounts. */
    if (accounts->adopt) {
        ovl_flow_accounts_adopt(accounts);
        accounts->adopt = false;
    }
    ovl_flow_accounts_settle(accounts, stats);
    if (same) {
        ovl_flow_accounts_replace(accounts);
    }
}

/* 'op' is about to change the actions of a datapath flow with 'accounts'.  Has
 * it read the flow's statistics into 'stats'. */
void
ovl_account_modify(const struct ovl_flow_accounts *accounts,
                   struct dpif_op *op, struct dpif_flow_stats *stats)
{
    if (accounts->now.n || accounts->next.n) {
        memset(stats, 0, sizeof *stats);
        op->flow_put.stats = stats;
    }
}

/* 'op' has changed the actions of a datapath flow with 'accounts', or deleted
 * it, or failed. */
void
ovl_account_op_done(struct ovl_flow_accounts *accounts,
                    const struct dpif_op *op)
{
    if (op->type == DPIF_OP_FLOW_DEL) {
        ovl_account_rest_settle(&op->flow_del, op->error);
    } else if (op->type == DPIF_OP_FLOW_PUT && !op->error) {
        if (op->flow_put.stats) {
            ovl_flow_accounts_settle(accounts, op->flow_put.stats);
        }
        ovl_flow_accounts_replace(accounts);
    }
}
