# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The tour of "./quickstart ovn", which sources this file after lab.sh.

. tests/account/account.sh
. tests/ovn/ovn.sh

tour_packages=traceroute
tour_seconds=2
tour_node=h1
tour_kept='The hypervisors are up.  To work on one (or w1, d1, ..., outside):'
tour_commands='ovs-vsctl show; ovs-appctl account/show; ovs-appctl stt/show'

# Shows a command on node $1, and what it prints.
show() {
    printf '\n%s# %s\n' "$1" "${*:2}"
    lab_exec "$1" sh -c "${*:2}" || failed=1
}

# Shows a command on node $1 that must fail.
show_failure() {
    printf '\n%s# %s\n' "$1" "${*:2}"
    ! lab_exec "$1" sh -c "${*:2} 2>&1" || failed=1
}

# Has h1 to hN in the inventory of ovs-oam.
tour_hosts() {
    local n
    for ((n = 1; n <= OVN_N; n++)); do
        cat <<END
[h$n]
vtep = 10.9.0.$n
via = ip netns exec $(lab_ns h$n)
rundir = $LAB_DIR/h$n
END
    done >"$LAB_DIR/hosts"
}

# Starts the servers of the VMs.
tour_servers() {
    local vm port
    for vm in $(ovn_vms); do
        mkdir "$LAB_DIR/$vm" && echo "this is $vm" >"$LAB_DIR/$vm/index.html"
        for port in 80 5432; do
            lab_run ovn_busybox $vm httpd -p $port -h "$LAB_DIR/$vm" || return
        done
        lab_run lab_exec $vm iperf3 -s -D || return
    done
}

# What tenants see.
tour_tenants() {
    local d
    d=$(ovn_ip d$OVN_N)
    printf '\nDHCP told w1 its address and its MTU.  w%s is on h%s:\n' \
        $OVN_N $OVN_N
    show w1 ip -4 -o link show dev eth0 '|' grep -o '"mtu [0-9]*"'
    show w1 ping -q -c 3 -i .2 -M do -s 8972 "$(ovn_ip w$OVN_N)"
    printf '\nThrough the router of OVN, and with NAT on h%s:\n' $OVN_N
    show w1 traceroute -n -I "$d"
    show w1 traceroute -n -I 203.0.113.1
    show_failure w1 ping -c 1 -M do -s 8972 203.0.113.1
    show outside ping -q -c 3 -i .2 203.0.113.11
    printf '\nDNS, an ACL, and a load balancer:\n'
    printf '\nw1# nslookup d%s.test 10.1.1.254\n' $OVN_N
    ovn_busybox w1 nslookup -type=a d$OVN_N.test 10.1.1.254 | sed '/^$/d' ||
        failed=1
    show w1 curl -sS -m 2 "http://$d:5432/"
    show_failure w1 curl -sS -m 2 "http://$d:80/"
    show d1 'for i in `seq 12`; do curl -sS http://10.1.0.100/; done |' \
        sort '|' uniq -c
}

# What the switches see.
tour_switches() {
    printf '\nThe key of STT is 2^40 * sender + 2^24 * receiver + network:\n'
    show h1 ovs-appctl account/show
}

# Has OVN and our trace say what becomes of a TCP segment from w1 to port $2 of
# dN.  The exit status of our trace must be $1.
tour_trace() {
    local status flow
    flow="inport==\"w1\" && eth.src==$(ovn_mac w1) && \
eth.dst==02:00:00:00:01:fe && ip4.src==10.1.1.1 && \
ip4.dst==$(ovn_ip d$OVN_N) && ip.ttl==64 && tcp.dst==$2"
    printf "\n# ovn-trace --minimal --ct=new web '%s'\n" "$flow"
    ovn_exec central ovn-trace --minimal --ct=new web "$flow" | sed '/^#/d' ||
        failed=1
    flow="in_port=w1,tcp,dl_src=$(ovn_mac w1),dl_dst=02:00:00:00:01:fe,\
nw_src=10.1.1.1,nw_dst=$(ovn_ip d$OVN_N),nw_ttl=64,tp_dst=$2"
    printf '\n# ovs-oam trace --dry h1 br-int %s\n' "$flow"
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam trace --hosts "$LAB_DIR/hosts" --timeout 5 --dry \
        h1 br-int "$flow" >"$LAB_DIR/trace"
    status=$?
    awk '/VERDICT/ { verdict = 1 }
         verdict || /PHYSICAL/ { print; skipped = 0; next }
         !skipped { print "  ..."; skipped = 1 }' "$LAB_DIR/trace"
    test $status = "$1" || {
        echo "quickstart: exit status $status, not $1" >&2
        failed=1
    }
}

