# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/stt.rst begins with:
#
#     vm1  10.0.0.1                                         10.0.0.2  vm2
#    [eth0]                                                          [eth0]
#      | veth                                                    veth  |
#    +-|--- host1 ----+                              +---- host2 ----|-+
#    | vm1            |         veth, MTU 1500       |            vm2  |
#    | 192.0.2.1 eth1 |------------------------------| eth1  192.0.2.2 |
#    +----------------+                              +-----------------+
#
# and a "router", which only takes the firewall's rules.  Userspace TSO is
# disabled, as by default.

howto_up() {
    local n
    lab_nodes host1 host2 vm1 vm2 router || return
    lab_veth host1 eth1 host2 eth1 1500 || return
    for n in 1 2; do
        lab_address host$n eth1 192.0.2.$n fd00:2::$n || return
        lab_veth host$n vm$n vm$n eth0 9000 || return
        lab_run ip -n "$(lab_ns host$n)" link set vm$n mtu 1500 || return
        lab_run ip -n "$(lab_ns vm$n)" link set eth0 mtu 1500 || return
        lab_address vm$n eth0 10.0.0.$n fd00:10::$n || return
        lab_start host$n notso || return
    done
}

# Without the container's half of the offloads, vm1 reaches vm2 by ping and not
# by TCP, and the symptom is the one of which the howto tells.
tcp_hangs() {
    local n
    for n in 1 2; do
        lab_exec vm$n ethtool -K eth0 tx on tso on >/dev/null || return
    done
    serve vm2 || return
    lab_exec vm1 ping -q -c 3 -i .2 10.0.0.2 >/dev/null || return
    ! fetches vm1 10.0.0.2 3 || return
    lab_exec vm2 nstat -asz TcpInCsumErrors | grep 'TcpInCsumErrors *[1-9]'
}

# With it, TCP works.
tcp_works() {
    local n
    for n in 1 2; do
        lab_exec vm$n ethtool -K eth0 tso off tx off >/dev/null || return
    done
    fetches vm1 10.0.0.2
}

# The router has the table that Debian's /etc/nftables.conf has, and drops what
# no rule accepts.
router_drops() {
    lab_exec router nft "table inet filter {
        chain input { type filter hook input priority filter; policy drop; }
    }"
}

# The VMs' hosts answer no TCP of the tunnel by RST.
no_rst() {
    local n
    for n in 1 2; do
        test "$(lab_exec host$n nstat -asz TcpOutRsts |
                awk '/TcpOutRsts/ { print $2 }')" = 0 || return
    done
}

# Sends 3 packets from vm2, by a flow of its host that sets the key $1, and
# fails unless vm1 gets $2 of them.
key() {
    lab_exec host2 ovs-ofctl --strict mod-flows br-int "in_port=vm2 \
actions=set_tunnel64:$1,set_field:192.0.2.1->tun_dst,output:stt0" || return
    arrive vm2 10.0.0.255 vm1 "$2"
}

# Nothing is left of what the howto has made on the hosts.
undone() {
    local n
    for n in 1 2; do
        test -z "$(lab_exec host$n ovs-vsctl list-br)" || return
        # iptables leaves empty tables.
        ! lab_exec host$n nft list ruleset | grep 'stt\|7471' || return
        ! lab_exec host$n ovs-vsctl get Open_vSwitch . other_config |
            grep 'stt\|tso' || return
    done
}
