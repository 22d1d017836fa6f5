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

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Installs what "tests/qemu/get ipsec" got, in the memory of this machine.
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
    lab_exec "$1" ipsec initnss --nssdir "$dir/ipsec.d"
    lab_exec "$1" ipsec pluto --config "$dir/ipsec.conf" --ipsecdir "$dir" \
        --nssdir "$dir/ipsec.d" --logfile "$dir/pluto.log" \
        --secretsfile "$dir/secrets" --rundir "$dir"
    lab_exec "$1" env PYTHONPATH="$LAB_OVS/python" PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 "$LAB_OVS/ipsec/ovs-monitor-ipsec" \
        unix:"$dir/db.sock" --ike-daemon=libreswan --no-restart-ike-daemon \
        --ipsec-conf="$dir/ipsec.conf" --ipsec-d="$dir/ipsec.d" \
        --ipsec-secrets="$dir/secrets" --ipsec-ctl="$dir/pluto.ctl" \
        --pidfile --detach --no-chdir --log-file="$dir/monitor.log"
}

two_hosts() {
    local n
    lab_up tso
    for n in 1 2; do
        # Libreswan takes its address from the default route.
        lab_exec h$n ip route add default via 10.9.0.$((3 - n)) dev phy
        start h$n
    done
}

# Returns whether both connections of host $1 are up.
is_active() {
    lab_exec "$1" ipsec --rundir "$LAB_DIR/$1" status |
        grep 'Total IPsec connections: loaded 2, active 2'
}

# A tunnel with settings $@ and a key carries all there is, encrypted.
encrypted() {
    local n i
    lab_tunnel stt 4 options:psk=swordfish "$@"
    lab_mtu 9000
    for n in 1 2; do
        # Until the hosts agree, packets leave in the clear.
        for ((i = 0; i < 5; i++)); do
            ! wait_for is_active h$n || break
        done
        is_active h$n
    done
    wait_for pings vm1 10.1.0.2
    nothing_but_esp 'not udp port 500 and not arp and not icmp6'
}

# Without IPsec on one side, nothing passes.
in_clear() {
    lab_exec h1 ovs-vsctl remove interface tun options psk
    wait_for no_policy
    fails pings vm1 10.1.0.2 2
}

no_policy() {
    test "$(lab_exec h1 ip xfrm policy list | grep -c 7472)" = 0
}

check "Libreswan" install || finish
check "two hosts with Libreswan" two_hosts || finish
check "IPsec by a preshared key" encrypted
check "IPsec on another port" encrypted options:dst_port=7472
check "no IPsec at one end" in_clear
for host in h1 h2; do
    for log in pluto monitor; do
        cp "$LAB_DIR/$host/$log.log" "$OUT/$host-$log.log"
    done
done
finish
