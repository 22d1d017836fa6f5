# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# STT through IPsec, by ovs-monitor-ipsec and Libreswan on both hosts:
#
#   vm1 --- br-int h1 === STT in ESP === br-int h2 --- vm2
#              ovs-monitor-ipsec, pluto: IKE
#
# tests/lab.sh has the whole picture.
#
# needs: ipsec
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# If a negotiation takes long, ovs-monitor-ipsec restarts it, every 15 seconds.
WAIT=600

# Installs the packages of "tests/qemu/get ipsec" in the memory of this
# machine.
install() {
    local deb
    for deb in _build/kernels/ipsec/*.deb; do
        test ! -e "$deb" || dpkg-deb --fsys-tarfile "$deb" |
            tar -x --keep-directory-symlink -C /
    done
    command -v certutil
    ipsec --version | grep Libreswan
}

# Starts the daemons of host $1.
start() {
    local dir=$LAB_DIR/$1
    mkdir -p "$dir/ipsec.d"
    touch "$dir/ipsec.conf" "$dir/secrets"
    lab_exec "$1" ip -t xfrm monitor policy >"$OUT/$1-policies.log" 2>&1 &
    lab_exec "$1" ipsec initnss --nssdir "$dir/ipsec.d"
    lab_exec "$1" ipsec pluto --config "$dir/ipsec.conf" --ipsecdir "$dir" \
        --nssdir "$dir/ipsec.d" --logfile "$OUT/$1-pluto.log" \
        --secretsfile "$dir/secrets" --rundir "$dir"
    # With -S, it does not import eventlet, which would take half a minute.
    lab_exec "$1" env PYTHONPATH="$LAB_OVS/python" PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 -S "$LAB_OVS/ipsec/ovs-monitor-ipsec" \
        unix:"$dir/db.sock" --ike-daemon=libreswan --no-restart-ike-daemon \
        --ipsec-conf="$dir/ipsec.conf" --ipsec-d="$dir/ipsec.d" \
        --ipsec-secrets="$dir/secrets" --ipsec-ctl="$dir/pluto.ctl" \
        --pidfile --detach --no-chdir --log-file="$OUT/$1-monitor.log"
}

two_hosts() {
    local n
    lab_up tso
    # The kernel needs seconds to load and test the algorithm: do it now, not
    # when pluto needs it.
    ip xfrm state add src 127.0.0.1 dst 127.0.0.1 proto esp spi 1 \
        aead 'rfc4106(gcm(aes))' 0x$(printf %072d 1) 128
    for n in 1 2; do
        # Libreswan takes its address from the default route.
        lab_exec h$n ip route add default via 10.9.0.$((3 - n)) dev phy
        start h$n
    done
}

# Prints the state of the daemons of host $1.
status() {
    lab_exec "$1" ipsec --rundir "$LAB_DIR/$1" status
}

# Returns whether both connections of both hosts are up.
are_active() {
    local n
    for n in 1 2; do
        status h$n | grep 'Total IPsec connections: loaded 2, active 2' ||
            return
    done
}

# Has ovs-monitor-ipsec of host $1 check its connections, and returns whether
# it has nothing left to do.
is_done() {
    lab_exec "$1" ovs-appctl -t ovs-monitor-ipsec refresh
    tail -n 2 "$OUT/$1-monitor.log" | grep 'tunnels are Up'
}

# Returns whether both connections of both hosts are up, and will stay:
# ovs-monitor-ipsec may remove one that comes up after its timeout.
are_up() {
    are_active && is_done h1 && is_done h2 && are_active
}

# A tunnel with a key carries all kinds of traffic, encrypted.
encrypted() {
    lab_tunnel stt 4 options:psk=swordfish
    lab_mtu 9000
    wait_for are_up
    wait_for pings vm1 10.1.0.2
    nothing_but_esp "$not_esp"
}

# Traffic that IPsec leaves in the clear.
not_esp='not udp port 500 and not arp and not icmp6'

# While the connections are up, segments in the clear are dropped.
refused() {
    lab_exec h1 ip xfrm policy flush
    fails pings vm1 10.1.0.2 2
    drops h2 | grep 'rx_policy: [1-9]'
}

# The rules of the documentation that drop segments in the clear, in and out.
guard() {
    nft -f - <<'END'
table inet stt {
    chain in {
        type filter hook input priority filter
        tcp dport 7472 meta ipsec missing counter drop
    }
    chain out {
        type filter hook output priority filter
        tcp dport 7472 rt ipsec missing counter drop
    }
}
END
}

# Returns whether host $1 has dropped a packet by chain $2 of guard().
has_dropped() {
    lab_exec "$1" nft list chain inet stt "$2" | grep 'packets [1-9].* drop'
}

# On another port, with rules, no packet passes in the clear at any time.
never_clear() {
    local n
    export -f guard
    for n in 1 2; do
        # Nor may a host answer segments that are still on their way by RST.
        lab_exec h$n ovs-vsctl del-port br-int tun
        lab_exec h$n bash -c guard
    done
    capture h2 phy never.pcap "$not_esp"
    lab_tunnel stt 4 options:dst_port=7472
    fails pings vm1 10.1.0.2 1
    has_dropped h1 out
    for n in 1 2; do
        lab_exec h$n ovs-vsctl set interface tun options:psk=swordfish
    done
    wait_for pings vm1 10.1.0.2
    pings vm1 10.1.0.2 3 8000
    transfer vm1 vm2 300000 10.1.0.2
    transfer vm2 vm1 300000 10.1.0.1
    end_capture never.pcap
    is_esp never.pcap
}

# When one side ends IPsec, the rules of the other drop its packets in the
# clear.  (The policies do not: they vanish with the connections.)
one_end() {
    wait_for are_up
    lab_exec h1 nft delete table inet stt
    lab_exec h1 ovs-vsctl remove interface tun options psk
    wait_for no_policy
    fails pings vm1 10.1.0.2 2
    has_dropped h2 in
}

no_policy() {
    test "$(lab_exec h1 ip xfrm policy list | grep -c 7472)" = 0
}

# Like check(), but prints and keeps the state of IPsec if the test fails.
check_ipsec() {
    local n
    ! check "$@" || return 0
    for n in 1 2; do
        {
            status h$n
            lab_exec h$n ip xfrm policy list
            lab_exec h$n nft list ruleset
        } >"$OUT/$n_checks-h$n" 2>&1
        echo "    h$n: $(grep -o 'Total IPsec.*' "$OUT/$n_checks-h$n")"
        tail -n 2 "$OUT/h$n-monitor.log" | sed "s/^/    h$n: /"
    done
    return 1
}

check "Libreswan" install || finish
check "two hosts with Libreswan" two_hosts || finish
check_ipsec "IPsec by a preshared key" encrypted
check_ipsec "refused in the clear" refused
check_ipsec "never in the clear, on another port" never_clear
check_ipsec "no IPsec at one end" one_end
finish
