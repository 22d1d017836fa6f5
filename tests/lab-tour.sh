# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The demonstration of ./quickstart, which sources this file after lab.sh.

tour_seconds=4
tour_node=h1
tour_kept='The hosts are up, connected by STT.  To work on one (or vm1, vm2):'
tour_commands='ovs-vsctl show; ovs-appctl dpctl/dump-flows
    ovs-appctl stt/show'

TYPES='none vxlan geneve stt'

# Runs a command, and prints "yes" if it succeeds, "no" if not.
yes_no() {
    "$@" >/dev/null 2>&1 && echo yes || echo no
}

# Measures TCP from vm1 to vm2 and prints Gb/s and the retransmits.
throughput() {
    lab_exec vm1 iperf3 -f m -t "$seconds" -c 10.1.0.2 |
        awk '/sender/ { retr = $(NF - 1) }
             /receiver/ { rate = $(NF - 2) / 1000 }
             END { if (rate == 0) exit 1; printf "%.2f %d", rate, retr }'
}

# Connects the VMs by tunnel type $1 and prints a line of the table.  $2 is
# "tso" or "notso".
measure() {
    local type=$1 mtu small big result rate retransmits

    # The VMs get the largest MTU that the tunnel carries over an underlay of
    # 1500 bytes.  STT carries any; 9000 is a usual large MTU.
    case $type in
        none) mtu=1500 ;;
        stt) mtu=9000 ;;
        *) mtu=1450 ;;
    esac

    lab_tunnel "$type" || return
    lab_mtu 9000 || return
    small=$(yes_no lab_reach vm1 10.1.0.2)
    big=$(yes_no lab_exec vm1 ping -q -c 2 -i .2 -W 1 -s 8000 10.1.0.2)
    lab_mtu $mtu || return
    test $small = yes || { echo "$type: no ping" >&2; return 1; }
    test $type != stt || test $big = yes ||
        { echo "$type: no ping of 8000 bytes" >&2; return 1; }

    result=$(throughput) || { echo "$type: no iperf3" >&2; return 1; }
    rate=${result% *}
    retransmits=${result#* }
    case $type in
        none) none=$rate ;;
        vxlan) vxlan=$rate ;;
    esac
    printf '%-9s %-3s  %-4s  %-9s  %4d  %6s  %11d  %9s  %8s\n' "$type" \
        "$(test "$2" = tso && echo on || echo off)" "$small" "$big" "$mtu" \
        "$rate" "$retransmits" "$(ratio "$rate" "$none")" \
        "$(ratio "$rate" "$vxlan")"
}

# Shows every tunnel type, userspace TSO off and on.  With --keep, the last of
# the labs stays.
tour() {
    local tso type

    say "making two hosts with a VM each, and measuring ($seconds s each)"
    echo
    echo "tunnel    TSO  ping  8000-byte  VM's    Gb/s  retransmits " \
         "to none  to VXLAN"
    for tso in notso tso; do
        lab_new
        lab_up $tso || return
        lab_exec vm2 iperf3 -s -D >/dev/null 2>&1
        for type in $TYPES; do
            measure "$type" $tso || failed=1
        done
        test $tso = tso && test -n "$keep" || lab_down
    done
    cat <<'END'

8000-byte: is an echo of 8000 bytes answered when the VMs' MTU is 9000, and
the underlay's 1500?  VM's: the VMs' MTU while measuring, as big as the tunnel
carries.  To none, to VXLAN: throughput relative to these with the same TSO.
END
}
