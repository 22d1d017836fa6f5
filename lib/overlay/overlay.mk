# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

lib_libopenvswitch_la_SOURCES += \
	lib/overlay/action.c \
	lib/overlay/action.h \
	lib/overlay/admit.c \
	lib/overlay/admit.h \
	lib/overlay/afxdp.c \
	lib/overlay/afxdp.h \
	lib/overlay/class.c \
	lib/overlay/class.h \
	lib/overlay/conflict.c \
	lib/overlay/conflict.h \
	lib/overlay/counters.c \
	lib/overlay/counters.h \
	lib/overlay/csum.c \
	lib/overlay/csum.h \
	lib/overlay/demux.c \
	lib/overlay/demux.h \
	lib/overlay/device.c \
	lib/overlay/device.h \
	lib/overlay/encap/etherip.c \
	lib/overlay/encap/l2tpv3.c \
	lib/overlay/encap/nvgre.c \
	lib/overlay/encap/stt-reasm.c \
	lib/overlay/encap/stt-reasm.h \
	lib/overlay/encap/stt.c \
	lib/overlay/fields.c \
	lib/overlay/fields.h \
	lib/overlay/geneve/emc.c \
	lib/overlay/geneve/emc.h \
	lib/overlay/geneve/kernel.c \
	lib/overlay/geneve/kernel.h \
	lib/overlay/geneve/oam.c \
	lib/overlay/geneve/oam.h \
	lib/overlay/geneve/opt.c \
	lib/overlay/geneve/opt.h \
	lib/overlay/geneve/own-options.c \
	lib/overlay/geneve/own-options.h \
	lib/overlay/geneve/payload.c \
	lib/overlay/geneve/payload.h \
	lib/overlay/geneve/relay.c \
	lib/overlay/geneve/relay.h \
	lib/overlay/geneve/tlv.h \
	lib/overlay/geneve/tlv.inc \
	lib/overlay/geneve/unknown.c \
	lib/overlay/geneve/unknown.h \
	lib/overlay/gre.c \
	lib/overlay/gre.h \
	lib/overlay/gso.c \
	lib/overlay/gso.h \
	lib/overlay/hooks.h \
	lib/overlay/ipsec.c \
	lib/overlay/ipsec.h \
	lib/overlay/log.c \
	lib/overlay/log.h \
	lib/overlay/neigh.c \
	lib/overlay/neigh.h \
	lib/overlay/no-port.c \
	lib/overlay/no-port.h \
	lib/overlay/options.c \
	lib/overlay/options.h \
	lib/overlay/packet.c \
	lib/overlay/packet.h \
	lib/overlay/push-pop.c \
	lib/overlay/push-pop.h \
	lib/overlay/recirculate.h \
	lib/overlay/rxq-poll.c \
	lib/overlay/rxq-poll.h \
	lib/overlay/secret-hash.h \
	lib/overlay/slow-path.c \
	lib/overlay/slow-path.h \
	lib/overlay/src-port.c \
	lib/overlay/src-port.h \
	lib/overlay/too-big.c \
	lib/overlay/too-big.h \
	lib/overlay/truncate.c \
	lib/overlay/truncate.h \
	lib/overlay/tunnel-config.h \
	lib/overlay/vport.c \
	lib/overlay/vport.h \
	lib/overlay/xlate.c \
	lib/overlay/xlate.h

if LINUX
lib_libopenvswitch_la_SOURCES += \
	lib/overlay/port-io.c \
	lib/overlay/port-io.h \
	lib/overlay/rtnl.c \
	lib/overlay/rtnl.h
endif
