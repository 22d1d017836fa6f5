# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# BIG TCP: STT cannot carry packets of more than 64 kB, so the kernel segments
# them first.  Over IPv4, Linux has BIG TCP since 6.3.
#
# cpus: 1

. tests/qemu/wire.sh big
