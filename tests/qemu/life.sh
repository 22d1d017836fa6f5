# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Creation and deletion of STT devices; the picture is in tests/lab.sh.
#
# kernel: slub_debug=FZP

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Fails unless the Interface $2 of host $1 has the error $3.
error_is() {
    same "error" "$(lab_exec "$1" ovs-vsctl get interface "$2" error)" "$3"
}

# Adds the STT port $2 with settings $3... to host $1.
add_stt() {
    lab_exec "$1" ovs-vsctl add-port br-int "$2" -- set interface "$2" \
        type=stt "${@:3}"
}

# Without the kernel module, an STT port is refused, and its error says why.
no_module() {
    local modprobe
    modprobe=$(cat /proc/sys/kernel/modprobe)
    echo /bin/false >/proc/sys/kernel/modprobe
    fails grep '^stt ' /proc/modules
    add_stt h1 tun options:remote_ip=10.9.0.2 || :
    error_is h1 tun '"tun: the kernel has no module'\
' \"stt\", which type stt needs: install it, or set the bridge'"'"'s'\
' datapath_type to netdev"'
    lab_exec h1 ovs-vsctl del-port br-int tun
    same "ports" "$(lab_exec h1 ovs-appctl dpctl/show | grep -c port)" 3
    echo "$modprobe" >/proc/sys/kernel/modprobe
}

# A program has the TCP port first, then the device.
port_in_use() {
    background h1 python3 -c '
import socket, time
s = socket.create_server(("", 7471))
time.sleep(100)'
    wait_for lab_exec h1 sh -c 'ss -Htln sport = 7471 | grep -q .'
    add_stt h1 tun options:remote_ip=10.9.0.2 || :
    error_is h1 tun '"tun: port 7471 is in use on this host"'
    fails lab_exec h1 ip link show stt_sys_7471
    end_background
    lab_exec h1 ovs-vsctl del-port br-int tun
    lab_tunnel stt 4
    wait_for pings vm1 10.1.0.2
    fails lab_exec h1 python3 -c '
import socket
socket.create_server(("", 7471))'
    fails lab_exec h1 python3 -c '
import socket
socket.create_server(("::", 7471), family=socket.AF_INET6)'
}

# A device that was not created by Open vSwitch has the TCP port.
other_device() {
    lab_exec h1 ovs-vsctl --if-exists del-port br-int tun
    lab_exec h1 ip link add other type stt
    add_stt h1 tun options:remote_ip=10.9.0.2 || :
    error_is h1 tun '"tun: port 7471 is in use on this host"'
    lab_exec h1 ovs-vsctl del-port br-int tun
    lab_exec h1 ip link delete other
    # A device with the right name is used, or replaced.
    lab_exec h1 ip link add stt_sys_7471 type stt
    lab_exec h1 ip link add stt_sys_7472 type dummy
    add_stt h1 a options:remote_ip=10.9.0.2
    add_stt h1 b options:remote_ip=10.9.0.2 options:dst_port=7472
    error_is h1 a "[]"
    error_is h1 b "[]"
    lab_exec h1 ip -d link show stt_sys_7472 | grep -w stt
    lab_exec h1 ovs-vsctl del-port a -- del-port b
    fails lab_exec h1 ip link show stt_sys_7471
    fails lab_exec h1 ip link show stt_sys_7472
}

# The port is deleted and added while TCP runs.  TCP continues in the end.
readded() {
    local i client
    lab_tunnel stt 4
    lab_mtu 9000
    wait_for pings vm1 10.1.0.2
    iperf3_serve vm2
    lab_exec vm1 iperf3 -t 12 -c 10.1.0.2 >"$LAB_DIR/iperf" 2>&1 &
    client=$!
    for i in 1 2 3 4 5; do
        lab_exec h1 ovs-vsctl del-port br-int tun
        add_stt h1 tun options:remote_ip=10.9.0.2 options:key=4242
        lab_exec h2 ovs-vsctl del-port br-int tun
        add_stt h2 tun options:remote_ip=10.9.0.1 options:key=4242
    done
    wait $client
    cat "$LAB_DIR/iperf"
    wait_for pings vm1 10.1.0.2
}

