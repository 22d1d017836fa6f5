@include "tnl-fields.h"
@include "tnl-geneve-opts.h"

# Why: an option of another length than the map says is unknown.
@in tun_metadata_from_geneve_udpif before if (entry) {
        if (entry && entry->loc.len != flow_opt->length * 4) {
            entry = NULL;
        }

# Why: tnl_geneve_receive() has decided about unknown options.
@in tun_metadata_from_geneve_udpif before } else if (flow_opt->type & GENEVE_CRIT_OPT_TYPE) {
        } else if (opts_len) {
            /* Skip it. */

# Why: the same; and the value in the mask is not as long as in the packet.
@in tun_metadata_to_geneve_mask__ before if (entry) {
        if (entry && entry->loc.len != opt->length * 4) {
            entry = NULL;
        }

# Why: whether what was stored by one version of the map is in another.
@in struct tun_meta_entry after bool valid;                 /* True if allocated to a class and type. */
    uint64_t seq;               /* 'seq' of the map when this was added. */

# Why: the same.
@in struct tun_table before struct hmap key_hmap;
    uint64_t seq;               /* Grows with each addition to any map. */

# Why: the same.
@in tun_metadata_add_entry before entry->valid = true;
    entry->seq = map->seq = ++tun_map_seq;

# Why: the same.
@line before static enum ofperr tun_metadata_add_entry(struct tun_table *map, uint8_t idx,
static uint64_t tun_map_seq;

# Why: fields of tunnels, which get here like tun_metadata fields.
@in tun_metadata_read first
    if (tnl_field_read(tnl, mf, value)) {
        return;
    }

# Why: the same.
@in tun_metadata_write first
    if (tnl_field_write(tnl, mf, value)) {
        return;
    }

# Why: the same.
@in tun_metadata_set_match first
    if (tnl_field_set_match(mf, value, mask, match, err_str)) {
        return;
    }

# Why: the same, in packet-ins.
@in tun_metadata_get_fmd first
    tnl_fields_get_metadata(tnl, flow_metadata);

# Why: the same, in messages.
@in tun_metadata_to_nx_match first
    tnl_fields_put_nx_match(b, oxm, match);

# Why: bits of tun_metadata_present are no values of tun_metadata fields.
@in tun_metadata_to_nx_match before loc = metadata_loc_from_match_read(match->flow.tunnel.metadata.tab,
        if (tnl_field_is_presence(match, i)) {
            continue;
        }

# Why: fields of tunnels, in text.
@in tun_metadata_match_format first
    tnl_fields_format(s, match);

# Why: bits of tun_metadata_present are no values of tun_metadata fields.
@in tun_metadata_match_format before loc = metadata_loc_from_match_read(match->flow.tunnel.metadata.tab,
        if (tnl_field_is_presence(match, i)) {
            continue;
        }

# Why: for the kernel, the absence of options is a match, too.
@in tun_metadata_to_geneve_nlattr_mask before if (!geneve_key) {
    if (!geneve_key) {
        tnl_fields_put_no_options(mask, b);
    }

# Why: what tnl-geneve-opts.c needs to know about the map.
@append

bool
tun_metadata_knows(const struct tun_table *tab, const struct geneve_opt *opt)
{
    const struct tun_meta_entry *entry
        = tun_meta_find_key(&tab->key_hmap,
                            tun_meta_key(opt->opt_class, opt->type));

    return entry && entry->loc.len == opt->length * 4;
}

uint64_t
tun_metadata_seq(const struct tun_table *tab)
{
    return tab ? tab->seq : UINT64_MAX;
}

uint64_t
tun_metadata_since(const struct tun_table *tab, uint64_t seq)
{
    uint64_t map = 0;

    for (int i = 0; tab && i < TUN_METADATA_NUM_OPTS; i++) {
        if (tab->entries[i].valid && tab->entries[i].seq <= seq) {
            ULLONG_SET1(map, i);
        }
    }
    return map;
}

size_t
tun_metadata_geneve_size(const struct flow_tnl *tnl)
{
    size_t i, size = 0;

    ULLONG_FOR_EACH_1 (i, tnl->metadata.present.map) {
        size += (sizeof(struct geneve_opt)
                 + tnl->metadata.tab->entries[i].loc.len);
    }
    return size;
}
