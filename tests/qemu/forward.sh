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

# Packets with a tag, which travels in the STT header.
tagged() {
    local n
    lab_tunnel stt 4
    lab_mtu 9000
    for n in 1 2; do
        lab_exec h$n ovs-vsctl set port vm tag=100
    done
    wait_for pings vm1 10.1.0.2
    lab_exec h2 ovs-appctl dpctl/dump-flows | grep 'tunnel.*vlan(vid=100'
    pings vm1 10.1.0.2 3 8972
    transfer vm1 vm2 1000000 10.1.0.2
    for n in 1 2; do
        lab_exec h$n ovs-vsctl remove port vm tag 100
    done
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
check "stt: tags" tagged
finish
