# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Live traces with the kernel datapath, in the lab of reflect.sh.

. tests/qemu/lib.sh
. tests/qemu/reflect.sh

# Starts a live trace of $1, with settings $2..., and prints its number.
live_start() {
    lab_exec h1 ovs-appctl live/start br-int "$@" |
        sed 's/session \([0-9]*\):.*/\1/'
    lab_exec h1 ovs-appctl revalidator/wait
}

# Returns whether session $1 has all parts of its packets.
live_is_done() {
    lab_exec h1 ovs-appctl live/list | grep "^session $1: .*: done"
}

# Prints the results of session $1, each with the number of packets.
live_results() {
    wait_for live_is_done "$1"
    lab_exec h1 ovs-appctl live/show "$1" |
        sed -n 's/.* bytes, from \([^,]*\),.*/from \1/p
                s/^  \(\(sent\|output\|continues\|dropped\|The\).*\)/\1/p' |
        sort | uniq -c | sed 's/^ *//'
}

# Sends $1 frames.
send() {
    lab_exec vm1 python3 tests/account_wire.py send eth0 "$1" 1
}

# Packets that are sent, with headers that the kernel adds.
sent() {
    local id
    id=$(live_start in_port=vm,udp,tp_dst=9999 count=3)
    send 300
    same "result" "$(live_results "$id")" "3 from vm
3 output to the underlay at genev_sys_6081
3 sent by geneve (geneve) to 10.9.0.2, key 4000"
}

received() {
    local id
    id=$(live_start in_port=geneve,tun_src=10.9.0.2,tun_id=4000 count=3)
    send 300
    same "result" "$(live_results "$id")" "3 from geneve
3 output to vm"
}

# Dropped after connection tracking and NAT.
tracked() {
    local id
    lab_exec h1 ovs-ofctl add-flow br-int \
        'table=9,udp,ct_state=+new,cookie=0xd,actions=drop'
    lab_exec h1 ovs-ofctl add-flow br-int "priority=40000,in_port=vm,udp,\
tp_dst=10000,actions=ct(commit,zone=1,nat(src=10.7.7.7),table=9)"
    id=$(live_start in_port=vm,udp,tp_dst=10000)
    send 2000
    same "result" "$(live_results "$id")" "1 continues after recirculation
1 dropped
2 from vm"
    lab_exec h1 ovs-appctl live/show "$id" | grep 'cookie 0xd'
}

# The meter limits copies, not packets: what the wire gets is what was sent.
metered() {
    local id n
    id=$(live_start in_port=vm,udp count=100 rate=2)
    send 1000
    n=$(lab_exec h1 ovs-appctl --format json live/list |
        sed 's/.*"copies":\([0-9]*\).*/\1/')
    echo "$n copies"
    test "$n" -ge 2
    test "$n" -lt 500
    lab_exec h1 ovs-appctl live/stop "$id"
}

lab_new
trap lab_down EXIT
check "start" start && check "the wire" start_wire && {
    check "sent" sent
    check "received" received
    check "tracked" tracked
    check "metered" metered
}
finish
