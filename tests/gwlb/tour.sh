# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What "./quickstart gwlb" shows; it sources this file behind lab.sh.

. tests/gwlb/gwlb.sh

tour_seconds=4
tour_node=app
tour_kept='The appliance is up.  To work on it (or lb, a-client, a-server ...):'
tour_commands='ovs-vsctl show; ovs-ofctl dump-flows br-gw
    ovs-appctl dpctl/dump-flows'

# Shows the appliance, for each cloud, and with two arms.  With --keep, the
# last one stays.
tour() {
    local scene cloud arms

    for scene in aws:one aws:two tencent:one; do
        cloud=${scene%:*} arms=${scene#*:}
        say "making a load balancer as $cloud has it, tenants, an appliance" \
            "with $arms arm$(test $arms = one || echo s)"
        lab_new
        if test $arms = one; then
            GWLB_ARMS=1
            gwlb_up $cloud --extra || return
        else
            GWLB_ARMS=2
            gwlb_up $cloud || return
        fi
        echo
        gwlb_traffic "$seconds"
        test -z "$gwlb_failed" || failed=1
        echo
        test $scene = tencent:one && test -n "$keep" || lab_down
    done
}
