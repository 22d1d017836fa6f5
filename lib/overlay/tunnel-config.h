/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_TUNNEL_CONFIG_H
#define OVERLAY_TUNNEL_CONFIG_H 1

/* Options of tunnel ports of several types, including upstream's, for
 * upstream's struct netdev_tunnel_config. */

#include <netinet/in.h>

#include "overlay/geneve/unknown.h"
#include "overlay/src-port.h"
#include "overlay/too-big.h"

struct ovl_tunnel_config {
    enum ovl_geneve_unknown unknown_options;
    struct ovl_src_port src_port;   /* src_port and src_port_range. */
    enum ovl_too_big_mode too_big;
    struct in6_addr group;          /* In remote_ip, or all zeros. */
};

#endif /* overlay/tunnel-config.h */
