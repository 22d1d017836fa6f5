/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Options of Geneve.  The first byte of the input tells the kind of the rest:
 *
 *     w    Options from the wire, for the walker.
 *     m    A length, that many bytes of options, another length, and edits of
 *          the options: that many bytes to set, the rest to delete.
 *     t    Text in place of the options in a tnl_push action that is otherwise
 *          valid.
 *
 * A model that knows only the layout of a sequence of options checks the
 * results: malformed options are refused, relayed options are well-formed, and
 * options without an edit do not change. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "flow.h"
#include "odp-netlink.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-match.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "overlay/geneve/relay.h"
#include "overlay/geneve/unknown.h"
#include "tun-metadata.h"

#define MAX_LEN TLV_TOT_OPT_SIZE

/* One option or edit. */
struct item {
    uint32_t key;               /* Class, type and length. */
    const uint8_t *bytes;
    size_t size;
    bool delete;
};

static struct tun_table *map;

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    struct ofputil_tlv_map maps[] = {
        { .option_class = 0x100, .option_type = 1, .option_len = 4 },
        { .option_class = 0x100, .option_type = 0x82, .option_len = 8,
          .index = 1 },
        { .option_class = 0x102, .option_type = 3, .option_len = 124,
          .index = 63 },
    };
    struct ofputil_tlv_table_mod ttm = { .command = NXTTMC_ADD };
    struct tun_table *empty = tun_metadata_alloc(NULL);

    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    ovs_list_init(&ttm.mappings);
    for (size_t i = 0; i < ARRAY_SIZE(maps); i++) {
        ovs_list_push_back(&ttm.mappings, &maps[i].list_node);
    }
    ovs_assert(!tun_metadata_table_mod(&ttm, empty, &map));
    tun_metadata_free(empty);
    return 0;
}

/* Splits the 'len' bytes 'data' into '*n' 'items', with 'delete' set for those
 * at 'set_len' and later.  Returns false if 'data' is malformed. */
static bool
split(const uint8_t *data, size_t len, size_t set_len, struct item items[128],
      size_t *n)
{
    *n = 0;
    for (size_t ofs = 0; len; ) {
        struct item *item = &items[(*n)++];
        size_t value = len < 4 ? 0 : (data[3] & 31) * 4;
        bool delete = ofs >= set_len;

        item->size = 4 + (delete ? 0 : value);
        if (len < item->size || (!delete && set_len - ofs < item->size)) {
            return false;
        }
        item->key = ((uint32_t) data[0] << 24 | data[1] << 16 | data[2] << 8
                     | value);
        item->bytes = data;
        item->delete = delete;
        data += item->size;
        ofs += item->size;
        len -= item->size;
    }
    return true;
}

/* Returns the first of the 'n' 'items' with 'key', or NULL. */
static const struct item *
find(const struct item *items, size_t n, uint32_t key)
{
    for (size_t i = 0; i < n; i++) {
        if (items[i].key == key) {
            return &items[i];
        }
    }
    return NULL;
}

/* Merges options and edits, and checks the result: input 'm'. */
static void
test_merge(const uint8_t *data, size_t size)
{
    struct item in[128], edits[128], out[128];
    size_t len, edits_len, set_len, n_in, n_edits, n_out, i, j;
    void *opts_, *edits_;
    uint8_t *result;
    bool critical, has_critical = false;
    bool good;
    int n;

    if (!size) {
        return;
    }
    len = MIN(MIN(data[0], MAX_LEN), size - 1);
    data++;
    size--;
    opts_ = xmemdup(data, len);
    data += len;
    size -= len;
    set_len = size ? *data : 0;
    edits_len = size ? MIN(size - 1, TNL_PUSH_HEADER_SIZE - 50) : 0;
    set_len = MIN(set_len, edits_len);
    edits_ = size ? xmemdup(data + 1, edits_len) : NULL;
    result = xmalloc(MAX_LEN);
    good = (split(opts_, len, SIZE_MAX, in, &n_in)
            & split(edits_, edits_len, set_len, edits, &n_edits));

    n = ovl_geneve_merge(opts_, len, &(struct ovl_geneve_edits) {
                             .opts = edits_,
                             .len = edits_len,
                             .set_len = set_len,
                         }, (struct geneve_opt *) result, &critical);
    if (n >= 0) {
        ovs_assert(good);
        ovs_assert(n <= MAX_LEN);
        ovs_assert(split(result, n, SIZE_MAX, out, &n_out));
        for (i = 0; i < n_out; i++) {
            has_critical |= (out[i].bytes[2] & 0x80) != 0;
        }
        ovs_assert(critical == has_critical);

        for (i = j = 0; i < n_in; i++) {
            const struct item *edit = find(edits, n_edits, in[i].key);

            if (edit && edit->delete) {
                continue;
            }
            ovs_assert(j < n_out && out[j].key == in[i].key
                       && !memcmp(out[j].bytes, in[i].bytes, 4)
                       && !memcmp(out[j].bytes + 4,
                                  (edit ? edit : &in[i])->bytes + 4,
                                  in[i].size - 4));
            j++;
        }
        for (; j < n_out; j++) {
            ovs_assert(find(edits, n_edits, out[j].key));
        }
        ovs_assert(n_edits || (n == len && !memcmp(result, opts_, len)));
    }
    free(opts_);
    free(edits_);
    free(result);
}

