# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# A host with the kernel datapath, and a wire that sends each packet back as the
# remote host would:
#
#   vm1 --- br-int h1 === STT, VXLAN, Geneve === wire
#
# Source this file after lib.sh.

export ACCOUNT_TYPES='stt vxlan geneve'

# Starts h1 and the VM, with the flows of account_wire.py.
start() {
    local n t port=11
    lab_nodes h1 vm1 wire
    lab_veth h1 phy wire eth0 1500
    lab_veth h1 vm vm1 eth0 1500
    for n in "h1 phy" "h1 vm" "vm1 eth0" "wire eth0"; do
        # shellcheck disable=SC2086
        lab_no_offloads $n
    done
    for n in vm1 wire; do
        lab_exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1
    done
    lab_run ip -n "$(lab_ns h1)" address add 10.9.0.1/24 dev phy
    lab_run ip -n "$(lab_ns h1)" address add fd09::1/64 dev phy nodad
    for n in 10.9.0.2 10.9.0.3 fd09::4; do
        lab_run ip -n "$(lab_ns h1)" neighbor replace $n dev phy \
            lladdr "$(lab_exec wire cat /sys/class/net/eth0/address)"
    done
    lab_start h1 notso
    lab_exec h1 ovs-vsctl add-br br-int -- set bridge br-int \
        datapath_type=system fail_mode=secure -- add-port br-int vm
    for t in $ACCOUNT_TYPES; do
        lab_exec h1 ovs-vsctl add-port br-int $t -- set interface $t type=$t \
            ofport_request=$port options:remote_ip=flow options:key=flow
        same "error" "$(lab_exec h1 ovs-vsctl get interface $t error)" "[]"
        port=$((port + 1))
    done
    python3 tests/account_wire.py flows >"$LAB_DIR/flows"
    lab_exec h1 ovs-ofctl add-flows br-int "$LAB_DIR/flows"
    lab_exec h1 ovs-ofctl add-flow br-int priority=1,actions=drop
}

# Starts the wire, which counts into $LAB_DIR/wire.json when it ends.
start_wire() {
    background wire python3 tests/account_wire.py reflect eth0 \
        "$LAB_DIR/wire.json" >"$LAB_DIR/reflect.log"
    wait_for grep -q ready "$LAB_DIR/reflect.log"
}
