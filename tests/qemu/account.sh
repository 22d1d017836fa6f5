# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Accounts with the kernel datapath, compared to OpenFlow's counters and to what
# is on the wire of reflect.sh.

. tests/qemu/lib.sh
. tests/qemu/reflect.sh

# Sends frames, while it runs "$@ N" for N = 1, 2, ...
traffic() {
    local n=0 send
    start_wire
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
    # The first wait may be for a dump that had begun before the last packets.
    lab_exec h1 ovs-appctl revalidator/wait
    lab_exec h1 ovs-appctl revalidator/wait
    lab_exec h1 ovs-appctl account/dump >"$LAB_DIR/dump.json"
    lab_exec h1 ovs-ofctl dump-flows br-int >"$LAB_DIR/flows.txt"
    python3 tests/account_wire.py openflow "$LAB_DIR/dump.json" \
        "$LAB_DIR/flows.txt" | tee "$LAB_DIR/openflow"
    same "OpenFlow" "$(cat "$LAB_DIR/openflow")" "received: 0 0"
    python3 tests/account_wire.py compare "$LAB_DIR/dump.json" \
        "$LAB_DIR/wire.json" "$LAB_DIR/wire.json" >"$LAB_DIR/compare"
    cat "$LAB_DIR/compare"
    same "accounts" "$(grep accounts "$LAB_DIR/compare")" "accounts: 451"
    # The kernel loses the packets that a CPU handles while another deletes
    # their flow, to OpenFlow's counters and to accounts.
    # shellcheck disable=SC2046
    set -- $(sed -n 's/differences of the sums: //p' "$LAB_DIR/compare")
    test "$1" -le 0 && test "$1" -ge -100 && test "$3" -le 0 &&
        test "$3" -ge -100
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
