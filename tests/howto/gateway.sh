# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/gateway.rst begins with, and its peers:
#
#                  +------------- peers -------------+
#  gw              | br-phy   br-int, local addresses |    vm1  10.1.0.1
# +------+         |    stt    10.9.0.2, key 0xa..1   |---[eth0] fd01::1
# | eth0 |---------|phy vxlan  10.9.0.3, key 0xa00004 |---[eth0] vm2  10.1.0.2
# +------+  veth,  |    vxlan6 fd09::3,  key 0xa00004 |---[eth0] vm3  10.1.0.3
# 10.9.0.1  1500   |    meta-geneve 10.9.0.4          |
#                  |    meta-stt    10.9.0.5          |
#                  |phyl                              |
#                  +-|--------------------------------+
#                    |        +------ l3 ------------+
#                    `--------|phy br-phy 10.9.0.6   |
#                             |    br-int  geneve-ip |---[eth0] vm6  10.1.0.6
#                             +----------------------+
#
# vmN has the MAC address 02:00:00:00:00:0N.  br-phy of peers is the underlay's
# switch, too.  A "router" only takes the firewall's rules.

. "$(dirname "${BASH_SOURCE[1]:-$1}")/gateway/gateway.sh"

# vm NODE PORT N: makes VM number N on NODE, which has PORT for it.
vm() {
    lab_veth "$1" "$2" "vm$3" eth0 1500 || return
    lab_run ip -n "$(lab_ns "vm$3")" link set eth0 mtu 1430 \
        address 02:00:00:00:00:0$3 || return
    gateway_offload notso "$1" "$2" && gateway_offload notso "vm$3" eth0 &&
        lab_address "vm$3" eth0 10.1.0.$3 fd01::$3 &&
        lab_run lab_exec "$1" ovs-vsctl add-port br-int "$2"
}

howto_up() {
    lab_nodes gw peers l3 vm1 vm2 vm3 vm6 router || return
    lab_veth gw eth0 peers phy 1500 && lab_veth peers phyl l3 phy 1500 ||
        return
    lab_run ip -n "$(lab_ns gw)" addr add 10.9.0.1/24 dev eth0 || return
    lab_start gw notso || return
    gateway_host peers 3 notso && gateway_host l3 6 notso || return
    lab_run ip -n "$(lab_ns peers)" -batch - <<END || return
address add 10.9.0.2/24 dev br-phy
address add 10.9.0.4/24 dev br-phy
address add 10.9.0.5/24 dev br-phy
END
    lab_run lab_exec peers ovs-vsctl add-port br-phy phy \
        -- add-port br-phy phyl &&
        lab_run lab_exec l3 ovs-vsctl add-port br-phy phy || return
    gateway_offload notso peers phy && gateway_offload notso peers phyl &&
        gateway_offload notso l3 phy || return
    vm peers vm1 1 && vm peers vm2 2 && vm peers vm3 3 && vm l3 vm 6 || return

    peer peers stt type=stt options:key=0xa000000000000001 \
        options:local_ip=10.9.0.2 &&
        peer peers vxlan type=vxlan options:key=0xa00004 \
            options:local_ip=10.9.0.3 &&
        peer peers vxlan6 type=vxlan options:key=0xa00004 \
            options:remote_ip=fd09::1 options:local_ip=fd09::3 &&
        peer peers meta-geneve type=geneve options:key=flow \
            options:local_ip=10.9.0.4 &&
        peer peers meta-stt type=stt options:key=flow \
            options:local_ip=10.9.0.5 &&
        peer l3 geneve-ip type=geneve options:packet_type=legacy_l3 \
            options:key=0xa00003 || return
    lab_run lab_exec peers ovs-ofctl add-tlv-map br-int \
        "{class=0x102,type=7,len=8}->tun_metadata0" &&
        lab_run lab_exec peers ovs-ofctl add-flows br-int - <<END &&
in_port=vm1,actions=stt
in_port=stt,actions=vm1
in_port=vm2,actions=vxlan
in_port=vxlan,actions=vm2
in_port=vm3,actions=vxlan6
in_port=vxlan6,actions=vm3
in_port=meta-stt,tun_id=0x1122334455667788,actions=drop
in_port=meta-geneve,tun_id=7,tun_metadata0=0x99aabbccddeeff00,actions=drop
END
        lab_run lab_exec l3 ovs-ofctl add-flows br-int - <<END
in_port=vm,ip,actions=geneve-ip
in_port=geneve-ip,actions=$(
        )set_field:02:00:00:00:00:01->eth_src,$(
        )set_field:02:00:00:00:00:06->eth_dst,vm
$(gateway_answers_flows)
END
}

