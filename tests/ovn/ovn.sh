# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Hypervisors h1 to hN of OVN, which tests/get-ovn got, with two VMs each, made
# of network namespaces; source this file after lab.sh and account/account.sh:
#
#     w1       d1           w2       d2                     outside
#  10.1.1.1 10.1.2.1     10.1.1.2 10.1.2.2                203.0.113.1
#      |        |            |        |                        |
#  +---w1--h1---d1---+   +---w2--hN---d2---+                   |
#  |     br-int      |   |     br-int   br-ex --- outside -----+
#  |     br-phy      |   |     br-phy      |
#  +-------|---------+   +-------|---------+     central: ovn-northd and the
#       10.9.0.1              10.9.0.2             databases of OVN, 10.9.0.100
#          |                     |                   |
#  +-------p1--------------------p2------------------p100--- net: a bridge ---+
#
# Of OVN's network, the tenants see this:
#
#     w1  w2 ...          d1  d2 ...
#      |   |               |   |             DHCP, with MTU 9000
#    --+---+--- web      --+---+--- db       DNS: w1.test and so on
#        | .254              | .254          ACLs: from outside db, only ping
#        +------ router -----+                 and TCP ports 5201 and 5432
#                  | 203.0.113.10            load balancer for db:
#              --- ext ---                     10.1.0.100:80 is all of web
#                  |                         NAT on hN: all are 203.0.113.10
#               outside                        outside, and w1 is 203.0.113.11
#
# OVN_TREE, which get-ovn made, says which release of OVN this is.

OVN_CENTRAL=10.9.0.100

# Runs a program, such as one of OVN: ovn_exec NODE PROGRAM ARGUMENT...
ovn_exec() {
    PATH=$OVN_TREE/start:$PATH lab_exec "$@"
}

# Runs ovn-nbctl, which waits until all hypervisors have done it.
ovn_nbctl() {
    ovn_exec central ovn-nbctl --timeout=60 --wait=hv "$@"
}

# Runs ovn-sbctl.
ovn_sbctl() {
    ovn_exec central ovn-sbctl --timeout=60 "$@"
}

# Runs a program of busybox on node $1.
ovn_busybox() {
    lab_exec "$1" "$OVN_TREE/usr/bin/busybox" "${@:2}"
}

# Prints the number of the network of VM $1, such as w1.
ovn_net() {
    case $1 in
        w*) echo 1 ;;
        d*) echo 2 ;;
    esac
}

# Prints the MAC address of VM $1.
ovn_mac() {
    printf '02:00:00:00:0%d:%02x' "$(ovn_net "$1")" "${1:1}"
}

# Prints the address of VM $1.
ovn_ip() {
    echo "10.1.$(ovn_net "$1").${1:1}"
}

# Prints the names of all VMs.
ovn_vms() {
    local n
    for ((n = 1; n <= OVN_N; n++)); do
        echo w$n d$n
    done
}

# Connects port phy of node $1 to the network as p$2.
ovn_connect() {
    lab_veth "$1" phy net "p$2" 1500 &&
        lab_run ip -n "$(lab_ns net)" link set "p$2" master sw
}

# Starts the databases, and ovn-northd.
ovn_central() {
    local dir=$LAB_DIR/central db
    ovn_connect central 100 && mkdir "$dir" &&
        lab_run ip -n "$(lab_ns central)" address add $OVN_CENTRAL/24 \
            dev phy || return
    for db in nb sb; do
        lab_run lab_exec central ovsdb-tool create "$dir/$db.db" \
            "$OVN_TREE/usr/share/ovn/ovn-$db.ovsschema" || return
    done
    lab_run lab_exec central ovsdb-server --detach --no-chdir --pidfile \
        --log-file -vconsole:off --remote=punix:"$dir/ovnnb_db.sock" \
        --remote=punix:"$dir/ovnsb_db.sock" \
        --remote=ptcp:6642:$OVN_CENTRAL "$dir/nb.db" "$dir/sb.db" &&
        lab_run ovn_exec central ovn-northd --detach --no-chdir --pidfile \
            --log-file -vconsole:off
}

# Starts hypervisor h$1, with encapsulation $2.  $3 is "tso" or "notso".
ovn_hypervisor() {
    local h=h$1 vm
    ovn_connect $h "$1" && account_drop $h || return
    for vm in w$1 d$1; do
        lab_veth $h $vm $vm eth0 9000 &&
            lab_run ip -n "$(lab_ns $vm)" link set eth0 address \
                "$(ovn_mac $vm)" || return
        test "$3" = tso || {
            lab_no_offloads $vm eth0 && lab_no_offloads $h $vm
        } || return
    done
    test "$3" = tso || {
        lab_no_offloads $h phy && lab_no_offloads net "p$1"
    } || return
    lab_start $h "$3" || return
    lab_run lab_exec $h ovs-vsctl --timeout=60 \
        -- set Open_vSwitch . external_ids:system-id=$h \
            external_ids:hostname=$h \
            external_ids:ovn-remote=tcp:$OVN_CENTRAL:6642 \
            external_ids:ovn-encap-type="$2" \
            external_ids:ovn-encap-ip=10.9.0.$1 \
            external_ids:ovn-monitor-all=true \
            external_ids:ovn-bridge-datapath-type=netdev \
            external_ids:ovn-bridge-mappings=outside:br-ex \
        -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
        -- add-port br-phy phy \
        -- add-br br-int -- set bridge br-int datapath_type=netdev \
            fail_mode=secure other_config:disable-in-band=true \
        -- add-br br-ex -- set bridge br-ex datapath_type=netdev \
        -- add-port br-int w$1 -- set interface w$1 \
            external_ids:iface-id=w$1 \
        -- add-port br-int d$1 -- set interface d$1 \
            external_ids:iface-id=d$1 || return
    lab_address $h br-phy 10.9.0.$1 fd09::$1 || return
    lab_run ovn_exec $h ovn-controller --detach --no-chdir --pidfile \
        --log-file -vconsole:off unix:"$LAB_DIR/$h/db.sock"
}

