# Why: see tun-metadata.c.
@line before int tun_metadata_from_geneve_udpif(const struct tun_table *,
bool tun_metadata_knows(const struct tun_table *, const struct geneve_opt *);
