# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Flows with STT in the kernel datapath, and the packets on the wire:
#
#   vm1 --- br-int h1 === STT, Geneve === br-int h2 --- vm2
#
# tests/lab.sh has the whole picture.
#
# kernel: slub_debug=FZP
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Adds a port $2 of type $3 to host $1.  Flows set the address and the key of
# its packets.
flow_port() {
    lab_exec "$1" ovs-vsctl --may-exist add-port br-int "$2" \
        -- set interface "$2" type="$3" options:remote_ip=flow options:key=flow
    same "error" "$(lab_exec "$1" ovs-vsctl get interface "$2" error)" "[]"
}

# Replaces the flows of host h$1 by those on stdin.
flows() {
    lab_exec "h$1" ovs-ofctl replace-flows br-int -
}

# Keys of 64 bits from flows; the receiver matches some of their bits.
keys() {
    local n
    for n in 1 2; do
        flow_port h$n stt stt
        flows $n <<END
priority=9,in_port=vm,actions=set_field:0xfedcba987654321$n->tun_id,\
set_field:10.9.0.$((3 - n))->tun_dst,stt
priority=9,in_port=stt,tun_id=0xfedc000000000000/0xffff000000000000,\
tun_src=10.9.0.$((3 - n)),actions=vm
priority=8,in_port=stt,actions=drop
END
    done
    lab_mtu 9000
    lab_exec h2 ovs-appctl revalidator/purge
    pings vm1 10.1.0.2
    lab_exec h2 ovs-appctl dpctl/dump-flows >"$LAB_DIR/flows"
    cat "$LAB_DIR/flows"
    grep -q 'tun_id=0xfedcba9876543211,' "$LAB_DIR/flows"
    # With one more bit in the mask, the flow does not match.
    flows 2 <<END
in_port=vm,actions=set_field:0xfedcba9876543212->tun_id,\
set_field:10.9.0.1->tun_dst,stt
in_port=stt,tun_id=0x1/0x3,actions=drop
END
    fails pings vm1 10.1.0.2 1
}

# The port with key=4242 takes precedence over the port with key=flow.
ports_by_key() {
    lab_exec h2 ovs-vsctl add-port br-int fixed -- set interface fixed \
        type=stt options:remote_ip=10.9.0.1 options:key=4242
    flows 2 <<END
in_port=vm,actions=set_field:4242->tun_id,set_field:10.9.0.1->tun_dst,stt
in_port=fixed,actions=vm
END
    lab_exec h1 ovs-ofctl del-flows br-int
    flows 1 <<END
in_port=vm,actions=set_field:4242->tun_id,set_field:10.9.0.2->tun_dst,stt
in_port=stt,actions=vm
END
    pings vm1 10.1.0.2
    lab_exec h2 ovs-vsctl del-port br-int fixed
    fails pings vm1 10.1.0.2 1
}

# From STT to Geneve on the same bridge, with the key and an option.
geneve_beside() {
    local n
    for n in 1 2; do
        flow_port h$n gnv geneve
        lab_exec h$n ovs-ofctl add-tlv-map br-int \
            '{class=0xff00,type=1,len=4}->tun_metadata0'
    done
    flows 1 <<END
in_port=vm,actions=set_field:0xabc->tun_id,set_field:10.9.0.2->tun_dst,\
set_field:0x1234->tun_metadata0,gnv
in_port=stt,tun_id=0x123456789abcdef,actions=vm
END
    flows 2 <<END
in_port=gnv,tun_id=0xabc,tun_metadata0=0x1234,actions=vm
in_port=vm,actions=set_field:0x123456789abcdef->tun_id,\
set_field:10.9.0.1->tun_dst,stt
END
    lab_mtu 1400
    pings vm1 10.1.0.2
    pings vm1 10.1.0.2 3 1300
}

# BFD comes up, and goes down with the other end.
bfd() {
    lab_exec h1 ovs-vsctl del-port br-int stt
    lab_exec h2 ovs-vsctl del-port br-int stt
    lab_exec h1 ovs-ofctl replace-flows br-int - <<<actions=normal
    lab_exec h2 ovs-ofctl replace-flows br-int - <<<actions=normal
    lab_tunnel stt 4 bfd:enable=true
    wait_for bfd_is up
    lab_exec h2 ovs-vsctl set interface tun bfd:enable=false
    wait_for bfd_is down
}

bfd_is() {
    test "$(lab_exec h1 ovs-vsctl get interface tun bfd_status:state)" = "$1"
}

