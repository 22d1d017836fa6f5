/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef _UAPI_LINUX_IF_STT_H
#define _UAPI_LINUX_IF_STT_H

/* Attributes in IFLA_INFO_DATA of a link of the kind "stt".
 *
 * A link without a remote address is in collect-metadata mode: its users set
 * and read the tunnel metadata of each packet.  It takes no attributes except
 * IFLA_STT_PORT and IFLA_STT_COLLECT_METADATA.  A network namespace has at
 * most one of these links for each port, and then none with a remote address
 * on that port. */
enum {
	IFLA_STT_UNSPEC,
	IFLA_STT_PORT,			/* be16, TCP port, default 7471 */
	IFLA_STT_COLLECT_METADATA,	/* flag */
	IFLA_STT_ID,			/* u64, context ID, default 0 */
	IFLA_STT_REMOTE,		/* be32, IPv4 address */
	IFLA_STT_REMOTE6,		/* struct in6_addr */
	IFLA_STT_LOCAL,			/* be32, IPv4 address */
	IFLA_STT_LOCAL6,		/* struct in6_addr */
	IFLA_STT_TTL,			/* u8, 0 (default): that of the route */
	IFLA_STT_TOS,			/* u8, 1: that of the inner packet */
	IFLA_STT_PAD,			/* aligns IFLA_STT_ID */
	__IFLA_STT_MAX
};
#define IFLA_STT_MAX	(__IFLA_STT_MAX - 1)

#endif /* _UAPI_LINUX_IF_STT_H */
