/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/port-io.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "dp-packet.h"
#include "netdev-provider.h"
#include "netdev.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "seq.h"
#include "smap.h"
#include "sset.h"
#include "util.h"

/* Not all of the functions in this header are used here. */
#pragma GCC diagnostic ignored "-Wunused-function"
#include "netdev-linux-private.h"

VLOG_DEFINE_THIS_MODULE(ovl_port_io);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

/* Default size, in bytes, of the receive buffer of a port that may receive
 * tunnel packets: two full batches of 64-kB frames. */
#define RX_BUFFER_SIZE (2 * NETDEV_MAX_BURST * 65536)

/* Limits of other_config:rx-buffer-size. */
#define RX_BUFFER_MIN 4096
#define RX_BUFFER_MAX (1 << 29)

/* Names of the devices with an address at which the switch receives tunnel
 * packets. */
static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct sset devices OVS_GUARDED_BY(mutex) = SSET_INITIALIZER(&devices);

/* Sets the size of the receive buffer of 'rx'.  The kernel uses memory only
 * for frames that wait. */
static void
set_buffer(const struct ovl_port_rx *rx)
{
    /* The kernel doubles the size that it is given, and reports the doubled
     * size. */
    int size = (rx->buffer_size ? rx->buffer_size
                : rx->has_tunnels ? RX_BUFFER_SIZE
                : rx->kernel_size / 2);

    /* SO_RCVBUFFORCE, unlike SO_RCVBUF, is not limited by net.core.rmem_max,
     * but needs CAP_NET_ADMIN. */
    if (setsockopt(rx->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size)
        && setsockopt(rx->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size)) {
        VLOG_WARN_RL(&rl, "failed to set the size of a receive buffer (%s)",
                     ovs_strerror(errno));
    }
}

/* Reads the settings of 'netdev' from 'other_config' of its Interface, if it
 * is a kernel device. */
