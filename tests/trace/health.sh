#! /bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

usage() {
    cat <<'END'
usage: tests/trace/health.sh [FAULTS [SECONDS]]
Makes faults of a random link, in one direction, or spine of the network of
tests/trace/fabric.sh, one after the other, FAULTS in all (default 50).  Prints
how long it took until a host logged it, how often "ovs-oam health" named the
right one and no other, and the median of its times.  Before, if SECONDS is
given, a tenant sends for that long at 90 % of the rate that it can reach,
without a fault: prints the number of alarms.
END
}

case $1 in
    -*) usage; exit ;;
esac
cd "$(dirname "$0")/../.." || exit
. tests/lab.sh
. tests/account/account.sh
. tests/trace/fabric.sh

health() {
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam health --hosts "$LAB_DIR/hosts" "$@"
}

# Has tenants send to all hosts, and the hosts test packets.
send() {
    local h vm
    for vm in a1 a2; do
        lab_exec $vm ping -i .5 203.0.113.1 >/dev/null &
    done
    lab_exec a1 ping -i .5 10.1.0.2 >/dev/null &
    for h in h1 h2 h3; do
        lab_run lab_exec $h ovs-vsctl set open_vswitch . \
            other_config:oam-key=1 other_config:oam-probe=true || return
    done
}

# Waits up to $1 seconds until the last line of "ovs-oam health" matches $2.
await() {
    local end=$((SECONDS + $1))
    until health --no-probes | tail -n 1 | grep -q "$2"; do
        test $SECONDS -lt $end || return
        sleep .5
    done
}

# Prints the number of times that a host found something wrong.
alarms() {
    cat "$LAB_DIR"/h?/ovs-vswitchd.log | grep -c '|stamp(oam[0-9]*)|WARN|' || :
}

# Has a1 send to a2 for $1 seconds at $2 bits per second, or as fast as it can.
# Prints the rate that it reached.
load() {
    lab_exec a1 iperf3 -c 10.1.0.2 -t "$1" ${2:+-b "$2"} -J | python3 -c '
import json, sys
print(round(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"]))'
}

# Prints the number of alarms under load for $1 seconds, without a fault.
healthy() {
    local rate before
    lab_exec a2 iperf3 -s >/dev/null &
    sleep 1
    rate=$(load 10) && before=$(alarms) &&
        rate=$(load "$1" $((rate * 9 / 10))) || return
    echo "$(($(alarms) - before)) alarms in $1 s at $((rate / 1000000)) Mb/s"
}

# Makes a random fault.  Sets 'node', and 'behind', a regular expression of the
# addresses behind which packets are lost.
fault() {
    local spine=$((1 + RANDOM % 4))
    case $((RANDOM % 5)) in
        0) node=spine$spine behind="10.8.$spine.[35]"
           fabric_drop "$node" ip daddr 10.9.0.0/16 ;;
        1) node=leaf1 behind=10.9.1.254
           fabric_drop $node oifname spine$spine udp dport 6081 ;;
        2) node=leaf1 behind=10.8.$spine.2
           fabric_drop $node iifname spine$spine udp dport 6081 ;;
        3) node=leaf2 behind="10.9.[23].254"
           fabric_drop $node oifname spine$spine udp dport 6081 ;;
        4) node=leaf2 behind=10.8.$spine.4
           fabric_drop $node iifname spine$spine udp dport 6081 ;;
    esac
}

# Returns whether the verdict names the place of the fault, and no other.
is_right() {
    local places
    places=$(sed -n 's/^PHYSICAL: packets from .* are lost //p' \
        "$LAB_DIR/health" | sed 's/ or /\n/g; s/ and /\n/g')
    test -n "$places" &&
        ! grep -qvx "behind $behind, the last that answers" <<<"$places"
}

# Adds to the file "found" how many ms after $1, in ns, a host first found
# something wrong.
found() {
    local first
    first=$(sed -n 's/\(.*Z\)|[^|]*|stamp(oam[0-9]*)|WARN|.*/\1/p' \
        "$LAB_DIR"/h?/ovs-vswitchd.log | sort |
        awk -v since="$(date -u -d "@${1%?????????}.${1: -9:3}" \
            +%Y-%m-%dT%H:%M:%S.%3NZ)" '$0 >= since { print; exit }')
    test -z "$first" ||
        echo $((($(date -d "$first" +%s%N) - $1) / 1000000)) >>"$LAB_DIR/found"
}

# Prints the number of numbers in file $1, the median, and the largest.
median() {
    sort -n "$LAB_DIR/$1" | awk '{ n[NR] = $1 } END {
        printf "%d, median %d ms, at most %d ms\n", NR, n[int((NR + 1) / 2)], $1
    }'
}

# Makes $1 faults.
faults() {
    local i begin node behind good=0
    for ((i = 0; i < $1; i++)); do
        begin=$(date +%s%N)
        fault
        # No path may cross it.
        until await 20 degraded; do
            fabric_mend "$node"
            begin=$(date +%s%N)
            fault
        done
        found "$begin"
        # Others may have to be found, too.
        sleep 3
        begin=$(date +%s%N)
        health >"$LAB_DIR/health"
        echo $((($(date +%s%N) - begin) / 1000000)) >>"$LAB_DIR/times"
        if is_right; then
            good=$((good + 1))
        else
            echo "wrong: fault behind $behind"
            cat "$LAB_DIR/health"
        fi
        fabric_mend "$node"
        await 60 'all up' || return
    done
    echo "found: $(median found)"
    echo "$good of $1 right: $(median times)"
}

lab_new
trap 'kill $(jobs -p) 2>/dev/null; lab_down' EXIT
account_up && account_hosts && send && await 60 '6 sessions, all up' &&
    { test -z "$2" || healthy "$2"; } && faults "${1:-50}"
