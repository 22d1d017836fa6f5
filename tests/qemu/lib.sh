# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Functions for the test scripts here, which source this file in the guest.  A
# test is a function; "check TITLE FUNCTION" runs it, and prints "ok TITLE",
# "FAILED TITLE" and the end of its log, or "skipped TITLE: REASON".  Programs are slow to start without
# KVM, so the tests of a script share one lab.

. tests/lab.sh

n_checks=0 failed=0
KMEMLEAK=/sys/kernel/debug/kmemleak

# Runs a test: check TITLE FUNCTION [ARGUMENT]...  The function runs in a
# subshell, with "set -e".  The test fails, too, if the kernel logs an error.
# A function that cannot test here ends with "skip REASON".  Returns whether the
# test did not fail.
check() {
    local title=$1 log status
    shift
    n_checks=$((n_checks + 1))
    log=$OUT/$n_checks.log
    : >"$log"
    dmesg --clear
    (
        set -eE
        trap stack ERR
        "$@"
    ) >>"$log" 2>&1
    status=$?
    kernel_is_content >>"$log" || status=1
    if test $status = 0; then
        echo "ok $title"
    elif test $status = 77; then
        echo "skipped $title: $(tail -n 1 "$log")"
        status=0
    else
        echo "FAILED $title"
        tail -n 15 "$log" | sed 's/^/    /'
        failed=1
        # The same failure may happen in each test: do not wait as long again.
        WAIT=10
    fi
    return $status
}

# Ends the test of check(), with the reason why it is skipped.
skip() {
    echo "$*"
    exit 77
}

# Prints the command that failed, and its place.
stack() {
    local i=0
    test $BASH_SUBSHELL = 1 || return 0
    echo "failed: $BASH_COMMAND"
    while caller $i; do
        i=$((i + 1))
    done
    trap - ERR
}

# Ends the script, with exit status 0 if all checks passed.  Before that, keeps
# the logs of the lab's daemons beside those of the tests.
finish() {
    local node
    test ! -e $KMEMLEAK || check "no memory leaked" nothing_leaked
    for node in h1 h2; do
        test ! -e "$LAB_DIR/$node/ovs-vswitchd.log" ||
            cp "$LAB_DIR/$node/ovs-vswitchd.log" "$OUT/$node-vswitchd.log"
    done
    exit $failed
}

# Prints errors in the kernel's log, and fails if there are any.
kernel_is_content() {
    local bad='BUG:|BUG [a-z0-9-]+ \(|WARNING:|Call Trace|INFO: (task|rcu)'
    bad="$bad|refcount_t|unregister_netdevice: waiting|general protection|Oops"
    bad="$bad|possible .* (locking|deadlock)|UBSAN|kmemleak: [1-9]"
    if dmesg | grep -E -A 30 "$bad"; then
        echo "failed: the kernel complains: $(dmesg | grep -E -m 1 "$bad")"
        return 1
    fi
}

# Fails if the kernel has leaked objects of our modules.
nothing_leaked() {
    # An object counts if two scans find no reference to it; young objects do
    # not count.
    sleep 6
    echo scan >$KMEMLEAK
    echo scan >$KMEMLEAK
    cat $KMEMLEAK
    fails grep -F '[stt]' $KMEMLEAK
}

# Fails unless the values are the same: same WHAT IS EXPECTED.
same() {
    test "$2" = "$3" || { echo "failed: $1: is '$2', not '$3'"; return 1; }
}

# Runs a command, and fails unless it fails.  ("! COMMAND" would not end a
# function under "set -e".)
fails() {
    ! "$@" || { echo "failed: succeeded: $*"; return 1; }
}

# Waits until a command succeeds, at most 120 seconds, or $WAIT.
wait_for() {
    local end=$((SECONDS + ${WAIT:-120}))
    while test $SECONDS -lt $end; do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep .2
    done
    echo "failed: waited in vain for: $*"
    return 1
}

# Runs a command on node $1 in the background, one at a time.  end_background
# ends it.
background() {
    local node=$1
    shift
    rm -f "$LAB_DIR/background"
    lab_exec "$node" sh -c 'echo $$ >"$0"; exec "$@"' "$LAB_DIR/background" \
        "$@" &
    wait_for test -s "$LAB_DIR/background"
}

end_background() {
    kill "$(cat "$LAB_DIR/background")"
    wait $! || :
}

# Starts to capture the packets that pass port $2 of node $1 and the filter
# $4..., into $OUT/$3.
capture() {
    # Capture into the guest's memory first, since each packet is a write.
    background "$1" tcpdump -Z root -U -n -s 0 -B 16384 -i "$2" \
        -w "$LAB_DIR/$3" "${@:4}"
    wait_for test -s "$LAB_DIR/$3"
}

# Ends the capture into $OUT/$1 when tcpdump has received all packets.
end_capture() {
    sleep 1
    end_background
    mv "$LAB_DIR/$1" "$OUT"
}

