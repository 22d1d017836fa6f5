/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-stamp-rx.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "dpif-netdev.h"
#include "dpif.h"
#include "entropy.h"
#include "flow.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "ofproto-dpif.h"
#include "openvswitch/ofpbuf.h"
#include "overlay/counters.h"
#include "overlay/oam-key.h"
#include "overlay/secret-hash.h"
#include "overlay/stamp.h"
#include "ovs-thread.h"
#include "packets.h"
#include "seq.h"
#include "timeval.h"
#include "util.h"

/* Maximum rates of packets received, per second: from a remote endpoint to one
 * address, and in all, of test packets and of answers each.  If this host
 * sends more than usual, or to many remote endpoints, more may arrive.  Pairs
 * of addresses share limits by hash. */
#define REMOTE_RATE 400
#define RATE 5000
#define N_LIMITS 4096

/* Time after which to try again to have the datapath drop packets, in
 * microseconds. */
#define DROP_INTERVAL 100000

/* The Ethertype in the key of a datapath flow that matches any: an
 * experimental one, since datapaths demand more of the key for those that they
 * know. */
#define DL_TYPE_ANY 0x88b5

/* Maximum number of packets that wait for the thread. */
#define MAX_WAITING 4096

static struct ovl_counter counters[] = {
    [OVL_STAMP_RX_REQUESTS] = {
        .name = "rx_requests",
        .meaning = "test packets received",
    },
    [OVL_STAMP_RX_REPLIES] = {
        .name = "rx_replies",
        .meaning = "answers received in time",
    },
    [OVL_STAMP_RX_LATE] = {
        .name = "rx_late",
        .meaning = "answers received that had been taken for lost",
    },
    [OVL_STAMP_RX_DUPLICATE] = {
        .name = "rx_duplicate",
        .meaning = "answers received before",
    },
    [OVL_STAMP_RX_NOT_OURS] = {
        .name = "rx_not_ours",
        .meaning = "answers to what was not sent",
    },
    [OVL_STAMP_RX_OTHER] = {
        .name = "rx_other",
        .meaning = "not test packets",
    },
    [OVL_STAMP_RX_TTL] = {
        .name = "rx_ttl",
        .meaning = "test packets with a TTL other than 255",
    },
    [OVL_STAMP_RX_MALFORMED] = {
        .name = "rx_malformed",
        .meaning = "test packets with a wrong length or checksum",
    },
    [OVL_STAMP_RX_HMAC] = {
        .name = "rx_hmac",
        .meaning = "test packets with a wrong HMAC",
    },
    [OVL_STAMP_RX_LIMITED] = {
        .name = "rx_limited",
        .meaning = "over the rate limit",
    },
    [OVL_STAMP_RX_NO_PORT] = {
        .name = "rx_no_port",
        .meaning = "test packets for which no port can send an answer",
    },
    [OVL_STAMP_TX_REQUESTS] = {
        .name = "tx_requests",
        .meaning = "test packets sent",
    },
    [OVL_STAMP_TX_REPLIES] = {
        .name = "tx_replies",
        .meaning = "answers sent",
    },
    [OVL_STAMP_TX_ERRORS] = {
        .name = "tx_errors",
        .meaning = "could not be sent",
    },
};

/* Packets that wait for the thread, and their number, with those that are
 * about to. */
static struct ovs_mutex rx_mutex = OVS_MUTEX_INITIALIZER;
static struct ovs_list waiting OVS_GUARDED_BY(rx_mutex)
    = OVS_LIST_INITIALIZER(&waiting);
static size_t n_waiting OVS_GUARDED_BY(rx_mutex);
static unsigned int rx_rate OVS_GUARDED_BY(rx_mutex) = RATE;
static struct seq *rx_seq;

