/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_PORT_IO_H
#define TNL_PORT_IO_H 1

/* Kernel devices as ports of the userspace datapath
 * =================================================
 *
 * Packets that a device refuses.  For lib/netdev-linux.c. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct netdev;

bool tnl_port_tx_skip(const struct netdev *, int *error, uint32_t *ofs,
                      uint32_t n, uint64_t *tx_dropped);
bool tnl_port_tap_skip(const struct netdev *, int error, ssize_t written,
                       size_t size, uint64_t *tx_dropped);

#endif /* tnl-port-io.h */