# peer NODE PORT OPTION...: makes PORT on br-int of NODE, to 10.9.0.1 unless
# OPTION says otherwise.
peer() {
    lab_run lab_exec "$1" ovs-vsctl add-port br-int "$2" \
        -- set interface "$2" options:remote_ip=10.9.0.1 "${@:3}"
}

# All ports of the gateway are there.
no_errors() {
    local error
    error=$(lab_exec gw ovs-vsctl --format=table --no-headings \
                --columns=name,error find interface 'error!=[]') || return
    echo "$error"
    test -z "$error"
}

# Returns true if node $1 gets an answer from address $2, in $3 seconds (default
# 5).
answers() {
    lab_exec "$1" ping -q -c 1 -W "${3:-5}" "$2" >/dev/null
}

# What the howto says of the flows that know nothing about ARP.
vms_do_not_reach_each_other() {
    ! answers vm1 10.1.0.2 1 && ! answers vm2 fd01::1 1 || return
    lab_exec vm1 ip neigh show 10.1.0.2 | grep 'FAILED\|INCOMPLETE'
}

vms_reach_each_other() {
    local n
    for n in 1 2; do
        lab_run ip -n "$(lab_ns vm$n)" neigh flush dev eth0 || return
    done
    lab_reach vm1 10.1.0.2 && lab_reach vm2 fd01::1 || return
    answers vm1 10.1.0.2 && answers vm1 fd01::2 && answers vm2 10.1.0.1 &&
        answers vm2 fd01::1 || return
    serve vm2 && fetches vm1 10.1.0.2
}

# With another key, nothing comes to vm1, not even what needs no answer of ARP.
another_key_reaches_nobody() {
    lab_exec peers ovs-vsctl set interface vxlan options:key=0xa00009 || return
    ! answers vm2 10.1.0.1 2 || return
    lab_exec peers ovs-vsctl set interface vxlan options:key=0xa00004 &&
        lab_reach vm2 10.1.0.1
}

third_vm_reaches_the_others() {
    lab_reach vm3 10.1.0.1 && lab_reach vm3 10.1.0.2 && answers vm1 10.1.0.3
}

l3_reaches_vm1() {
    lab_reach vm6 10.1.0.1 && answers vm1 10.1.0.6
}

# Prints how many packets the flow $1 of the peers has counted.
counted() {
    lab_exec peers ovs-appctl revalidator/purge
    lab_exec peers ovs-ofctl dump-flows br-int "$1" |
        sed -n 's/.*n_packets=\([0-9]*\),.*/\1/p'
}

# A value goes from Geneve's option to STT's key, and one the other way.
metadata_crosses() {
    local packet=ffffffffffff0200000000990800
    packet+=45000014000000004001667d0a0100630a0100ff
    lab_reach gw 10.9.0.4 && lab_reach gw 10.9.0.5 || return
    lab_exec peers ovs-ofctl packet-out br-int "in_port=controller \
packet=$packet actions=set_field:0x1122334455667788->tun_metadata0,\
output:meta-geneve" &&
        lab_exec peers ovs-ofctl packet-out br-int "in_port=controller \
packet=$packet actions=set_field:0x99aabbccddeeff00->tun_id,\
output:meta-stt" || return
    wait_until crossed
}

crossed() {
    test "$(counted in_port=meta-stt,tun_id=0x1122334455667788)" = 1 &&
        test "$(counted in_port=meta-geneve,tun_id=7)" = 1
}

# Nothing is left of what the howto has made.
undone() {
    test -z "$(lab_exec gw ovs-vsctl list-br)" &&
        test -z "$(lab_exec gw nft list ruleset)" && lab_reach gw 10.9.0.2
}
