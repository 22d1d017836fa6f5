# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What the checks of several howtos use; "run" sources it behind lab.sh.

# Runs a command until it succeeds, for up to 30 s.
wait_until() {
    local i
    for ((i = 0; i < 300; i++)); do
        "$@" && return
        sleep .1
    done
    return 1
}

# Waits until a program listens at TCP port $2 of node $1.
listens() {
    wait_until eval "lab_exec $1 ss -Htln 'sport = $2' | grep -q ."
}

# Serves HTTP at port 8000 of node $1.
serve() {
    lab_exec "$1" python3 -m http.server 8000 >/dev/null 2>&1 &
    listens "$1" 8000
}

# Returns true if node $1 gets an answer from the server at address $2, in $3
# seconds (default 5).
fetches() {
    lab_exec "$1" curl -s -o /dev/null --max-time "${3:-5}" "http://$2:8000/"
}

# Sends 3 packets from eth0 of node $1 to the broadcast address $2, so that no
# answer and no ARP is needed, and fails unless $4 of them reach eth0 of node
# $3.
arrive() {
    local i n
    # The capture before has told that it listens.
    rm -f "$LAB_DIR/tcpdump.log" "$LAB_DIR/tcpdump.pid"
    # shellcheck disable=SC2016
    lab_exec "$3" sh -c 'echo $$ >$LAB_DIR/tcpdump.pid
        exec tcpdump -Z root -l -n -i eth0 -Q in --immediate-mode \
            udp port 4242' >"$LAB_DIR/arrived" 2>"$LAB_DIR/tcpdump.log" &
    wait_until grep -qs listening "$LAB_DIR/tcpdump.log" || return
    lab_exec "$1" python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
for i in range(3):
    s.sendto(b"packet", (sys.argv[1], 4242))' "$2" || return
    # To see that none comes takes time, too.
    for ((i = 0; i < 10 || (i < 100 && n < $4); i++)); do
        n=$(grep -c UDP "$LAB_DIR/arrived")
        sleep .1
    done
    kill "$(cat "$LAB_DIR/tcpdump.pid")"
    echo "of 3 packets, $n arrived"
    test "$n" = "$4"
}
