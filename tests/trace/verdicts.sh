#! /bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

usage() {
    cat <<'END'
usage: tests/trace/verdicts.sh [TYPE...]
For tunnels of each TYPE (default all) over the network of
tests/trace/fabric.sh, make one fault after the other, and trace the packets of
a tenant.  Prints "ok TYPE: FAULT: VERDICT", or "FAILED" if that was wrong, and
how many were right.  The exit status is 1 if one was wrong.
END
}

case $1 in
    -*) usage; exit ;;
esac
cd "$(dirname "$0")/../.." || exit
. tests/lab.sh
. tests/account/account.sh
. tests/trace/fabric.sh

# On slow machines, hosts have TIMEOUT seconds to answer.  LAB_DATAPATH_h1 and so
# on are those of lab.sh.
: "${TIMEOUT:=10}"
SEND="set_field:5001->tun_id,set_field:10.9.2.2->tun_dst,gnv0"
n=0 right=0

# Adds flow $2 to host $1, which wins.
flow() {
    lab_run lab_exec "$1" ovs-ofctl -OOpenFlow15 add-flow br-int \
        "priority=50000,cookie=0xf,$2"
}

# Removes the flows of the last fault.
unflow() {
    local h
    for h in h1 h2; do
        lab_run lab_exec $h ovs-ofctl del-flows br-int cookie=0xf/-1
    done
}

# Traces a1's pings.  After the fault $1, the exit status must be $2, and the
# verdict must have a line that matches $3.  Hosts have $4 seconds to answer.
verdict() {
    local status result=ok
    PYTHONPATH=$LAB_OVS/python PATH=$LAB_OVS/utilities:$PATH \
        ovs-oam trace --hosts "$LAB_DIR/hosts" --timeout "${4:-$TIMEOUT}" \
        --wait "$TIMEOUT" h1 br-int in_port=a1,icmp >"$LAB_DIR/trace" 2>&1
    status=$?
    n=$((n + 1))
    if test $status = "$2" &&
       sed -n '/^VERDICT/,$p' "$LAB_DIR/trace" | grep -q "$3"; then
        right=$((right + 1))
    else
        result=FAILED
    fi
    echo "$result $type: $1: $(sed -n 's/^VERDICT *//p' "$LAB_DIR/trace")"
    test $result = ok || sed 's/^/    /' "$LAB_DIR/trace"
}

# What flows do.
virtual() {
    verdict 'no fault' 0 'DELIVERED: host h2: output to a2$'

    flow h1 in_port=a1,icmp,actions=drop
    verdict 'a flow of h1 drops' 3 'host h1: dropped'
    unflow
    flow h1 "in_port=a1,icmp,actions=resubmit(,9)"
    verdict 'no flow in table 9 of h1' 3 'table 9: No match'
    unflow
    flow h1 "in_port=a1,icmp,actions=set_field:1->nw_ttl,dec_ttl,$SEND"
    verdict 'the TTL expires in h1' 3 'its TTL expires, table 0:.*cookie 0xf'
    unflow
    flow h1 "in_port=a1,icmp,actions=ct(table=7)"
    flow h1 "table=7,icmp,ct_state=+trk,actions=drop"
    verdict 'dropped behind connection tracking' 3 'table 7: .*cookie 0xf'
    unflow
    lab_run lab_exec h1 ovs-ofctl -OOpenFlow15 add-group br-int \
        "group_id=1,type=select,bucket=actions=$SEND"
    flow h1 'in_port=a1,icmp,actions=ct(table=7)'
    flow h1 'table=7,icmp,ct_state=+trk,actions=group:1'
    verdict 'no fault: ct, group' 0 'DELIVERED: host h2: output to a2$'
    unflow
    lab_run lab_exec h1 ovs-ofctl -OOpenFlow15 del-groups br-int
    flow h2 in_port=gnv0,icmp,actions=drop
    verdict 'a flow of h2 drops' 3 'host h2: dropped'
    unflow
    flow h1 "in_port=a1,icmp,actions=${SEND/5001/5003}"
    verdict 'no flow of h2 for the key' 3 'host h2: dropped'
    lab_run lab_exec h2 ovs-vsctl set interface gnv0 options:key=5001
    verdict 'no interface of h2 for the key' 3 \
        "host h2: no interface for packets of type $type with key 5003 from h1"
    unflow
    lab_run lab_exec h2 ovs-vsctl set interface gnv0 options:key=flow
    flow h1 "in_port=a1,icmp,actions=${SEND/10.9.2.2/10.9.3.3}"
    verdict 'sent to another host' 3 'host h3: dropped'
    unflow
}

