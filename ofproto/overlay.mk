# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

ofproto_libofproto_la_SOURCES += \
	ofproto/ofproto-dpif-account.c \
	ofproto/ofproto-dpif-account.h \
	ofproto/ofproto-dpif-fdb.c \
	ofproto/ofproto-dpif-fdb.h \
	ofproto/ofproto-dpif-geneve.c \
	ofproto/ofproto-dpif-geneve.h \
	ofproto/ofproto-dpif-live-show.c \
	ofproto/ofproto-dpif-live-show.h \
	ofproto/ofproto-dpif-live-simulate.c \
	ofproto/ofproto-dpif-live-simulate.h \
	ofproto/ofproto-dpif-live.c \
	ofproto/ofproto-dpif-live.h \
	ofproto/ofproto-dpif-meter.c \
	ofproto/ofproto-dpif-meter.h \
	ofproto/ofproto-dpif-oam.c \
	ofproto/ofproto-dpif-oam.h \
	ofproto/ofproto-dpif-overlay.c \
	ofproto/ofproto-dpif-overlay.h \
	ofproto/ofproto-dpif-stamp-port.c \
	ofproto/ofproto-dpif-stamp-port.h \
	ofproto/ofproto-dpif-stamp-rx.c \
	ofproto/ofproto-dpif-stamp-rx.h \
	ofproto/ofproto-dpif-stamp-show.c \
	ofproto/ofproto-dpif-stamp-show.h \
	ofproto/ofproto-dpif-stamp.c \
	ofproto/ofproto-dpif-stamp.h \
	ofproto/ofproto-dpif-ttl-reply.c \
	ofproto/ofproto-dpif-ttl-reply.h \
	ofproto/ofproto-dpif-upcall-overlay.inc \
	ofproto/ofproto-dpif-xlate-overlay.inc
