# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# A switch as the appliance behind a cloud's gateway load balancer, on this
# machine, made of network namespaces:
#
#   a-client  10.0.0.1                              appliance
#   +--------+ fd00::1                              +---------------------+
#   |  tun0  |---.                                  |  br-gw, the flows   |
#   +--------+    \         lb                      |    gnv              |
#   a-server       \  +------------+                |     ~~ Geneve ~~    |
#   +--------+      `-|            |                |  br-phy             |
#   |  tun0  |--------|  balancer  |----------------|    phy  10.9.0.2    |
#   +--------+      ,-|            | phy   MTU 9000 +---------------------+
#   b-client       /  +------------+ 10.9.0.1
#   b-server  ----'    balancer.c
#   10.0.0.2, fd00::2
#
# Tenants a and b have the same addresses; their endpoint ids differ.  Each
# packet between a client and its server goes to the appliance and back, one
# arm: gnv sends it where it came from.  To be sourced after lab.sh, whose
# functions it uses; LAB_CC is the compiler.  GWLB_TSO is "tso" for userspace
# TSO on the appliance.

# Endpoint and attachment ids of the tenants, in hexadecimal.
GWLB_a=0a00000000000001,0a000000000000a1
GWLB_b=0b00000000000002,0b000000000000b2

# Brings the picture up.
# $1: whose options: aws or tencent; the rest are options of balancer.
gwlb_up() {
    local cloud=$1 class=0x108 n
    shift
    test "$cloud" = aws || class=0x167

    for n in lb app a-client a-server b-client b-server; do
        lab_run ip netns add "$(lab_ns $n)" || return
        lab_run ip -n "$(lab_ns $n)" link set lo up || return
    done
    lab_veth lb phy app phy 9000 || return
    for n in lb app; do
        test "$GWLB_TSO" = tso ||
            lab_run lab_exec $n ethtool -K phy tx off tso off gso off gro off ||
            return
    done
    lab_address lb phy 10.9.0.1 fd09::1 || return
    lab_start app "${GWLB_TSO:-notso}" || return
    lab_run lab_exec app ovs-vsctl --timeout=60 \
        -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
        -- add-port br-phy phy \
        -- add-br br-gw -- set bridge br-gw datapath_type=netdev \
           fail_mode=secure \
        -- add-port br-gw gnv -- set interface gnv type=geneve \
           options:remote_ip=10.9.0.1 options:packet_type=legacy_l3 \
           options:unknown_options=relay \
           options:src_port=keep || return
    lab_address app br-phy 10.9.0.2 fd09::2 || return
    lab_reach app 10.9.0.1 || return
    # The endpoint id is all that the flows match; other options, those that
    # nobody here knows among them, are given back as they came.
    lab_run lab_exec app ovs-ofctl add-tlv-map br-gw \
        "{class=$class,type=1,len=8}->tun_metadata0" || return
    gwlb_flows || return

    # No check of the appliance's health may come before there is who answers.
    mkdir -p "$LAB_DIR/health" || return
    gwlb_httpd app 10.9.0.2 80 health || return
    lab_run "${LAB_CC:-gcc}" -O2 -o "$LAB_DIR/balancer" \
        "$(dirname "${BASH_SOURCE[0]}")/balancer.c" || return
    lab_exec lb "$LAB_DIR/balancer" --local=10.9.0.1 --appliance=10.9.0.2 \
        --cloud="$cloud" --health=80 --answer=80 \
        --tenant="a,$GWLB_a,$(lab_ns a-client),$(lab_ns a-server)" \
        --tenant="b,$GWLB_b,$(lab_ns b-client),$(lab_ns b-server)" "$@" \
        >>"$LAB_DIR/balancer.log" 2>&1 &
    gwlb_wait grep -q ready "$LAB_DIR/balancer.log" || return
    gwlb_pid=$(ip netns pids "$(lab_ns lb)")
    for n in a b; do
        lab_run ip -n "$(lab_ns $n-client)" link set tun0 mtu 8500 || return
        lab_run ip -n "$(lab_ns $n-server)" link set tun0 mtu 8500 || return
        lab_address $n-client tun0 10.0.0.1 fd00::1 || return
        lab_address $n-server tun0 10.0.0.2 fd00::2 || return
    done
    gwlb_serve
}

# The flows: an access list for each tenant, and back.  Anything else, and
# whoever else, is dropped.
gwlb_flows() {
    lab_exec app ovs-ofctl replace-flows br-gw - <<END
priority=2,in_port=gnv,tcp,tun_metadata0=0x${GWLB_a%,*},tp_dst=81,actions=drop
priority=2,in_port=gnv,tcp,tun_metadata0=0x${GWLB_b%,*},tp_dst=82,actions=drop
priority=1,in_port=gnv,tun_metadata0=0x${GWLB_a%,*},actions=in_port
priority=1,in_port=gnv,tun_metadata0=0x${GWLB_b%,*},actions=in_port
END
}

# Starts the tenants' servers.
gwlb_serve() {
    local n port

    for n in a b; do
        mkdir -p "$LAB_DIR/$n" || return
        dd if=/dev/urandom of="$LAB_DIR/$n/data" bs=1M count=4 2>/dev/null ||
            return
        for port in 80 81 82; do
            gwlb_httpd $n-server "[::]" $port $n || return
        done
        lab_exec $n-server iperf3 -s -D >/dev/null 2>&1 || return
        gwlb_wait lab_exec $n-server \
            sh -c 'ss -Htln sport = 5201 | grep -q .' || return
    done
    gwlb_wait gwlb_is_healthy
}

