# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The tour of "./quickstart account", which sources this file after lab.sh.

. tests/account/account.sh

tour_seconds=2
tour_node=h3
tour_kept='The hosts are up.  To work on one (or a1, a2, b1, b2, outside, net):'
tour_commands='ovs-appctl account/show
    ovs-ofctl dump-flows br-int; ovs-appctl dpctl/dump-flows'

# Sends from VM $1 to the address $2 for a while, $3 Mb/s.
account_send() {
    lab_run lab_exec "$1" iperf3 -t "$seconds" -b "$3M" -c "$2" "${@:4}" ||
        failed=1
}

# Shows the accounts of three hosts, and what was on the wire.
tour() {
    local h vm

    say "making three hosts, with two tenants that have the same addresses"
    lab_new
    account_up || return
    for vm in a2 b2 outside; do
        lab_exec $vm iperf3 -s -D >/dev/null 2>&1
    done
    account_dump before && account_capture || return
    say "sending, inside of each tenant and to the outside ($seconds s each)"
    account_send a1 10.1.0.2 40
    account_send b1 10.1.0.2 10
    account_send a1 203.0.113.1 20 -R
    account_send b2 203.0.113.1 5
    account_capture_end
    account_dump after || return
    for h in h1 h2 h3; do
        printf '\n%s# ovs-appctl account/show\n' $h
        lab_exec $h ovs-appctl account/show
    done
    cat <<'END'

At the edge, set 900, the domain is the tenant, point 1 is out and 2 is in.

The frames since the hosts are up, counted from a capture on the underlay:

END
    python3 tests/account/compare.py "$LAB_DIR" || failed=1
    echo
}
