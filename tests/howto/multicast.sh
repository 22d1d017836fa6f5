# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/multicast.rst begins with:
#
#     vm1 10.1.0.1          vm2 10.1.0.2
#      |                     |
#    +-|--- hv1 ------+    +-|--- hv2 ------+    +------ lx3 ------+
#    | br-int         |    | br-int         |    | vxlan100        |
#    | br-phy   eth1  |    | br-phy   eth1  |    |  10.1.0.3  eth1 |
#    +-----------|----+    +-----------|----+    +-------------|---+
#                +-------- net: sw ----+-----------------------+
#
# The tunnels have the addresses 192.0.2.1 to 192.0.2.3.  sw is a bridge of
# Linux with a querier.

howto_up() {
    local n
    lab_nodes hv1 hv2 lx3 vm1 vm2 net &&
        lab_run ip -n "$(lab_ns net)" link add sw up type bridge \
            mcast_snooping 1 mcast_querier 1 mcast_startup_query_interval 100 \
            mcast_query_response_interval 100 || return
    for n in 1 2 3; do
        # On a wire, all checksums are complete.
        lab_veth "$(host $n)" eth1 net p$n 1500 &&
            lab_no_offloads net p$n &&
            lab_run ip -n "$(lab_ns net)" link set p$n master sw || return
    done
    for n in 1 2; do
        lab_veth hv$n vm$n vm$n eth0 1400 &&
            lab_no_offloads vm$n eth0 && lab_no_offloads hv$n eth1 &&
            lab_start hv$n notso || return
        lab_run lab_exec hv$n ovs-vsctl --timeout=60 \
            -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
            -- add-port br-phy eth1 \
            -- add-br br-int -- set bridge br-int datapath_type=netdev \
               fail_mode=secure \
            -- add-port br-int vm$n &&
            lab_address hv$n br-phy 192.0.2.$n fd00:2::$n &&
            lab_address vm$n eth0 10.1.0.$n fd01::$n &&
            lab_run lab_exec vm$n ip link set eth0 \
                address 02:00:00:00:00:0$n || return
    done
    lab_address lx3 eth1 192.0.2.3 fd00:2::3 &&
        lab_run ip -n "$(lab_ns lx3)" link add vxlan100 \
            address 02:00:00:00:00:03 type vxlan id 100 group 239.1.1.100 \
            dev eth1 dstport 4789 &&
        lab_address lx3 vxlan100 10.1.0.3 fd01::3 &&
        lab_reach hv1 192.0.2.3 && lab_reach hv2 192.0.2.3
}

# Prints the name of host $1.
host() {
    test "$1" = 3 && echo lx3 || echo "hv$1"
}

# The network knows that all hosts have joined.
joined() {
    wait_until members 3
}

members() {
    test "$(lab_exec net bridge mdb show | grep -c 'grp 239.1.1.100 ')" = "$1"
}
