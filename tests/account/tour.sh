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

# Writes the pages of ovs-oam into _build/account.
account_pages() {
    local page url=http://127.0.0.1:$1 serve
    mkdir -p _build/account || return
    account_oam serve --listen "127.0.0.1:$1" >"$LAB_DIR/serve.log" 2>&1 &
    serve=$!
    for page in '' tenant/5001 tenant/5002; do
        lab_run curl -sSf --retry 20 --retry-delay 1 --retry-all-errors \
            -o "_build/account/${page//\//-}.html" "$url/$page" || failed=1
    done
    mv _build/account/.html _build/account/site.html
    kill $serve
    wait $serve
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
    printf '\nh3# ovs-appctl account/show\n'
    lab_exec h3 ovs-appctl account/show
    cat <<'END'

At the edge, set 900, the domain is the tenant, point 1 is out and 2 is in.

# ovs-oam usage
END
    account_hosts
    account_oam usage || failed=1
    cat <<'END'

What a capture on the underlay has of this, compared to the accounts:

END
    python3 tests/account/compare.py "$LAB_DIR" || failed=1
    account_pages 19475
    cat <<END

Pages for a browser: $PWD/_build/account/site.html,
tenant-5001.html and tenant-5002.html.

END
}
