# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# L2TPv3 between the userspace datapath and Linux's l2tp_eth; tests/lab.sh has
# the rest of the picture.
#
#      vm1           h1                              h2
#   [eth0]----[vm br-int tun]                    [l2tpeth0] 10.1.0.2
#                     ~~ L2TPv3 ~~~~~~~~~~~~~~~~~~~ ~~      fd01::2
#             [br-phy phy]--------------------[phy br-phy]

. tests/qemu/lib.sh

# Prints the drops that h1 counted.
h1_drops() {
    lab_exec h1 ovs-appctl l2tpv3/show | sed -n 's/^ */h1 /; s/ (.*//
        /: [1-9]/p'
}

# session FAMILY ENCAP LINUX-ARGUMENTS OPTIONS
#
# Connects vm1 and h2 by a session with LINUX-ARGUMENTS on the one side and
# OPTIONS of the port on the other, and sends pings and files.
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

for module in tun l2tp_eth l2tp_ip l2tp_ip6; do
    modprobe $module
done
check "hosts for l2tp_eth" lab_up notso || finish
lab_mtu 1400
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