# Prints the number of packets that h2's STT device has received.
received() {
    lab_exec h2 cat /sys/class/net/stt_sys_7471/statistics/rx_packets
}

# Sets h2's rule for input to $1, in the hook in which firewalld has its rules.
input_rule() {
    lab_exec h2 nft -f - <<END
table inet test
delete table inet test
table inet test {
    chain input {
        type filter hook input priority filter + 10
        $1
    }
}
END
}

# Fails if h2 receives any of the packets that vm1 sends now.
nothing_received() {
    local before
    before=$(received)
    fails pings vm1 10.1.0.2 2
    same "packets received" "$(received)" "$before"
}

# The firewall's input rules and reverse path filtering apply to segments.
# Connection tracking does not see them.
firewall() {
    local family before
    for family in 6 4; do
        lab_tunnel stt $family
        wait_for pings vm1 10.1.0.2
        input_rule 'tcp dport 7471 drop'
        nothing_received
        input_rule 'tcp dport 7471 ct state != untracked drop'
        pings vm1 10.1.0.2
    done
    # To h2, 10.9.0.1 is behind another device, also for ARP.
    lab_exec h1 ip neigh replace 10.9.0.2 dev phy nud permanent \
        lladdr "$(lab_exec h2 cat /sys/class/net/phy/address)"
    lab_exec h2 ip link add elsewhere up type dummy
    lab_exec h2 ip route add 10.9.0.1 dev elsewhere
    lab_exec h2 sysctl -q -w net.ipv4.conf.all.rp_filter=0 \
        net.ipv4.conf.phy.rp_filter=0
    before=$(received)
    pings vm1 10.1.0.2 2 || test "$(received)" -gt "$before"
    lab_exec h2 sysctl -q -w net.ipv4.conf.phy.rp_filter=1
    nothing_received
    lab_exec h2 ip link delete elsewhere
    wait_for pings vm1 10.1.0.2
}

# "ovs-ctl enable-protocol" allows STT if a firewall drops TCP.
enable_protocol() {
    local command='_build/ovs/utilities/ovs-ctl enable-protocol
        --protocol=tcp --dport=7471'
    lab_tunnel stt 4
    lab_exec h2 iptables -A INPUT -p tcp -j DROP
    nothing_received
    lab_exec h2 $command
    wait_for pings vm1 10.1.0.2
    same "rules" "$(lab_exec h2 iptables -S INPUT | grep ACCEPT | grep -v -- -P)" \
        "-A INPUT -p tcp -m tcp --dport 7471 -j ACCEPT"
    lab_exec h2 $command | grep "already has a rule for tcp to port 7471"
    same "rules" "$(lab_exec h2 iptables -S INPUT | grep -c 7471)" 1
    lab_exec h2 iptables -F INPUT
}

# A frame in one or many segments has the mark that the firewall gives to them.
mark() {
    local family
    lab_mtu 9000
    for family in 6 4; do
        lab_tunnel stt $family
        flows 2 <<END
priority=9,in_port=tun,pkt_mark=0,actions=drop
priority=8,actions=normal
END
        input_rule 'tcp dport 7471 meta mark set 7'
        wait_for pings vm1 10.1.0.2 1
        pings vm1 10.1.0.2 3 8000
        input_rule ''
        fails pings vm1 10.1.0.2 1
    done
    flows 2 <<<actions=normal
}

# A program receives the segments from netfilter first, and accepts them.
queue() {
    local family
    lab_mtu 9000
    background h2 python3 tests/qemu/queue.py 7
    input_rule 'tcp dport 7471 counter queue num 7'
    for family in 6 4; do
        lab_tunnel stt $family
        wait_for pings vm1 10.1.0.2 1
        pings vm1 10.1.0.2 3 8000
        transfer vm1 vm2 1000000 10.1.0.2
        transfer vm2 vm1 1000000 10.1.0.1
    done
    end_background
    nothing_received
    input_rule ''
}

