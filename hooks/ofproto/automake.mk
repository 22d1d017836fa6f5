# Why: our sources of the library.
@append

ofproto_libofproto_la_SOURCES += \
	ofproto/ofproto-dpif-geneve.c \
	ofproto/ofproto-dpif-geneve.h
