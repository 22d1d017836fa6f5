# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Geneve with IP payload between the kernel datapath, on h1, and the userspace
# datapath, on h2; options that the kernel's device does not support are
# refused.
#
#   vm1 --- h1: br-int tun --- Geneve: IPv4, IPv6 --- tun h2: br-int --- vm2
#               kernel          no Ethernet           userspace
#
# tests/lab.sh has the whole picture.
#
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system
preload=

# The MAC addresses of the VMs, and a third one that each uses for the other.
mac() {
    lab_exec vm$1 cat /sys/class/net/eth0/address
}

prepare() {
    local n m
    modprobe -a geneve tun
    lab_up notso
    lab_mtu 1400
    for n in 1 2; do
        m=$((3 - n))
        for ip in 10.1.0.$m fd01::$m; do
            lab_exec vm$n ip neigh replace $ip dev eth0 nud permanent \
                lladdr 02:00:00:00:00:99
        done
    done
}

# Connects the hosts over IPv$1.
connect() {
    lab_tunnel geneve "$1" options:packet_type=legacy_l3
    add_flows
}

# (A port that could not be added at first has another number.)
add_flows() {
    local n
    for n in 1 2; do
        lab_exec h$n ovs-ofctl replace-flows br-int - <<END
in_port=vm,ip,actions=tun
in_port=vm,ipv6,actions=tun
in_port=tun,actions=set_field:$(mac $n)->eth_dst,vm
END
    done
    wait_for pings vm1 10.1.0.2 1
}

passes() {
    connect "$1"
    same "payload" "$(payload h1)" ip
    pings vm1 10.1.0.2 3 1372
    pings vm2 10.1.0.1 3
    pings vm1 fd01::2 3 1352
    pings vm1 fd01::2 3 4000
    transfer vm1 vm2 1000000 10.1.0.2
    transfer vm2 vm1 1000000 10.1.0.1
    transfer vm1 vm2 1000000 fd01::2
}

# Prints the payload of the kernel's device on host $1.
payload() {
    case $(lab_exec "$1" ip -d link show genev_sys_6081) in
        *innerprotoinherit*) echo ip ;;
        *' geneve '*) echo ethernet ;;
    esac
}

# Packets on the wire have no Ethernet header behind Geneve, both ways.
on_the_wire() {
    capture h2 phy geneve.pcap 'udp port 6081'
    pings vm1 10.1.0.2
    pings vm1 fd01::2
    end_capture geneve.pcap
    # The kernel's source port may be one that tshark knows.
    tshark -d udp.port==1-65535,geneve -r "$OUT/geneve.pcap" -T fields \
        -Y 'icmp || icmpv6.type == 128 || icmpv6.type == 129' -e ip.src \
        -e geneve.proto_type -e geneve.vni >"$LAB_DIR/types" 2>/dev/null
    cat "$LAB_DIR/types"
    same "types" "$(sort "$LAB_DIR/types" | uniq -c | tr -s ' \t' '  ')" \
        " 3 10.9.0.1 0x86dd 0x001092
 3 10.9.0.1,10.1.0.1 0x0800 0x001092
 3 10.9.0.2 0x86dd 0x001092
 3 10.9.0.2,10.1.0.2 0x0800 0x001092"
}

# Sets interface tun of h1: its error must be $1.
tun_gets() {
    local error=$1
    shift
    lab_exec h1 ovs-vsctl set interface tun "$@" || :
    same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "$error"
}

# Adds port other to h1, with options $2...: its error must be $1.
other_gets() {
    local error=$1
    shift
    lab_exec h1 ovs-vsctl --if-exists del-port other -- add-port br-int other \
        -- set interface other type=geneve options:remote_ip=10.9.0.3 \
           options:key=7 "$@" || :
    same "error" "$(lab_exec h1 ovs-vsctl get interface other error)" "$error"
}

# Prints the error of port $1 if the device has the payload of port $2.
shared() {
    echo "\"$1: in the kernel datapath, ports with the same dst_port must have \
the same packet_type, and port $2 has another: set options:dst_port\""
}

# A new port with the other payload, on the same device and on another.
other_payload() {
    other_gets "$(shared other tun)"
    same "payload" "$(payload h1)" ip
    pings vm1 10.1.0.2
    other_gets "[]" options:packet_type=legacy_l3
    other_gets "[]" options:dst_port=6082
    # A change of the port has the same result as a new port.
    lab_exec h1 ovs-vsctl set interface other options:dst_port=6081
    same "error" "$(lab_exec h1 ovs-vsctl get interface other error)" \
        "$(shared other tun)"
    lab_exec h1 ovs-vsctl del-port other
    pings vm1 10.1.0.2
}

# The device takes the payload of its only port, and not of one of two.
changes() {
    tun_gets "[]" options:packet_type=legacy_l2
    same "payload" "$(payload h1)" ethernet
    other_gets "[]"
    tun_gets "$(shared tun other)" options:packet_type=legacy_l3
    same "payload" "$(payload h1)" ethernet
    same "other's error" "$(lab_exec h1 ovs-vsctl get interface other error)" \
        "[]"
    lab_exec h1 ovs-vsctl del-port other
    tun_gets "[]" options:packet_type=legacy_l3
    same "payload" "$(payload h1)" ip
    add_flows
    pings vm1 10.1.0.2
    pings vm1 fd01::2
}