# The packets on the wire are right: none is malformed to tshark, TCP checksums
# are good, no packet is larger than the MTU, and all packets are STT.
wire() {
    local family=$1 pcap=$OUT/wire-$1.pcap
    lab_tunnel stt "$family"
    lab_mtu 9000
    wait_for pings vm1 10.1.0.2
    capture h2 phy "${pcap##*/}" tcp
    pings vm1 10.1.0.2 3 8000
    transfer vm1 vm2 300000 10.1.0.2
    transfer vm2 vm1 300000 fd01::1
    end_capture "${pcap##*/}"
    stt_tshark "$pcap" -T fields -e stt.version | grep -q 0
    # The outer headers only.
    tshark -o tcp.check_checksum:TRUE -r "$pcap" -T fields -e tcp.dstport \
        -e tcp.checksum.status -e frame.len 2>/dev/null >"$LAB_DIR/fields"
    same "port, checksum" "$(cut -f 1,2 "$LAB_DIR/fields" | sort -u)" \
        "$(printf '7471\t1')"
    same "largest packet" "$(cut -f 3 "$LAB_DIR/fields" | sort -n |
        tail -n 1)" 1514
    same "malformed" "$(stt_tshark "$pcap" -Y '_ws.malformed ||
        stt.data_offset_bad.expert || stt.version_unknown.expert ||
        stt.l4offset_bad.expert || stt.mss_bad.expert || stt.segment.error ||
        stt.segment.overlap || ip.checksum.status == 0')" ""
    # Our own decoder agrees.
    on_host env PYTHONDONTWRITEBYTECODE=1 \
        python3 "$PWD/tests/stt_cases.py" decode "$pcap" >"$LAB_DIR/decoded"
    tail -n 3 "$LAB_DIR/decoded"
}

# Runs tshark on the capture $1.  tshark must not take the random data of
# transfer() for GSM, which uses the same port.
stt_tshark() {
    local pcap=$1
    shift
    tshark -o ip.try_heuristic_first:TRUE -o ipv6.try_heuristic_first:TRUE \
        -o tcp.check_checksum:TRUE -o tcp.desegment_tcp_streams:FALSE \
        -o tcp.analyze_sequence_numbers:FALSE -d tcp.port==5000,data \
        -r "$pcap" "$@" 2>/dev/null
}

# A port of this datapath and a port of the userspace datapath have the same
# number, type and UDP port: when the former is deleted, the latter still
# receives.
both_datapaths() {
    local number n
    modprobe tun
    lab_exec h1 ovs-vsctl add-port br-int vxk -- set interface vxk type=vxlan \
        options:remote_ip=10.9.0.2 -- add-br br-user \
        -- set bridge br-user datapath_type=netdev
    number=$(datapath_port vxk)
    for ((n = 2; n < number; n++)); do
        lab_exec h1 ovs-vsctl add-port br-user in$n \
            -- set interface in$n type=internal
    done
    lab_exec h1 ovs-vsctl add-port br-user vxu -- set interface vxu \
        type=vxlan options:remote_ip=10.9.0.3
    same "number of the port" "$(datapath_port vxu)" "$number"
    listens_vxlan
    lab_exec h1 ovs-vsctl del-port br-int vxk
    listens_vxlan
    lab_exec h1 ovs-vsctl del-br br-user
    fails listens_vxlan
}

# Prints the datapath port number of h1's OpenFlow port $1.
datapath_port() {
    lab_exec h1 ovs-appctl dpif/show | sed -n "s,.* $1 [0-9]*/\([0-9]*\):.*,\1,p"
}

# Returns whether the userspace datapath receives VXLAN.
listens_vxlan() {
    lab_exec h1 ovs-appctl tnl/ports/show | grep '^vxlan_sys_4789 '
}

# Sets n to the number of packets with a key that no port has, at h2's device
# $1, and line to the text about the last one.
read_no_port() {
    line=$(lab_exec h2 ovs-appctl tnl/rx_no_port | grep "^$1 ") || line=
    n=$(sed -n 's/.*): \([0-9]*\) packets,.*/\1/p' <<<"$line")
    n=$((n))
}

# Returns whether h2 has counted at least $2 of these at device $1.
has_no_port() {
    local n line
    read_no_port "$1"
    test "$n" -ge "$2"
}

# Types that only the userspace datapath has: an error tells what to do.
other_types() {
    local type
    for type in nvgre l2tpv3 etherip; do
        lab_exec h1 ovs-vsctl add-port br-int other \
            -- set interface other type=$type options:remote_ip=10.9.0.2 \
            $(test $type = etherip || echo options:key=5000) || :
        same "error" "$(lab_exec h1 ovs-vsctl get interface other error)" \
            "\"other: type $type needs the userspace datapath: set the \
bridge's datapath_type to netdev\""
        lab_exec h1 ovs-vsctl del-port other
    done
}

