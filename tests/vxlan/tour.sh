# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The tour of "./quickstart vxlan", which sources this file after lab.sh.

. tests/account/account.sh
. tests/mcast/lan.sh

tour_seconds=2
tour_node=h1
tour_kept='The hosts are up.  To work on one (or h2, h3, vm1, vm2, vm3, net):'
tour_commands='ovs-appctl tnl/fdb/show; ovs-appctl fdb/show br-int
    bridge fdb show dev vni100'

# Shows a command on node $1, and what it prints.
show() {
    local node=$1
    shift
    printf '\n%s# %s\n' "$node" "$*"
    lab_exec "$node" sh -c "$*" || failed=1
}

# Tries the command in the arguments for 10 s.
eventually() {
    local i
    for ((i = 0; i < 100; i++)); do
        "$@" && return
        sleep .1
    done
    echo "quickstart: in vain: $*" >&2
    failed=1
}

# The network knows $1 members of the group.
members() {
    test "$(lab_exec net bridge mdb show | grep -c 'grp 239.129.1.100 ')" = "$1"
}

# Has the VMs ping: pairs NODE:ADDRESS.
pings() {
    local p
    echo
    for p; do
        if lab_ping "${p%%:*}" "${p#*:}"; then
            echo "${p%%:*} reaches ${p#*:}"
        else
            failed=1
        fi
    done
    echo
}

# h1 and Linux, on h3, have learned the same: each knows the address of the
# other's hosts.
agree() {
    test "$(lab_exec h1 ovs-appctl tnl/fdb/show | sed -n \
            's/.*  \(..:..:..:..:..:..\)  .* \(10.9.0.3\)$/\1 \2/p')" = \
        "$(lab_exec h3 cat /sys/class/net/vxlan100/address) 10.9.0.3" &&
        lab_exec h3 bridge fdb show dev vxlan100 |
            grep -q "^$(lab_exec vm1 cat /sys/class/net/eth0/address) dst 10.9.0.1 "
}

# h1 knows the address $1 behind $2.
knows() {
    lab_exec h1 ovs-appctl tnl/fdb/show | grep -q "$1 .* $2\$"
}

# By a multicast group.
tour_group() {
    local mac
    say "making two hosts with Open vSwitch and one with Linux's VXLAN"
    lab_new
    mcast_up && mcast_linux 4 && mcast_normal remote_ip=239.129.1.100 || return
    eventually members 3
    cat <<'END'

By a multicast group: options:remote_ip=239.129.1.100 options:key=100.
The network's switch, which snoops IGMP, knows who has joined:
END
    show net bridge mdb show '|' grep 239.129.1.100
    pings vm1:10.1.0.2 vm1:10.1.0.3 vm2:10.1.0.3
    agree || failed=1
    echo "h1 and h3, which is Linux, have learned where hosts are:"
    show h1 ovs-appctl tnl/fdb/show
    show h3 bridge fdb show dev vxlan100 '|' grep -v 239

    mac=$(lab_exec vm2 cat /sys/class/net/eth0/address)
    lab_exec vm2 ip link set eth0 down
    lab_run lab_exec h3 sh -c "ip link set vxlan100 down &&
        ip link set vxlan100 address $mac &&
        ip address add 10.1.0.2/24 dev vxlan100 &&
        ip link set vxlan100 up" || return
    lab_exec h3 ping -q -c 2 -I 10.1.0.2 10.1.0.1 >/dev/null
    eventually knows "$mac" 10.9.0.3
    printf '\nvm2, %s, has moved from h2 to h3:\n' "$mac"
    show h1 ovs-appctl tnl/fdb/show
    pings vm1:10.1.0.2
    eventually members 2
    echo "h2 has no VM any more, so it has left the group:"
    show h2 ovs-appctl tnl/groups/show
    echo
    lab_down
}

# By a list of hosts.
tour_list() {
    say "making the hosts again, on a network without multicast"
    lab_new
    mcast_up && mcast_linux_list 10.9.0.1 10.9.0.2 &&
        mcast_normal remote_ip=flow flood=10.9.0.1,10.9.0.2,10.9.0.3 || return
    printf '\nBy a list: options:flood=10.9.0.1,10.9.0.2,10.9.0.3.\n'
    pings vm1:10.1.0.2 vm1:10.1.0.3 vm2:10.1.0.3
    show h1 ovs-appctl tnl/fdb/show
    echo
    lab_down
}

# By FRR.
tour_frr() {
    if ! tests/get-routing _build/routing >>"$log" 2>&1; then
        echo "quickstart: cannot get FRR, see $log" >&2
        failed=1
        return
    fi
    say "making the hosts again, with FRR on each"
    lab_new
    . tests/evpn/frr.sh
    . tests/evpn/lan.sh
    evpn_up && evpn_tunnels fdb=vni100 fdb_advertise=adv100 && evpn_frr ||
        return
    eventually knows 00:00:00:00:00:00 10.9.0.3
    printf '\nBy EVPN: options:fdb=vni100 options:fdb_advertise=adv100.\n'
    pings vm1:10.1.0.2 vm1:10.1.0.3 vm2:10.1.0.3
    eventually knows "$(lab_exec vm3 cat /sys/class/net/eth0/address)" 10.9.0.3
    printf 'h1# vtysh -c "show bgp l2vpn evpn"\n'
    frr_vtysh h1 "show bgp l2vpn evpn" 2>/dev/null | grep '^\*>'
    show h1 ovs-appctl tnl/fdb/show
    echo
}

# Shows the three ways, one after the other.
tour() {
    tour_group && tour_list && tour_frr
}
