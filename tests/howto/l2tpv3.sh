# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/l2tpv3.rst begins with.  The peer is another switch,
# or, while "peer_ends", a host without one:
#
#     vm1  10.0.0.1                                         10.0.0.2  vm2
#    [eth0]                                                          [eth0]
#      | veth                                                    veth  |
#    +-|---- ovs -----+                              +---- peer -----|-+
#    | vm1            |         veth, MTU 1500       | br-int     vm2  |
#    | 192.0.2.1 eth0 |------------------------------| br-phy 192.0.2.2|
#    +----------------+                              +-----------------+
#
# and a "router", which only takes the firewall's rules.

howto_up() {
    lab_nodes ovs peer vm1 vm2 router || return
    lab_veth ovs eth0 peer eth0 1500 && lab_veth ovs vm1 vm1 eth0 1500 &&
        lab_veth peer vm2 vm2 eth0 1500 || return
    lab_address ovs eth0 192.0.2.1 fd00:2::1 &&
        lab_address vm1 eth0 10.0.0.1 fd00:10::1 &&
        lab_address vm2 eth0 10.0.0.2 fd00:10::2 || return
    lab_no_offloads vm2 eth0 &&
        lab_run lab_exec peer ethtool -K eth0 gro off &&
        lab_run ip -n "$(lab_ns vm2)" link set eth0 mtu 1446 || return
    lab_start ovs notso && lab_start peer notso || return
    lab_run lab_exec peer ovs-vsctl \
        -- add-br br-int -- set bridge br-int datapath_type=netdev \
        -- add-port br-int vm2 -- add-port br-int l2tp0 \
        -- set interface l2tp0 type=l2tpv3 options:remote_ip=192.0.2.1 \
           options:in_key=20 options:out_key=10 \
           options:rx_cookie=0x55667788 options:tx_cookie=0x11223344 &&
        peer_begins
}

# The peer is a switch.
peer_begins() {
    local address
    address=$(lab_exec peer cat /sys/class/net/eth0/address)
    lab_run lab_exec peer ip addr flush dev eth0 &&
        lab_run lab_exec peer ovs-vsctl \
            -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
               other_config:hwaddr="\"$address\"" \
            -- add-port br-phy eth0 &&
        lab_address peer br-phy 192.0.2.2 fd00:2::2
}

# The peer is a host without a switch.  Its device, unlike a NIC, completes no
# checksums.
peer_ends() {
    lab_run lab_exec peer ovs-vsctl del-br br-phy &&
        lab_run lab_exec peer ethtool -K eth0 tx off &&
        lab_address peer eth0 192.0.2.2 fd00:2::2
}

# Prints how many packets have come by l2tp0.
received() {
    lab_exec ovs ovs-ofctl dump-ports br-int l2tp0 |
        sed -n 's/.*rx pkts=\([0-9]*\),.*/\1/p'
}

# Prints the process id of the peer's QEMU.
qemus() {
    local pid
    for pid in $(ip netns pids "$(lab_ns peer)"); do
        ! grep -q '^qemu' "/proc/$pid/comm" || echo "$pid"
    done
}

# The firmware of the virtual machine looks for a network to boot from.
qemu_sends() {
    before=$(received)
    wait_until eval 'test "$(received)" -gt $before' &&
        kill $(qemus)
}

# Frames of session 10 reach vm1, those of another one do not.
only_session_10() {
    lab_reach vm1 10.0.0.2 || return
    lab_exec peer ovs-vsctl set interface l2tp0 options:out_key=11 || return
    arrive vm2 10.0.0.255 vm1 0 || return
    lab_exec peer ovs-vsctl set interface l2tp0 options:out_key=10 &&
        arrive vm2 10.0.0.255 vm1 3 && lab_reach vm1 10.0.0.2
}

# Nothing is left of what the howto has made.
undone() {
    test -z "$(lab_exec ovs ovs-vsctl list-br)" &&
        test -z "$(lab_exec ovs nft list ruleset)" &&
        lab_reach ovs 192.0.2.2
}
