# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The tour of "./quickstart trace", which sources this file after lab.sh.

. tests/account/account.sh
. tests/trace/fabric.sh

tour_seconds=2
tour_node=h1
tour_kept='The hosts are up.  To work on one (or h2, h3, a1, b1, a2, b2, leaf1, spine1...):'
tour_commands='ovs-appctl live/start br-int in_port=a1; ovs-appctl live/show 1'

# Has VM $1 ping the other one of its tenant, with $2 bytes of data.
tour_pings() {
    lab_exec "$1" ping -i .1 -s "$2" 10.1.0.2 >/dev/null 2>&1 &
}

# Shows a trace of VM $2 from line $3 on ("1" or "/VERDICT/"), after saying $4.
# The exit status must be $1.
tour_trace() {
    local status
    printf '\n%s\n# ovs-oam trace h1 br-int in_port=%s,icmp\n' "$4" "$2"
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam trace --hosts "$LAB_DIR/hosts" --timeout "$seconds" \
        h1 br-int in_port="$2",icmp | sed -n "$3,\$p"
    status=${PIPESTATUS[0]}
    test "$status" = "$1" || {
        echo "quickstart: exit status $status, not $1" >&2
        failed=1
    }
}

# Makes faults one after the other, and shows what "ovs-oam trace" says.
tour() {
    local spine flow='in_port=a1,icmp,actions=set_field:5003->tun_id,'

    say "making three hosts, with two tenants, and routers with four paths"
    lab_new
    account_up && account_hosts || return
    tour_pings a1 56
    tour_pings b1 1372
    tour_trace 0 a1 1 "A tenant pings all the time.  Nothing is wrong:"

    lab_run lab_exec h2 ovs-ofctl add-flow br-int \
        'priority=50000,cookie=0xbad,icmp,actions=drop' || return
    tour_trace 3 a1 /VERDICT/ "A flow of h2 drops the packets:"
    lab_run lab_exec h2 ovs-ofctl del-flows br-int cookie=0xbad/-1 || return

    lab_run lab_exec h1 ovs-ofctl add-flow br-int "priority=50000,cookie=0xbad,\
${flow}set_field:$(account_vtep 2)->tun_dst,gnv0" || return
    tour_trace 3 a1 /VERDICT/ "A flow of h1 sends with another key:"
    lab_run lab_exec h1 ovs-ofctl del-flows br-int cookie=0xbad/-1 || return

    spine=$(fabric_spine 1 udp dport 6081 @th,96,24 5001)
    fabric_drop "spine$spine" ip daddr 10.9.0.0/16 || return
    tour_trace 4 a1 /PHYSICAL/ "One of the four paths is a black hole, spine$spine:"
    fabric_mend "spine$spine" || return

    spine=$(fabric_spine 1 udp dport 6081 @th,96,24 5002)
    fabric_drop "spine$spine" ip ttl 255 &&
        lab_run ip -n "$(lab_ns "spine$spine")" link set leaf2 mtu 1400 ||
        return
    tour_trace 4 b1 /PHYSICAL/ \
        "A router has an MTU of 1400 bytes, spine$spine, and does not say so:"
    fabric_mend "spine$spine" || return

    kill -STOP "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")" || return
    tour_trace 5 a1 /VERDICT/ "The switch of h2 hangs:"
    kill -CONT "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")"
    echo
}
