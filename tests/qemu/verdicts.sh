# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The verdicts of "ovs-oam trace" on faults, with the kernel datapath.
#
# limit: 7200

. tests/qemu/lib.sh

export LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system LAB_DATAPATH_h3=system
export TIMEOUT=60
exec bash tests/trace/verdicts.sh geneve vxlan gre stt