# Connects the outside to hypervisor h$OVN_N.  $1 is "tso" or "notso".
ovn_outside() {
    lab_veth h$OVN_N outside outside eth0 1500 || return
    test "$1" = tso || {
        lab_no_offloads h$OVN_N outside && lab_no_offloads outside eth0
    } || return
    lab_run lab_exec h$OVN_N ovs-vsctl --timeout=60 add-port br-ex outside &&
        lab_run ip -n "$(lab_ns outside)" address add 203.0.113.1/24 dev eth0
}

# Prints the commands of ovn-nbctl for a switch of VMs: name, the first letter
# of the VMs' names, network, MAC address of the router.
ovn_switch() {
    local vm
    echo "-- ls-add $1 -- set logical_switch $1 dns_records=@dns" \
         "-- lrp-add router router-$1 $4 $3.254/24" \
         "-- lsp-add $1 $1-router -- lsp-set-type $1-router router" \
         "-- lsp-set-addresses $1-router router" \
         "-- lsp-set-options $1-router router-port=router-$1" \
         "-- --id=@dhcp-$1 create dhcp_options cidr=$3.0/24" \
         "options:server_id=$3.254 options:server_mac=$4" \
         "options:router=$3.254 options:dns_server=$3.254" \
         "options:lease_time=3600 options:mtu=9000"
    for vm in $(ovn_vms); do
        test "${vm:0:1}" = "$2" || continue
        echo "-- lsp-add $1 $vm" \
             "-- lsp-set-addresses $vm '$(ovn_mac $vm) $(ovn_ip $vm)'" \
             "-- lsp-set-port-security $vm '$(ovn_mac $vm) $(ovn_ip $vm)'" \
             "-- set logical_switch_port $vm dhcpv4_options=@dhcp-$1"
    done
}

# Makes the tenants' network.
ovn_network() {
    local vm names= backends= commands
    for vm in $(ovn_vms); do
        names+=" records:$vm.test=$(ovn_ip $vm)"
        test "${vm:0:1}" = d || backends+=,$(ovn_ip $vm):80
    done
    commands="--id=@dns create dns $names -- lr-add router
        $(ovn_switch web w 10.1.1 02:00:00:00:01:fe)
        $(ovn_switch db d 10.1.2 02:00:00:00:02:fe)
        -- acl-add db to-lport 1000 'ip4.src != 10.1.2.0/24 && icmp4'
            allow-related
        -- acl-add db to-lport 1000
            'ip4.src != 10.1.2.0/24 && tcp.dst == {5201, 5432}' allow-related
        -- acl-add db to-lport 900 'ip4.src != 10.1.2.0/24' drop
        -- ls-add ext
        -- lrp-add router router-ext 02:00:00:00:00:fe 203.0.113.10/24
        -- lrp-set-gateway-chassis router-ext h$OVN_N
        -- set logical_router_port router-ext options:gateway_mtu=1500
        -- lsp-add ext ext-router -- lsp-set-type ext-router router
        -- lsp-set-addresses ext-router router
        -- lsp-set-options ext-router router-port=router-ext
        -- lsp-add ext ext-net -- lsp-set-type ext-net localnet
        -- lsp-set-addresses ext-net unknown
        -- lsp-set-options ext-net network_name=outside
        -- lr-nat-add router snat 203.0.113.10 10.1.0.0/16
        -- lr-nat-add router dnat_and_snat 203.0.113.11 10.1.1.1"
    eval "lab_run ovn_nbctl ${commands//$'\n'/ }" &&
        lab_run ovn_nbctl lb-add www 10.1.0.100:80 "${backends#,}" \
            -- ls-lb-add db www
}

# Has VM $1 get its address, its MTU and its route by DHCP.
ovn_dhcp() {
    lab_run ovn_busybox "$1" udhcpc -f -q -n -t 20 -T 1 -i eth0 \
        -s "$LAB_DIR/dhcp"
}

# Makes all of it: ovn_up N ENCAPSULATION tso|notso.
ovn_up() {
    local n vm
    OVN_N=$1
    # shellcheck disable=SC2046
    lab_nodes central outside $(seq -f h%.0f "$1") $(ovn_vms) &&
        account_underlay && ovn_central || return
    for ((n = 1; n <= $1; n++)); do
        ovn_hypervisor $n "$2" "$3" || return
    done
    ovn_outside "$3" && ovn_network || return
    cat >"$LAB_DIR/dhcp" <<'END'
#! /bin/sh
test "$1" = bound || exit 0
ip link set $interface mtu $mtu &&
    ip address replace $ip/$mask dev $interface &&
    ip route replace default via $router
END
    chmod +x "$LAB_DIR/dhcp"
    for vm in $(ovn_vms); do
        lab_run lab_exec $vm sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 &&
            ovn_dhcp $vm || return
    done
    lab_reach w1 "$(ovn_ip w$1)" && lab_reach w1 "$(ovn_ip d$1)" &&
        lab_reach w1 203.0.113.1
}

# Changes the encapsulation of all hypervisors to $1.
ovn_encap() {
    local n
    for ((n = 1; n <= OVN_N; n++)); do
        lab_run lab_exec h$n ovs-vsctl --timeout=60 set Open_vSwitch . \
            external_ids:ovn-encap-type="$1" || return
    done
    lab_run ovn_nbctl sync && lab_reach w1 "$(ovn_ip w$OVN_N)"
}
