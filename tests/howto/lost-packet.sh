# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/lost-packet.rst begins with: the machines of
# billing.sh, and a flow of edge1 that drops what vm1 sends.

. "$(dirname "${BASH_SOURCE[0]}")/billing.sh"
eval "billing_$(declare -f howto_up)"

howto_up() {
    billing_howto_up &&
        lab_run lab_exec vm1 ip link set eth0 address 02:00:00:00:00:01 &&
        lab_run lab_exec world ip link set eth0 address 02:00:00:00:00:02 &&
        lab_reach vm1 10.0.0.2 &&
        lab_run lab_exec edge1 ovs-ofctl add-flow br-int \
            cookie=0xbad,priority=100,icmp,actions=drop
}

ping_all_the_time() {
    lab_exec vm1 ping -i .2 10.0.0.2 >/dev/null 2>&1 &
}

# Waits until session $2 of host $1 has a packet.
has_report() {
    wait_until eval "lab_exec $1 ovs-appctl live/show $2 | grep -q '^packet'"
}

# Waits until host $1 says $2 of a remote host.
session_is() {
    wait_until eval "lab_exec $1 ovs-appctl oam/show | grep -q ': $2 '"
}

# The hosts are namespaces here.
make_inventory() {
    local host
    for host in hv1:192.0.2.1 edge1:192.0.2.9; do
        cat <<END
[${host%:*}]
vtep = ${host#*:}
via = ip netns exec $(lab_ns "${host%:*}")
rundir = $LAB_DIR/${host%:*}
END
    done >"$LAB_DIR/hv1/oam.hosts"
}

break_network() {
    lab_run ip -n "$(lab_ns edge1)" link set eth1 down
}

mend_network() {
    lab_run ip -n "$(lab_ns edge1)" link set eth1 up
}
