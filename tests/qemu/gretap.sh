# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# NVGRE between the userspace datapath and Linux's gretap; tests/lab.sh has the
# rest of the picture.
#
#      vm1           h1                              h2
#   [eth0]----[vm br-int tun]                      [gre1] 10.1.0.2
#                     ~~ NVGRE ~~~~~~~~~~~~~~~~~~~~ ~~    fd01::2
#             [br-phy phy]--------------------[phy br-phy]
#
# To Linux, VSID and FlowID are one key, the same for each packet.

. tests/qemu/lib.sh
vsid=0x123456

# Connects h1 to h2, over IPv$1, where gre1 is up already.
connect() {
    local net=10.9.0.
    test "$1" = 4 || net=fd09::
    lab_exec h1 ovs-vsctl --if-exists del-port br-int tun \
        -- add-port br-int tun -- set interface tun type=nvgre \
           options:remote_ip=${net}2 options:key=$vsid
    same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "[]"
    linux_end gre1
}

same_drops() {
    same "drops" "$(lab_exec h1 ovs-appctl nvgre/show |
        sed -n 's/ (.*//; s/^ *//; /: [1-9]/p')" ""
}

# A device that takes any key, and sends the VSID and a FlowID.
any_key() {
    local kind=gretap net=10.9.0.
    test "$1" = 4 || { kind=ip6gretap; net=fd09::; }
    lab_exec h2 ip link add gre1 type $kind external
    lab_exec h2 tc qdisc add dev gre1 clsact
    lab_exec h2 tc filter add dev gre1 egress matchall \
        action tunnel_key set src_ip ${net}2 dst_ip ${net}1 \
        id $((vsid << 8 | 0xa5)) nocsum
    connect "$1"
    reaches_linux
    lab_exec h2 ip link del gre1
    same_drops
}

# A device with one key: that of the FlowID of vm1's pings.
one_key() {
    local mac key
    connect_key $((vsid << 8))
    mac=$(lab_exec h2 cat /sys/class/net/gre1/address)
    lab_exec vm1 ip neigh replace 10.1.0.2 lladdr "$mac" dev eth0 nud permanent
    capture h2 br-phy gre.pcap 'ip proto 47'
    lab_exec vm1 ping -q -c 3 -W 1 10.1.0.2 || :
    end_capture gre.pcap
    key=$(tshark -r "$OUT/gre.pcap" -Y icmp -T fields -e gre.key \
        2>/dev/null | sort -u)
    same "VSID" "$((key >> 8))" "$((vsid))"
    lab_exec h2 ip link del gre1

    connect_key "$key"
    lab_exec h2 ip link set gre1 address "$mac"
    lab_exec h2 ip neigh replace 10.1.0.1 dev gre1 nud permanent \
        lladdr "$(lab_exec vm1 cat /sys/class/net/eth0/address)"
    pings vm1 10.1.0.2 3 1000
    lab_exec h2 ip link del gre1
    same_drops
}

# Makes gre1 with key $1, and connects h1 to it.
connect_key() {
    lab_exec h2 ip link add gre1 type gretap local 10.9.0.2 remote 10.9.0.1 \
        key "$1"
    connect 4
}

for module in tun ip_gre ip6_gre sch_ingress cls_matchall act_tunnel_key; do
    modprobe $module
done
check "hosts for gretap" lab_up notso || finish
lab_mtu 1400
check "gretap with any key over IPv4: ping, TCP" any_key 4
check "gretap with any key over IPv6: ping, TCP" any_key 6
check "gretap with one key: ping" one_key
finish
