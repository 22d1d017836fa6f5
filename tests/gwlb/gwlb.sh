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
# arm: gnv sends it where it came from.
#
# With two arms, there is one server, and only the appliance gets there.  It
# gives each tenant an address of its own on the way (NAT), and connection
# tracking holds what the answers need to get back:
#
#   a-client  10.0.0.1                    appliance              server
#   +--------+           +------+   +-----------------+        +--------+
#   |  tun0  |-----------|  lb  |---| phy br-gw  inet |--------|  eth0  |
#   +--------+         ,-|      |   | 10.9.0.2        | 192.0. +--------+
#   b-client  10.0.0.1'  +------+   +-----------------+ 2.1, 2  198.51.100.1
#
# To be sourced after lab.sh, whose functions it uses; LAB_CC is the compiler.
# GWLB_TSO is "tso" for userspace TSO on the appliance; GWLB_ARMS is 1, the
# default, or 2.

# Endpoint and attachment ids of the tenants, in hexadecimal.
GWLB_a=0a00000000000001,0a000000000000a1
GWLB_b=0b00000000000002,0b000000000000b2

# Brings the picture up.
# $1: whose options: aws or tencent; the rest are options of balancer.
gwlb_up() {
    local cloud=$1 class=0x108 options n
    shift
    test "$cloud" = aws || class=0x167
    if gwlb_has_two_arms; then
        gwlb_nodes='a-client b-client' gwlb_servers=server
        gwlb_server=198.51.100.1
        set -- --changed "$@"
    else
        gwlb_nodes='a-client a-server b-client b-server'
        gwlb_servers='a-server b-server' gwlb_server=10.0.0.2
        # The endpoint id is all that the flows match; other options, those
        # that nobody here knows among them, are given back as they came.
        options='options:unknown_options=relay options:src_port=keep'
    fi

    # shellcheck disable=SC2086
    for n in lb app $gwlb_nodes $gwlb_servers; do
        test ! -e "/run/netns/$(lab_ns "$n")" || continue
        lab_run ip netns add "$(lab_ns $n)" || return
        lab_run ip -n "$(lab_ns $n)" link set lo up || return
    done
    lab_veth lb phy app phy 9000 || return
    for n in lb app; do
        test "$GWLB_TSO" = tso || lab_no_offloads $n phy || return
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
           $options || return
    lab_address app br-phy 10.9.0.2 fd09::2 || return
    lab_reach app 10.9.0.1 || return
    lab_run lab_exec app ovs-ofctl add-tlv-map br-gw \
        "{class=$class,type=1,len=8}->tun_metadata0" || return
    if gwlb_has_two_arms; then
        gwlb_second_arm "$class" || return
    else
        gwlb_flows | lab_exec app ovs-ofctl replace-flows br-gw - || return
    fi

    # No check of the appliance's health may come before there is who answers.
    mkdir -p "$LAB_DIR/health" || return
    gwlb_httpd app 10.9.0.2 80 health || return
    lab_run "${LAB_CC:-gcc}" -O2 -o "$LAB_DIR/balancer" \
        "$(dirname "${BASH_SOURCE[0]}")/balancer.c" || return
    lab_exec lb "$LAB_DIR/balancer" --local=10.9.0.1 --appliance=10.9.0.2 \
        --cloud="$cloud" --health=80 --answer=80 \
        --tenant="$(gwlb_tenant a)" --tenant="$(gwlb_tenant b)" "$@" \
        >>"$LAB_DIR/balancer.log" 2>&1 &
    gwlb_wait grep -q ready "$LAB_DIR/balancer.log" || return
    gwlb_pid=$(ip netns pids "$(lab_ns lb)")
    for n in $gwlb_nodes; do
        lab_run ip -n "$(lab_ns "$n")" link set tun0 mtu 8500 || return
        if gwlb_has_two_arms; then
            # The flows are for IPv4, and must see all that is sent.
            lab_run lab_exec "$n" sysctl -w net.ipv6.conf.tun0.disable_ipv6=1 &&
                lab_run ip -n "$(lab_ns "$n")" address add 10.0.0.1/24 \
                    dev tun0 &&
                lab_run ip -n "$(lab_ns "$n")" link set tun0 up &&
                lab_run ip -n "$(lab_ns "$n")" route add default dev tun0 ||
                return
            continue
        fi
        case $n in
            *-client) lab_address "$n" tun0 10.0.0.1 fd00::1 || return ;;
            *) lab_address "$n" tun0 10.0.0.2 fd00::2 || return ;;
        esac
    done
    gwlb_serve
}

# Returns whether the appliance has two arms.
gwlb_has_two_arms() {
    test "$GWLB_ARMS" = 2
}

