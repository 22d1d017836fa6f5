/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Text of tnl_push actions.  The first byte of the input tells the kind of the
 * rest:
 *
 *     a            Text behind "tnl_push(".
 *     t, n, u, i   Text in place of the headers from the outer L4 header on,
 *                  in an action that is otherwise valid, of STT, NVGRE, L2TPv3
 *                  over UDP and over IP.
 *     b, N, U, I   Bytes of these headers; the last two of U and I tell which
 *                  optional parts the header has.
 *
 * An action that can be parsed must be formatted as text that parses to the
 * same. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "odp-netlink.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "overlay/class.h"
#include "overlay/xlate.h"

static const struct kind {
    char text, bytes;
    const struct ovl_class *class;
} kinds[] = {
    { 't', 'b', &ovl_stt_class },
    { 'n', 'N', &ovl_nvgre_class },
    { 'u', 'U', &ovl_l2tpv3_udp_class },
    { 'i', 'I', &ovl_l2tpv3_ip_class },
    { 'e', 'E', &ovl_etherip_class },
};

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    return 0;
}

/* Returns true if 'data' is of an overlay type. */
static bool
is_ours(const struct ovs_action_push_tnl *data)
{
    uint8_t nw_proto;

    return ovl_vport_type_to_nw_proto(data->tnl_type, &nw_proto);
}

/* Parses and formats 'header', the text from the outer L4 header on, in a
 * tnl_push action of 'class'. */
static void
test_text(const struct ovl_class *class, const char *header)
{
    struct ovs_action_push_tnl data;
    void *l4 = fuzz_put_outer(&data, class->vport_type, false,
                              class->nw_proto);
    size_t size = 0;
    char *text;

    /* With a wrong size, the rest of the action would not be parsed. */
    if (class->parse(header, &data, l4, &size) <= 0) {
        size = 0;
    }
    text = xasprintf("tnl_push(tnl_port(4),header(size=%"PRIuSIZE",type=%d,"
                     "eth(dst=f8:bc:12:44:34:b6,src=f8:bc:12:46:58:e0,"
                     "dl_type=0x0800),ipv4(src=1.1.2.88,dst=1.1.2.92,"
                     "proto=%d,tos=0,ttl=64,frag=0x4000),%s),out_port(1))",
                     data.header_len + size, class->vport_type,
                     class->nw_proto, header);
    fuzz_round_trip(text, is_ours);
    free(text);
}

/* Formats and parses the 'size' bytes 'bytes', headers of 'class' from the
 * outer L4 header on. */
static void
test_bytes(const struct ovl_class *class, const uint8_t *bytes, size_t size)
{
    struct ds s = DS_EMPTY_INITIALIZER, s2 = DS_EMPTY_INITIALIZER;
    struct ovs_action_push_tnl data;
    uint8_t parsed[TNL_PUSH_HEADER_SIZE];
    size_t parsed_size;
    void *copy;

    fuzz_put_outer(&data, class->vport_type, false, class->nw_proto);
    if (!strcmp(class->type, "l2tpv3") && size >= 2) {
        uint16_t layout = (bytes[size - 2] << 8 | bytes[size - 1]) & 0xfff;

        /* A header has no sequence number without a sublayer,
         * and not two cookies. */
        layout &= layout & 0x0400 ? 0xfff : ~0x0800;
        layout &= layout & 0x0200 ? ~0x0100 : 0xfff;
        data.ovl.layout = layout;
        size -= 2;
    }

    copy = xmemdup(bytes, size);
    class->format(&data, copy, size, &s);
    if (class->parse(ds_cstr(&s), &data, parsed, &parsed_size) > 0) {
        ovs_assert(parsed_size <= size);
        class->format(&data, parsed, parsed_size, &s2);
        ovs_assert(!strcmp(ds_cstr(&s), ds_cstr(&s2)));
    } else {
        ovs_assert(strstr(ds_cstr(&s), "truncated"));
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
    if (data[0] == 'a') {
        text = xasprintf("tnl_push(%s", rest);
        fuzz_round_trip(text, is_ours);
        free(text);
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (data[0] == kinds[i].text) {
            test_text(kinds[i].class, rest);
        } else if (data[0] == kinds[i].bytes) {
            test_bytes(kinds[i].class, data + 1, size - 1);
        }
    }
    free(rest);
    return 0;
}
