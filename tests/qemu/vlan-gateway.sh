# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The howto vlan-gateway.rst, as printed, with a bridge of Linux that has VLANs as
# the switch: this kernel has them.
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