# Both ports of the device at once.
both_change() {
    other_gets "[]" options:packet_type=legacy_l3
    lab_exec h1 ovs-vsctl set interface tun options:packet_type=legacy_l2 \
        -- set interface other options:packet_type=legacy_l2
    same "errors" "$(lab_exec h1 ovs-vsctl get interface tun error \
        -- get interface other error)" "[]
[]"
    same "payload" "$(payload h1)" ethernet
    lab_exec h1 ovs-vsctl del-port other
    tun_gets "[]" options:packet_type=legacy_l3
    same "payload" "$(payload h1)" ip
    pings vm1 10.1.0.2
}

# Stops h1's daemon, runs a command, and starts the daemon again.
restart_with() {
    lab_exec h1 ovs-appctl -t ovs-vswitchd exit
    wait_for fails lab_exec h1 ovs-appctl -t ovs-vswitchd version
    "$@"
    lab_exec h1 env LD_PRELOAD="$preload" ovs-vswitchd --detach --no-chdir \
        --pidfile --log-file -vconsole:off
}

# A restarted daemon uses the device that exists.
restart() {
    restart_with true
    same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "[]"
    same "payload" "$(payload h1)" ip
    connect 4
    pings vm1 10.1.0.2
}

restart_changed() {
    restart_with lab_exec h1 ovs-vsctl --no-wait set interface tun \
        options:packet_type=legacy_l2
    same "error" "$(lab_exec h1 ovs-vsctl get interface tun error)" "[]"
    same "payload" "$(payload h1)" ethernet
    tun_gets "[]" options:packet_type=legacy_l3
    same "payload" "$(payload h1)" ip
    add_flows
}

# The kernel removes the header of an Ethernet frame for this device.
ethernet_comes_as_ip() {
    local before
    lab_exec h2 ovs-vsctl set interface tun options:packet_type=legacy_l2
    before=$(received)
    lab_exec vm2 ping -q -c 5 -i .2 -W 1 10.1.0.1 || :
    same "number of packets that arrived" $(($(received) - before)) 5
}

received() {
    lab_exec vm1 nstat -asz IcmpInEchos | awk '/IcmpInEchos/ { print $2 }'
}

# A kernel that does not know inner-protocol-inherit ignores it.  All kernels
# here know it, so h1's daemon uses another attribute number for it.
old_kernel() {
    preload=$LAB_DIR/old.so
    gcc -shared -fPIC -o "$preload" -x c - <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

ssize_t
sendmsg(int fd, const struct msghdr *msg, int flags)
{
    static const char inherit[] = { 4, 0, 14, 0 };
    struct nlmsghdr *nlh = msg->msg_iov->iov_base;
    char *attr;

    if (msg->msg_iov->iov_len >= sizeof *nlh
        && nlh->nlmsg_type == RTM_NEWLINK
        && (attr = memmem(nlh, msg->msg_iov->iov_len, inherit, 4))) {
        attr[3] = 3;
    }
    return ((ssize_t (*)(int, const struct msghdr *, int))
            dlsym(RTLD_NEXT, "sendmsg"))(fd, msg, flags);
}
END
    restart_with lab_exec h1 ovs-vsctl --no-wait set interface tun \
        options:packet_type=legacy_l2
    tun_gets "[]" options:packet_type=legacy_l2
    tun_gets "\"tun: this kernel's Geneve carries Ethernet only: set the \
bridge's datapath_type to netdev\"" options:packet_type=legacy_l3
    tun_gets "[]" options:packet_type=legacy_l2
    same "payload" "$(payload h1)" ethernet
}

refused() {
    tun_gets "\"tun: $1 needs the userspace datapath: set the bridge's \
datapath_type to netdev\"" "options:$1"
    lab_exec h1 ovs-vsctl remove interface tun options "${1%=*}"
    tun_gets "[]" options:packet_type=legacy_l3
}

check "Geneve IP: set up" prepare || finish
check "Geneve IP over IPv6: ping, TCP" passes 6 || finish
check "Geneve IP over IPv4: ping, TCP" passes 4
check "Geneve IP: on the wire" on_the_wire
check "Geneve IP: a port with Ethernet needs a device of its own" other_payload
check "Geneve IP: packet_type changes" changes
check "Geneve IP: packet_type of two ports changes" both_change
check "Geneve IP: ptap is refused" refused packet_type=ptap
check "Geneve IP: unknown_options=relay is refused" refused \
    unknown_options=relay
check "Geneve IP: the daemon starts again" restart
check "Geneve IP: packet_type changed meanwhile" restart_changed
check "Geneve IP: Ethernet comes as IP" ethernet_comes_as_ip
check "Geneve IP: the kernel does not have it" old_kernel
finish