# Prints the balancer's description of tenant $1.
gwlb_tenant() {
    local id=GWLB_$1
    echo "$1,${!id},$(lab_ns "$1-client")$(
        gwlb_has_two_arms || echo ",$(lab_ns "$1-server")")"
}

# Prints the flows for one arm: an access list for each tenant, and back.
# Anything else, and whoever else, is dropped.
gwlb_flows() {
    cat <<END
$(gwlb_access a 81)
$(gwlb_access b 82)
priority=1,in_port=gnv,tun_metadata0=0x${GWLB_a%,*},actions=in_port
priority=1,in_port=gnv,tun_metadata0=0x${GWLB_b%,*},actions=in_port
END
}

# Prints tenant $1's access list: TCP port $2 is closed.
gwlb_access() {
    local id=GWLB_$1
    echo "priority=2,in_port=gnv,tcp,tun_metadata0=0x${!id%,*},tp_dst=$2," \
         "actions=drop"
}

# Makes the server and the appliance's way to it, and the flows.  $1 is the
# class of the options.
gwlb_second_arm() {
    local mac=02:00:00:00:00:fe n
    lab_veth app inet server eth0 9000 || return
    # The balancer is a program, and must get complete checksums.
    lab_run lab_exec app ethtool -K phy tx off || return
    if test "$GWLB_TSO" != tso; then
        lab_no_offloads app inet && lab_no_offloads server eth0 || return
    fi
    lab_run ip -n "$(lab_ns server)" address add 198.51.100.1/24 dev eth0 &&
        lab_run ip -n "$(lab_ns server)" route add 192.0.2.0/24 dev eth0 &&
        lab_run lab_exec app ovs-vsctl add-port br-gw inet &&
        lab_run lab_exec app ovs-ofctl add-tlv-map br-gw "{class=$1,type=2,\
len=8}->tun_metadata1,{class=$1,type=3,len=4}->tun_metadata2" || return
    {
        gwlb_access a 81
        gwlb_access b 82
        gwlb_nat a 1 192.0.2.1 $mac
        gwlb_nat b 2 192.0.2.2 $mac
        cat <<END
table=3,ct_state=+trk+est,ip,actions=\
move:ct_label[0..63]->tun_metadata0[0..63],\
move:ct_label[64..127]->tun_metadata1[0..63],\
move:ct_mark[]->tun_metadata2[0..31],\
move:reg0[0..15]->tun_tp_src,gnv
END
    } | lab_exec app ovs-ofctl -O OpenFlow15 replace-flows br-gw -
}

# Prints tenant $1's flows for two arms: zones $2 and 1$2 are its own, $3 is its
# address toward the server, $4 the MAC address that the appliance has there.
gwlb_nat() {
    local id=GWLB_$1 server
    server=$(lab_exec server cat /sys/class/net/eth0/address)
    cat <<END
table=0,priority=1,in_port=gnv,ip,tun_metadata0=0x${!id%,*},actions=\
move:tun_tp_src->reg0[0..15],ct(commit,zone=$2,nat(src=$3),table=1,exec(\
move:tun_metadata0[0..63]->ct_label[0..63],\
move:tun_metadata1[0..63]->ct_label[64..127],\
move:tun_metadata2[0..31]->ct_mark[]))
table=1,ct_zone=$2,ip,actions=\
ct(commit,zone=1$2,exec(move:reg0[0..15]->ct_label[0..15])),\
set_field:$4->eth_src,set_field:$server->eth_dst,inet
table=0,in_port=inet,ip,nw_dst=$3,actions=ct(zone=1$2,table=2)
table=2,ct_zone=1$2,ct_state=+trk+est,ip,actions=\
move:ct_label[0..15]->reg0[0..15],ct(zone=$2,nat,table=3)
table=0,in_port=inet,arp,arp_op=1,arp_tpa=$3,actions=\
move:eth_src->eth_dst,set_field:$4->eth_src,set_field:2->arp_op,\
move:arp_sha->arp_tha,move:arp_spa->arp_tpa,\
set_field:$4->arp_sha,set_field:$3->arp_spa,in_port
END
}

# Starts the tenants' servers.
gwlb_serve() {
    local n port

    for n in $gwlb_servers; do
        mkdir -p "$LAB_DIR/$n" || return
        dd if=/dev/urandom of="$LAB_DIR/$n/data" bs=1M count=4 2>/dev/null ||
            return
        for port in 80 81 82; do
            gwlb_httpd "$n" "[::]" $port "$n" || return
        done
        lab_exec "$n" iperf3 -s -D >/dev/null 2>&1 || return
        gwlb_wait lab_exec "$n" \
            sh -c 'ss -Htln sport = 5201 | grep -q .' || return
    done
    gwlb_wait gwlb_is_healthy
}