# Packets of type $1, over IPv$2, with a key that no port has: the switch
# receives the first, and the kernel has a flow for the others.  Each counts
# once, at the device $3.
no_port() {
    local net=10.9.0. before n line total
    test "$2" = 4 || net=fd09::
    lab_tunnel "$1" "$2"
    wait_for pings vm1 10.1.0.2 1
    lab_exec vm1 ip neigh replace 10.1.0.2 dev eth0 nud permanent \
        lladdr "$(lab_exec vm2 cat /sys/class/net/eth0/address)"
    # Send only the echo requests.
    flows 1 <<<priority=9,in_port=vm,icmp,actions=tun
    lab_exec h2 ovs-vsctl set interface tun options:key=4243
    # What kernel flows have counted so far.
    lab_exec h2 ovs-appctl revalidator/wait
    lab_exec h2 ovs-appctl revalidator/wait
    read_no_port "$3"
    before=$n
    total=$(no_port_total)
    for n in 7 5; do
        fails lab_exec vm1 ping -q -c $n -i .2 -W 1 10.1.0.2
        before=$((before + n)) total=$((total + n))
        wait_for has_no_port "$3" $before
        # Time for a packet that is counted twice.
        lab_exec h2 ovs-appctl revalidator/wait
        read_no_port "$3"
        same "packets" "$n" $before
        wait_for no_port_total_is $total ||
            same "total" "$(no_port_total)" $total
        grep "^$3 ($1, kernel): .* from ${net}1 to ${net}2, key 4242\$" \
            <<<"$line"
    done
    # Packets for a port are not counted.
    lab_exec h2 ovs-vsctl set interface tun options:key=4242
    flows 1 <<<actions=normal
    wait_for pings vm1 10.1.0.2 1
    read_no_port "$3"
    same "packets" "$n" $before
    lab_exec vm1 ip neigh delete 10.1.0.2 dev eth0
}

# Two routers, one on each host, answer what expires there, over IPv$1: h1 to its
# VM, h2 through the tunnel.
ttl_reply() {
    local n net=10.1.0. number=0x0a01000 register=reg0 ip=ip
    test "$1" = 4 || {
        net=fd01:: number=0xfd01000000000000000000000000000 register=xxreg1
        ip=ipv6
    }
    lab_tunnel stt 4
    wait_for pings vm1 ${net}2 1
    for n in 1 2; do
        lab_exec h$n ovs-vsctl set bridge br-int \
            other_config:ttl-reply='reg0[]' other_config:ttl-reply6='xxreg1[]'
        flows $n <<END
priority=9,ipv6,nw_ttl=255,actions=normal
priority=8,in_port=vm,$ip,actions=\
set_field:$number$((4 + n))->$register,dec_ttl,normal
priority=8,in_port=tun,$ip,actions=\
set_field:$number$((4 + n))->$register,dec_ttl,normal
priority=1,actions=normal
END
    done
    for n in 1 2; do
        # The first packet, and those for which the kernel has a flow.
        lab_exec vm1 ping -n -c 3 -i .3 -W 5 -t $n ${net}2 \
            >"$LAB_DIR/ping" || :
        cat "$LAB_DIR/ping"
        same "answers" "$(grep -c "^From ${net}$((4 + n)) .* Time" \
            "$LAB_DIR/ping")" 3
    done
    pings vm1 ${net}2
    lab_exec h1 ovs-vsctl clear bridge br-int other_config
    for n in 1 2; do
        flows $n <<<actions=normal
    done
}

# Returns whether h2 has counted $1 of these packets at all devices.  A thread
# adds its part to the coverage counter before it sleeps, at most once a second:
# the thread that receives from a CPU needs another packet there.
no_port_total_is() {
    local cpu
    test "$(no_port_total)" = "$1" && return
    lab_exec h2 ovs-appctl revalidator/purge
    for ((cpu = 0; cpu < $(nproc); cpu++)); do
        fails lab_exec vm2 taskset -c $cpu ping -q -c 1 -W 1 10.1.0.1
    done
    test "$(no_port_total)" = "$1"
}

# Prints the number of these packets that h2 has counted at all devices.
no_port_total() {
    lab_exec h2 ovs-appctl coverage/read-counter drop_tnl_no_port
}

check "two hosts, without TSO" lab_up notso || finish
check "keys of 64 bits, some bits matched" keys
check "a port for one key" ports_by_key
check "Geneve with an option beside" geneve_beside
check "BFD" bfd
check "both datapaths" both_datapaths
check "types of the userspace datapath" other_types
check "no port: STT over IPv4" no_port stt 4 stt_sys_7471
check "TTL reply, IPv4" ttl_reply 4
check "TTL reply, IPv6" ttl_reply 6
check "firewall" firewall
check "firewall: ovs-ctl enable-protocol" enable_protocol
check "firewall: marks" mark
check "firewall: queue to user space" queue
check "packets on the wire, IPv4" wire 4
check "packets on the wire, IPv6" wire 6
finish
