# Why: our sources of the library.
@append

lib_libopenvswitch_la_SOURCES += \
	lib/secret-hash.h \
	lib/stt-reasm.c \
	lib/stt-reasm.h \
	lib/tnl-admit.c \
	lib/tnl-admit.h \
	lib/tnl-afxdp.c \
	lib/tnl-afxdp.h \
	lib/tnl-csum.c \
	lib/tnl-cut.h \
	lib/tnl-device.c \
	lib/tnl-device.h \
	lib/tnl-execute.c \
	lib/tnl-execute.h \
	lib/tnl-l2tpv3.c \
	lib/tnl-geneve-cache.c \
	lib/tnl-geneve-cache.h \
	lib/tnl-geneve-opts.c \
	lib/tnl-geneve-opts.h \
	lib/tnl-fields.c \
	lib/tnl-fields.h \
	lib/tnl-geneve.c \
	lib/tnl-geneve.h \
	lib/tnl-neigh.c \
	lib/tnl-neigh.h \
	lib/tnl-nvgre.c \
	lib/tnl-offload.c \
	lib/tnl-options.c \
	lib/tnl-options.h \
	lib/tnl-outer.h \
	lib/tnl-provider.c \
	lib/tnl-provider.h \
	lib/tnl-rivals.c \
	lib/tnl-src-port.c \
	lib/tnl-src-port.h \
	lib/tnl-stt.c \
	lib/tnl-no-port.c \
	lib/tnl-no-port.h \
	lib/tnl-too-big.c \
	lib/tnl-too-big.h

if LINUX
lib_libopenvswitch_la_SOURCES += \
	lib/tnl-port-io.c \
	lib/tnl-port-io.h \
	lib/tnl-rtnl.c
endif
