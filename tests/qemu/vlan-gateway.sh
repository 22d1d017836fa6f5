# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The howto vlan-gateway.rst, as printed.  The switch is a bridge of Linux, with
# the VLANs that this kernel has.
#
# cpus: 1

. tests/qemu/lib.sh

howto() {
    modprobe tun
    HOWTO_LAN=linux HOWTO_PATIENCE=300 TMPDIR=$OUT tests/howto/run \
        Documentation/howto/vlan-gateway.rst
}

check "the howto" howto
finish
