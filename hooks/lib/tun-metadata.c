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

# Why: whether an option is in the map, and as long as the map says.
@append

bool
tun_metadata_knows(const struct tun_table *tab, const struct geneve_opt *opt)
{
    const struct tun_meta_entry *entry
        = tun_meta_find_key(&tab->key_hmap,
                            tun_meta_key(opt->opt_class, opt->type));

    return entry && entry->loc.len == opt->length * 4;
}

@include "tnl-fields.h"

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
