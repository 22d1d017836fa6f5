# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The types that only the userspace datapath has, against devices of Linux:
# NVGRE with gretap, L2TPv3 with l2tp_eth.  tests/lab.sh has the rest of the
# picture.
#
#      vm1           h1                              h2
#   [eth0]----[vm br-int tun]               [gre1 or l2tpeth0] 10.1.0.2
#                     ~~ NVGRE or L2TPv3 ~~~~~~~~~~~ ~~        fd01::2
#             [br-phy phy]--------------------[phy br-phy]
#
# To Linux, VSID and FlowID of NVGRE together are one key, which is the same
# for all packets of a device.
#
# cpus: 1

. tests/qemu/lib.sh
vsid=0x123456

# Connects h1 to h2, over IPv$1.  gre1 of h2 must be up.
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

# A device that accepts any key, and sends the VSID and a FlowID.
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

# A device with one key, with the FlowID of vm1's pings.
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

# Prints the drops of h1.
h1_drops() {
    lab_exec h1 ovs-appctl l2tpv3/show | sed -n 's/^ */h1 /; s/ (.*//
        /: [1-9]/p'
}

# session FAMILY ENCAP LINUX-ARGUMENTS OPTIONS
#
# Connects vm1 and h2 by a session with LINUX-ARGUMENTS on h2 and OPTIONS of
# the port on h1, and sends pings and files.
session() {
    local family=$1 encap=$2 net=10.9.0. ports=
    test "$family" = 4 || net=fd09::
    test "$encap" = ip || ports='udp_sport 1701 udp_dport 1701'
    # shellcheck disable=SC2086
    {
        lab_exec h1 ovs-vsctl --if-exists del-port br-int tun \
            -- add-port br-int tun -- set interface tun type=l2tpv3 \
               options:remote_ip=${net}2 options:encap="$encap" \
               options:in_key=10 options:out_key=20 $4
        same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "[]"
        lab_exec h2 ip l2tp add tunnel tunnel_id 1 peer_tunnel_id 1 \
            encap "$encap" local ${net}2 remote ${net}1 $ports
        lab_exec h2 ip l2tp add session name l2tpeth0 tunnel_id 1 \
            session_id 20 peer_session_id 10 $3
    }
    linux_end l2tpeth0
    reaches_linux
    lab_exec h2 ip l2tp show session
    lab_exec h2 ip l2tp del session tunnel_id 1 session_id 20
    lab_exec h2 ip l2tp del tunnel tunnel_id 1
    same "drops" "$(h1_drops)" ""
}

for module in tun ip_gre ip6_gre sch_ingress cls_matchall act_tunnel_key \
              l2tp_eth l2tp_ip l2tp_ip6; do
    modprobe $module
done
# Linux numbers the packets of a session without a lock.  Packets from two CPUs
# may arrive out of order, and l2tpv3 drops them.
cpu=/sys/devices/system/cpu/cpu1/online
test ! -e $cpu || echo 0 >$cpu
check "two hosts" lab_up notso || finish
lab_mtu 1400
check "gretap with any key over IPv4: ping, TCP" any_key 4
check "gretap with any key over IPv6: ping, TCP" any_key 6
check "gretap with one key: ping" one_key
check "l2tp_eth: UDP over IPv4" session 4 udp "l2spec_type none" ""
check "l2tp_eth: UDP over IPv4, cookies of 4 bytes, sublayer" session 4 udp \
    "cookie 11223344 peer_cookie 55667788" "options:l2_specific=default
     options:rx_cookie=0x11223344 options:tx_cookie=0x55667788"
check "l2tp_eth: UDP over IPv6, cookies of 8 bytes, sequence numbers" session \
    6 udp "cookie 1122334455667788 peer_cookie 99aabbccddeeff01 seq both" \
    "options:rx_cookie=0x1122334455667788 options:tx_cookie=0x99aabbccddeeff01
     options:l2_specific=default options:seq=both"
check "l2tp_eth: IPv4, cookies of 8 bytes, sequence numbers" session 4 ip \
    "cookie 1122334455667788 peer_cookie 99aabbccddeeff01 seq both" \
    "options:rx_cookie=0x1122334455667788 options:tx_cookie=0x99aabbccddeeff01
     options:l2_specific=default options:seq=both"
check "l2tp_eth: IPv6" session 6 ip "l2spec_type none" ""
finish
