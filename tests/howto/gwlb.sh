# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What Documentation/howto/gwlb.rst begins with, and what is around it.  The
# program balancer is in the load balancer's place; tests/gwlb/gwlb.sh has the
# picture of what it does.
#
#   a-client  10.0.0.1                             app
#   +------+          lb                          +--------------+
#   | tun0 |-----+----------+    veth, MTU 9000   | 10.9.0.2     |
#   +------+     | balancer |--- phy ------- eth0 |         inet |---- server
#   | tun0 |-----+----------+ 10.9.0.1            +--------------+ 198.51.100.1
#   +------+  10.0.0.2                                             02:..:99
#   a-server                                     a 2nd arm leads to the server

. "$(dirname "$1")/gwlb/gwlb.sh"

howto_up() {
    lab_nodes lb app a-client a-server server || return
    lab_veth lb phy app eth0 9000 && lab_veth app inet server eth0 9000 ||
        return
    lab_run ip -n "$(lab_ns app)" link set eth0 mtu 1500 || return
    # The balancer is a program, and must get complete checksums.
    lab_run lab_exec app ethtool -K eth0 tx off &&
        lab_run lab_exec lb ethtool -K phy tx off tso off gso off &&
        lab_no_offloads app inet &&
        lab_run lab_exec server ethtool -K eth0 tx off tso off gso off ||
        return
    lab_address lb phy 10.9.0.1 fd09::1 &&
        lab_address app eth0 10.9.0.2 fd09::2 &&
        lab_run ip -n "$(lab_ns server)" link set eth0 \
            address 02:00:00:00:00:99 &&
        lab_address server eth0 198.51.100.1 fd51::1 &&
        lab_run ip -n "$(lab_ns server)" route add 192.0.2.0/24 dev eth0 &&
        lab_run ip -n "$(lab_ns server)" link set eth0 mtu 8500 || return
    lab_run "${LAB_CC:-gcc}" -O2 -o "$LAB_DIR/balancer" \
        "$(dirname "${BASH_SOURCE[0]}")/../gwlb/balancer.c" || return
    lab_start app notso
}

# Has a balancer with the options $@ take the place of the one before, and
# gives the tenant's TUN devices their addresses.
balancer() {
    kill $(ip netns pids "$(lab_ns lb)") 2>/dev/null
    : >"$LAB_DIR/balancer.log"
    wait_until no_balancer || return
    lab_exec lb "$LAB_DIR/balancer" --local=10.9.0.1 --appliance=10.9.0.2 \
        "$@" >>"$LAB_DIR/balancer.log" 2>&1 &
    wait_until grep -q ready "$LAB_DIR/balancer.log" ||
        { cat "$LAB_DIR/balancer.log"; return 1; }
    gwlb_pid=$(ip netns pids "$(lab_ns lb)")
    lab_run ip -n "$(lab_ns a-client)" link set tun0 mtu 8500 &&
        lab_run ip -n "$(lab_ns a-client)" address add 10.0.0.1/24 dev tun0 &&
        lab_run ip -n "$(lab_ns a-client)" link set tun0 up &&
        lab_run ip -n "$(lab_ns a-client)" route add default dev tun0
}

# Returns true if there is no balancer, nor what it leaves to the kernel to
# close.
no_balancer() {
    test -z "$(ip netns pids "$(lab_ns lb)")" &&
        test -z "$(lab_exec lb ss -Hln sport = 6081)" &&
        ! ip -n "$(lab_ns a-client)" link show tun0 >/dev/null 2>&1
}

# A tenant, with its client, and with its server if $1 is "-server".
tenant() {
    echo "--tenant=a,$GWLB_a,$(lab_ns a-client)${1:+,$(lab_ns a$1)}"
}

# Serves a file at ports 80 and 81 of node $1, whose address is $2, and fetches
# it from a-client: from port 80, and not from port 81 if $3 is "closed".
transfer() {
    local port
    mkdir -p "$LAB_DIR/$1-files" &&
        dd if=/dev/urandom of="$LAB_DIR/$1-files/data" bs=1M count=1 \
            2>/dev/null || return
    for port in 80 81; do
        gwlb_httpd "$1" 0.0.0.0 $port "$1-files" || return
    done
    lab_exec a-client curl -sS --max-time 10 -o "$LAB_DIR/copy" \
        "http://$2/data" && cmp "$LAB_DIR/$1-files/data" "$LAB_DIR/copy" ||
        return
    test "$3" != closed ||
        ! lab_exec a-client curl -s --max-time 2 "http://$2:81/" || return
    # What came back is as it was sent.
    gwlb_all_good && test "$(gwlb_sum '[.]passed$')" -gt 100
}

one_arm() {
    lab_reach app 10.9.0.1 && balancer --cloud=aws \
        "$(tenant -server)" || return
    lab_run ip -n "$(lab_ns a-server)" link set tun0 mtu 8500 &&
        lab_run ip -n "$(lab_ns a-server)" address add 10.0.0.2/24 dev tun0 &&
        lab_run ip -n "$(lab_ns a-server)" link set tun0 up || return
    transfer a-server 10.0.0.2 closed
}

two_arms() {
    balancer --cloud=aws --changed "$(tenant)" || return
    transfer server 198.51.100.1
}

is_healthy() {
    listens app 80 && balancer --cloud=aws --changed --health=80 \
        "$(tenant)" && wait_until gwlb_is_healthy &&
        test "$(gwlb_counter health_failed)" = 0
}

# All ports are there.
no_errors() {
    local error
    error=$(lab_exec app ovs-vsctl --format=table --no-headings \
                --columns=name,error find interface 'error!=[]') || return
    echo "$error"
    test -z "$error"
}

# Nothing is left of what the howto has made.
undone() {
    test -z "$(lab_exec app ovs-vsctl list-br)" &&
        test -z "$(lab_exec app nft list ruleset)" &&
        lab_reach app 10.9.0.1
}
