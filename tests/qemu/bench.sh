# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Measures the kernel datapath between two hosts; the picture is in
# tests/lab.sh.  For tests/bench/run, which reads what this prints: a line for
# each round with what the tunnels of the types in the arguments achieved, in
# this order.
#
# usage: bench.sh ROUNDS NIC tcp|udp TYPE...
#   tcp  Mb/s of one TCP stream
#   udp  packets/s of 64 bytes that arrive
#
# NIC is what the device between the hosts segments: "plain", TCP alone, or
# "all", TCP in tunnels over UDP as well.

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Prints how many frames of 64 bytes arrive at vm2 in a second, of a flood.
packets() {
    local before
    before=$(lab_exec vm2 cat /sys/class/net/eth0/statistics/rx_packets)
    lab_exec vm1 timeout 3 /run/flood eth0 "$(mac vm1)" "$(mac vm2)" \
        10.1.0.1 10.1.0.2 udp 64 >/dev/null || :
    echo $((($(lab_exec vm2 cat /sys/class/net/eth0/statistics/rx_packets) -
             before) / 3))
}

mac() {
    lab_exec "$1" cat /sys/class/net/eth0/address
}

# Prints what a tunnel of type $2 achieves by measure $1.
measure() {
    local mtu=1450
    case $2 in
        none) mtu=1500 ;;
        stt) mtu=9000 ;;
    esac
    case $2 in
        vxlan | geneve) lab_tunnel "$2" 4 options:csum=true ;;
        *) lab_tunnel "$2" 4 ;;
    esac
    lab_mtu $mtu
    wait_for pings vm1 10.1.0.2
    case $1 in
        tcp) throughput vm1 vm2 10.1.0.2 1 1 ;;
        udp) packets ;;
    esac
}

rounds=$1 nic=$2 what=$3
shift 3
set -e
# The guest's clock does not wait for files of the host.
cp "$OUT/flood" /run/flood
lab_up tso
if test "$nic" = plain; then
    for n in 1 2; do
        lab_exec h$n ethtool -K phy tx-udp_tnl-segmentation off \
            tx-udp_tnl-csum-segmentation off
    done
fi
# The first is to warm up: programs are loaded, TCP learns.
for ((i = 0; i <= rounds; i++)); do
    line=round
    for type; do
        line="$line $(measure "$what" "$type")"
    done
    test $i = 0 || echo "$line"
done