# Changes of the device by "ip link".
by_ip_link() {
    lab_tunnel stt 4
    wait_for pings vm1 10.1.0.2
    lab_exec h1 ip link set stt_sys_7471 down
    fails pings vm1 10.1.0.2 2
    lab_exec h1 ip link set stt_sys_7471 up
    wait_for pings vm1 10.1.0.2
    lab_exec h1 ip link delete stt_sys_7471
    fails pings vm1 10.1.0.2 2
    lab_tunnel stt 4
    wait_for pings vm1 10.1.0.2
}

# Two STT ports have a device each, and separate traffic.
two_ports() {
    local n before
    lab_tunnel stt 4 options:dst_port=7472
    wait_for pings vm1 10.1.0.2
    for n in 1 2; do
        add_stt h$n more options:remote_ip=10.9.0.$((3 - n))
        lab_exec h$n ovs-ofctl mod-port br-int more no-flood
    done
    lab_exec h1 ovs-appctl dpctl/show | grep stt_sys_7471
    before=$(packets h2 stt_sys_7472)
    same "packets to 7471" "$(packets h2 stt_sys_7471)" 0
    pings vm1 10.1.0.2
    test "$(packets h2 stt_sys_7472)" -ge $((before + 3))
    same "packets to 7471" "$(packets h2 stt_sys_7471)" 0
    lab_exec h1 ovs-vsctl del-port more
    lab_exec h2 ovs-vsctl del-port more
    pings vm1 10.1.0.2
}

# Prints the number of packets that device $2 of host $1 has received.
packets() {
    lab_exec "$1" cat /sys/class/net/"$2"/statistics/rx_packets
}

# The underlay's MTU changes while packets pass.
mtu() {
    local mtu
    lab_tunnel stt 4
    lab_mtu 9000
    wait_for pings vm1 10.1.0.2
    for mtu in 9000 1400 600; do
        for n in 1 2; do
            lab_exec h$n ip link set phy mtu $mtu
        done
        pings vm1 10.1.0.2 3 8000
        transfer vm1 vm2 200000 10.1.0.2
    done
    lab_exec h1 ip link set stt_sys_7471 mtu 1200
    lab_exec h1 ip link set stt_sys_7471 mtu 65000
    for n in 1 2; do
        lab_exec h$n ip link set phy mtu 1500
    done
    pings vm1 10.1.0.2 3 8000
}

# The module cannot be removed while there is a device, and leaves no objects
# behind after that.
unload() {
    fails rmmod stt
    lab_down
    wait_for rmmod stt
    fails grep -w stt /proc/modules
    modprobe stt
}

# Open vSwitch's script removes the remaining devices and modules.
kmod_ctl() {
    modprobe openvswitch
    ip link add stt_sys_7471 type stt
    "$LAB_OVS/utilities/ovs-kmod-ctl" remove
    fails grep -wE 'stt|openvswitch' /proc/modules
    modprobe stt
}

# Adds and removes devices 1000 times, some together with their namespace.
# Fails if more memory is taken afterward than the kernel may keep for later
# use.
many() {
    local before after i
    for ((i = 0; i < 500; i++)); do
        echo "link add stt$((i % 3)) type stt"
        echo "link set stt$((i % 3)) up"
        echo "link delete stt$((i % 3))"
    done >/run/batch
    ip -batch /run/batch
    before=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
    ip -batch /run/batch
    after=$(awk '/^SUnreclaim/ { print $2 }' /proc/meminfo)
    echo "kB not reclaimable: $before, then $after"
    test $((after - before)) -lt 4000
    for ((i = 0; i < 20; i++)); do
        ip netns add gone
        ip -n gone link add stt0 type stt
        ip -n gone link set stt0 up
        ip netns delete gone
    done
    wait_for rmmod stt
    modprobe stt
}

check "two hosts" lab_up tso || finish
check "stt without its module" no_module
check "the port is in use" port_in_use
check "another device has the port" other_device
check "ports re-added while TCP runs" readded
check "ip link down, up, delete" by_ip_link
check "two ports" two_ports
check "the underlay's MTU changes" mtu
check "rmmod" unload
check "ovs-kmod-ctl remove" kmod_ctl
check "1000 devices come and go" many
finish
