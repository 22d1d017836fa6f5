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
