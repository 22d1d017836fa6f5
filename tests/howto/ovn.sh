# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/ovn.rst begins with: the hypervisors and the network
# that tests/ovn/ovn.sh draws, with Geneve.  The programs of OVN in
# $OVN_TREE/start, which tests/get-ovn got, must be in the PATH.

. "$(dirname "${BASH_SOURCE[0]}")/../account/account.sh"
. "$(dirname "${BASH_SOURCE[0]}")/../ovn/ovn.sh"
OVN_N=2

howto_up() {
    ovn_up 2 geneve notso
}

# Changes the encapsulation of both to $1.
encapsulate() {
    ovn_encap "$1"
}

# Prints the types of all tunnels.
tunnels() {
    local h
    for h in h1 h2; do
        lab_exec $h ovs-vsctl --bare --columns=type \
            find interface 'options:remote_ip!=""'
    done | xargs
}

# The tunnels of h1 and h2 have the types in the arguments, and VMs reach each
# other.
encapsulated() {
    wait_until eval "test \"\$(tunnels)\" = '$*'" &&
        lab_reach w1 10.1.1.2 && lab_ping w1 10.1.2.2
}

# d1 learns the MTU of the outside.
told_mtu() {
    lab_exec d1 ping -c 1 -M do -s 1473 203.0.113.1 |
        grep 'From 10.1.2.254 .*(mtu = 1500)'
}

# Ten packets leave web, and ten enter it.
leaves() {
    lab_exec w1 ping -q -c 10 -i .2 10.1.2.2 &&
        lab_exec h1 ovs-appctl revalidator/wait &&
        lab_exec h1 ovs-appctl revalidator/wait
}
