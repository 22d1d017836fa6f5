# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Measures the kernel datapath between the two hosts drawn in tests/lab.sh.
# For tests/bench/run, prints a line for each round with the results of the
# tunnel types in the arguments, in this order.
#
# usage: bench.sh ROUNDS NIC tcp|udp TYPE...
#   tcp  Mb/s of one TCP stream
#   udp  packets/s of 64 bytes that arrive
#
# NIC is the segmentation offload of the device between the hosts: "plain" for
# TCP alone, or "all" for TCP in tunnels over UDP as well.

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Prints the frames of 64 bytes that arrive at vm2 in a second of a flood.
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

# Prints the result of measure $1, tcp or udp, for a tunnel of type $2.
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
# Copy it: the guest's clock does not stop while it reads files of the host.
cp "$OUT/flood" /run/flood
lab_up tso
if test "$nic" = plain; then
    for n in 1 2; do
        lab_exec h$n ethtool -K phy tx-udp_tnl-segmentation off \
            tx-udp_tnl-csum-segmentation off
    done
fi
# The first round is to warm up: programs are loaded, TCP learns.
for ((i = 0; i <= rounds; i++)); do
    line=round
    for type; do
        line="$line $(measure "$what" "$type")"
    done
    test $i = 0 || echo "$line"
done
