# Why: see tun-metadata.c.
@line before int tun_metadata_from_geneve_udpif(const struct tun_table *,
/* Returns true if 'tab' has the class, type and length of the option. */
bool tun_metadata_knows(const struct tun_table *tab,
                        const struct geneve_opt *);

/* Returns the sequence number of 'tab', or UINT64_MAX if it is null. */
uint64_t tun_metadata_seq(const struct tun_table *tab);

/* Returns the fields that 'tab' has had since sequence number 'seq'. */
uint64_t tun_metadata_since(const struct tun_table *tab, uint64_t seq);

/* Returns the size of the options of a flow that is not in UDPIF format as
 * Geneve options, in bytes. */
size_t tun_metadata_geneve_size(const struct flow_tnl *);

