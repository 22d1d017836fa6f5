/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_TEMPLATE_H
#define OVERLAY_TEMPLATE_H 1

/* What a tnl_push action tells beside the headers
 * ================================================
 *
 * A tnl_push action has a template: the bytes of the headers that go in front
 * of each packet.  What the push must know beyond these bytes is here, in
 * member 'ovl' of struct ovs_action_push_tnl.  If all of it is 0, the action
 * is one as upstream has it.
 *
 * Translation fills it in: ovl_finish_template().  The members that tell how
 * the bytes are to be read are part of the text of these, the others are what
 * ovl_format_template() prints and ovl_parse_template() parses. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "overlay/src-port.h"

/* What to do with packets that are too big: too-big.h. */
struct ovl_too_big_limit {
    ovs_32aligned_be64 tun_id;  /* Of packets from the peer. */
    ovs_32aligned_be64 tenant;  /* What tells the port's tenants apart. */
    uint32_t port;              /* Of struct ovl_too_big_port. */
    uint16_t mtu;               /* Longest outer IP packet, in bytes. */
    uint8_t mode;               /* OVL_TOO_BIG_*, SEND for no limit. */
    bool has_key;               /* Is there a 'tun_id'? */
};

struct ovl_template {
    struct ovl_too_big_limit too_big;

    /* Choice of the source port, if the template's is 0: src-port.h. */
    struct ovl_src_port src_port;

    /* STT: largest payload of a TCP segment, in bytes. */
    uint16_t segsz;

    /* How the bytes are to be read. */

    /* L2TPv3: what the session's header consists of, L2TP_L_*. */
    uint16_t layout;

    /* Geneve: are the options changes of those that each packet comes with?
     * If so, 'set_len' bytes of options to set come before the headers of
     * those to delete. */
    bool relay;
    uint16_t set_len;
};

#endif /* overlay/template.h */
