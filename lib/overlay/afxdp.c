/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/afxdp.h"

#include <stdlib.h>
#include <string.h>

#include "coverage.h"
#include "dp-packet.h"
#include "util.h"

#if HAVE_AF_XDP
COVERAGE_DEFINE(drop_afxdp_too_long);

/* If 'packet' is one of an AF_XDP port, moves its data to allocated memory
 * with 'new_headroom' bytes in front of it and 'new_tailroom' bytes behind it,
 * and returns true. */
bool
ovl_afxdp_resize(struct dp_packet *packet, size_t new_headroom,
                 size_t new_tailroom)
{
    size_t size = dp_packet_size(packet);
    struct dp_packet_afxdp *xpacket;
    char *base;

    if (OVS_LIKELY(packet->source != DPBUF_AFXDP)) {
        return false;
    }

    xpacket = CONTAINER_OF(packet, struct dp_packet_afxdp, packet);
    base = xmalloc(new_headroom + size + new_tailroom);
    memcpy(base + new_headroom, dp_packet_data(packet), size);
    if (xpacket->frame) {
        free(dp_packet_base(packet));
    } else {
        xpacket->frame = dp_packet_base(packet);
    }
    dp_packet_set_base(packet, base);
    dp_packet_set_allocated(packet, new_headroom + size + new_tailroom);
    dp_packet_set_data(packet, base + new_headroom);
    return true;
}

/* Called when 'xpacket' is freed: if ovl_afxdp_resize() moved it, frees the
 * allocated memory and makes the original frame its buffer again. */
void
ovl_afxdp_restore(struct dp_packet_afxdp *xpacket)
{
    if (OVS_UNLIKELY(xpacket->frame)) {
        free(dp_packet_base(&xpacket->packet));
        dp_packet_set_base(&xpacket->packet, xpacket->frame);
        xpacket->frame = NULL;
    }
}

/* Drops the packets in 'batch' that are longer than 'max' bytes. */
void
ovl_afxdp_drop_long(struct dp_packet_batch *batch, size_t max)
{
    size_t i, size = dp_packet_batch_size(batch);
    struct dp_packet *packet;

    DP_PACKET_BATCH_REFILL_FOR_EACH (i, size, packet, batch) {
        if (OVS_LIKELY(dp_packet_size(packet) <= max)) {
            dp_packet_batch_add(batch, packet);
        } else {
            COVERAGE_INC(drop_afxdp_too_long);
            dp_packet_delete(packet);
        }
    }
}
#endif /* HAVE_AF_XDP */
