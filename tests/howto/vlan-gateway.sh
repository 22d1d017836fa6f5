# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/vlan-gateway.rst begins with:
#
#   pc10 10.10.0.1                                     vm10 10.10.0.3
#   pc20 10.20.0.1                                     vm20 10.20.0.3
#    |                                                  |
#  +-|-- lan -----+      +---- gw ------+             +-|-- lx3 -------+
#  | br0          |      | br-int       |             | br10: vxlan10  |
#  |         eth1 |------| trunk        |             | br20: vxlan20  |
#  +--------------+      | br-phy  eth1 |-------------| eth1           |
#                        +--------------+             +----------------+
#                           192.0.2.1                    192.0.2.3
#
# lan's switch is another Open vSwitch, because not every kernel has VLANs, or,
# if HOWTO_LAN is "linux", a bridge of Linux.

howto_up() {
    local v
    lab_nodes lan gw lx3 pc10 pc20 vm10 vm20 &&
        lab_veth lan eth1 gw trunk 1500 && lab_veth gw eth1 lx3 eth1 1500 &&
        # On a wire, all checksums are complete.
        lab_no_offloads lan eth1 && lab_no_offloads gw trunk &&
        lab_no_offloads gw eth1 && lab_no_offloads lx3 eth1 &&
        lab_start gw notso && lan_up || return
    lab_run lab_exec gw ovs-vsctl --timeout=60 \
        -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
        -- add-port br-phy eth1 \
        -- add-br br-int -- set bridge br-int datapath_type=netdev \
           fail_mode=secure &&
        lab_address gw br-phy 192.0.2.1 fd00:2::1 &&
        lab_address lx3 eth1 192.0.2.3 fd00:2::3 &&
        lab_reach gw 192.0.2.3 || return
    for v in 10 20; do
        connect lan pc$v $v 01 &&
            lan_port pc$v $v &&
            connect lx3 vm$v $v 03 &&
            lab_run ip -n "$(lab_ns lx3)" link add br$v up type bridge &&
            lab_run ip -n "$(lab_ns lx3)" link set vm$v master br$v &&
            lab_run ip -n "$(lab_ns lx3)" link add vxlan$v up master br$v \
                type vxlan id 10$v local 192.0.2.3 remote 192.0.2.1 \
                dstport 4789 || return
    done
}

# Makes lan's switch, with the trunk eth1.
lan_up() {
    local ns v
    if test "$HOWTO_LAN" != linux; then
        lab_start lan notso && lab_run lab_exec lan ovs-vsctl --timeout=60 \
            -- add-br br0 -- set bridge br0 datapath_type=netdev \
            -- add-port br0 eth1
        return
    fi
    ns=$(lab_ns lan)
    lab_run ip -n "$ns" link add br0 up type bridge vlan_filtering 1 \
        vlan_default_pvid 0 &&
        lab_run ip -n "$ns" link set eth1 master br0 || return
    for v in 10 20; do
        lab_run bridge -n "$ns" vlan add dev eth1 vid $v || return
    done
}

# Makes $1 a port of lan's switch in VLAN $2.
lan_port() {
    local ns
    if test "$HOWTO_LAN" != linux; then
        lab_run lab_exec lan ovs-vsctl add-port br0 "$1" tag="$2"
        return
    fi
    ns=$(lab_ns lan)
    lab_run ip -n "$ns" link set "$1" master br0 &&
        lab_run bridge -n "$ns" vlan add dev "$1" vid "$2" pvid untagged
}

# Connects host $2, number $4 of VLAN $3, with $1.
connect() {
    lab_veth "$1" "$2" "$2" eth0 1400 && lab_no_offloads "$2" eth0 &&
        lab_run ip -n "$(lab_ns "$2")" link set eth0 \
            address "02:00:00:00:$(printf %02x "$3"):$4" &&
        lab_address "$2" eth0 "10.$3.0.${4#0}" "fd00:$3::${4#0}"
}

# A broadcast of vm10 arrives in VLAN 10 only, and one of pc20 in VNI 1020 only.
separate() {
    arrive vm10 10.10.0.255 pc10 3 && arrive vm10 10.10.0.255 pc20 0 &&
        arrive vm10 10.10.0.255 vm20 0 &&
        arrive pc20 10.20.0.255 vm20 3 && arrive pc20 10.20.0.255 vm10 0
}
