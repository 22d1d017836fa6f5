# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The hosts of account/account.sh, over a network of routers with four paths;
# source this file after that one:
#
#          h1                                  h2           h3
#          | 10.9.1.1                          | 10.9.2.2   | 10.9.3.3
#          | .254                         .254 |            | .254
#        leaf1                                 +--- leaf2 --+
#          | 10.8.K.2                               | 10.8.K.4
#          +------------- spine K, 1 to 4 ----------+
#              10.8.K.3                    10.8.K.5
#
# and the same in IPv6: fd09:1::1, fd08:K::2 and so on.  Leaves select the
# spine by addresses and ports.

account_vtep() {
    echo "10.9.$1.$1"
}

account_underlay() {
    local leaf spine n
    lab_nodes leaf1 leaf2 spine1 spine2 spine3 spine4 || return
    for n in leaf1 leaf2 spine1 spine2 spine3 spine4; do
        lab_run lab_exec $n sysctl -q -w net.ipv4.ip_forward=1 \
            net.ipv4.fib_multipath_hash_policy=1 \
            net.ipv6.conf.all.forwarding=1 \
            net.ipv6.fib_multipath_hash_policy=1 || return
    done
    for spine in 1 2 3 4; do
        for leaf in 1 2; do
            fabric_link $leaf $spine || return
        done
        for n in 1 2 3; do
            leaf=$((n > 1 ? 2 : 1))
            lab_run ip -n "$(lab_ns spine$spine)" -batch - <<END || return
route add 10.9.$n.0/24 via 10.8.$spine.$((2 * leaf))
route add fd09:$n::/64 via fd08:$spine::$((2 * leaf))
END
        done
    done
    fabric_routes 1 2 3 && fabric_routes 2 1
}

# Connects leaf $1 to spine $2.
fabric_link() {
    lab_veth leaf"$1" spine"$2" spine"$2" leaf"$1" 1500 || return
    lab_run ip -n "$(lab_ns leaf"$1")" -batch - <<END || return
address add 10.8.$2.$((2 * $1))/31 dev spine$2
address add fd08:$2::$((2 * $1))/127 dev spine$2 nodad
END
    lab_run ip -n "$(lab_ns spine"$2")" -batch - <<END
address add 10.8.$2.$((2 * $1 + 1))/31 dev leaf$1
address add fd08:$2::$((2 * $1 + 1))/127 dev leaf$1 nodad
END
}

# Adds routes of leaf $1 to hosts $2... by all spines.
fabric_routes() {
    local leaf=$1 n via4= via6= spine
    shift
    for spine in 1 2 3 4; do
        via4+=" nexthop via 10.8.$spine.$((2 * leaf + 1))"
        via6+=" nexthop via fd08:$spine::$((2 * leaf + 1))"
    done
    for n; do
        lab_run ip -n "$(lab_ns leaf"$leaf")" -batch - <<END || return
route add 10.9.$n.0/24$via4
route add fd09:$n::/64$via6
END
    done
}

account_connect() {
    local leaf=leaf$(($1 > 1 ? 2 : 1))
    lab_veth "h$1" phy $leaf "h$1" 1500 && lab_no_offloads "h$1" phy &&
        account_drop "h$1" && lab_address $leaf "h$1" "10.9.$1.254" "fd09:$1::fe"
}

account_address() {
    lab_address "h$1" "$(account_device "h$1")" "10.9.$1.$1" "fd09:$1::$1" &&
        lab_run ip -n "$(lab_ns "h$1")" -batch - <<END
route add 10.9.0.0/16 via 10.9.$1.254
route add fd09::/16 via fd09:$1::fe
END
}

# Prints the spine, 1 to 4, that forwards packets which match the nftables
# expression $2... from leaf $1 for a second.
fabric_spine() {
    local leaf=$1 spine
    shift
    for spine in 1 2 3 4; do
        lab_run lab_exec spine$spine nft -f - <<END || return
table inet count {
    counter n { }
    chain f {
        type filter hook forward priority 0;
        iifname leaf$leaf $* counter name n
    }
}
END
    done
    sleep 1
    for spine in 1 2 3 4; do
        lab_exec spine$spine nft list counter inet count n |
            grep -q 'packets 0 ' || echo $spine
        lab_run lab_exec spine$spine nft delete table inet count || return
    done
}

# Has node $1 drop what it forwards and matches the nftables expression $2...,
# until fabric_mend.
fabric_drop() {
    local node=$1
    shift
    lab_run lab_exec "$node" nft -f - <<END
table inet fault {
    chain f {
        type filter hook forward priority 0;
        $* drop
    }
    chain o {
        type filter hook output priority 0;
        icmp type destination-unreachable icmp code frag-needed drop
        icmpv6 type packet-too-big drop
    }
}
END
}

fabric_mend() {
    lab_run lab_exec "$1" nft delete table inet fault
}