static bool
relays(const struct ovs_action_push_tnl *data)
{
    return data->ovl.relay;
}

/* Receives options, and checks the outcome and the match: input 'w'. */
static void
test_walker(const uint8_t *data, size_t size)
{
    struct flow_tnl *tnl = xzalloc(sizeof *tnl);
    struct flow_tnl *flow = xzalloc(sizeof *flow);
    struct flow_wildcards *wc = xzalloc(sizeof *wc);
    struct item items[128];
    enum ovl_geneve_rx rx;
    bool unknown = false;
    bool critical = false;
    size_t n;

    size = MIN(size, MAX_LEN) & ~3;
    tnl->ip_dst = htonl(1);
    tnl->flags = FLOW_TNL_F_UDPIF;
    tnl->metadata.present.len = size;
    memcpy(tnl->metadata.opts.gnv, data, size);

    rx = ovl_geneve_receive(NULL, map, tnl);
    if (!split(data, size, SIZE_MAX, items, &n)) {
        ovs_assert(rx == OVL_GENEVE_RX_MALFORMED);
        ovs_assert(tun_metadata_from_geneve_udpif(map, tnl, tnl, flow));
    } else {
        for (size_t i = 0; i < n; i++) {
            if (items[i].key != (0x100u << 16 | 1 << 8 | 4)
                && items[i].key != (0x100u << 16 | 0x82 << 8 | 8)
                && items[i].key != (0x102u << 16 | 3 << 8 | 124)) {
                unknown = true;
                critical |= (items[i].bytes[2] & 0x80) != 0;
            }
        }
        ovs_assert(rx == (critical ? OVL_GENEVE_RX_CRITICAL
                          : unknown ? OVL_GENEVE_RX_IGNORED
                          : OVL_GENEVE_RX_KNOWN));
        ovs_assert(!tun_metadata_from_geneve_udpif(map, tnl, tnl, flow));
    }

    /* A flow for dropped packets matches the headers of all options, and none
     * of their values. */
    flow->metadata.tab = map;
    wc->masks.tunnel.metadata.tab = map;
    ovl_geneve_match_dropped(tnl, flow, wc);
    for (size_t i = 0, ofs = 0; i < n; ofs += items[i].size, i++) {
        const uint8_t *mask = wc->masks.tunnel.metadata.opts.u8 + ofs;

        if (rx != OVL_GENEVE_RX_MALFORMED) {
            ovs_assert(mask[0] == 0xff && mask[1] == 0xff && mask[2] == 0xff
                       && (mask[3] & 31) == 31);
            for (size_t j = 4; j < items[i].size; j++) {
                ovs_assert(!mask[j]);
            }
        }
    }
    free(tnl);
    free(flow);
    free(wc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *rest, *text;

    if (!size) {
        return 0;
    }
    switch (data[0]) {
    case 'w':
        test_walker(data + 1, size - 1);
        break;
    case 'm':
        test_merge(data + 1, size - 1);
        break;
    case 't':
        rest = xmemdup0((const char *) data + 1, size - 1);
        for (int n = 0; n < 512; n += 4) {
            /* The size must be right: try all possible sizes. */
            if (n > size * 2) {
                break;
            }
            text = xasprintf("tnl_push(tnl_port(4),header(size=%d,type=5,"
                             "eth(dst=f8:bc:12:44:34:b6,src=f8:bc:12:46:58:e0,"
                             "dl_type=0x0800),ipv4(src=1.1.2.88,dst=1.1.2.92,"
                             "proto=17,tos=0,ttl=64,frag=0x4000),"
                             "udp(src=0,dst=6081,csum=0x0),"
                             "geneve(vni=0x7b,relay(%s))),out_port(1))",
                             50 + n, rest);
            fuzz_round_trip(text, relays);
            free(text);
        }
        free(rest);
        break;
    }
    return 0;
}