# Fails unless node $1 gets answers to all of $3 (default 3) echo requests,
# with $4 (default 56) bytes each, from address $2.  Each has a ping of its
# own: after several requests, ping waits for the last answer only twice as
# long as the others took.  Callers expect three or more of them to arrive, and
# a busy machine may take seconds for an answer; one or two they try again, or
# expect to be lost.
pings() {
    local wait=2
    test "${3:-3}" -lt 3 || wait=10
    # shellcheck disable=SC2016
    lab_exec "$1" sh -c '
        n=$1
        while test "$n" -gt 0; do
            ping -q -c 1 -W "$4" -s "$2" "$3" || exit
            n=$((n - 1))
        done' sh "${3:-3}" "${4:-56}" "$2" $wait >"$LAB_DIR/ping" ||
        ! cat "$LAB_DIR/ping"
}

# Sends $3 random bytes from node $1 to node $2 by TCP, at address $4, and
# fails unless they arrive unchanged.
transfer() {
    timeout 120 python3 -I -S tests/qemu/transfer.py "$(lab_ns "$1")" \
        "$(lab_ns "$2")" "$4" "$3"
}

# Starts iperf3 on node $1, which serves one client.
iperf3_serve() {
    lab_exec "$1" sh -c 'iperf3 -s -1 -D -I "$0" >/dev/null
        until ss -Htln sport = 5201 | grep -q .; do sleep .1; done' \
        "$LAB_DIR/iperf3.pid"
}

# Prints the Mb/s of one TCP stream from node $1 to node $2, at address $3, in
# $4 seconds (default 1) after the first $5 (default 0).
throughput() {
    iperf3_serve "$2"
    lab_exec "$1" iperf3 -f m -t "${4:-1}" -O "${5:-0}" -c "$3" \
        >"$LAB_DIR/iperf3" || ! cat "$LAB_DIR/iperf3" || return
    sed -n 's/.* \([0-9]*\)[.0-9]* Mbits.* receiver$/\1/p' "$LAB_DIR/iperf3"
}

# Runs a command on the host of this virtual machine, without emulation, in the
# directory $OUT there.  "$OUT/" is removed from names of files.
on_host() {
    local job=$OUT/host/$BASHPID-$SECONDS-$RANDOM
    mkdir -p "$OUT/host"
    printf '%q ' "${@/#$OUT\//}" >"$job"
    mv "$job" "$job.command"
    while test ! -e "$job.status"; do
        sleep .1
    done
    cat "$job.stderr" >&2
    cat "$job.stdout"
    return "$(cat "$job.status")"
}

# tshark takes many seconds to start in the guest.
tshark() {
    on_host tshark "$@"
}

# Sends pings and files between the VMs, through a tunnel from h1 to h2.  Fails
# if packets on the wire that pass tcpdump's filter $1 are not ESP.
nothing_but_esp() {
    capture h2 phy esp.pcap "$1"
    pings vm1 10.1.0.2 3 8000
    pings vm2 fd01::1
    transfer vm1 vm2 300000 10.1.0.2
    transfer vm2 vm1 300000 10.1.0.1
    end_capture esp.pcap
    is_esp esp.pcap
}

# Fails unless the capture $OUT/$1 has packets, and only ESP.
is_esp() {
    same "protocols" "$(tshark -r "$OUT/$1" -T fields -e ip.proto \
        2>/dev/null | sort -u)" 50
}

# Brings up h2's device $1, a tunnel of Linux, in place of vm2.
linux_end() {
    lab_exec h2 ip address add 10.1.0.2/24 dev "$1"
    lab_exec h2 ip address add fd01::2/64 dev "$1" nodad
    # vm1 still has the MAC address of the previous device.
    lab_exec h2 ip link set "$1" address 02:00:00:00:00:12 mtu 1400 up
}

# Sends pings and files between vm1 and linux_end's device.
reaches_linux() {
    wait_for pings vm1 10.1.0.2 1
    wait_for pings vm1 fd01::2 1
    pings vm1 10.1.0.2 3 1372
    pings vm1 fd01::2 3 4000
    transfer vm1 h2 1000000 10.1.0.2
    transfer h2 vm1 1000000 fd01::1
}

# Prints the counters of drops of the hosts $@ that are not 0, one on each
# line.
drops() {
    local host
    for host; do
        if lab_is_kernel "$host"; then
            lab_exec "$host" ethtool -S stt_sys_7471
        else
            lab_exec "$host" ovs-appctl stt/show
        fi | sed -n "s/^ */$host /; s/ (.*//
            /x_queued/d; /x_complete/d; /tx_no_metadata/d; /x_.*: [1-9]/p"
    done
}

# Without these, all tests would fail after long timeouts.
modules_there() {
    modprobe --dry-run --all openvswitch stt geneve vxlan
}

lab_new
modules_there 2>/dev/null || check "the kernel has its modules" modules_there ||
    finish
