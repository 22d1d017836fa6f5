/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/fdb-kernel.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "netlink-notifier.h"
#include "netlink-socket.h"
#include "netlink.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* Parses 'buf', a message of rtnetlink, into '*neigh'.  Returns false if it is
 * not about an entry of a forwarding database. */
bool
ovl_fdb_neigh_parse(const struct ofpbuf *buf, struct ovl_fdb_neigh *neigh)
{
    static const struct nl_policy policy[] = {
        [NDA_DST] = { .type = NL_A_UNSPEC, .optional = true,
                      .min_len = sizeof(ovs_be32),
                      .max_len = sizeof(struct in6_addr) },
        [NDA_LLADDR] = { .type = NL_A_UNSPEC, .min_len = ETH_ADDR_LEN,
                         .max_len = ETH_ADDR_LEN },
        [NDA_PORT] = { .type = NL_A_BE16, .optional = true },
        [NDA_VNI] = { .type = NL_A_U32, .optional = true },
        [NDA_SRC_VNI] = { .type = NL_A_U32, .optional = true },
    };
    struct nlattr *attrs[ARRAY_SIZE(policy)];
    const struct nlmsghdr *nlmsg;
    const struct ndmsg *ndm;

    if (buf->size < NLMSG_HDRLEN + sizeof *ndm) {
        return false;
    }
    nlmsg = buf->data;
    ndm = ofpbuf_at(buf, NLMSG_HDRLEN, sizeof *ndm);
    if ((nlmsg->nlmsg_type != RTM_NEWNEIGH
         && nlmsg->nlmsg_type != RTM_DELNEIGH)
        || ndm->ndm_family != AF_BRIDGE
        || !nl_policy_parse(buf, NLMSG_HDRLEN + sizeof *ndm, policy, attrs,
                            ARRAY_SIZE(policy))) {
        return false;
    }

    memset(neigh, 0, sizeof *neigh);
    neigh->deleted = nlmsg->nlmsg_type == RTM_DELNEIGH;
    neigh->ifindex = ndm->ndm_ifindex;
    neigh->state = ndm->ndm_state;
    memcpy(&neigh->mac, nl_attr_get(attrs[NDA_LLADDR]), sizeof neigh->mac);
    if (attrs[NDA_DST]) {
        size_t size = nl_attr_get_size(attrs[NDA_DST]);

        if (size == sizeof(ovs_be32)) {
            in6_addr_set_mapped_ipv4(&neigh->remote,
                                     nl_attr_get_be32(attrs[NDA_DST]));
        } else if (size == sizeof neigh->remote) {
            neigh->remote = nl_attr_get_in6_addr(attrs[NDA_DST]);
        }
    }
    neigh->usable = (ipv6_addr_is_set(&neigh->remote)
                     && !attrs[NDA_PORT] && !attrs[NDA_VNI]
                     && !attrs[NDA_SRC_VNI]);
    return true;
}

/* Implements nln_parse_func for ovl_fdb_neigh_parse().  Other messages, such
 * as those about neighbors in IP, are about device 0. */
static int
parse(struct ofpbuf *buf, void *neigh_)
{
    struct ovl_fdb_neigh *neigh = neigh_;

    if (!ovl_fdb_neigh_parse(buf, neigh)) {
        neigh->ifindex = 0;
    }
    return RTNLGRP_NEIGH;
}

/* Implements nln_notify_func.  'func' points to an ovl_fdb_neigh_func. */
static void
notify(const void *neigh, void *func)
{
    (*(ovl_fdb_neigh_func **) func)(neigh, NULL);
}

/* Calls 'func', always the same function, for each change since the last call,
 * and with NULL if some may be missing.  Wakes up the main thread when there
 * is one. */
void
ovl_fdb_kernel_run(ovl_fdb_neigh_func *func_)
{
    static struct ovl_fdb_neigh neigh;
    static ovl_fdb_neigh_func *func;
    static struct nln *nln;

    if (!nln) {
        func = func_;
        nln = nln_create(NETLINK_ROUTE, parse, &neigh);
        if (!nln_notifier_create(nln, RTNLGRP_NEIGH, notify, &func)) {
            nln_destroy(nln);
            nln = NULL;
            func(NULL, NULL);
            return;
        }
    }
    nln_run(nln);
    nln_wait(nln);
}

/* Calls 'func' with 'aux' for each entry of the device 'ifindex'.  Returns 0
 * or a positive errno value. */
int
ovl_fdb_kernel_dump(int ifindex, ovl_fdb_neigh_func *func, void *aux)
{
    uint64_t stub[NL_DUMP_BUFSIZE / 8];
    struct ofpbuf request, reply, buf;
    struct nl_dump dump;
    struct ndmsg *ndm;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, sizeof *ndm, RTM_GETNEIGH, NLM_F_REQUEST);
    ndm = ofpbuf_put_zeros(&request, sizeof *ndm);
    ndm->ndm_family = AF_BRIDGE;
    ndm->ndm_ifindex = ifindex; /* Linux before 5.0 ignores that. */
    nl_dump_start(&dump, NETLINK_ROUTE, &request);
    ofpbuf_uninit(&request);

    ofpbuf_use_stub(&buf, stub, sizeof stub);
    while (nl_dump_next(&dump, &reply, &buf)) {
        struct ovl_fdb_neigh neigh;

        if (ovl_fdb_neigh_parse(&reply, &neigh) && neigh.ifindex == ifindex) {
            func(&neigh, aux);
        }
    }
    ofpbuf_uninit(&buf);
    return nl_dump_done(&dump);
}

/* Adds an entry for 'mac' to the forwarding database of the Linux bridge that
 * the device 'ifindex' is a port of, if 'add', or deletes it.  Returns 0 or a
 * positive errno value. */
int
ovl_fdb_kernel_change(int ifindex, struct eth_addr mac, bool add)
{
    struct ofpbuf request;
    struct ndmsg *ndm;
    int error;

    ofpbuf_init(&request, 0);
    nl_msg_put_nlmsghdr(&request, 0, add ? RTM_NEWNEIGH : RTM_DELNEIGH,
                        NLM_F_REQUEST | NLM_F_ACK
                        | (add ? NLM_F_CREATE | NLM_F_REPLACE : 0));
    ndm = ofpbuf_put_zeros(&request, sizeof *ndm);
    ndm->ndm_family = AF_BRIDGE;
    ndm->ndm_ifindex = ifindex;
    ndm->ndm_state = NUD_NOARP;
    ndm->ndm_flags = NTF_MASTER;
    nl_msg_put_unspec(&request, NDA_LLADDR, &mac, sizeof mac);
    error = nl_transact(NETLINK_ROUTE, &request, NULL);
    ofpbuf_uninit(&request);
    return error;
}
