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

# Kills ovs-vswitchd and starts it again, as ovs-ctl does: the datapath's flows
# stay until those of OpenFlow are there.
restart() {
    local pid
    pid=$(cat "$LAB_DIR/h1/ovs-vswitchd.pid")
    kill -KILL "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        sleep .1
    done
    lab_exec h1 ovs-vsctl --no-wait set Open_vSwitch . \
        other_config:flow-restore-wait=true
    lab_exec h1 ovs-vswitchd --detach --no-chdir --pidfile --log-file \
        -vconsole:off
    lab_exec h1 ovs-ofctl add-flows br-int "$LAB_DIR/flows"
    lab_exec h1 ovs-vsctl remove Open_vSwitch . other_config flow-restore-wait
}

# Prints the number of frames sent in the accounts of h1.
sent() {
    lab_exec h1 ovs-appctl revalidator/wait
    lab_exec h1 ovs-appctl revalidator/wait
    lab_exec h1 ovs-appctl account/dump | python3 -c '
import json, sys
print(sum(cell["tx_packets"] for cell in json.load(sys.stdin)["cells"]))'
}

# Sends 50 frames a second, while ovs-vswitchd is killed.  None counts twice,
# and those that the datapath sends without ovs-vswitchd do not count.
killed() {
    local old then_sent now_sent before after wire lost send
    old=$(sent)
    start_wire
    lab_exec vm1 ip address add 10.1.0.1/24 dev eth0
    lab_exec vm1 ip neighbor replace 10.1.0.2 dev eth0 lladdr 02:00:00:00:00:02
    lab_exec vm1 python3 -c '
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(1500):
    s.sendto(bytes(50), ("10.1.0.2", 10000 + n % 50))
    print(n, flush=True)
    time.sleep(.02)' >"$LAB_DIR/sent" &
    send=$!
    sleep 5
    then_sent=$(tail -n 1 "$LAB_DIR/sent")
    before=$(sent)
    restart
    now_sent=$(tail -n 1 "$LAB_DIR/sent")
    wait $send
    after=$(sent)
    kill "$(cat "$LAB_DIR/background")"
    wait_for test -s "$LAB_DIR/wire.json"
    wire=$(python3 -c '
import json, sys
print(sum(n for n, _ in json.load(open(sys.argv[1]))["counts"].values()))' \
        "$LAB_DIR/wire.json")
    lost=$((wire - (before - old) - after))
    echo "$wire on the wire, $((before - old)) and $after in accounts;" \
        "$((now_sent - then_sent)) sent meanwhile"
    test $lost -gt 0
    test $lost -le $((now_sent - then_sent + 50))
}

lab_new
trap lab_down EXIT
check "start" start &&
    check "accounts are exact while datapath flows come and go" traffic change &&
    check "accounts of an ovs-vswitchd that is killed" killed
finish
