# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# A switch as the gateway between all encapsulations, on this machine, made of
# network namespaces:
#
#   west-a  02:..:01                  gw                   east-a  02:..:02
#  +------+ 10.1.0.11-18      +----------------+          +------+ 10.1.0.21-28
#  | eth0 |---. fd01::11-18   | br-gw, the     |         .---| eth0 | fd01::21-28
#  +------+   | west          | flows:         |    east |   +------+
#           [br-int 16 ports] | 8 ports        | [16 ports br-int]
#  +------+   | ~~         ~~ | ~~          ~~ | ~~      |   +------+
#  | eth0 |---' [br-phy phy]--|-phyw br-phy phye-|--[phy br-phy] '---| eth0 |
#  +------+     10.9.0.2      |    10.9.0.1    |   fd09::3   +------+
#   west-b                    |    fd09::1     |              east-b
#                             +----------------+
#
# Tenants a and b have the same MAC and IP addresses.  Each VM has an IPv4 and
# an IPv6 address for each encapsulation.  A packet from 10.1.0.1x to
# 10.1.0.2y, or from fd01::1x to fd01::2y, leaves host west in encapsulation
# number x over IPv4 and arrives at host east in number y over IPv6, and the
# other way around.  The hosts have a port with a fixed key for each
# encapsulation and tenant.  The gateway has one for each encapsulation; its
# flows have the tenants' IDs and the hosts of the addresses.  The VMs ask for
# each other's MAC addresses by ARP and by neighbor discovery, in the
# encapsulation of the address that they ask from.  The gateway answers.
# "geneve-ip" cannot carry ARP, so there the VM's own host answers.
#
# To be sourced after lab.sh, whose functions it uses.

# The encapsulations, in the order of their numbers, from 1.  The payload of
# "geneve-ip" is IP packets, that of the others Ethernet frames.
GATEWAY_ENCAPS='stt geneve geneve-ip vxlan gpe gre nvgre l2tpv3'

# Each tenant's IDs, in the same order.
GATEWAY_IDS_a='0xa000000000000001 0xa00002 0xa00003 0xa00004 0xa00005
    0xa0000006 0xa00007 0xa0000008'
GATEWAY_IDS_b='0xb000000000000001 0xb00002 0xb00003 0xb00004 0xb00005
    0xb0000006 0xb00007 0xb0000008'

# Largest IP packet that all of them carry over IPv6 and an underlay of 1500
# bytes.
GATEWAY_MTU=1430

# Prints the $1-th of the other arguments.
gateway_nth() {
    shift "$1"
    echo "$1"
}

# Prints the tenants' address of family $1, on host $2, for encapsulation
# number $3.
gateway_address() {
    local side=1
    test "$2" = west || side=2
    case $1 in
        4) echo 10.1.0.$side$3 ;;
        6) echo fd01::$side$3 ;;
    esac
}

# Prints the MAC address of the tenants' VMs on host $1.
gateway_mac() {
    case $1 in
        west) echo 02:00:00:00:00:01 ;;
        east) echo 02:00:00:00:00:02 ;;
    esac
}

# Prints the host on the other side of $1.
gateway_other() {
    case $1 in
        west) echo east ;;
        east) echo west ;;
    esac
}

# Prints the type and the options of the interface for encapsulation $1.
gateway_interface() {
    case $1 in
        geneve-ip) echo type=geneve options:packet_type=legacy_l3 ;;
        gpe) echo type=vxlan options:exts=gpe options:dst_port=4790 \
                  options:packet_type=legacy_l2 ;;
        # The checksum tells GRE from NVGRE.
        gre) echo type=gre options:csum=true ;;
        *) echo "type=$1" ;;
    esac
}

# Prints the actions that set the MAC addresses of packets from encapsulation
# $1 for host $2, if these have none.
gateway_macs() {
    test "$1" = geneve-ip || return
    echo "set_field:$(gateway_mac "$(gateway_other "$2")")->eth_src," \
         "set_field:$(gateway_mac "$2")->eth_dst,"
}

# Prints the actions that answer an ARP request, or a neighbor solicitation,
# with the MAC address of the VMs on host $1.
gateway_answer() {
    echo "set_field:0x$(gateway_mac "$1" | tr -d :)->xreg1,resubmit(,3)"
}

