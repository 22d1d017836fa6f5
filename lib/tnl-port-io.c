/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "tnl-port-io.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <sys/socket.h>

#include "netdev.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(tnl_port_io);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

/* Called when a port has packet socket 'fd' to receive from. */
void
tnl_port_rx_open(struct tnl_port_rx *rx, int fd)
{
    rx->is_open = true;
    rx->fd = fd;
}

/* Called before that socket is closed. */
void
tnl_port_rx_close(struct tnl_port_rx *rx)
{
    tnl_port_rx_missed(rx);
    rx->is_open = false;
}

/* Returns the number of packets that the kernel has dropped because there was
 * no room for them in the receive buffer of the port's socket. */
uint64_t
tnl_port_rx_missed(struct tnl_port_rx *rx)
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
tnl_port_tx_skip(const struct netdev *netdev, int *error, uint32_t *ofs,
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
tnl_port_tap_skip(const struct netdev *netdev, int error, ssize_t written,
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