# Shows OVN's trace and ours.
tour_traces() {
    local cookie
    tour_hosts
    printf '\nAn allowed packet, as OVN and as our switches see it:\n'
    tour_trace 0 5432
    printf '\nA packet that an ACL drops:\n'
    tour_trace 3 80
    cookie=$(grep -o 'cookie 0x[0-9a-f]*' "$LAB_DIR/trace" | tail -n 1)
    printf '\n# ovn-sbctl lflow-list db %s\n' "${cookie#* }"
    ovn_sbctl lflow-list db "${cookie#* }" || failed=1
    printf '\nThe cable of h%s is cut, of which OVN knows nothing:\n' $OVN_N
    lab_run ip -n "$(lab_ns net)" link set p$OVN_N down || return
    tour_trace 4 5432
    lab_run ip -n "$(lab_ns net)" link set p$OVN_N up
}

# Measures TCP from w1 to the address $1, and prints Gb/s.
throughput() {
    lab_exec w1 iperf3 -f m -t "$seconds" -c "$1" |
        awk '/receiver/ { rate = $(NF - 2) / 1000 }
             END { if (rate == 0) exit 1; printf "%.2f", rate }'
}

# Sets the MTU of all VMs to $1.
tour_mtu() {
    local vm
    for vm in $(ovn_vms); do
        lab_run ip -n "$(lab_ns $vm)" link set eth0 mtu "$1" || return
    done
}

# Prints a line of the table: encapsulation $1, MTU of the VMs $2, TSO $3.
measure() {
    local big=no same other
    ovn_encap "$1" || return
    ! lab_exec w1 ping -q -c 2 -i .2 -W 1 -s 8000 "$(ovn_ip w$OVN_N)" \
        >"$LAB_DIR/log" || big=yes
    tour_mtu "$2" && same=$(throughput "$(ovn_ip w$OVN_N)") &&
        other=$(throughput "$(ovn_ip d$OVN_N)") && tour_mtu 9000 || return
    test "$1" != geneve || geneve=$same
    printf '%-9s  %-3s  %-9s  %5s  %11s  %6s  %9s\n' "$1" "$3" $big "$2" \
        "$same" "$other" "$(ratio "$same" "$geneve")"
}

# Shows OVN.  With --keep, the second of the labs stays.
tour() {
    local tso geneve
    say "getting OVN of Debian's $suite (log: $log)"
    tests/get-ovn "$suite" _build/ovn >>"$log" 2>&1 || {
        tail -n 3 "$log" >&2
        return 1
    }
    OVN_TREE=$PWD/_build/ovn/$suite
    say "making $hosts hypervisors with two VMs each"
    lab_new
    ovn_up "$hosts" stt notso && tour_servers || return
    printf '\n# ovn-controller --version\n'
    ovn_exec h1 ovn-controller --version | head -n 1
    tour_tenants
    tour_switches
    tour_traces || return
    printf '\n'
    say "measuring ($seconds s each)"
    cat <<'END'

encap-     TSO  8000-byte  VMs'   same switch  router       same
sulation                    MTU          Gb/s    Gb/s  to Geneve
END
    for tso in off on; do
        if test $tso = on; then
            lab_down && lab_new
            ovn_up "$hosts" geneve tso && tour_servers || return
        fi
        measure geneve 1442 $tso && measure stt 9000 $tso || failed=1
    done
    cat <<'END'

8000-byte: is an echo of 8000 bytes answered when the VMs' MTU is 9000, and
the underlay's 1500?  Same switch: from w1 to the last w.  Router: from w1 to
the last d.

END
    tour_commands+="
    OVS_RUNDIR=$LAB_DIR/central $OVN_TREE/start/ovn-nbctl show"
}
