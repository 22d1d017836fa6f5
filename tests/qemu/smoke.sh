# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# A short test for each kernel: two hosts with the kernel datapath exchange a
# few packets.  The picture is in tests/lab.sh.
#
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Sends a ping and a file each way through a tunnel of type $1 over IPv$2.
little() {
    lab_tunnel "$1" "$2"
    lab_mtu 1400
    wait_for pings vm1 10.1.0.2
    transfer vm1 vm2 1000000 10.1.0.2
    transfer vm2 vm1 1000000 10.1.0.1
}

check "two hosts" lab_up tso || finish
check "geneve" little geneve 4
check "stt over IPv4" little stt 4
check "stt over IPv6" little stt 6
finish
