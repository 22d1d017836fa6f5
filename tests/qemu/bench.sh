# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Measures the kernel datapath between two hosts; the picture is in
# tests/lab.sh.  Prints, for tests/bench/run, a line for each round with the
# results of the tunnels of the types in the arguments, in this order.
#
# usage: bench.sh ROUNDS NIC tcp|udp TYPE...
#   tcp  Mb/s of one TCP stream
#   udp  packets/s of 64 bytes that arrive
#
# NIC is the segmentation offload of the device between the hosts: "plain", TCP
# only, or "all", also TCP in tunnels over UDP.

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Prints how many frames of 64 bytes of a flood arrive at vm2 in a second.
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

# Prints the result of a tunnel of type $2 in measure $1.
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
# The guest's clock also advances while it waits for files of the host.
cp "$OUT/flood" /run/flood
lab_up tso
if test "$nic" = plain; then
    for n in 1 2; do
        lab_exec h$n ethtool -K phy tx-udp_tnl-segmentation off \
            tx-udp_tnl-csum-segmentation off
    done
fi
# The first round is for warm-up: it loads programs, and TCP metrics settle.
for ((i = 0; i <= rounds; i++)); do
    line=round
    for type; do
        line="$line $(measure "$what" "$type")"
    done
    test $i = 0 || echo "$line"
done
