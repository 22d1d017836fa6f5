# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# "ovs-oam trace" with the kernel datapath, in the lab of lab.sh.

. tests/qemu/lib.sh

export LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

start() {
    local n
    lab_up notso
    for n in 1 2; do
        cat <<END
[h$n]
vtep = 10.9.0.$n fd09::$n
via = ip netns exec $(lab_ns h$n)
rundir = $LAB_DIR/h$n
END
    done >"$LAB_DIR/hosts"
    # The pings go on when nothing answers any more.
    lab_exec vm1 ip neigh replace 10.1.0.2 dev eth0 nud permanent \
        lladdr "$(lab_exec vm2 cat /sys/class/net/eth0/address)"
}

# Fails unless a trace of vm1's pings says the standard input of the network,
# and as its verdict.  The slow hosts may see different packets of the flow.
says() {
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam trace --hosts "$LAB_DIR/hosts" --timeout 60 --wait 60 h1 \
        br-int in_port=vm,icmp >"$LAB_DIR/trace" || :
    cat "$LAB_DIR/trace"
    same "trace" "$(sed -n '/another packet/d
        s/^ *[0-9]*  PHYSICAL  //p; /^VERDICT/p' \
        "$LAB_DIR/trace" | sed 's/  */ /g')" "$(cat)"
}

# A trace through a tunnel of type $1 over IPv$2, with $3 bytes outside.
delivered() {
    local remote=10.9.0.2
    test "$2" = 4 || remote=fd09::2
    lab_tunnel "$1" "$2"
    wait_for pings vm1 10.1.0.2 1
    says <<END
h1 $1 h1 > $remote, key 4242
h1 out of phy, $3 bytes
VERDICT DELIVERED: host h2: output to vm
END
}

# The firewall of a host drops the packets, which its switch does not get.
firewall() {
    lab_exec h2 nft add table inet t
    lab_exec h2 nft add chain inet t i \
        '{ type filter hook input priority 0; }'
    lab_exec h2 nft add rule inet t i udp dport 6081 drop
    says <<END
h1 geneve h1 > 10.9.0.2, key 4242
h1 out of phy, 134 bytes
VERDICT HOST: host h2: they arrive at phy, but its switch takes none
END
    lab_exec h2 nft delete table inet t
}

dropped() {
    lab_exec h2 ovs-ofctl add-flow br-int icmp,priority=9,actions=drop
    says <<END
h1 geneve h1 > 10.9.0.2, key 4242
h1 out of phy, 134 bytes
VERDICT VIRTUAL: host h2: dropped
END
    lab_exec h2 ovs-ofctl del-flows br-int icmp
}


lab_new
trap lab_down EXIT
check "start" start && {
    background vm1 ping -i .5 10.1.0.2 >/dev/null 2>&1
    check "stt" delivered stt 4 156
    check "vxlan" delivered vxlan 4 134
    check "geneve over IPv6" delivered geneve 6 154
    check "geneve" delivered geneve 4 134
    check "dropped by a flow" dropped
    check "dropped by a firewall" firewall
    # kmemleak does not find the pointers in the actions of flows.
    end_background
    lab_exec h1 ovs-appctl revalidator/purge
    lab_exec h2 ovs-appctl revalidator/purge
}
finish
