/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_NO_PORT_H
#define OVERLAY_NO_PORT_H 1

/* Tunnel packets without a port
 * =============================
 *
 * A datapath has one port for all tunnels of a type, or of a type and a
 * destination port.  Packets that arrive there may have a remote address or a
 * key that no interface has.  This counts these packets for each datapath port
 * and keeps the headers of the last ones.
 *
 * "ovs-appctl tnl/rx_no_port" shows them. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct flow_tnl;
struct netdev;

/* For hooks in ofproto/tunnel.c. */
void ovl_no_port_init(void);
void ovl_no_port_add(odp_port_t, bool userspace, const char *name,
                     const struct netdev *);

/* For ofproto/ofproto-dpif-overlay.c, and for classes. */
void ovl_no_port_count(odp_port_t, bool userspace, const struct flow_tnl *,
                       uint64_t n);
void ovl_no_port_count_popped(const char *name, const struct flow_tnl *);

#endif /* overlay/no-port.h */
