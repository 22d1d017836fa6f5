# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Two hosts with a VM each and a host with Linux's own VXLAN, on a network that
# forwards a multicast group only to ports behind which a host has joined it;
# source this file after tests/lab.sh, tests/account/account.sh and, for the
# router, tests/evpn/frr.sh:
#
#      vm1                        vm2
#   10.1.0.1                   10.1.0.2                10.1.0.3
#    fd01::1                    fd01::2                 fd01::3
#       |                          |                       |
#  +--h1-br-int-+             +--h2-br-int-+          +----h3------+
#  |    tun     |             |    tun     |          |  vxlan100  |
#  |   br-phy   |             |   br-phy   |          |            |
#  +-----|------+             +-----|------+          +----phy-----+
#    10.9.0.1                   10.9.0.2                10.9.0.3
#    fd09::1                    fd09::2                 fd09::3
#        |                          |                      |
#  +----p1-------------------------p2----------------------p3--- net: sw ---+
#
# sw is a bridge of Linux with IGMP and MLD snooping and a querier.  "tun" is a
# flow-based VXLAN port.  The network has VNI 100.

# Makes the network between the hosts.  It takes less time than usual to find
# out that nobody is in a group any more.
account_underlay() {
    lab_nodes net &&
        lab_run ip -n "$(lab_ns net)" link add sw up type bridge \
            mcast_snooping 1 mcast_querier 1 mcast_igmp_version 3 \
            mcast_mld_version 2 mcast_startup_query_interval 100 \
            mcast_query_interval 500 mcast_query_response_interval 100 \
            mcast_last_member_interval 50
}

# Prints the group of family $1.
mcast_group() {
    case $1 in
        4) echo 239.129.1.100 ;;
        *) echo ff05::1:100 ;;
    esac
}

# Brings up everything except for the VXLANs.
mcast_up() {
    local n
    lab_nodes h1 h2 h3 vm1 vm2 && account_underlay || return
    for n in 1 2; do
        account_host h$n vm$n &&
            lab_run lab_exec h$n ovs-vsctl -- del-port br-int gnv0 \
                -- add-port br-int tun -- set interface tun type=vxlan \
                    options:remote_ip=flow options:key=flow &&
            lab_address vm$n eth0 10.1.0.$n fd01::$n || return
    done
    lab_veth h3 phy net p3 1500 &&
        lab_run ip -n "$(lab_ns net)" link set p3 master sw &&
        lab_address h3 phy 10.9.0.3 fd09::3 &&
        lab_reach h1 10.9.0.3 && lab_reach h2 fd09::3
}

# Makes the network's bridge a router, with PIM-SM by FRR and a network for each
# host N: 10.9.N.0/24, where the host is 10.9.N.N.
mcast_router_start() {
    local n net device
    net=$(lab_ns net)
    lab_run lab_exec net sysctl -q -w net.ipv4.ip_forward=1 || return
    for n in 1 2 3; do
        device=br-phy
        test $n != 3 || device=phy
        lab_run ip -n "$net" link set p$n nomaster &&
            lab_run ip -n "$net" address add 10.9.$n.254/24 dev p$n &&
            lab_run ip -n "$(lab_ns h$n)" address flush dev $device &&
            lab_run ip -n "$(lab_ns h$n)" address add 10.9.$n.$n/24 \
                dev $device &&
            lab_run ip -n "$(lab_ns h$n)" route add default \
                via 10.9.$n.254 || return
    done
    frr_start net zebra && mcast_pim | frr_start net pimd
}

# Ends FRR on the router.
mcast_router_end() {
    frr_end net pimd
    frr_end net zebra
}

# Prints the configuration of the router's pimd.
mcast_pim() {
    local n
    echo "ip pim rp 10.9.1.254"
    for n in 1 2 3; do
        printf '%s\n' "interface p$n" " ip pim" " ip igmp"
    done
}

# Prints the ports of the router behind which a host has joined the group.
mcast_routed() {
    frr_vtysh net "show ip igmp groups" |
        sed -n "s/^\(p[0-9]\) *$(mcast_group 4) .*/\1/p" | sort | xargs
}

# Has h1 and h2 join the group of family $1, by the option.
mcast_join() {
    local n
    for n in 1 2; do
        lab_run lab_exec h$n ovs-vsctl set interface tun \
            options:groups="\"$(mcast_group "$1")\"" || return
    done
}

# Adds Linux's VXLAN, which sends to the hosts $@ of family 4.
mcast_linux_list() {
    local a
    lab_run ip -n "$(lab_ns h3)" link add vxlan100 type vxlan id 100 \
        local 10.9.0.3 dev phy dstport 4789 &&
        lab_address h3 vxlan100 10.1.0.3 fd01::3 || return
    for a; do
        lab_run lab_exec h3 bridge fdb append 00:00:00:00:00:00 dev vxlan100 \
            dst "$a" || return
    done
}

# Adds Linux's VXLAN, which sends to the group of family $1.
mcast_linux() {
    local family=$1
    lab_run ip -n "$(lab_ns h3)" link add vxlan100 type vxlan id 100 \
        group "$(mcast_group "$family")" dev phy dstport 4789 &&
        lab_address h3 vxlan100 10.1.0.3 fd01::3
}

# Has h1 and h2 forward by NORMAL, with "tun" for VNI 100 and the options
# $1...
mcast_normal() {
    local h
    for h in h1 h2; do
        lab_run lab_exec $h ovs-vsctl del-port br-int tun \
            -- add-port br-int tun -- set interface tun type=vxlan \
                options:key=100 "${@/#/options:}" &&
            lab_run lab_exec $h ovs-ofctl del-flows br-int &&
            lab_run lab_exec $h ovs-ofctl add-flow br-int actions=normal ||
            return
    done
}

# Prints the flows of host $2, h1 or h2: VNI 100 floods to the group of family
# $1, and learns.
mcast_flows() {
    local vm=vm${2#h} field=tun_dst register=NXM_NX_TUN_IPV4
    if test "$1" = 6; then
        field=tun_ipv6_dst register=NXM_NX_TUN_IPV6
    fi
    cat <<END
in_port=$vm,actions=set_field:100->tun_id,resubmit(,10)
in_port=tun,tun_id=100,dl_src=00:00:00:00:00:00/01:00:00:00:00:00,\
actions=learn(table=10,idle_timeout=300,limit=1000,priority=10,\
NXM_NX_TUN_ID[],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],load:${register}_SRC[]->${register}_DST[],\
output:NXM_OF_IN_PORT[]),$vm
table=10,priority=1,actions=set_field:$(mcast_group "$1")->$field,tun
END
}
