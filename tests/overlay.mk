# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

tests_ovstest_SOURCES += \
	tests/stt-reasm-model.c \
	tests/stt-reasm-model.h \
	tests/test-account.c \
	tests/test-oam-session.c \
	tests/test-stt-reasm.c

OVERLAY_TESTSUITE_AT = \
	tests/overlay-testsuite.at \
	tests/overlay-macros.at \
	tests/hooks.at \
	tests/stt-reasm.at \
	tests/stt-macros.at \
	tests/stt.at \
	tests/stt-hostile.at \
	tests/etherip.at \
	tests/ipsec.at \
	tests/nvgre.at \
	tests/oam.at \
	tests/gateway.at \
	tests/l2tpv3-macros.at \
	tests/l2tpv3.at \
	tests/geneve.at \
	tests/geneve-opts.at \
	tests/account.at \
	tests/live.at \
	tests/fdb.at \
	tests/mcast.at \
	tests/stamp.at \
	tests/tnl-execute.at \
	tests/tnl-ecn.at \
	tests/tnl-fields.at \
	tests/tnl-no-port.at \
	tests/tnl-options.at \
	tests/tnl-ports.at \
	tests/tnl-too-big.at \
	tests/ttl-reply.at \
	tests/underlay.at

SYSTEM_OVERLAY_TESTSUITE_AT = \
	tests/system-overlay-testsuite.at \
	tests/overlay-macros.at \
	tests/lab-macros.at \
	tests/stt-macros.at \
	tests/system-stt.at \
	tests/system-etherip.at \
	tests/system-evpn.at \
	tests/system-geneve.at \
	tests/system-gateway.at \
	tests/system-gwlb.at \
	tests/system-howto.at \
	tests/system-mcast.at \
	tests/system-nvgre.at \
	tests/system-no-port.at \
	tests/system-oam.at \
	tests/system-ovn.at \
	tests/system-own.at \
	tests/l2tpv3-macros.at \
	tests/system-l2tpv3.at \
	tests/system-account.at \
	tests/system-trace.at \
	tests/system-stamp.at \
	tests/system-port-io.at \
	tests/system-tnl-afxdp.at \
	tests/system-bond.at \
	tests/system-tnl-device.at \
	tests/system-too-big.at

OVERLAY_TESTSUITE = $(srcdir)/tests/overlay-testsuite
SYSTEM_OVERLAY_TESTSUITE = $(srcdir)/tests/system-overlay-testsuite

$(OVERLAY_TESTSUITE): package.m4 $(OVERLAY_TESTSUITE_AT) $(COMMON_MACROS_AT)
$(SYSTEM_OVERLAY_TESTSUITE): package.m4 $(SYSTEM_OVERLAY_TESTSUITE_AT) \
	$(COMMON_MACROS_AT) $(SYSTEM_TESTSUITE_AT) $(SYSTEM_USERSPACE_TESTSUITE_AT)
$(OVERLAY_TESTSUITE) $(SYSTEM_OVERLAY_TESTSUITE):
	$(AM_V_GEN)$(AUTOTEST) -I '$(srcdir)' -o $@.new $@.at && mv $@.new $@

check-overlay: all tests/atlocal $(check_DATA) $(OVERLAY_TESTSUITE)
	$(SHELL) '$(OVERLAY_TESTSUITE)' -C tests \
	    AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)

check-overlay-system: all tests/atlocal $(SYSTEM_OVERLAY_TESTSUITE)
	$(SHELL) '$(SYSTEM_OVERLAY_TESTSUITE)' -C tests \
	    AUTOTEST_PATH='$(AUTOTEST_PATH)' $(TESTSUITEFLAGS)

CLEAN_LOCAL += clean-overlay
clean-overlay:
	rm -f '$(OVERLAY_TESTSUITE)' '$(SYSTEM_OVERLAY_TESTSUITE)'
	rm -rf tests/overlay-testsuite.* tests/system-overlay-testsuite.*
