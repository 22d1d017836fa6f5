/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_HOOKS_H
#define OVERLAY_HOOKS_H 1

/* For hooks in those of upstream's files that call functions of several of
 * ours. */

#include "overlay/account-config.h"
#include "overlay/account-rest.h"
#include "overlay/account-show.h"
#include "overlay/action.h"
#include "overlay/admit.h"
#include "overlay/afxdp.h"
#include "overlay/class.h"
#include "overlay/conflict.h"
#include "overlay/demux.h"
#include "overlay/fdb.h"
#include "overlay/fields.h"
#include "overlay/geneve/kernel.h"
#include "overlay/geneve/oam.h"
#include "overlay/geneve/opt.h"
#include "overlay/geneve/own-options.h"
#include "overlay/geneve/payload.h"
#include "overlay/geneve/relay.h"
#include "overlay/geneve/tlv.h"
#include "overlay/geneve/unknown.h"
#include "overlay/gre.h"
#include "overlay/gso.h"
#include "overlay/log.h"
#include "overlay/mcast.h"
#include "overlay/neigh.h"
#include "overlay/no-port.h"
#include "overlay/oam-key.h"
#include "overlay/options.h"
#include "overlay/packet.h"
#include "overlay/port-io.h"
#include "overlay/push-pop.h"
#include "overlay/rtnl.h"
#include "overlay/rxq-poll.h"
#include "overlay/slow-path.h"
#include "overlay/src-port.h"
#include "overlay/too-big.h"
#include "overlay/truncate.h"
#include "overlay/vport.h"
#include "overlay/xlate.h"

#endif /* overlay/hooks.h */