/* Returns the time in microseconds, for sessions. */
int64_t
ovl_stamp_clock(void)
{
    struct timespec ts;

    xclock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

/* Returns the counters, and stores their number in '*n'. */
struct ovl_counter *
ovl_stamp_counters(size_t *n)
{
    *n = ARRAY_SIZE(counters);
    return counters;
}

void
ovl_stamp_count(enum ovl_stamp_counter counter)
{
    ovl_count(&counters[counter]);
}

/* To be called before there is a key. */
void
ovl_stamp_rx_init(void)
{
    rx_seq = seq_create();
}

/* Makes 'rate' the maximum number of test packets per second, and of answers,
 * unless it is less than the least one. */
void
ovl_stamp_rx_set_rate(unsigned int rate)
{
    ovs_mutex_lock(&rx_mutex);
    rx_rate = MIN(MAX(RATE, rate), 1000000);
    ovs_mutex_unlock(&rx_mutex);
}

/* Returns true if another packet from 'src' to 'dst' at 'now', which may be an
 * answer, is within the limits.  If not, stores in '*drop' whether to have the
 * datapath drop such packets: if there are more than from one remote endpoint,
 * and that was not tried a moment ago. */
static bool
is_allowed(const struct in6_addr *src, const struct in6_addr *dst,
           bool is_answer, int64_t now, bool *drop)
    OVS_REQUIRES(rx_mutex)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;
    static uint64_t secrets[9];
    static int64_t due[N_LIMITS], due_drop[N_LIMITS], due_all[2];
    int64_t *remote, *all = &due_all[is_answer];
    uint32_t words[8], slot;

    if (ovsthread_once_start(&once)) {
        get_entropy_or_die(secrets, sizeof secrets);
        ovsthread_once_done(&once);
    }
    memcpy(words, src, sizeof *src);
    memcpy(words + 4, dst, sizeof *dst);
    slot = secret_hash(secrets, words, 8) % N_LIMITS;
    remote = &due[slot];

    /* Each may be a second ahead. */
    if (*remote > now + 1000000) {
        *drop = now >= due_drop[slot];
        if (*drop) {
            due_drop[slot] = now + DROP_INTERVAL;
        }
        return false;
    } else if (*all > now + 1000000) {
        *drop = false;
        return false;
    }
    *remote = MAX(*remote, now) + 1000000 / REMOTE_RATE;
    *all = MAX(*all, now) + 1000000 / rx_rate;
    return true;
}

/* Has the datapath of 'backer' drop the packets with the port, key and outer
 * addresses of 'received', until revalidation deletes the datapath flow. */
static void
drop_in_datapath(const struct dpif_backer *backer, const struct flow *received)
{
    struct odputil_keybuf key_stub, mask_stub;
    struct flow_wildcards wc;
    struct flow key_flow, *flow = &key_flow;
    struct odp_flow_key_parms parms = {
        .flow = flow,
        .mask = &wc.masks,
        .support = backer->rt_support.odp,
    };
    struct ofpbuf key, mask;
    ovs_u128 ufid;

    /* Whatever is inside.  The datapaths match on the presence of VLAN tags,
     * the one in userspace on their IDs. */
    memset(flow, 0, sizeof *flow);
    flow->tunnel = received->tunnel;
    memset(&flow->tunnel.metadata, 0, sizeof flow->tunnel.metadata);
    flow->tunnel.flags &= FLOW_TNL_F_KEY;
    flow->in_port = received->in_port;
    flow->recirc_id = received->recirc_id;
    flow->packet_type = received->packet_type;
    flow->dl_type = htons(DL_TYPE_ANY);
    memcpy(flow->vlans, received->vlans, sizeof flow->vlans);

    flow_wildcards_init_catchall(&wc);
    for (int i = 0; i < FLOW_MAX_VLAN_HEADERS; i++) {
        wc.masks.vlans[i].tci = flow->vlans[i].tci & htons(VLAN_CFI);
    }
    WC_MASK_FIELD(&wc, recirc_id);
    WC_MASK_FIELD(&wc, in_port);
    WC_MASK_FIELD(&wc, tunnel.tun_id);
    if (flow->tunnel.ip_dst) {
        WC_MASK_FIELD(&wc, tunnel.ip_src);
        WC_MASK_FIELD(&wc, tunnel.ip_dst);
    } else {
        WC_MASK_FIELD(&wc, tunnel.ipv6_src);
        WC_MASK_FIELD(&wc, tunnel.ipv6_dst);
    }

    ofpbuf_use_stack(&key, &key_stub, sizeof key_stub);
    odp_flow_key_from_flow(&parms, &key);
    parms.key_buf = &key;
    ofpbuf_use_stack(&mask, &mask_stub, sizeof mask_stub);
    odp_flow_key_from_mask(&parms, &mask);
    odp_flow_key_hash(key.data, key.size, &ufid);
    dpif_flow_put(backer->dpif, DPIF_FP_CREATE, key.data, key.size,
                  mask.data, mask.size, NULL, 0, &ufid, PMD_ID_NULL, NULL);
}

/* Takes 'packet' with 'flow', which 'backer' has received and found no
 * datapath flow for, if it has the key of OAM.  Returns true if so; then
 * nothing else must be done with it. */
