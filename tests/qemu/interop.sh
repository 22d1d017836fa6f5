# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# The kernel datapath on one host, the userspace datapath on the other, of the
# hosts drawn in tests/lab.sh.
#
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=netdev

# Fetches a file by HTTP from node $2, at address $3, to node $1.
download() {
    mkdir -p "$LAB_DIR/www"
    head -c 1000000 /dev/urandom >"$LAB_DIR/www/file"
    background "$2" busybox httpd -f -p 8000 -h "$LAB_DIR/www"
    wait_for lab_exec "$1" curl -sgf -o "$LAB_DIR/file" "http://$3:8000/file"
    end_background
    cmp "$LAB_DIR/file" "$LAB_DIR/www/file"
}

# Sends files both ways over IPv$1.
both_ways() {
    lab_tunnel stt "$1"
    lab_mtu 9000
    wait_for pings vm1 10.1.0.2
    pings vm1 10.1.0.2 3 8000
    pings vm2 fd01::1 3 8000
    transfer vm1 vm2 4000000 10.1.0.2
    transfer vm2 vm1 4000000 fd01::1
    download vm1 vm2 10.1.0.2
    download vm2 vm1 '[fd01::1]'
    # The drops of the hosts, except frames that lost a segment.
    drops h1 h2
    same "drops" "$(drops h1 h2 | sed '/expired/d')" ""
}

# With a tag, which is carried in the STT header.
tagged() {
    local n
    for n in 1 2; do
        lab_exec h$n ovs-vsctl set port vm tag=100
    done
    wait_for pings vm1 10.1.0.2
    transfer vm1 vm2 1000000 10.1.0.2
    transfer vm2 vm1 1000000 10.1.0.1
}

modprobe tun
for tso in tso notso; do
    check "userspace $tso: two hosts" lab_up $tso || finish
    check "userspace $tso over IPv4: ping, TCP" both_ways 4
    check "userspace $tso over IPv4: tagged" tagged
    check "userspace $tso over IPv6: ping, TCP" both_ways 6
    lab_down
    lab_new
done
finish
