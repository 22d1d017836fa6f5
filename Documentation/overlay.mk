# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

DOC_SOURCE += \
	Documentation/howto/billing.rst \
	Documentation/howto/evpn.rst \
	Documentation/howto/gateway.rst \
	Documentation/howto/gwlb.rst \
	Documentation/howto/l2tpv3.rst \
	Documentation/howto/lost-packet.rst \
	Documentation/howto/multicast.rst \
	Documentation/howto/ovn.rst \
	Documentation/howto/stt.rst \
	Documentation/howto/virtual-router.rst \
	Documentation/howto/vlan-gateway.rst \
	Documentation/internals/architecture.rst \
	Documentation/internals/hooks.rst \
	Documentation/internals/new-tunnel.rst \
	Documentation/internals/testing.rst
RST_MANPAGES += ovs-oam.8.rst ovs-tunnels.7.rst