# Prints the flows that answer with the MAC address in xreg1.  An ARP probe and
# duplicate address detection, which ask for the sender's own address, are not
# answered.
gateway_answers_flows() {
    local back="move:tun_src->tun_dst,move:tun_ipv6_src->tun_ipv6_dst,in_port"
    cat <<END
table=3,priority=40000,arp,arp_spa=0.0.0.0,actions=drop
table=3,arp,arp_op=1,actions=move:eth_src->eth_dst,\
move:xreg1[0..47]->eth_src,set_field:2->arp_op,\
move:arp_tpa->reg1,move:arp_spa->arp_tpa,move:reg1->arp_spa,\
move:arp_sha->arp_tha,move:xreg1[0..47]->arp_sha,$back
table=3,priority=40000,icmp6,icmp_type=135,ipv6_src=::,actions=drop
table=3,icmp6,icmp_type=135,actions=move:eth_src->eth_dst,\
move:xreg1[0..47]->eth_src,move:ipv6_src->ipv6_dst,\
move:nd_target->ipv6_src,set_field:136->icmpv6_type,\
set_field:0x60000000->nd_reserved,set_field:2->nd_options_type,resubmit(,4)
table=4,icmp6,icmp_type=136,actions=move:xreg1[0..47]->nd_tll,$back
END
}

# Starts all of the above: gateway_up TSO [OPTION...].
#   TSO     "tso" for userspace TSO, "notso" for none
#   OPTION  further settings of the gateway's ports
gateway_up() {
    local tso=$1 node

    for node in gw west east west-a west-b east-a east-b; do
        lab_run ip netns add "$(lab_ns $node)" || return
        lab_run ip -n "$(lab_ns $node)" link set lo up || return
    done
    lab_veth gw phyw west phy 1500 || return
    lab_veth gw phye east phy 1500 || return
    for node in "gw phyw" "gw phye" "west phy" "east phy"; do
        gateway_offload "$tso" $node || return
    done
    gateway_host gw 1 "$tso" && gateway_host west 2 "$tso" &&
        gateway_host east 3 "$tso" || return
    lab_run lab_exec gw ovs-vsctl add-port br-phy phyw \
        -- add-port br-phy phye || return
    for node in west east; do
        lab_run lab_exec $node ovs-vsctl add-port br-phy phy || return
        gateway_vm $node a "$tso" && gateway_vm $node b "$tso" || return
        gateway_ends $node || return
    done
    gateway_ports "${@:2}" && gateway_flows || return
    lab_reach gw 10.9.0.2 && lab_reach gw fd09::3 && gateway_warm
}

# Prepares device $3 on node $2 for userspace TSO if $1 is "tso", or for none.
gateway_offload() {
    test "$1" = tso || lab_no_offloads "$2" "$3"
}

# Starts a switch on node $1, with 10.9.0.$2 and fd09::$2; $3 is "tso" or
# "notso".
gateway_host() {
    local bridge=br-int
    test "$1" != gw || bridge=br-gw
    lab_start "$1" "$3" || return
    lab_run lab_exec "$1" ovs-vsctl --timeout=60 \
        -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
        -- add-br $bridge -- set bridge $bridge datapath_type=netdev \
           fail_mode=secure || return
    lab_address "$1" br-phy "10.9.0.$2" "fd09::$2"
}

# Makes the VM of tenant $2 on host $1; $3 is "tso" or "notso".
gateway_vm() {
    local vm=$1-$2 i family
    lab_veth "$1" "vm-$2" "$vm" eth0 9000 || return
    gateway_offload "$3" "$1" "vm-$2" &&
        gateway_offload "$3" "$vm" eth0 || return
    lab_run ip -n "$(lab_ns "$vm")" link set eth0 mtu $GATEWAY_MTU \
        address "$(gateway_mac "$1")" || return
    for i in 1 2 3 4 5 6 7 8; do
        for family in 4 6; do
            echo "address add $(gateway_address $family "$1" $i)" \
                "dev eth0 $(test $family = 4 || echo nodad)"
        done
    done >"$LAB_DIR/$vm.ip"
    echo "route add 10.1.0.0/24 dev eth0" >>"$LAB_DIR/$vm.ip"
    echo "route add fd01::/64 dev eth0" >>"$LAB_DIR/$vm.ip"
    lab_run ip -n "$(lab_ns "$vm")" -batch "$LAB_DIR/$vm.ip" || return
    lab_run lab_exec "$1" ovs-vsctl add-port br-int "vm-$2"
}