bool
ovl_stamp_receive(const struct dpif_backer *backer, const struct flow *flow,
                  const struct dp_packet *packet)
{
    const struct flow_tnl *tnl = &flow->tunnel;
    struct ovl_stamp_rx *rx;
    struct in6_addr src, dst;
    bool allowed, drop = false;
    int64_t now;

    if (!ovl_oam_has_key(tnl) || !flow_tnl_dst_is_set(tnl)) {
        return false;
    }
    now = ovl_stamp_clock();
    src = flow_tnl_src(tnl);
    dst = flow_tnl_dst(tnl);
    ovs_mutex_lock(&rx_mutex);
    allowed = (n_waiting < MAX_WAITING
               && is_allowed(&src, &dst, ovl_stamp_is_reply(packet), now,
                             &drop));
    n_waiting += allowed;
    ovs_mutex_unlock(&rx_mutex);
    if (!allowed) {
        ovl_stamp_count(OVL_STAMP_RX_LIMITED);
        if (drop) {
            drop_in_datapath(backer, flow);
        }
        return true;
    }

    rx = xzalloc(sizeof *rx);
    rx->is_netdev = dpif_is_netdev(backer->dpif);
    rx->odp_port = flow->in_port.odp_port;
    rx->src = src;
    rx->dst = dst;
    rx->tp_src = ntohs(tnl->tp_src);
    rx->when = now;
    rx->stamp = ovl_stamp_now();
    rx->packet = dp_packet_clone_data(dp_packet_data(packet),
                                      dp_packet_size(packet));

    ovs_mutex_lock(&rx_mutex);
    ovs_list_push_back(&waiting, &rx->node);
    ovs_mutex_unlock(&rx_mutex);
    seq_change(rx_seq);
    return true;
}

/* Returns true if packets of a datapath flow, whose key is the 'key_len' bytes
 * 'key', have the key of OAM.  Then revalidation must delete it: it is by
 * drop_in_datapath(), or older than the configuration. */
bool
ovl_stamp_has_key(const struct nlattr *key, size_t key_len)
{
    uint64_t oam_key = ovl_oam_key();
    const struct nlattr *a;

    if (OVS_LIKELY(!oam_key)) {
        return false;
    }
    a = nl_attr_find__(key, key_len, OVS_KEY_ATTR_TUNNEL);
    a = a ? nl_attr_find_nested(a, OVS_TUNNEL_KEY_ATTR_ID) : NULL;
    return a && nl_attr_get_be64(a) == htonll(oam_key);
}

/* A datapath flow without actions, whose key is the 'key_len' bytes 'key', has
 * been deleted.  If its packets have the key of OAM, counts these 'n' packets
 * and returns true. */
bool
ovl_stamp_flow_deleted(const struct nlattr *key, size_t key_len, uint64_t n)
{
    if (!ovl_stamp_has_key(key, key_len)) {
        return false;
    }
    ovl_count_n(&counters[OVL_STAMP_RX_LIMITED], n);
    return true;
}

/* Returns the packet that has waited longest, or NULL if none waits.  The
 * caller must free it with ovl_stamp_rx_free(). */
struct ovl_stamp_rx *
ovl_stamp_rx_pop(void)
{
    struct ovl_stamp_rx *rx = NULL;

    ovs_mutex_lock(&rx_mutex);
    if (!ovs_list_is_empty(&waiting)) {
        rx = CONTAINER_OF(ovs_list_pop_front(&waiting), struct ovl_stamp_rx,
                          node);
        n_waiting--;
    }
    ovs_mutex_unlock(&rx_mutex);
    return rx;
}

void
ovl_stamp_rx_free(struct ovl_stamp_rx *rx)
{
    dp_packet_delete(rx->packet);
    free(rx);
}

/* Returns the time when the packet arrived that has waited longest, or
 * INT64_MAX if none waits. */
int64_t
ovl_stamp_rx_since(void)
{
    int64_t since = INT64_MAX;

    ovs_mutex_lock(&rx_mutex);
    if (!ovs_list_is_empty(&waiting)) {
        since = CONTAINER_OF(ovs_list_front(&waiting), struct ovl_stamp_rx,
                             node)->when;
    }
    ovs_mutex_unlock(&rx_mutex);
    return since;
}

/* Returns a number that is another one when packets have arrived. */
uint64_t
ovl_stamp_rx_seq(void)
{
    return seq_read(rx_seq);
}

/* Causes poll_block() to return when packets have arrived since
 * ovl_stamp_rx_seq() returned 'seq'. */
void
ovl_stamp_rx_wait(uint64_t seq)
{
    seq_wait(rx_seq, seq);
}
