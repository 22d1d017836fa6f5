#! /bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

usage() {
    cat <<'END'
usage: tests/trace/faults.sh [HEALTHY [FAULTS]]
Trace packets of eight flows over the network of tests/trace/fabric.sh: HEALTHY
times (default 100) without a fault, and FAULTS times (default 50) with a fault
of a random link or spine on the flow's path.  Prints how many traces were
complete and right, and the median of their times.
END
}

case $1 in
    -*) usage; exit ;;
esac
cd "$(dirname "$0")/../.." || exit
. tests/lab.sh
. tests/account/account.sh
. tests/trace/fabric.sh

# Has a1 send a packet from each of the UDP ports 5000 to 5007 every .1 s.
send() {
    lab_exec a1 python3 -c '
import socket, time
sockets = []
for port in range(5000, 5008):
    sockets.append(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    sockets[-1].bind(("10.1.0.1", port))
while True:
    for s in sockets:
        try:
            s.sendto(bytes(100), ("10.1.0.2", 9999))
        except ConnectionRefusedError:
            pass
    time.sleep(.1)' &
}

# Traces the flow from port $1.  Sets 'status', and adds the time in ms to the
# file $2.
trace() {
    local begin
    begin=$(date +%s%N)
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam trace --hosts "$LAB_DIR/hosts" h1 br-int \
        in_port=a1,udp,tp_src="$1" >"$LAB_DIR/trace"
    status=$?
    echo $((($(date +%s%N) - begin) / 1000000)) >>"$2"
}

# Prints that $1 of $2 traces with $4 were right, and the median of the times in
# file $3.
report() {
    echo "$4: $1 of $2 right, median $(sort -n "$3" |
        sed -n "$((($2 + 1) / 2))p") ms"
}

# Prints what a trace found that is not right.
wrong() {
    echo "wrong: $*"
    sed -n '/PHYSICAL/p; /^VERDICT/,$p' "$LAB_DIR/trace"
}

# Traces $1 times without a fault.  Sets 'spines', by port.
healthy() {
    local i port good=0
    for ((i = 0; i < $1; i++)); do
        port=$((5000 + i % 8))
        trace $port "$LAB_DIR/healthy"
        spines[$port]=$(sed -n 's/.*  10\.8\.\([1-4]\)\.3 .*/\1/p' \
            "$LAB_DIR/trace")
        if test $status = 0 && test -n "${spines[$port]}" &&
           grep -q '^VERDICT  DELIVERED: host h2: output to a2' \
               "$LAB_DIR/trace"; then
            good=$((good + 1))
        else
            wrong "port $port"
        fi
    done
    report $good "$1" "$LAB_DIR/healthy" "no fault"
}

# Traces $1 times with a fault on the path.
faulty() {
    local i port spine good=0 node what
    for ((i = 0; i < $1; i++)); do
        port=$((5000 + RANDOM % 8))
        spine=${spines[$port]}
        case $((RANDOM % 3)) in
            0) node=spine$spine what=10.8.$spine.3
               fabric_drop "$node" ip daddr 10.9.0.0/16 ;;
            1) node=leaf2 what=10.8.$spine.4
               fabric_drop $node iifname "spine$spine" udp dport 6081 ;;
            2) node=leaf1 what=10.9.1.254
               fabric_drop $node oifname "spine$spine" udp dport 6081 ;;
        esac
        trace $port "$LAB_DIR/faulty"
        if test $status = 4 &&
           grep -q "lost behind $what," "$LAB_DIR/trace"; then
            good=$((good + 1))
        else
            wrong "port $port, fault behind $what"
        fi
        fabric_mend "$node"
    done
    report $good "$1" "$LAB_DIR/faulty" "a fault"
}

declare -A spines
lab_new
trap 'kill $(jobs -p) 2>/dev/null; lab_down' EXIT
account_up && account_hosts && send || exit
sleep 1
healthy "${1:-100}"
faulty "${2:-50}"
