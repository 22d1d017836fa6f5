# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/billing.rst begins with:
#
#     vm1  10.0.0.1                                       10.0.0.2  world
#    [eth0]                                                        [eth0]
#      | veth                                                  veth  |
#    +-|------ hv1 ----------+                    +------ edge1 -----|-+
#    | vm1                   |                    |              world |
#    | br-int                |                    |             br-int |
#    | gnv0 ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~ gnv0 |
#    | br-phy 192.0.2.1 eth1 |--------------------| eth1 192.0.2.9     |
#    +-----------------------+    veth, MTU 1500  +--------------------+

howto_up() {
    lab_nodes hv1 edge1 vm1 world && lab_veth hv1 eth1 edge1 eth1 1500 &&
        lab_veth hv1 vm1 vm1 eth0 1400 &&
        lab_veth edge1 world world eth0 1400 || return
    host hv1 vm1 192.0.2.1 192.0.2.9 10.0.0.1 &&
        host edge1 world 192.0.2.9 192.0.2.1 10.0.0.2
}

# Makes host $1 with node $2 behind it, the addresses $3 of the host, $4 of the
# tunnel's other end and $5 of the node.
host() {
    lab_no_offloads "$2" eth0 && lab_no_offloads "$1" eth1 || return
    lab_start "$1" notso || return
    lab_run lab_exec "$1" ovs-vsctl --timeout=60 \
        -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
        -- add-port br-phy eth1 \
        -- add-br br-int -- set bridge br-int datapath_type=netdev \
        -- add-port br-int "$2" \
        -- add-port br-int gnv0 -- set interface gnv0 type=geneve \
           options:key=5001 options:remote_ip="$4" || return
    lab_address "$1" br-phy "$3" "fd00:2::${3##*.}" &&
        lab_address "$2" eth0 "$5" "fd00:10::${5##*.}"
}

# Sends packets both ways, and waits until the accounts have them.
traffic() {
    lab_reach vm1 10.0.0.2 && lab_ping vm1 10.0.0.2 || return
    wait_until eval "lab_exec edge1 ovs-appctl account/show | grep -q 5001"
}

# Does the same, and waits until the counters at the edge have them, too.
edge_traffic() {
    traffic && wait_until eval "lab_exec edge1 ovs-appctl account/show |
        grep -q '^br-int *900 *5001 *2 *[1-9]'"
}