# Serves directory $4 of the lab on port $3 of address $2 of node $1.
gwlb_httpd() {
    lab_exec "$1" python3 -m http.server --bind "$(tr -d '[]' <<<"$2")" \
        --directory "$LAB_DIR/$4" "$3" >/dev/null 2>&1 &
    gwlb_wait lab_exec "$1" curl -s -g -o /dev/null "http://$2:$3/"
}

# Runs a command until it succeeds, for up to 10 s.
gwlb_wait() {
    local i

    for ((i = 0; i < 100; i++)); do
        "$@" >"$LAB_DIR/log" 2>&1 && return
        sleep .1
    done
    lab_fail "$*"
}

# Prints the balancer's counters, as they are now.
gwlb_counters() {
    : >"$LAB_DIR/balancer.log"
    kill -USR1 $gwlb_pid || return
    gwlb_wait grep -q '^end$' "$LAB_DIR/balancer.log" || return
    cat "$LAB_DIR/balancer.log"
}

# Prints counter $1.
gwlb_counter() {
    gwlb_counters | sed -n "s/^$1 //p"
}

# Returns true if the last health checks passed.
gwlb_is_healthy() {
    local passed

    passed=$(gwlb_counter health_passed) || return
    sleep .5
    test "$(gwlb_counter health_passed)" -gt "$passed"
}

# Prints how many bytes the flows of tenant $1 have seen.
gwlb_flow_bytes() {
    local id=GWLB_$1

    lab_exec app ovs-appctl revalidator/purge >/dev/null
    lab_exec app ovs-ofctl dump-flows br-gw |
        sed -n "/tun_metadata0=0x0*$(echo "${!id%,*}" | sed 's/^0*//')/"'{
            s/.*n_bytes=//; s/,.*//; p}' | awk '{ n += $1 } END { print n }'
}

# Fetches tenant $1's data from port $3 of address $2, and compares.
gwlb_fetch() {
    lab_exec "$1-client" curl -sS -g --max-time "${4:-20}" \
        -o "$LAB_DIR/$1.copy" "http://$2:$3/data" &&
        cmp "$LAB_DIR/$1/data" "$LAB_DIR/$1.copy"
}

# Prints the Gb/s that tenant $1's client gets to its server, with arguments of
# iperf3, or fails.
gwlb_iperf() {
    local tenant=$1
    shift
    lab_exec "$tenant-client" iperf3 -f m -c 10.0.0.2 "$@" |
        awk '/receiver/ { for (i = 1; i < NF; i++)
                              if ($(i + 1) ~ /bits\/sec/) rate = $i / 1000 }
             END { if (rate == 0) exit 1; printf "%.2f", rate }'
}

# Runs a command, and prints whether it worked, as check $1.
gwlb_check() {
    local what=$1 result=ok
    shift
    "$@" >"$LAB_DIR/log" 2>&1 || { result=FAILED; gwlb_failed=1; }
    printf '  %-62s %s\n' "$what" $result
}

# Runs a command that must fail.
gwlb_not() {
    ! "$@"
}

# Checks that tenant $1's flows saw as many bytes as the balancer sent for it.
# The end of a connection may still be under way.
gwlb_same_bytes() {
    test "$(gwlb_flow_bytes "$1")" = "$(gwlb_counter "$1.sent_bytes")"
}

# Prints the sum of the counters whose names match $1.
gwlb_sum() {
    gwlb_counters | awk -v name="$1" \
        '$1 ~ name { n += $2 } END { print n + 0 }'
}

# Checks that nothing came back that was not as it was sent.
gwlb_all_good() {
    test "$(gwlb_sum '[.](bad_.*|unknown_flow|too_many)$')" = 0
}

# Sends traffic of both tenants through the appliance, and prints what was
# checked.  $1 is the length of each throughput measurement in seconds.
gwlb_traffic() {
    local tenant other rate

    for tenant in a b; do
        gwlb_check "tenant $tenant: TCP over IPv4, 4 MB, compared" \
            gwlb_fetch $tenant 10.0.0.2 80
        gwlb_check "tenant $tenant: TCP over IPv6, 4 MB, compared" \
            gwlb_fetch $tenant "[fd00::2]" 80
        gwlb_check "tenant $tenant: UDP, 100 Mb/s" \
            gwlb_iperf $tenant -u -b 100M -l 1400 -t 1
        test $tenant = a && other=82 || other=81
        gwlb_check "tenant $tenant: access list lets port $other through" \
            gwlb_fetch $tenant 10.0.0.2 $other
        gwlb_check "tenant $tenant: and not port $((163 - other))" \
            gwlb_not gwlb_fetch $tenant 10.0.0.2 $((163 - other)) 2
    done
    if rate=$(gwlb_iperf a -t "$1"); then
        printf '  %-62s %s\n' "tenant a: TCP throughput, Gb/s" "$rate"
    fi
    for tenant in a b; do
        gwlb_check "tenant $tenant: the switch counted all bytes" \
            gwlb_wait gwlb_same_bytes $tenant
    done
    gwlb_check "health checks pass" gwlb_is_healthy
    gwlb_check "and none has failed" \
        test "$(gwlb_counter health_failed)" = 0
    gwlb_check "the balancer answers those of the appliance" \
        lab_exec app curl -sS -f --max-time 5 http://10.9.0.1/
    gwlb_check "nothing came back other than it was sent" gwlb_all_good
    printf '  %s\n' "packets sent: $(gwlb_sum '[.]sent$'), back as sent:\
 $(gwlb_sum '[.]passed$'), changed:\
 $(gwlb_sum '[.](bad_.*|unknown_flow)$'), health checks passed:\
 $(gwlb_counter health_passed) of $(gwlb_counter health_sent)"
}
