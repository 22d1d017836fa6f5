# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/evpn.rst begins with:
#
#     vm1 10.1.0.1          vm3 10.1.0.3
#      |                     |
#    +-|--- hv1 ------+    +-|---- lx3 -----+
#    | br-int         |    | br100          |
#    | br-phy   eth1  |    | vni100   eth1  |
#    +-----------|----+    +-----------|----+
#            192.0.2.1             192.0.2.3
#                +---------------------+

. "$(dirname "${BASH_SOURCE[0]}")/../evpn/frr.sh"

howto_up() {
    local ns
    lab_nodes hv1 lx3 vm1 vm3 &&
        # On a wire, all checksums are complete.
        lab_veth hv1 eth1 lx3 eth1 1500 &&
        lab_no_offloads hv1 eth1 && lab_no_offloads lx3 eth1 &&
        lab_veth hv1 vm1 vm1 eth0 1400 && lab_veth lx3 vm3 vm3 eth0 1400 &&
        lab_no_offloads vm1 eth0 && lab_no_offloads vm3 eth0 &&
        lab_start hv1 notso &&
        lab_run lab_exec hv1 ovs-vsctl --timeout=60 \
            -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
            -- add-port br-phy eth1 \
            -- add-br br-int -- set bridge br-int datapath_type=netdev \
               fail_mode=secure \
            -- add-port br-int vm1 &&
        lab_address hv1 br-phy 192.0.2.1 fd00:2::1 &&
        lab_address lx3 eth1 192.0.2.3 fd00:2::3 &&
        lab_reach hv1 192.0.2.3 || return
    for n in 1 3; do
        lab_run lab_exec vm$n ip link set eth0 address 02:00:00:00:00:0$n &&
            lab_address vm$n eth0 10.1.0.$n fd01::$n || return
    done
    ns=$(lab_ns lx3)
    lab_run ip -n "$ns" link add br100 up type bridge &&
        lab_run ip -n "$ns" link add vni100 up master br100 type vxlan \
            id 100 local 192.0.2.3 dstport 4789 nolearning &&
        lab_run ip -n "$ns" link set vni100 type bridge_slave learning off &&
        lab_run ip -n "$ns" link set vm3 master br100
}

# Prints the configuration that the howto shows.
configuration() {
    sed -n '/^    router bgp/,/^    .*exit-address/s/^    //p' \
        "$(dirname "${BASH_SOURCE[0]}")/../../Documentation/howto/evpn.rst"
}

# Starts FRR on both.
frr() {
    local program
    for program in zebra bgpd; do
        configuration | frr_start hv1 $program &&
            configuration | sed 's/192\.0\.2\.1/X/; s/192\.0\.2\.3/192.0.2.1/
                s/X/192.0.2.3/' | frr_start lx3 $program || return
    done
    wait_until eval "lab_exec hv1 ovs-appctl tnl/fdb/show |
        grep -q '00:00:00:00:00:00  kernel'"
}

# Both have told what they know.
advertised() {
    wait_until eval "lab_exec lx3 bridge fdb show dev vni100 |
            grep -q '02:00:00:00:00:01 dst'" &&
        wait_until eval "lab_exec hv1 ovs-appctl tnl/fdb/show |
            grep -q 02:00:00:00:00:03"
}
