# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Segments and frames of tests/stt_cases.py, made and checked by an encoder
# that shares no code with the module:
#
#                      h1, kernel datapath
#                  +-------------------------+
#   raw socket ----|-- phy       br-int   vm-|---- raw socket
#   on h2's phy    |  10.9.0.1     tun       |     on vm1's eth0
#   as 10.9.0.2,   |  fd09::1   remote_ip=flow     MTU 30000
#   10.9.0.3       |  MTU 9000   key=flow    |
#                  +-------------------------+
#
# usage: wire.sh [big]
#   big  only packets of more than 64 kB
#
# kernel: slub_debug=FZP
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

prepare() {
    local n a
    lab_up notso 30000
    for n in 1 2; do
        ip -n "$(lab_ns h$n)" link set phy mtu 9000
    done
    for a in 10.9.0.2 10.9.0.3 fd09::2 fd09::3; do
        ip -n "$(lab_ns h1)" neigh replace $a lladdr 02:00:00:00:00:02 \
            dev phy nud permanent
    done
    lab_exec h1 ovs-vsctl add-port br-int tun -- set interface tun type=stt \
        options:remote_ip=flow options:key=flow
    same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "[]"
    # Some cases send hundreds of segments, which takes long.
    # Do not let their frames expire.
    lab_exec h1 sysctl -q -w net.stt.reassembly_timeout_ms=60000
    # The kernel sends packets of its own on each device that is up.
    lab_exec h1 sysctl -q -w net.ipv6.conf.stt_sys_7471.disable_ipv6=1
    lab_exec vm1 sysctl -q -w net.ipv6.conf.eth0.disable_ipv6=1
    lab_exec h1 ovs-ofctl add-flow br-int in_port=tun,actions=output:vm
}

# Runs table $3 of direction $2 over IPv$1.
cases() {
    local addresses="--local 10.9.0.1 --remotes 10.9.0.2,10.9.0.3"
    local remote='10.9.0.2->tun_dst'
    if test "$1" = 6; then
        addresses="--ipv6 --local fd09::1 --remotes fd09::2,fd09::3"
        remote='fd09::2->tun_ipv6_dst'
    fi
    lab_exec h1 ovs-ofctl add-flow br-int "in_port=vm actions=set_field:\
0x123456789abcdef0->tun_id,set_field:$remote,output:tun"
    # shellcheck disable=SC2086
    PYTHONDONTWRITEBYTECODE=1 lab_exec h1 python3 tests/stt_cases.py \
        "$2" "$3" $addresses \
        --kernel --mtu 9000 --underlay dev:"$(lab_ns h2)"/phy \
        --vm dev:"$(lab_ns vm1)"/eth0 --macs \
        02:00:00:00:00:02,"$(lab_exec h1 cat /sys/class/net/phy/address)" \
        --counters "ethtool -S stt_sys_7471"
}

# Turns on the offloads of the devices of the raw sockets.
leave() {
    lab_exec vm1 ethtool -K eth0 tx on tso on gso on
    lab_exec h2 ethtool -K phy tx on tso on gso on
}

# Packets of more than 64 kB, over IPv4 as well, since Linux 6.3.  Debian 12's
# "ip" does not support that.
big() {
    lab_exec vm1 python3 -c '
import struct, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tests/qemu")
from link import IFLA_IFNAME, NLM_F_ACK, RTM_NEWLINK, attribute, request
IFLA_GSO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE = 41, 63
size = struct.pack("=L", 150000)
request(RTM_NEWLINK, NLM_F_ACK, bytes(16) + attribute(IFLA_IFNAME, b"eth0\0")
        + attribute(IFLA_GSO_MAX_SIZE, size)
        + attribute(IFLA_GSO_IPV4_MAX_SIZE, size))'
    cases 4 tx big
}

check "port for raw sockets" prepare || finish
if test "$1" = big; then
    check "devices that leave work to others" leave
    check "segments sent over IPv4: BIG TCP" big
    finish
fi
for family in 4 6; do
    for group in reassembly header vlan offload ecn; do
        check "segments received over IPv$family: $group" cases $family rx $group
    done
    for group in edges; do
        check "segments sent over IPv$family: $group" cases $family tx $group
    done
done
check "devices that leave work to others" leave
for family in 4 6; do
    check "whole frames received over IPv$family: left" cases $family rx left
    check "segments sent over IPv$family: left" cases $family tx left
done
finish