# Makes the ports and the flows of host $1.
gateway_ends() {
    local gw=10.9.0.1 i=0 encap tenant ids actions add=() flows=
    test "$1" = west || gw=fd09::1
    for encap in $GATEWAY_ENCAPS; do
        i=$((i + 1))
        for tenant in a b; do
            ids=GATEWAY_IDS_$tenant
            # shellcheck disable=SC2046,SC2086
            add+=(-- add-port br-int $encap-$tenant
                  -- set interface $encap-$tenant $(gateway_interface $encap)
                     options:remote_ip=$gw
                     options:key="$(gateway_nth $i ${!ids})")
            actions=$encap-$tenant
            test $encap != geneve-ip ||
                actions=$(gateway_answer "$(gateway_other "$1")")
            flows+="in_port=vm-$tenant,ip,\
nw_src=$(gateway_address 4 "$1" $i),actions=$encap-$tenant
in_port=vm-$tenant,ipv6,ipv6_src=$(gateway_address 6 "$1" $i),\
actions=$encap-$tenant
in_port=vm-$tenant,arp,arp_spa=$(gateway_address 4 "$1" $i),\
actions=$actions
priority=40000,in_port=vm-$tenant,icmp6,icmp_type=135,\
ipv6_src=$(gateway_address 6 "$1" $i),actions=$actions
in_port=$encap-$tenant,actions=$(gateway_macs $encap "$1")vm-$tenant
"
        done
    done
    # Requests of a VM from its link-local address, and from none.
    for tenant in a b; do
        flows+="in_port=vm-$tenant,icmp6,icmp_type=135,ipv6_src=fe80::/10,\
actions=stt-$tenant
in_port=vm-$tenant,icmp6,icmp_type=135,ipv6_src=::,actions=stt-$tenant
in_port=vm-$tenant,arp,arp_spa=0.0.0.0,actions=stt-$tenant
"
    done
    flows+=$(gateway_answers_flows)
    lab_run lab_exec "$1" ovs-vsctl --timeout=60 "${add[@]}" || return
    lab_run lab_exec "$1" ovs-ofctl add-flows br-int - <<<"$flows"
}

# Makes the gateway's ports, with the arguments as options.
gateway_ports() {
    local encap add=()
    for encap in $GATEWAY_ENCAPS; do
        # shellcheck disable=SC2046
        add+=(-- add-port br-gw "$encap" -- set interface "$encap"
              $(gateway_interface "$encap") options:remote_ip=flow
              options:key=flow)
        test $# = 0 || test "$encap" = stt || add+=("$@")
    done
    lab_run lab_exec gw ovs-vsctl --timeout=60 "${add[@]}"
}

