# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Accounts with the kernel datapath, compared to what is on the wire, which
# sends each packet back as the remote host would:
#
#   vm1 --- br-int h1 === STT, VXLAN, Geneve === wire

. tests/qemu/lib.sh
export ACCOUNT_TYPES='stt vxlan geneve'

# Starts h1, the VM and the wire.
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

# Sends frames, while it runs "$@ N" for N = 1, 2, ...
traffic() {
    local n=0 send
    background wire python3 tests/account_wire.py reflect eth0 \
        "$LAB_DIR/wire.json" >"$LAB_DIR/reflect.log"
    wait_for grep -q ready "$LAB_DIR/reflect.log"
    lab_exec vm1 python3 tests/account_wire.py send eth0 10000 1 &
    send=$!
    while kill -0 $send 2>/dev/null; do
        n=$((n + 1))
        "$@" $n
    done
    echo "$n changes"
    test $n -gt 10
    sleep 1
    kill "$(cat "$LAB_DIR/background")"
    wait_for test -s "$LAB_DIR/wire.json"
    lab_exec h1 ovs-appctl revalidator/wait
    lab_exec h1 ovs-appctl account/dump >"$LAB_DIR/dump.json"
    python3 tests/account_wire.py compare "$LAB_DIR/dump.json" \
        "$LAB_DIR/wire.json" >"$LAB_DIR/compare"
    cat "$LAB_DIR/compare"
    same "result" "$(cat "$LAB_DIR/compare")" "accounts: 451
differences of the sums: 0 0 0 0"
}

# Deletes all datapath flows, or adds or deletes a port.
change() {
    case $(($1 % 3)) in
        0) lab_exec h1 ovs-appctl revalidator/purge ;;
        1) lab_exec h1 ovs-vsctl --may-exist add-port br-int other \
            -- set interface other type=gre options:remote_ip=10.9.0.9 ;;
        2) lab_exec h1 ovs-vsctl --if-exists del-port other ;;
    esac
}

lab_new
trap lab_down EXIT
check "start" start &&
    check "accounts are exact while datapath flows come and go" traffic change
finish
