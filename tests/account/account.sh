# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Three hosts, two tenants with the same addresses, and the way out, made of
# network namespaces; source this file after tests/lab.sh:
#
#    a1   b1               a2   b2                     outside
#  10.1.0.1 each         10.1.0.2 each               203.0.113.1
#     |    |                |    |                        |
#  +--h1-br-int-+        +--h2-br-int-+            +--h3-br-int-+  virtual
#  |    gnv0    |        |    gnv0    |            |    gnv0    |  router, NAT:
#  |   br-phy   |        |   br-phy   |            |   br-phy   |  the edge
#  +-----|------+        +-----|------+            +-----|------+
#    10.9.0.1              10.9.0.2                  10.9.0.3
#        |                     |                         |
#  +----p1--------------------p2------------------------p3---- net: a bridge --+
#
# Tenant a has VNI 5001, tenant b 5002, in Geneve.  The VMs' default gateway is
# 10.1.0.254, 02:00:00:00:00:fe, which is h3.  There a goes out as 203.0.113.101,
# b as 203.0.113.102.  What passes the edge counts in collector set 900: domain
# is the VNI, point 1 is out, 2 is in.

ACCOUNT_ROUTER=02:00:00:00:00:fe

# Prints the MAC address of VM $1, such as a1.
account_mac() {
    echo "02:00:00:00:0${1:0:1}:0${1:1}"
}

# The underlay, which another file may replace.

# Prints the address of the tunnels of host $1, 1 to 3.
account_vtep() {
    echo "10.9.0.$1"
}

# Makes the network between the hosts.
account_underlay() {
    lab_nodes net &&
        lab_run lab_exec net sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 &&
        lab_run ip -n "$(lab_ns net)" link add sw up type bridge
}

# Connects port phy of host h$1 to it.
account_connect() {
    lab_veth "h$1" phy net "p$1" 1500 &&
        lab_run ip -n "$(lab_ns net)" link set "p$1" master sw &&
        lab_no_offloads "h$1" phy && lab_no_offloads net "p$1" &&
        account_drop "h$1"
}

# Prints the device of host $1 that has the address of the tunnels.
account_device() {
    if lab_is_kernel "$1"; then
        echo phy
    else
        echo br-phy
    fi
}

# Has the kernel of host $1 ignore what port phy of br-phy receives, as
# howto/stt.rst says: otherwise it answers ARP requests for br-phy with the
# address of phy.
account_drop() {
    ! lab_is_kernel "$1" || return 0
    lab_run lab_exec "$1" nft -f - <<END
table netdev phy {
    chain phy {
        type filter hook ingress device phy priority 0; policy drop;
    }
}
END
}

# Gives host h$1 its addresses.
account_address() {
    lab_address "h$1" "$(account_device "h$1")" "$(account_vtep "$1")" \
        "fd09::$1"
}

