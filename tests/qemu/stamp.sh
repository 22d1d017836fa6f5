# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Active OAM with the kernel datapath, in the lab of lab.sh.

. tests/qemu/lib.sh

export LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

start() {
    local n
    lab_up notso
    for n in 1 2; do
        lab_exec h$n ovs-vsctl set open_vswitch . other_config:oam-key=4660 \
            other_config:oam-probe=true
    done
    # The pings go on when nothing answers any more.
    lab_exec vm1 ip neigh replace 10.1.0.2 dev eth0 nud permanent \
        lladdr "$(lab_exec vm2 cat /sys/class/net/eth0/address)"
}

# Succeeds if the first line of what h1 says about $1, without times and
# measurements, is $2, and no other key than 4242 is in the datapath.
says() {
    lab_exec h1 ovs-appctl oam/show | grep -A 1 " $1:" >"$LAB_DIR/show"
    cat "$LAB_DIR/show"
    sed "1s/since [-0-9: ]*, //; 1s/, loss [0-9.]* %//
         1s/, RTT [0-9.]* ms//; q" "$LAB_DIR/show" | grep -qx "$2"
}

# The paths of a tunnel of type $1 over IPv$2, of which there are $3.
paths() {
    local remote=10.9.0.2
    test "$2" = 4 || remote=fd09::2
    lab_tunnel "$1" "$2"
    wait_for says $remote "tun $remote: up $3/$3 paths, MTU 1500"
    # The switch has kept the test packets from the flow tables.
    fails grep tun_id=0x1234 <(lab_exec h1 ovs-appctl dpctl/dump-flows)
}

# The paths of 16 are found out to be different ones.
ports() {
    test "$(lab_exec h1 ovs-appctl --format json oam/show |
            grep -o '"source_port":[0-9]*' | sort -u | wc -l)" -ge 12
}

# The firewall of h2 drops what arrives from some of the source ports.
firewall() {
    lab_exec h2 nft -f - <<END
table inet t {
    chain i {
        type filter hook input priority 0;
        udp dport 6081 udp sport 49152-55000 drop
        udp dport 6081 udp sport 32768-45000 drop
    }
}
END
    wait_for says 10.9.0.2 "tun 10.9.0.2: degraded .* paths, MTU 1500"
    grep 'PHYSICAL: nothing passes .* (source ports' "$LAB_DIR/show"
    lab_exec h2 nft delete table inet t
    wait_for says 10.9.0.2 "tun 10.9.0.2: up 16/16 paths, MTU 1500"
}

# h2 does not answer at all.
stopped() {
    kill -STOP "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")"
    wait_for says 10.9.0.2 "tun 10.9.0.2: down 0/16 paths, MTU 1500"
    kill -CONT "$(cat "$LAB_DIR/h2/ovs-vswitchd.pid")"
    wait_for says 10.9.0.2 "tun 10.9.0.2: up 16/16 paths, MTU 1500"
}

# Writes into the file "dropped" how many packets a flow in the datapath of h2
# has dropped, which are beyond the rate limit.  Fails if there are none.
dropping() {
    lab_exec h2 ovs-appctl dpctl/dump-flows |
        sed -n '/tun_id=0x1234,src=10.9.0.1,.*actions:drop/{
            s/.* packets:\([0-9]*\).*/\1/p
        }' | grep -m 1 '[1-9]' >"$LAB_DIR/dropped"
}

# Prints counter $1 of h2.
counted() {
    lab_exec h2 ovs-appctl oam/stats | sed -n "s/^ *$1: \([0-9]*\).*/\1/p"
}

# h1 sends Geneve packets with the key of OAM and frames whose headers behind the
# MAC addresses begin with $1, in hexadecimal, as many as it can.  Those that the
# datapath drops count when its flow is deleted.
flood() {
    local before other dropped rate
    before=$(counted rx_limited)
    lab_exec h1 timeout 120 python3 -I -S -c '
import os, socket, sys
open(sys.argv[1], "w").write(str(os.getpid()))
geneve = bytes.fromhex("0000655800123400" + "00" * 12 + sys.argv[2])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect(("10.9.0.2", 6081))
while True:
    s.send(geneve.ljust(100, b"\0"))
' "$LAB_DIR/flood" "$1" &
    if ! WAIT=60 wait_for dropping; then
        # No flow is needed if this machine cannot exceed the limit of 400
        # packets a second.
        test "$(counted rx_limited)" = "$before"
        other=$(counted rx_other)
        sleep 10
        rate=$((($(counted rx_other) - other) / 10))
        kill "$(cat "$LAB_DIR/flood")"
        wait $! || :
        test "$rate" -lt 400
        skip "h2 receives $rate packets a second, which is within the limit"
    fi
    dropped=$(cat "$LAB_DIR/dropped")
    kill "$(cat "$LAB_DIR/flood")"
    wait $! || :
    wait_for fails dropping
    test "$(counted rx_limited)" -ge $((before + dropped))
    wait_for says 10.9.0.2 "tun 10.9.0.2: up 16/16 paths, MTU 1500"
}

lab_new
trap lab_down EXIT
check "start" start && {
    background vm1 ping -i .5 10.1.0.2 >/dev/null 2>&1
    check "vxlan" paths vxlan 4 16
    check "gre" paths gre 4 1
    check "stt" paths stt 4 16
    check "stt over IPv6" paths stt 6 16
    check "geneve over IPv6" paths geneve 6 16
    check "geneve" paths geneve 4 16
    check "source ports" ports
    check "paths that are down" firewall
    check "a host that is down" stopped
    # Frames of IPv4, without and in VLAN 1.
    check "a flood of IPv4" flood 080045
    check "a flood with VLAN tags" flood 81000001080045
    # kmemleak does not find the pointers in the actions of flows.
    end_background
    lab_exec h1 ovs-appctl revalidator/purge
    lab_exec h2 ovs-appctl revalidator/purge
}
finish
