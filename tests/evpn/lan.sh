# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Two hosts with Open vSwitch and a host with Linux's own VXLAN and bridge, each
# with FRR, which tell each other by BGP (EVPN, RFC 8365) where MAC addresses
# are; source this file after tests/lab.sh, tests/account/account.sh and
# tests/evpn/frr.sh:
#
#      vm1                        vm2                       vm3
#   10.1.0.1                   10.1.0.2                  10.1.0.3
#       |                          |                         |
#  +--h1-br-int----+          +--h2-br-int----+         +--h3-br100----+
#  |    tun        |          |    tun        |         |   vni100     |
#  |   br-phy      |          |   br-phy      |         |              |
#  |               |          |               |         |              |
#  |  br100        |          |  br100        |         |              |
#  |    vni100     |          |    vni100     |         |              |
#  |    adv100     |          |    adv100     |         |              |
#  +------|--------+          +------|--------+         +-----phy------+
#     10.9.0.1                   10.9.0.2                   10.9.0.3
#         |                          |                         |
#  +----p1--------------------------p2------------------------p3--- net: sw ---+
#
# On h1 and h2, no packet passes br100: FRR writes to vni100 what others
# advertise, and reads from adv100 what to advertise.  The VNI is 100.

# Brings up everything except for the tunnels and FRR.
evpn_up() {
    local n
    lab_nodes h1 h2 h3 vm1 vm2 vm3 && account_underlay || return
    for n in 1 2; do
        account_host h$n vm$n &&
            lab_run lab_exec h$n ovs-vsctl del-port br-int gnv0 &&
            lab_run lab_exec h$n ovs-ofctl del-flows br-int &&
            lab_run lab_exec h$n ovs-ofctl add-flow br-int actions=normal &&
            lab_address vm$n eth0 10.1.0.$n fd01::$n &&
            evpn_devices h$n 65100 &&
            lab_run ip -n "$(lab_ns h$n)" link add adv100 up master br100 \
                type veth peer name adv100-peer &&
            lab_run ip -n "$(lab_ns h$n)" link set adv100-peer up &&
            lab_run ip -n "$(lab_ns h$n)" link set adv100 \
                type bridge_slave learning off || return
    done
    lab_veth h3 phy net p3 1500 &&
        lab_run ip -n "$(lab_ns net)" link set p3 master sw &&
        lab_address h3 phy 10.9.0.3 fd09::3 &&
        lab_veth h3 vm vm3 eth0 1400 &&
        evpn_devices h3 4789 &&
        lab_run ip -n "$(lab_ns h3)" link set vm master br100 &&
        lab_address vm3 eth0 10.1.0.3 fd01::3 &&
        lab_reach h1 10.9.0.3 && lab_reach h2 10.9.0.3
}

# Makes br100 and vni100, with UDP port $2, on host $1.
evpn_devices() {
    local host=$1 port=$2 ns
    ns=$(lab_ns "$host")
    lab_run ip -n "$ns" link add br100 up type bridge stp_state 0 &&
        lab_run ip -n "$ns" link add vni100 up master br100 type vxlan \
            id 100 local "10.9.0.${host#h}" dstport "$port" nolearning &&
        lab_run ip -n "$ns" link set vni100 type bridge_slave learning off
}

# Adds "tun" to h1 and h2, with options $@.
evpn_tunnels() {
    local h
    for h in h1 h2; do
        lab_run lab_exec $h ovs-vsctl add-port br-int tun \
            -- set interface tun type=vxlan options:remote_ip=flow \
                options:key=100 "options:local_ip=10.9.0.${h#h}" \
                "${@/#/options:}" || return
    done
}

# Prints the configuration of bgpd on host $1: each has a session with the two
# others.
evpn_bgp() {
    local n
    echo "router bgp 65000"
    echo " bgp router-id 10.9.0.${1#h}"
    echo " no bgp default ipv4-unicast"
    echo " timers bgp 1 3"
    for n in 1 2 3; do
        test "h$n" = "$1" && continue
        echo " neighbor 10.9.0.$n remote-as 65000"
        echo " neighbor 10.9.0.$n timers connect 1"
    done
    echo " address-family l2vpn evpn"
    for n in 1 2 3; do
        test "h$n" = "$1" || echo "  neighbor 10.9.0.$n activate"
    done
    echo "  advertise-all-vni"
    echo " exit-address-family"
}

# Makes the network between the hosts.
account_underlay() {
    lab_nodes net &&
        lab_run ip -n "$(lab_ns net)" link add sw up type bridge
}

# Starts Open vSwitch of host $1 again, with its database.
evpn_restart() {
    local dir=$LAB_DIR/$1 pid
    pid=$(cat "$dir/ovs-vswitchd.pid") || return
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        sleep .1
    done
    lab_run lab_exec "$1" ovs-vswitchd --detach --no-chdir --pidfile \
        --log-file -vconsole:off &&
        lab_run lab_exec "$1" ovs-ofctl add-flow br-int actions=normal
}

# Starts bgpd on host $1.
evpn_bgpd() {
    evpn_bgp "$1" | frr_start "$1" bgpd
}

# Starts FRR on all three hosts.
evpn_frr() {
    local h
    for h in h1 h2 h3; do
        frr_start $h zebra && evpn_bgpd $h || return
    done
}

# Runs the client of GoBGP, which tests/get-routing got, on h3.
evpn_gobgp() {
    lab_exec h3 "$LAB_OVS/../routing/usr/bin/gobgp" "$@"
}

# Starts GoBGP on h3, with sessions with the two others.
evpn_gobgp_start() {
    local n
    {
        printf '%s\n' '[global.config]' 'as = 65000' 'router-id = "10.9.0.3"'
        for n in 1 2; do
            printf '%s\n' '[[neighbors]]' '[neighbors.config]' \
                "neighbor-address = \"10.9.0.$n\"" 'peer-as = 65000' \
                '[[neighbors.afi-safis]]' '[neighbors.afi-safis.config]' \
                'afi-safi-name = "l2vpn-evpn"'
        done
    } >"$LAB_DIR/gobgpd.conf"
    # shellcheck disable=SC2016
    lab_exec h3 sh -c 'echo $$ >"$1.pid" && exec "$2" -f "$1.conf"' \
        sh "$LAB_DIR/gobgpd" "$LAB_OVS/../routing/usr/bin/gobgpd" \
        >"$LAB_DIR/gobgpd.log" 2>&1 </dev/null &
}

# Adds or deletes ($1 is "add" or "del") GoBGP's route to the host itself, for
# its flood list, and those to the MAC addresses on stdin.
evpn_gobgp_routes() {
    local mac common="etag 0 rd 10.9.0.3:100 rt 65000:100 encap vxlan"
    # shellcheck disable=SC2086
    evpn_gobgp global rib "$1" -a evpn multicast 10.9.0.3 $common \
        pmsi ingress-repl 100 10.9.0.3 || return
    while read -r mac; do
        # shellcheck disable=SC2086
        evpn_gobgp global rib "$1" -a evpn macadv "$mac" 0.0.0.0 \
            label 100 $common </dev/null || return
    done
}
