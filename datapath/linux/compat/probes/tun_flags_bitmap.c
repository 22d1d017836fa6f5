// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <net/ip_tunnels.h>

bool probe(const struct ip_tunnel_key *key);

bool probe(const struct ip_tunnel_key *key)
{
	return test_bit(IP_TUNNEL_KEY_BIT, key->tun_flags);
}