# Makes the gateway's flows.  Table 0 finds the tenant by the ID of a packet,
# and drops packets without a tenant.  Table 1 has the MAC address for each
# tenant and address, with which tables 3 and 4 answer requests.  Table 2 has
# the host, the encapsulation and the ID.  A packet may leave by the port that
# it came by.  Setting 'tun_ipv6_dst' clears 'tun_dst'.
gateway_flows() {
    local host from to to_host encap tenant ids i flows=
    flows="table=1,priority=0,actions=set_field:0->in_port,resubmit(,2)
$(gateway_answers_flows)
"
    for host in west east; do
        case $host in
            west) from=tun_src=10.9.0.2 to="set_field:10.9.0.2->tun_dst" ;;
            east) from=tun_ipv6_src=fd09::3
                  to="set_field:fd09::3->tun_ipv6_dst" ;;
        esac
        i=0
        for encap in $GATEWAY_ENCAPS; do
            i=$((i + 1))
            for tenant in a b; do
                ids=GATEWAY_IDS_$tenant
                # shellcheck disable=SC2086
                set -- $(gateway_nth $i ${!ids})
                to_host="$(gateway_macs geneve-ip $host)$to"
                flows+="table=0,in_port=$encap,tun_id=$1,$from,\
actions=set_field:0x$tenant->reg0,resubmit(,1)
table=1,reg0=0x$tenant,arp,arp_tpa=$(gateway_address 4 $host $i),\
actions=$(gateway_answer $host)
table=1,reg0=0x$tenant,icmp6,icmp_type=135,\
nd_target=$(gateway_address 6 $host $i),actions=$(gateway_answer $host)
table=2,reg0=0x$tenant,ip,nw_dst=$(gateway_address 4 $host $i),\
actions=$to_host,set_field:$1->tun_id,output:$encap
table=2,reg0=0x$tenant,ipv6,ipv6_dst=$(gateway_address 6 $host $i),\
actions=$to_host,set_field:$1->tun_id,output:$encap
"
            done
        done
    done
    lab_run lab_exec gw ovs-ofctl add-flows br-gw - <<<"$flows"
}

# Has each host learn its neighbors.
gateway_warm() {
    local i
    for i in 1 2 3 4 5 6 7 8; do
        gateway_answers a 4 $i $i && return
        sleep .3
    done
    lab_fail "nothing crosses the gateway"
}

# Returns true if a ping of tenant $1, over IPv$2, from encapsulation number $3
# in the west to number $4 in the east is answered.  The payload, of which
# gateway_leaks() finds one line, identifies the tenant.
gateway_answers() {
    lab_exec "west-$1" ping -q -c 1 -W 2 -s 32 -p "$1$1" \
        -I "$(gateway_address "$2" west "$3")" \
        "$(gateway_address "$2" east "$4")" >/dev/null 2>&1
}

# Prints the rate of TCP of tenant a, in Mb/s, from number $1 in the west to
# number $2 in the east, measured for $3 seconds.  iperf3 must listen there.
gateway_rate() {
    lab_exec west-a iperf3 -f m -t "$3" -B "$(gateway_address 4 west "$1")" \
        -c "$(gateway_address 4 east "$2")" |
        awk '/receiver/ { print $(NF - 2); n++ } END { exit !n }'
}

# Starts to capture the packets that reach the VMs.
gateway_watch() {
    local vm
    for vm in west-a west-b east-a east-b; do
        # A capture before has told that it listens.
        rm -f "$LAB_DIR/$vm.log"
        lab_exec $vm tcpdump -Z root -l -n -x -i eth0 --immediate-mode \
            '(icmp and not src host 0.0.0.0) or
             (icmp6 and (ip6[40] == 128 or ip6[40] == 129))' \
            >"$LAB_DIR/$vm.txt" \
            2>"$LAB_DIR/$vm.log" &
    done
    for vm in west-a west-b east-a east-b; do
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            grep -qs listening "$LAB_DIR/$vm.log" && continue 2
            sleep .2
        done
        lab_fail "tcpdump does not start in $vm"
        return
    done
}

# Waits until the captures have all packets: each VM sends a packet that goes
# nowhere, an ICMP timestamp request, which must be in its capture.
gateway_settle() {
    local vm
    for vm in west-a west-b east-a east-b; do
        lab_exec $vm python3 -c '
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("eth0", 0))
s.send(bytes.fromhex("0200000000990200000000980800"
                     "450000280000000040010000c0000201c0000202"
                     "0d00f2ff" + "00" * 16))' || return
    done
    for vm in west-a west-b east-a east-b; do
        for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            grep -q "time stamp query" "$LAB_DIR/$vm.txt" && continue 2
            sleep .5
        done
        lab_fail "tcpdump does not keep up in $vm"
        return
    done
}

# Prints the number of packets of the other tenant that each VM has seen since
# gateway_watch.
gateway_leaks() {
    local vm other
    gateway_settle || return
    for vm in west-a west-b east-a east-b; do
        other=bbbb
        test ${vm#*-} = a || other=aaaa
        printf '%s %d\n' $vm "$(grep -c "$other $other $other" \
                                 "$LAB_DIR/$vm.txt")"
    done
}
