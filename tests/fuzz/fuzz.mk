# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

# Builds the fuzz targets into $(FUZZ): libopenvswitch with clang's sanitizers,
# then a program for each fuzz-*.c here.  For tests/fuzz/run, which runs it in
# _build/ovs: that one's config.h and list of sources will do.

all-fuzz:
.PHONY: all-fuzz

include Makefile

FUZZ = ../fuzz
FUZZ_CC = clang
FUZZ_CFLAGS = -g -O1 -fno-omit-frame-pointer -w \
	-fsanitize=address,undefined -fno-sanitize-recover=undefined
FUZZ_COMPILE = $(FUZZ_CC) $(FUZZ_CFLAGS) $(DEFS) -I. $(AM_CPPFLAGS) -I tests \
	-fno-strict-aliasing -MMD -MP

FUZZ_TARGETS = $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz-*.c))
FUZZ_LIB_OBJECTS = $(patsubst %.c,$(FUZZ)/%.o,$(filter %.c, \
	$(lib_libopenvswitch_la_SOURCES) \
	$(nodist_lib_libopenvswitch_la_SOURCES)))

all-fuzz: $(FUZZ_TARGETS:%=$(FUZZ)/%)
.SECONDARY:

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(AM_V_CC)$(FUZZ_COMPILE) -fsanitize=fuzzer-no-link -c -o $@ $<

$(FUZZ)/libopenvswitch.a: $(FUZZ_LIB_OBJECTS)
	$(AM_V_AR)rm -f $@ && ar cr $@ $^

$(FUZZ)/fuzz-%: $(FUZZ)/tests/fuzz/fuzz-%.o $(FUZZ)/tests/fuzz/fuzz.o \
		$(FUZZ)/tests/stt-reasm-model.o $(FUZZ)/libopenvswitch.a
	$(AM_V_CCLD)$(FUZZ_CC) $(FUZZ_CFLAGS) -fsanitize=fuzzer -o $@ $^ \
		$(filter-out %.la,$(lib_libopenvswitch_la_LIBADD)) $(LIBS) \
		-lpthread -lrt

-include $(shell find $(FUZZ) -name '*.d' 2>/dev/null)
