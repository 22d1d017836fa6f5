# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The two hosts drawn in tests/lab.sh, with the kernel datapath.
#
# usage: forward.sh [TYPE]...
#
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# All traffic tests between two VMs, through a tunnel of type $1 over IPv$2,
# with an inner MTU of $3.
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

# Packets with a tag, which is carried in the STT header.
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

# Datagrams that h1's GRO has merged into lists arrive as they were sent.
lists() {
    lab_tunnel stt 4
    lab_mtu 1400
    lab_exec vm1 ethtool -K eth0 tx-udp-segmentation off
    lab_exec h1 ethtool -K vm gro on rx-gro-list on
    lab_exec h1 ovs-ofctl add-flow br-int udp,actions=normal
    wait_for pings vm1 10.1.0.2
    lab_exec vm1 python3 -c '
import os, socket, sys
sys.dont_write_bytecode = True
sys.path.insert(0, "tests")
from netns import inside
UDP_SEGMENT = 103
rx = inside(sys.argv[1], socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
rx.bind(("10.1.0.2", 5000))
rx.settimeout(20)
tx = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tx.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 1000)
tx.connect(("10.1.0.2", 5000))
for i in range(11):
    data = os.urandom(20000)
    tx.send(data)
    assert data == b"".join(rx.recv(2000) for _ in range(20))
' "$(lab_ns vm2)"
    # GRO made lists: one each time, after the first.
    same "packets" "$(lab_exec h1 ovs-appctl dpctl/dump-flows |
        sed -n 's/.*proto=17.*packets:\([0-9]*\),.*/\1/p')" 10
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
check "stt: lists of GRO" lists
finish
