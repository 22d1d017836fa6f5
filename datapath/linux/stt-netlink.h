/* SPDX-License-Identifier: GPL-2.0 */
/* Creation of devices, and their attributes, by rtnetlink.
 *
 * Copyright (c) 2026 The ovs-overlay Authors.
 */

#ifndef STT_NETLINK_H
#define STT_NETLINK_H

extern struct rtnl_link_ops stt_link_ops;

#endif /* STT_NETLINK_H */
