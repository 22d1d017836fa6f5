/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_PORT_IO_H
#define OVERLAY_PORT_IO_H 1

/* Kernel devices as ports of the userspace datapath
 * =================================================
 *
 * Size of receive buffers, packets lost because a receive buffer was full,
 * packets that a device refuses to send, and devices that are deleted and
 * created again. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct in6_addr;
struct netdev;
struct shash;
struct smap;

/* The packet socket from which a port receives.  All zeros until it exists.
 * The caller synchronizes. */
struct ovl_port_rx {
    bool is_open;
    int fd;
    int kernel_size;            /* Size set by the kernel, in bytes. */
    int buffer_size;            /* Configured, in bytes; 0 if not. */
    bool has_tunnels;           /* May the port receive tunnel packets? */
    uint64_t n_missed;          /* Packets that the kernel dropped. */
};

void ovl_port_configure(struct netdev *, const struct smap *other_config);
void ovl_port_set_tunnels(struct netdev *, bool has_tunnels);
bool ovl_port_device_replaced(struct netdev *);

void ovl_port_device_add(const char *name, const struct in6_addr *,
                         size_t n_addrs);
void ovl_port_device_remove(const char *name);
bool ovl_port_device_among(const struct shash *ports);

void ovl_port_rx_open(struct ovl_port_rx *, int fd);
void ovl_port_rx_close(struct ovl_port_rx *);
uint64_t ovl_port_rx_missed(struct ovl_port_rx *);

bool ovl_port_tx_skip(const struct netdev *, int *error, uint32_t *ofs,
                      uint32_t n, uint64_t *tx_dropped);
bool ovl_port_tap_skip(const struct netdev *, int error, ssize_t written,
                       size_t size, uint64_t *tx_dropped);

#endif /* overlay/port-io.h */
