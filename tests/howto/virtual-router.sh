# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/virtual-router.rst begins with:
#
#     vm1  10.1.1.1                                       10.1.2.1  vm2
#    [eth0]                                                        [eth0]
#      | veth                                                  veth  |
#    +-|------ hv1 ----------+                    +------ hv2 -------|-+
#    | vm1                   |                    |               vm2  |
#    | stt0 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ stt0 |
#    | br-phy 192.0.2.1 eth1 |--------------------| eth1 192.0.2.2     |
#    +-----------------------+    veth, MTU 1500  +--------------------+

howto_up() {
    local n
    lab_nodes hv1 hv2 vm1 vm2 && lab_veth hv1 eth1 hv2 eth1 1500 || return
    for n in 1 2; do
        lab_veth hv$n vm$n vm$n eth0 1500 &&
            lab_no_offloads vm$n eth0 && lab_no_offloads hv$n eth1 &&
            lab_start hv$n notso || return
        lab_run lab_exec hv$n ovs-vsctl --timeout=60 \
            -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
            -- add-port br-phy eth1 \
            -- add-br br-int -- set bridge br-int datapath_type=netdev \
               fail_mode=secure \
            -- add-port br-int vm$n \
            -- add-port br-int stt0 -- set interface stt0 type=stt \
               options:key=5001 options:remote_ip=192.0.2.$((3 - n)) || return
        lab_address hv$n br-phy 192.0.2.$n fd00:2::$n &&
            lab_address vm$n eth0 10.1.$n.1 fd01:$n::1 &&
            lab_run lab_exec vm$n ip route add default via 10.1.$n.254 &&
            lab_run lab_exec vm$n ip -6 route add default via fd01:$n::fe &&
            lab_run lab_exec vm$n ip link set eth0 \
                address 02:00:00:00:0$n:01 || return
    done
    # Linux limits how often it says that a port is unreachable.
    lab_run lab_exec vm2 sysctl -q -w net.ipv4.icmp_ratelimit=0 \
        net.ipv6.icmp.ratelimit=0 || return
    # A switch that does not know the other host's MAC address drops a packet.
    lab_reach hv1 192.0.2.2
}

# Waits until both switches have changed their datapath flows.
flows_changed() {
    lab_exec hv1 ovs-appctl revalidator/wait &&
        lab_exec hv2 ovs-appctl revalidator/wait
}

# No hop of the underlay, and no address of it, is in what vm1 got.
underlay_is_hidden() {
    lab_exec vm1 traceroute -n -I 10.1.2.1 >"$LAB_DIR/traceroute" &&
        lab_exec vm1 traceroute -n -I fd01:2::1 >>"$LAB_DIR/traceroute" &&
        ! grep -E '192\.0\.2\.|fd00:2:' "$LAB_DIR/traceroute"
}
