/* SPDX-License-Identifier: GPL-2.0 */
/* How devices are made, and what they say about themselves.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_NETLINK_H
#define STT_NETLINK_H

extern struct rtnl_link_ops stt_link_ops;

#endif /* STT_NETLINK_H */
