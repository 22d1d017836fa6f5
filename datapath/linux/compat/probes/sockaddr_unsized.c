// SPDX-License-Identifier: GPL-2.0
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <linux/net.h>
#include <linux/socket.h>

int probe(struct socket *sock, struct sockaddr_unsized *addr);

int probe(struct socket *sock, struct sockaddr_unsized *addr)
{
	return kernel_bind(sock, addr, 0);
}