# What the network between the hosts does.
physical() {
    local spine
    verdict 'no fault again' 0 'DELIVERED: host h2: output to a2$'
    spine=$(sed -n 's/.*  10\.8\.\([1-4]\)\.3 .*/\1/p' "$LAB_DIR/trace")

    fabric_drop "spine$spine" ip daddr 10.9.0.0/16
    verdict 'a spine is a black hole' 4 "lost behind 10.8.$spine.3,"
    fabric_mend "spine$spine"
    fabric_drop leaf1 meta l4proto != icmp
    verdict 'leaf1 drops what is not ICMP' 4 'lost behind 10.9.1.254,'
    fabric_mend leaf1
    fabric_drop leaf2 meta l4proto != icmp
    verdict 'leaf2 drops what is not ICMP' 4 "lost behind 10.8.$spine.4,"
    fabric_mend leaf2
    lab_run lab_exec leaf2 nft -f - <<END
table inet fault {
    chain f {
        type filter hook forward priority 0;
        meta l4proto != icmp reject with icmp type admin-prohibited
    }
}
END
    verdict 'leaf2 refuses what is not ICMP' 4 "10.8.$spine.4 refuses them"
    fabric_mend leaf2
    lab_run ip -n "$(lab_ns "spine$spine")" link set leaf2 mtu 1400
    verdict 'a spine has an MTU of 1400' 4 "10.8.$spine.3 says that the MTU is"
    fabric_drop "spine$spine" ip ttl 255
    verdict 'it does not say so' 4 "bytes are lost, of 128 bytes not: the MTU"
    fabric_mend "spine$spine"
    lab_run ip -n "$(lab_ns "spine$spine")" link set leaf2 mtu 1500
    lab_run ip -n "$(lab_ns leaf2)" link set h2 down
    verdict 'leaf2 has no link to h2' 4 'leave by phy and do not arrive'
    lab_run ip -n "$(lab_ns leaf2)" link set h2 up
    block_h2 'ether type arp' priority=10,in_port=phy,arp,actions=drop
    lab_run ip -n "$(lab_ns leaf2)" neigh replace 10.9.2.2 dev h2 nud failed
    verdict 'h2 does not answer ARP' 4 "10.8.$spine.4 does not find the host"
    unblock_h2
    # leaf2 sends what has waited for the answer.
    verdict 'no fault again' 0 'DELIVERED: host h2: output to a2$'
}

# What hosts do.
hosts() {
    lab_run ip -n "$(lab_ns leaf1)" link set h1 down
    verdict 'h1 has no link' 5 'host h1: phy has no link'
    lab_run ip -n "$(lab_ns leaf1)" link set h1 up
    lab_run lab_exec h1 nft -f - <<END
table netdev t {
    chain f {
        type filter hook egress device phy priority 0;
        ip length > 1000 drop
    }
}
END
    verdict 'h1 drops what its switch sends' 5 'but none leaves by a device'
    lab_run lab_exec h1 nft delete table netdev t
    block_h2 'ip protocol != icmp' priority=9,in_port=phy,ip,actions=drop \
        priority=10,in_port=phy,icmp,actions=normal
    verdict 'h2 drops before its switch' 5 'but its switch takes none'
    unblock_h2
    kill -STOP "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")"
    verdict 'the switch of h2 hangs' 5 'host h2 does not answer' \
        $((TIMEOUT / 5))
    kill -CONT "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")"
    # It has read what has arrived meanwhile.
    sleep 1
    verdict 'no fault again' 0 'DELIVERED: host h2: output to a2$'
}

# Has h2 lose what its device receives, by the nftables expression $1 if it has
# the kernel datapath, otherwise by flows $2... of the bridge of this device.
block_h2() {
    if lab_is_kernel h2; then
        lab_run lab_exec h2 nft -f - <<END
table netdev fault {
    chain f {
        type filter hook ingress device phy priority 0;
        $1 drop
    }
}
END
    else
        printf 'cookie=0xf,%s\n' "${@:2}" |
            lab_run lab_exec h2 ovs-ofctl add-flows br-phy -
    fi
}

unblock_h2() {
    if lab_is_kernel h2; then
        lab_run lab_exec h2 nft delete table netdev fault
    else
        lab_run lab_exec h2 ovs-ofctl del-flows br-phy cookie=0xf/-1
    fi
}

lab_new
trap 'kill $(jobs -p) 2>/dev/null; lab_down' EXIT
account_up && account_hosts || exit
lab_exec a1 ping -i .1 -s 1372 10.1.0.2 >/dev/null 2>&1 &
lab_exec b1 ping -i .1 10.1.0.2 >/dev/null 2>&1 &
test $# -gt 0 || set -- geneve vxlan gre nvgre stt l2tpv3
for type; do
    for h in h1 h2 h3; do
        lab_run lab_exec $h ovs-vsctl set interface gnv0 type="$type" || exit
    done
    sleep 1
    virtual
    physical
    hosts
done
echo "$right of $n right"
test $right = $n