# Serves directory $4 of the lab on port $3 of address $2 of node $1.
gwlb_httpd() {
    lab_exec "$1" python3 -m http.server --bind "$(tr -d '[]' <<<"$2")" \
        --directory "$LAB_DIR/$4" "$3" >/dev/null 2>>"$LAB_DIR/$4.log" &
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

# Prints how many packets or bytes, by $2, "n_packets" or "n_bytes", the flows
# of tenant $1 have seen.
gwlb_flow_sum() {
    local id=GWLB_$1

    lab_exec app ovs-appctl revalidator/purge >/dev/null
    lab_exec app ovs-ofctl dump-flows br-gw |
        sed -n "/tun_metadata0=0x0*$(echo "${!id%,*}" | sed 's/^0*//')/"'{
            s/.*'"$2"'=//; s/,.*//; p}' | awk '{ n += $1 } END { print n }'
}

# Fetches tenant $1's data from port $3 of address $2, and compares.
gwlb_fetch() {
    local server=server
    gwlb_has_two_arms || server=$1-server
    lab_exec "$1-client" curl -sS -g --max-time "${4:-20}" "${@:5}" \
        -o "$LAB_DIR/$1.copy" "http://$2:$3/data" &&
        cmp "$LAB_DIR/$server/data" "$LAB_DIR/$1.copy"
}

# Prints the Gb/s that tenant $1's client gets to its server, with arguments of
# iperf3, or fails.
gwlb_iperf() {
    local tenant=$1
    shift
    lab_exec "$tenant-client" iperf3 -f m -c "$gwlb_server" "$@" |
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
# The end of a connection may still be under way.  If the kernel had to drop
# packets for lack of room before the switch got them, the packets of both
# tenants must be as many as the balancer sent, without those.
gwlb_same_bytes() {
    local missed

    test "$(gwlb_flow_sum "$1" n_bytes)" = "$(gwlb_counter "$1.sent_bytes")" &&
        return
    missed=$(lab_exec app ovs-vsctl get interface phy \
             statistics:rx_missed_errors) &&
        test "$missed" -gt 0 &&
        test $(($(gwlb_flow_sum a n_packets) + $(gwlb_flow_sum b n_packets)
                + missed)) = "$(gwlb_sum '^[ab][.]sent$')"
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

# Checks what NAT does to tenants with the same addresses.
gwlb_nat_checks() {
    gwlb_check "both at once, from the same address and port" gwlb_same_port
    gwlb_check "the server sees an address for each tenant" gwlb_same_peers
    gwlb_check "and cannot begin a connection to them" \
        gwlb_not lab_exec server curl -s --max-time 2 http://192.0.2.1/
}

# Fetches the data of both tenants at once, from the same TCP port.
gwlb_same_port() {
    local tenant pids status=0
    for tenant in a b; do
        gwlb_fetch $tenant "$gwlb_server" 80 20 --local-port 40000 &
        pids="$pids $!"
    done
    for pid in $pids; do
        wait "$pid" || status=1
    done
    return $status
}

# Checks whom the server has served.
gwlb_same_peers() {
    test "$(sed -n 's/^::ffff:\([^ ]*\) .*GET .data.*/\1/p' \
            "$LAB_DIR/server.log" | sort -u | xargs)" = "192.0.2.1 192.0.2.2"
}

# Sends traffic of both tenants through the appliance, and prints what was
# checked.  $1 is the length of each throughput measurement in seconds.
gwlb_traffic() {
    local tenant other rate

    for tenant in a b; do
        gwlb_check "tenant $tenant: TCP over IPv4, 4 MB, compared" \
            gwlb_fetch $tenant "$gwlb_server" 80
        gwlb_has_two_arms ||
            gwlb_check "tenant $tenant: TCP over IPv6, 4 MB, compared" \
                gwlb_fetch $tenant "[fd00::2]" 80
        gwlb_check "tenant $tenant: UDP, 100 Mb/s" \
            gwlb_iperf $tenant -u -b 100M -l 1400 -t 1
        test $tenant = a && other=82 || other=81
        gwlb_check "tenant $tenant: access list lets port $other through" \
            gwlb_fetch $tenant "$gwlb_server" $other
        gwlb_check "tenant $tenant: and not port $((163 - other))" \
            gwlb_not gwlb_fetch $tenant "$gwlb_server" $((163 - other)) 2
    done
    ! gwlb_has_two_arms || gwlb_nat_checks
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
    printf '  %s\n' "packets sent: $(gwlb_sum '[.]sent$'), back as sent$(
        ! gwlb_has_two_arms || echo " or as answers"):\
 $(gwlb_sum '[.]passed$'), changed:\
 $(gwlb_sum '[.](bad_.*|unknown_flow)$'), health checks passed:\
 $(gwlb_counter health_passed) of $(gwlb_counter health_sent)"
}
