# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# A kernel without IPv6:
#
#   a: stt0 10.2.0.1 -- phy 10.9.0.1 === phy 10.9.0.2 -- stt0 10.2.0.2 :b
#
# kernel: ipv6.disable=1
# cpus: 1

. tests/qemu/lib.sh

two_hosts() {
    local n a
    modprobe stt
    for n in a b; do
        ip netns add "$(lab_ns $n)"
    done
    lab_veth a phy b phy 1500
    for n in a b; do
        a=$(test $n = a && echo 1 || echo 2)
        lab_exec $n ip address add 10.9.0."$a"/24 dev phy
        lab_exec $n python3 tests/qemu/link.py add stt0 \
            remote 10.9.0.$((3 - a))
        lab_exec $n ip address add 10.2.0."$a"/24 dev stt0
        lab_exec $n ip link set stt0 up mtu 9000
    done
    wait_for pings a 10.2.0.2
    pings a 10.2.0.2 3 8000
}

# A packet with IPv6 addresses in its metadata is dropped.
remote6() {
    local program="tests/qemu/link.py add bad remote fd09::2" before
    # shellcheck disable=SC2086
    same "error" "$(lab_exec a python3 $program 2>&1 || :)" \
        "Address family not supported by protocol: The kernel has no IPv6"
    lab_exec a ip link delete stt0
    lab_exec a ip link add stt0 up type stt
    lab_exec a ip link add from up type dummy
    lab_exec a tc qdisc add dev from clsact
    lab_exec a tc filter add dev from egress matchall \
        action tunnel_key set src_ip fd09::1 dst_ip fd09::2 id 1 \
        action mirred egress redirect dev stt0
    lab_exec a python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("from", 0))
for i in range(3):
    s.send(b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46))'
    same "tx_no_route" "$(lab_exec a ethtool -S stt0 |
        sed -n 's/^ *tx_no_route: //p')" 3
}

check "two hosts without IPv6" two_hosts || finish
check "a remote address of IPv6" remote6
finish
