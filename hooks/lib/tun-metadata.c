@include "overlay/hooks.h"

# Geneve options: an option whose length differs from the map's is unknown.
@in tun_metadata_from_geneve_udpif before if (entry) {
        if (entry && entry->loc.len != flow_opt->length * 4) {
            entry = NULL;
        }

# Geneve options: ovl_geneve_receive() has handled unknown options.
@in tun_metadata_from_geneve_udpif before } else if (flow_opt->type & GENEVE_CRIT_OPT_TYPE) {
        } else if (opts_len) {
            /* Skip it. */

# Geneve options: the mask is not as long as the option in the packet.
@in tun_metadata_to_geneve_mask__ before if (entry) {
        if (entry && entry->loc.len != opt->length * 4) {
            entry = NULL;
        }

# Geneve options: is a field of one version of the TLV map in another?
@in struct tun_meta_entry after bool valid;                 /* True if allocated to a class and type. */
    uint64_t seq;               /* 'seq' of the map when this was added. */

# Geneve options: is a field of one version of the TLV map in another?
@in struct tun_table before struct hmap key_hmap;
    uint64_t seq;               /* Grows with each addition to any map. */

# Geneve options: is a field of one version of the TLV map in another?
@in tun_metadata_add_entry before entry->valid = true;
    entry->seq = map->seq = ovl_tlv_next_seq();

# Tunnel fields: upstream handles them like tun_metadata fields.
@in tun_metadata_read first
    if (ovl_field_read(tnl, mf, value)) {
        return;
    }

# Tunnel fields: upstream handles them like tun_metadata fields.
@in tun_metadata_write first
    if (ovl_field_write(tnl, mf, value)) {
        return;
    }

# Tunnel fields: upstream handles them like tun_metadata fields.
@in tun_metadata_set_match first
    if (ovl_field_set_match(mf, value, mask, match, err_str)) {
        return;
    }

# Tunnel fields: add them to packet-ins.
@in tun_metadata_get_fmd first
    ovl_fields_get_metadata(tnl, flow_metadata);

# Tunnel fields: add them to OpenFlow messages.
@in tun_metadata_to_nx_match first
    ovl_fields_put_nx_match(b, oxm, match);

# Tunnel fields: a bit of tun_metadata_present is not a match on the value
# of a tun_metadata field.
@in tun_metadata_to_nx_match before loc = metadata_loc_from_match_read(match->flow.tunnel.metadata.tab,
        if (ovl_field_is_presence(match, i)) {
            continue;
        }

# Tunnel fields: format them.
@in tun_metadata_match_format first
    ovl_fields_format(s, match);

# Tunnel fields: a bit of tun_metadata_present is not a match on the value
# of a tun_metadata field.
@in tun_metadata_match_format before loc = metadata_loc_from_match_read(match->flow.tunnel.metadata.tab,
        if (ovl_field_is_presence(match, i)) {
            continue;
        }

# Tunnel fields: make the kernel match on the absence of options.
@in tun_metadata_to_geneve_nlattr_mask before if (!geneve_key) {
    if (!geneve_key) {
        ovl_fields_put_no_options(mask, b);
    }

# Geneve options: functions for the TLV map, for unknown options.
@append

#include "overlay/geneve/tlv.inc"