void
ovl_port_configure(struct netdev *netdev, const struct smap *other_config)
{
    const char *s = smap_get(other_config, "rx-buffer-size");
    struct netdev_linux *dev;
    int size = 0;

    if (!is_netdev_linux_class(netdev_get_class(netdev))) {
        return;
    }
    if (s && (!str_to_int(s, 10, &size)
              || size < RX_BUFFER_MIN || size > RX_BUFFER_MAX)) {
        VLOG_WARN_RL(&rl, "%s: invalid other_config:rx-buffer-size=\"%s\": "
                     "must be %d to %d, using the default",
                     netdev_get_name(netdev), s, RX_BUFFER_MIN, RX_BUFFER_MAX);
        size = 0;
    }
    dev = netdev_linux_cast(netdev);
    ovs_mutex_lock(&dev->mutex);
    if (dev->port_rx.buffer_size != size) {
        dev->port_rx.buffer_size = size;
        if (dev->port_rx.is_open) {
            set_buffer(&dev->port_rx);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
}

/* Sets whether 'netdev' may receive tunnel packets, if it is a kernel device:
 * then its default buffer size is larger. */
void
ovl_port_set_tunnels(struct netdev *netdev, bool has_tunnels)
{
    struct netdev_linux *dev;

    if (!is_netdev_linux_class(netdev_get_class(netdev))) {
        return;
    }
    dev = netdev_linux_cast(netdev);
    ovs_mutex_lock(&dev->mutex);
    if (dev->port_rx.has_tunnels != has_tunnels) {
        dev->port_rx.has_tunnels = has_tunnels;
        if (dev->port_rx.is_open) {
            set_buffer(&dev->port_rx);
        }
    }
    ovs_mutex_unlock(&dev->mutex);
}

/* Returns true if 'netdev' must be opened again, because it receives from a
 * kernel device that was deleted, and another device has the name now.  (In
 * the kernel datapath, the port goes away together with the device.) */
bool
ovl_port_device_replaced(struct netdev *netdev)
{
    struct sockaddr_ll bound = { .sll_ifindex = 0 };
    socklen_t len = sizeof bound;
    struct netdev_linux *dev;
    bool is_bound;
    int ifindex;

    if (!is_netdev_linux_class(netdev_get_class(netdev))) {
        return false;
    }
    dev = netdev_linux_cast(netdev);
    ovs_mutex_lock(&dev->mutex);
    /* The kernel sets -1 when it deletes the device. */
    is_bound = (dev->port_rx.is_open
                && !getsockname(dev->port_rx.fd, (struct sockaddr *) &bound,
                                &len));
    ovs_mutex_unlock(&dev->mutex);

    ifindex = is_bound ? if_nametoindex(netdev_get_name(netdev)) : 0;
    return ifindex && bound.sll_ifindex != ifindex;
}

/* Called when the switch starts to receive tunnel packets at the 'n_addrs'
 * addresses 'addrs' of the device called 'name'. */
void
ovl_port_device_add(const char *name, const struct in6_addr *addrs,
                    size_t n_addrs)
{
    /* Ignore link-local addresses, which each device that is up has. */
    while (n_addrs && IN6_IS_ADDR_LINKLOCAL(&addrs[n_addrs - 1])) {
        n_addrs--;
    }
    if (n_addrs) {
        ovs_mutex_lock(&mutex);
        if (sset_add(&devices, name)) {
            seq_change(tnl_conf_seq);
        }
        ovs_mutex_unlock(&mutex);
    }
}

/* Called when the device called 'name' no longer has the addresses passed to
 * ovl_port_device_add(). */
void
ovl_port_device_remove(const char *name)
{
    ovs_mutex_lock(&mutex);
    if (sset_find_and_delete(&devices, name)) {
        seq_change(tnl_conf_seq);
    }
    ovs_mutex_unlock(&mutex);
}

/* Returns true if one of 'ports', an shash by device name, has an address at
 * which the switch receives tunnel packets. */
bool
ovl_port_device_among(const struct shash *ports)
{
    bool found = false;
    const char *name;

    ovs_mutex_lock(&mutex);
    SSET_FOR_EACH (name, &devices) {
        if (shash_find(ports, name)) {
            found = true;
            break;
        }
    }
    ovs_mutex_unlock(&mutex);
    return found;
}

/* Called when a port has packet socket 'fd' to receive from. */
void
ovl_port_rx_open(struct ovl_port_rx *rx, int fd)
{
    socklen_t len = sizeof rx->kernel_size;

    rx->is_open = true;
    rx->fd = fd;
    if (getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rx->kernel_size, &len)) {
        rx->kernel_size = 0;
    }
    set_buffer(rx);
}

/* Called before the socket of 'rx' is closed. */
void
ovl_port_rx_close(struct ovl_port_rx *rx)
{
    ovl_port_rx_missed(rx);
    rx->is_open = false;
}

/* Returns the number of packets that the kernel has dropped because there was
 * no room for them in the receive buffer of the port's socket. */
uint64_t
ovl_port_rx_missed(struct ovl_port_rx *rx)
{
    struct tpacket_stats stats;
    socklen_t len = sizeof stats;

    /* Reading the kernel's counter resets it to 0. */
    if (rx->is_open
        && !getsockopt(rx->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len)) {
        rx->n_missed += stats.tp_drops;
    }
    return rx->n_missed;
}

/* Called when sending the packets of a batch of 'n' from number '*ofs' on, by
 * the device 'netdev', has returned '*error', which may be 0.  If the cause is
 * packet '*ofs' itself, which is too long or which the device cannot segment,
 * counts it in '*tx_dropped', sets '*ofs' to the number of the next packet and
 * '*error' to 0, and returns true, so that the rest of the batch is sent.
 * Otherwise, returns false; after another error, counts the rest of the batch,
 * which is lost. */
bool
ovl_port_tx_skip(const struct netdev *netdev, int *error, uint32_t *ofs,
                 uint32_t n, uint64_t *tx_dropped)
{
    if (!*error) {
        return false;
    }
    if (*error != EMSGSIZE && *error != EINVAL) {
        *tx_dropped += n - *ofs;
        return false;
    }
    VLOG_WARN_RL(&rl, "error sending Ethernet packet on %s: %s",
                 netdev_get_name(netdev), ovs_strerror(*error));
    ++*tx_dropped;
    ++*ofs;
    *error = 0;
    return true;
}

/* Called when writing a packet of 'size' bytes to the tap device 'netdev' has
 * returned 'written', or 'error'.  If the packet is lost, counts it in
 * '*tx_dropped' and returns true, so that the rest of the batch is sent. */
bool
ovl_port_tap_skip(const struct netdev *netdev, int error, ssize_t written,
                  size_t size, uint64_t *tx_dropped)
{
    if (!error && written == size) {
        return false;
    }
    /* EIO means that the device is down, which is no reason for a warning. */
    if (error != EIO) {
        VLOG_WARN_RL(&rl, "error sending Ethernet packet on %s: %s",
                     netdev_get_name(netdev),
                     error ? ovs_strerror(error) : "partly sent");
    }
    ++*tx_dropped;
    return true;
}
