# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The tour of "./quickstart gateway", which sources this file after lab.sh.

. tests/gateway/gateway.sh

tour_seconds=1
tour_node=gw
tour_kept='The gateway is up.  To work on it (or west, east, west-a, east-b ...):'
tour_commands='ovs-vsctl show; ovs-ofctl dump-flows br-gw
    ovs-appctl dpctl/dump-flows'

# Prints a table: a line for each encapsulation in the west, a column for each
# in the east, with the output of "$@ WEST EAST".
gateway_table() {
    local from to i=0 j
    printf '%-10s' 'from \ to'
    printf ' %9s' $GATEWAY_ENCAPS
    echo
    for from in $GATEWAY_ENCAPS; do
        i=$((i + 1)) j=0
        printf '%-10s' "$from"
        for to in $GATEWAY_ENCAPS; do
            j=$((j + 1))
            printf ' %9s' "$("$@" $i $j)"
        done
        echo
    done
}

# Prints whether each ping from number $1 to number $2 is answered.
gateway_ping() {
    local tenant family
    for tenant in a b; do
        for family in 4 6; do
            gateway_answers $tenant $family "$1" "$2" || { echo FAILED; return; }
        done
    done
    echo ok
}

# Measures, stores and prints the throughput from number $1 to number $2.
gateway_measure() {
    gateway_rate "$1" "$2" "$seconds" >"$LAB_DIR/rate.$1.$2"
    cat "$LAB_DIR/rate.$1.$2"
}

# Prints the throughput from number $1 to number $2 relative to the slower of
# the two with one encapsulation at both ends.
gateway_ratio() {
    ratio "$(cat "$LAB_DIR/rate.$1.$2")" \
        "$(cat "$LAB_DIR/rate.$1.$1" "$LAB_DIR/rate.$2.$2" | sort -n | head -1)"
}

# Shows the gateway with userspace TSO, if $1 is "tso", or without ("notso").
gateway_show() {
    local leaks title

    title="userspace TSO $(test "$1" = tso && echo on || echo off)"
    gateway_up "$1" || return
    gateway_watch || return
    printf '\nPing over IPv4 and IPv6, tenants a and b, %s:\n\n' "$title"
    gateway_table gateway_ping | tee "$LAB_DIR/ping"
    ! grep -q FAILED "$LAB_DIR/ping" || failed=1
    leaks=$(gateway_leaks | awk '{ n += $2 } END { print n }')
    test "$leaks" = 0 || failed=1
    printf '\nPackets that the other tenant has seen: %d\n' "$leaks"

    lab_exec east-a iperf3 -s -D >/dev/null 2>&1
    printf '\nMb/s of one TCP connection (%s s each), %s:\n\n' "$seconds" \
        "$title"
    gateway_table gateway_measure | tee "$LAB_DIR/rates"
    printf '\nRatio to the slower of the two with itself, %s:\n\n' "$title"
    gateway_table gateway_ratio | tee "$LAB_DIR/ratios"
    ! grep -q ' -' "$LAB_DIR/ratios" || failed=1
}

# Shows the gateway, userspace TSO off and on.  With --keep, the last one
# stays.
tour() {
    local tso

    for tso in notso tso; do
        say "making a gateway, and a host on either side with two tenants"
        lab_new
        gateway_show $tso || return
        echo
        test $tso = tso && test -n "$keep" || lab_down
    done
}
