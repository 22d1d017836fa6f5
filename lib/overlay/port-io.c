/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/port-io.h"

#include <errno.h>
#include <linux/if_packet.h>
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

/* Bytes that wait at most for the switch to receive them, by default, where
 * packets of tunnels may come: two full batches of 64-kB frames. */
#define RX_BUFFER_SIZE (2 * NETDEV_MAX_BURST * 65536)

/* Limits for what somebody sets. */
#define RX_BUFFER_MIN 4096
#define RX_BUFFER_MAX (1 << 29)

/* Names of the devices that have an address to which packets of tunnels may
 * be sent. */
static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
static struct sset devices OVS_GUARDED_BY(mutex) = SSET_INITIALIZER(&devices);

/* Gives 'rx' its receive buffer.  No memory is used before there are frames to
 * hold. */
static void
set_buffer(const struct ovl_port_rx *rx)
{
    /* The kernel takes, but does not tell, half of the size. */
    int size = (rx->buffer_size ? rx->buffer_size
                : rx->has_tunnels ? RX_BUFFER_SIZE
                : rx->kernel_size / 2);

    /* The first form, unlike the second, is not bound by net.core.rmem_max,
     * but needs the capability CAP_NET_ADMIN. */
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

/* Sets whether packets of tunnels may come by 'netdev', if it is a kernel
 * device: by default it has a larger buffer then. */
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

/* Called when the device called 'name' has got the 'n_addrs' addresses in
 * 'addrs', at which the switch takes packets of tunnels. */
void
ovl_port_device_add(const char *name, const struct in6_addr *addrs,
                    size_t n_addrs)
{
    /* Each device that is up has a link-local address. */
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

/* Called when the device called 'name' no longer has the addresses that
 * ovl_port_device_add() was told. */
void
ovl_port_device_remove(const char *name)
{
    ovs_mutex_lock(&mutex);
    if (sset_find_and_delete(&devices, name)) {
        seq_change(tnl_conf_seq);
    }
    ovs_mutex_unlock(&mutex);
}

/* Returns true if one of 'ports', whose names are those of devices, has an
 * address at which the switch takes packets of tunnels. */
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

/* Called before that socket is closed. */
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

    /* The kernel starts from 0 again when it has been asked. */
    if (rx->is_open
        && !getsockopt(rx->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len)) {
        rx->n_missed += stats.tp_drops;
    }
    return rx->n_missed;
}

/* Called when the device 'netdev' has answered with '*error', which may be 0,
 * when it was to send the packets of a batch from number '*ofs' on, of 'n' in
 * all.  If that is because of packet '*ofs' itself, which is too long or which
 * the device cannot segment, counts it in '*tx_dropped', makes '*ofs' the
 * number of the next packet and '*error' 0, and returns true, so that one
 * packet does not cost the rest of the batch.  After other errors the rest is
 * lost, and counted. */
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

/* Called when the tap device 'netdev' has been given a packet of 'size' bytes,
 * of which it took 'written', or failed with 'error'.  Returns true if the
 * packet is lost, and counts it in '*tx_dropped', so that it does not cost the
 * rest of the batch. */
bool
ovl_port_tap_skip(const struct netdev *netdev, int error, ssize_t written,
                  size_t size, uint64_t *tx_dropped)
{
    if (!error && written == size) {
        return false;
    }
    /* EIO only says that the device is down. */
    if (error != EIO) {
        VLOG_WARN_RL(&rl, "error sending Ethernet packet on %s: %s",
                     netdev_get_name(netdev),
                     error ? ovs_strerror(error) : "partly sent");
    }
    ++*tx_dropped;
    return true;
}
