/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Text of tnl_push actions.  The first byte of the input tells what the rest
 * is:
 *
 *     t    Text in place of the outer TCP and STT headers, in an action that
 *          is right otherwise.
 *     a    Text behind "tnl_push(".
 *     b    Bytes of the headers.
 *
 * What can be parsed must be formatted as text that parses to the same. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofpbuf.h"
#include "simap.h"
#include "tnl-provider.h"

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return 0;
}

/* Returns true if 'actions' is an STT tnl_push action and nothing else. */
static bool
is_stt_push(const struct ofpbuf *actions)
{
    const struct nlattr *a = actions->data;
    const struct ovs_action_push_tnl *push;

    if (!actions->size || nl_attr_type(a) != OVS_ACTION_ATTR_TUNNEL_PUSH
        || NLA_ALIGN(a->nla_len) != actions->size) {
        return false;
    }
    push = nl_attr_get(a);
    return push->tnl_type == tnl_stt_class.vport_type;
}

static void
test_actions(const char *text)
{
    struct hmap names = HMAP_INITIALIZER(&names);
    struct ofpbuf actions, actions2;
    struct ds s = DS_EMPTY_INITIALIZER;

    ofpbuf_init(&actions, 0);
    ofpbuf_init(&actions2, 0);
    if (!odp_actions_from_string(text, NULL, &actions)
        && is_stt_push(&actions)) {
        format_odp_actions(&s, actions.data, actions.size, &names);
        ovs_assert(!odp_actions_from_string(ds_cstr(&s), NULL, &actions2));
        ovs_assert(actions.size == actions2.size
                   && !memcmp(actions.data, actions2.data, actions.size));
    }
    ofpbuf_uninit(&actions);
    ofpbuf_uninit(&actions2);
    ds_destroy(&s);
    hmap_destroy(&names);
}

static void
test_bytes(const uint8_t *data, size_t size)
{
    struct ds s = DS_EMPTY_INITIALIZER, s2 = DS_EMPTY_INITIALIZER;
    uint8_t parsed[TNL_PUSH_HEADER_SIZE];
    void *copy = xmemdup(data, size);
    size_t parsed_size;

    tnl_stt_class.format(NULL, copy, size, &s);
    if (tnl_stt_class.parse(ds_cstr(&s), NULL, parsed, &parsed_size) > 0) {
        ovs_assert(parsed_size <= size);
        tnl_stt_class.format(NULL, parsed, parsed_size, &s2);
        ovs_assert(!strcmp(ds_cstr(&s), ds_cstr(&s2)));
    } else {
        ovs_assert(size < 20 + 18);
    }
    free(copy);
    ds_destroy(&s);
    ds_destroy(&s2);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *rest, *text;

    if (!size) {
        return 0;
    }
    rest = xmemdup0((const char *) data + 1, size - 1);
    switch (data[0]) {
    case 't':
        text = xasprintf("tnl_push(tnl_port(4),header(size=72,type=106,"
                         "eth(dst=f8:bc:12:44:34:b6,src=f8:bc:12:46:58:e0,"
                         "dl_type=0x0800),ipv4(src=1.1.2.88,dst=1.1.2.92,"
                         "proto=6,tos=0,ttl=64,frag=0x4000),%s),out_port(1))",
                         rest);
        test_actions(text);
        free(text);
        break;
    case 'a':
        text = xasprintf("tnl_push(%s", rest);
        test_actions(text);
        free(text);
        break;
    case 'b':
        test_bytes(data + 1, size - 1);
        break;
    }
    free(rest);
    return 0;
}
