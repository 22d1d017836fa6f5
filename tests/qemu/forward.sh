# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Two hosts with the kernel datapath; the picture is in tests/lab.sh.
#
# usage: forward.sh [TYPE]...

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Everything that two VMs do with each other, through a tunnel of $1 over IPv$2
# that leaves them an MTU of $3.
two_hosts() {
    lab_tunnel "$1" "$2"
    lab_mtu "$3"
    lab_reach vm1 10.1.0.2
    pings vm1 10.1.0.2 5
    pings vm1 10.1.0.2 3 $(($3 - 28))
    pings vm2 fd01::1 3 $(($3 - 48))
    transfer vm1 vm2 3000000 10.1.0.2
    transfer vm2 vm1 3000000 fd01::1
    throughput vm1 vm2 10.1.0.2
    throughput vm2 vm1 10.1.0.1
}

check "two hosts" lab_up tso || finish
for type in ${*:-vxlan stt}; do
    case $type in
        stt) mtu=9000 ;;
        *) mtu=1400 ;;
    esac
    for family in 4 6; do
        check "$type over IPv$family: ping, TCP" \
            two_hosts "$type" $family $mtu
    done
done
finish
