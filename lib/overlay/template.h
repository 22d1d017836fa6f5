/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_TEMPLATE_H
#define OVERLAY_TEMPLATE_H 1

/* Parameters of a tnl_push action beyond the headers
 * ==================================================
 *
 * A tnl_push action has a template: the bytes of the headers to push onto each
 * packet.  The parameters of the push beyond these bytes are here, in member
 * 'ovl' of struct ovs_action_push_tnl.  If all of them are 0, the action works
 * as in upstream.
 *
 * ovl_finish_template() sets them during translation.  The members that
 * describe the layout of the bytes are part of the text of the headers.
 * ovl_format_template() prints the other members, and ovl_parse_template()
 * parses them. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"
#include "overlay/src-port.h"

/* Limit for packets that are too big, see too-big.h. */
struct ovl_too_big_limit {
    ovs_32aligned_be64 tun_id;  /* Of packets from the peer. */
    ovs_32aligned_be64 tenant;  /* Identifies a tenant of the port. */
    uint32_t port;              /* 'id' of struct ovl_too_big_port. */
    uint16_t mtu;               /* Longest outer IP packet, in bytes. */
    uint8_t mode;               /* OVL_TOO_BIG_*; SEND: no limit. */
    bool has_key;               /* Is there a 'tun_id'? */
};

struct ovl_template {
    struct ovl_too_big_limit too_big;

    /* Choice of the source port, if the template's is 0, see src-port.h. */
    struct ovl_src_port src_port;

    /* STT: largest payload of a TCP segment, in bytes. */
    uint16_t segsz;

    /* Layout of the bytes. */

    /* L2TPv3: layout of the session's header, L2TP_L_*. */
    uint16_t layout;

    /* Geneve: if 'relay' is true, the options are edits of those with which
     * each packet was received: 'set_len' bytes of options to set, then the
     * headers of options to delete. */
    bool relay;
    uint16_t set_len;
};

#endif /* overlay/template.h */