# Starts host $1, h1 to h3, with br-phy, br-int and a port of br-int for each of
# the nodes $2...
account_host() {
    local h=$1 n=${1#h} vm
    shift
    account_connect "$n" || return
    for vm; do
        lab_veth "$h" "$vm" "$vm" eth0 1400 &&
            lab_no_offloads "$h" "$vm" && lab_no_offloads "$vm" eth0 || return
    done
    lab_start "$h" notso || return
    lab_is_kernel "$h" ||
        lab_run lab_exec "$h" ovs-vsctl --timeout=60 \
            -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
            -- add-port br-phy phy || return
    # shellcheck disable=SC2046
    lab_run lab_exec "$h" ovs-vsctl --timeout=60 \
        -- add-br br-int -- set bridge br-int fail_mode=secure \
            "$(lab_datapath "$h")" \
        $(for vm; do echo -- add-port br-int "$vm"; done) \
        -- add-port br-int gnv0 -- set interface gnv0 type=geneve \
            options:remote_ip=flow options:key=flow || return
    account_address "$n"
}

# Adds the flows on stdin to host $1.
account_flows() {
    lab_run lab_exec "$1" ovs-ofctl add-flows br-int -
}

# Prints the flows of h1 or h2, $1, where VMs are: to the router's MAC address
# through h3, to any other through the other host.
account_vm_flows() {
    local n=${1#h} t vni
    for t in a:5001 b:5002; do
        vni=${t#*:} t=${t%:*}
        cat <<END
priority=9,in_port=$t$n,dl_dst=$ACCOUNT_ROUTER,\
actions=set_field:$vni->tun_id,set_field:$(account_vtep 3)->tun_dst,gnv0
priority=8,in_port=$t$n,\
actions=set_field:$vni->tun_id,\
set_field:$(account_vtep $((3 - n)))->tun_dst,gnv0
in_port=gnv0,tun_id=$vni,actions=$t$n
END
    done
}

# Prints the flows of h3, the edge.
account_edge_flows() {
    local t vni n outside count
    outside=$(lab_exec outside cat /sys/class/net/eth0/address)
    count='sample(probability=65535,collector_set_id=900'
    for t in a:5001:101 b:5002:102; do
        n=${t##*:} vni=${t%:*} vni=${vni#*:} t=${t%%:*}
        cat <<END
in_port=gnv0,tun_id=$vni,ip,nw_dst=203.0.113.0/24,actions=dec_ttl,\
$count,obs_domain_id=$vni,obs_point_id=1),\
ct(commit,zone=$vni,nat(src=203.0.113.$n),table=1)
in_port=outside,ip,nw_dst=203.0.113.$n,actions=set_field:$vni->reg0,\
ct(zone=$vni,nat,table=2)
table=2,reg0=$vni,ip,actions=dec_ttl,\
$count,obs_domain_id=$vni,obs_point_id=2),resubmit(,3)
END
        for n in 1 2; do
            cat <<END
table=3,reg0=$vni,ip,nw_dst=10.1.0.$n,\
actions=set_field:$ACCOUNT_ROUTER->eth_src,\
set_field:$(account_mac "$t$n")->eth_dst,\
set_field:$vni->tun_id,set_field:$(account_vtep $n)->tun_dst,gnv0
END
        done
    done
    cat <<END
table=1,ip,actions=set_field:$ACCOUNT_ROUTER->eth_src,\
set_field:$outside->eth_dst,outside
END
}

# Makes all of it.  LAB_DATAPATH_h1 and so on are those of lab.sh.
account_up() {
    local n vm
    lab_nodes h1 h2 h3 a1 b1 a2 b2 outside && account_underlay || return
    for n in a1 b1 a2 b2 outside; do
        lab_run lab_exec $n sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 ||
            return
    done
    account_host h1 a1 b1 && account_host h2 a2 b2 &&
        account_host h3 outside || return
    # All neighbors are known, so that there are no packets but the tests'.
    for vm in a1 b1 a2 b2; do
        n=$((3 - ${vm:1}))
        lab_run ip -n "$(lab_ns $vm)" -batch - <<END || return
link set eth0 address $(account_mac $vm)
address add 10.1.0.${vm:1}/24 dev eth0
neighbor add 10.1.0.$n lladdr $(account_mac "${vm:0:1}$n") dev eth0
neighbor add 10.1.0.254 lladdr $ACCOUNT_ROUTER dev eth0
route add default via 10.1.0.254
END
    done
    lab_run ip -n "$(lab_ns outside)" -batch - <<END || return
address add 203.0.113.1/24 dev eth0
neighbor add 203.0.113.101 lladdr $ACCOUNT_ROUTER dev eth0
neighbor add 203.0.113.102 lladdr $ACCOUNT_ROUTER dev eth0
END
    for n in h1 h2; do
        account_vm_flows $n | account_flows $n || return
    done
    account_edge_flows | account_flows h3 || return
    lab_run lab_exec h3 ovs-vsctl --id=@b get bridge br-int \
        -- create flow_sample_collector_set id=900 bridge=@b \
           external_ids:count=edge || return
    for vm in a1 b1; do
        lab_reach $vm 10.1.0.2 && lab_reach $vm 203.0.113.1 || return
        lab_reach "${vm:0:1}2" 203.0.113.1 || return
    done
}

# Starts to capture what enters the underlay from each host.
account_capture() {
    local n
    for n in 1 2 3; do
        lab_exec net tcpdump -Z root -U -n -s 100 -B 16384 -Q in -i p$n \
            -w "$LAB_DIR/p$n.pcap" 'udp port 6081' >"$LAB_DIR/p$n.log" 2>&1 &
    done
    for n in 1 2 3; do
        while ! grep -q listening "$LAB_DIR/p$n.log" 2>/dev/null; do
            sleep .1
        done
    done
}

# Ends the captures when they have all packets.
account_capture_end() {
    local pids
    sleep 1.5
    pids=$(ip netns pids "$(lab_ns net)")
    # shellcheck disable=SC2086
    kill $pids
    while test -n "$(ip netns pids "$(lab_ns net)")"; do
        sleep .1
    done
}

# Writes the accounts of the hosts into $LAB_DIR/$1.h1 and so on.
account_dump() {
    local h
    for h in h1 h2 h3; do
        lab_exec $h ovs-appctl revalidator/wait &&
            lab_exec $h ovs-appctl revalidator/wait &&
            lab_exec $h ovs-appctl account/dump >"$LAB_DIR/$1.$h" || return
    done
}

# Writes the inventory of ovs-oam(8) into $LAB_DIR/hosts.
account_hosts() {
    local n
    for n in 1 2 3; do
        cat <<END
[h$n]
vtep = $(account_vtep $n)
via = ip netns exec $(lab_ns h$n)
rundir = $LAB_DIR/h$n
END
    done >"$LAB_DIR/hosts"
}

# Runs a command of ovs-oam for the three hosts.
account_oam() {
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam "$1" --hosts "$LAB_DIR/hosts" --record "$LAB_DIR/oam.db" \
        "${@:2}"
}
