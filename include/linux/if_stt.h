/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef _UAPI_LINUX_IF_STT_H
#define _UAPI_LINUX_IF_STT_H

/* Attributes in IFLA_INFO_DATA of a link of the kind "stt".
 *
 * A link without a remote address has its tunnel metadata set and read by
 * others (collect metadata), and takes no other attribute than the port.
 * There is at most one of them in a network namespace for each port, and no
 * link with a remote address beside it. */
enum {
	IFLA_STT_UNSPEC,
	IFLA_STT_PORT,			/* be16, TCP port, default 7471 */
	IFLA_STT_COLLECT_METADATA,	/* flag */
	IFLA_STT_ID,			/* u64, context ID, default 0 */
	IFLA_STT_REMOTE,		/* be32, IPv4 address */
	IFLA_STT_REMOTE6,		/* struct in6_addr */
	IFLA_STT_LOCAL,			/* be32, IPv4 address */
	IFLA_STT_LOCAL6,		/* struct in6_addr */
	IFLA_STT_TTL,			/* u8, 0 (default): as the route says */
	IFLA_STT_TOS,			/* u8, 1: as the inner packet's */
	IFLA_STT_PAD,			/* aligns IFLA_STT_ID */
	__IFLA_STT_MAX
};
#define IFLA_STT_MAX	(__IFLA_STT_MAX - 1)

#endif /* _UAPI_LINUX_IF_STT_H */
