# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Geneve options in the kernel datapath.  A datapath flow for a packet without
# options must not match a packet with options, if a rule distinguishes the
# two.  Options that only the userspace datapath supports are refused, with an
# error.
#
#   vm1 --- h1: br-int --- Geneve --- h2: br-int --- vm2
#           sets the                      priority 20: with the option,
#           option, or not                  to 10.1.0.2: drop
#                                         priority 10: NORMAL
#
# tests/lab.sh has the whole picture.
#
# cpus: 1

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Has host h1 send packets from vm1 with option value $1, or without the
# option.
send_with() {
    lab_exec h1 ovs-ofctl add-flow br-int \
        "in_port=vm,ip,actions=${1:+set_field:$1->tun_metadata0,}output:tun"
}

# Prints how many of 5 packets with the option value $1 ("" for none) arrive at
# vm2.  They are sent without a pause after earlier packets.
arrives() {
    local before
    send_with "$1"
    before=$(received)
    lab_exec vm1 ping -q -c 5 -i .2 -W 1 10.1.0.2 >&2 || :
    echo $(($(received) - before))
}

received() {
    lab_exec vm2 nstat -asz IcmpInEchos | awk '/IcmpInEchos/ { print $2 }'
}

prepare() {
    local n
    lab_up tso
    lab_tunnel geneve 4
    lab_mtu 1400
    for n in 1 2; do
        lab_exec h$n ovs-ofctl add-tlv-map br-int \
            '{class=0xff00,type=1,len=4}->tun_metadata0'
    done
    lab_reach vm1 10.1.0.2
    lab_exec h2 ovs-ofctl add-flow br-int \
        'priority=20,in_port=tun,icmp,tun_metadata0=0x1234,actions=drop'
}

# After packets with option value $1, packets with value $2 must arrive if $3
# is 5, and not if it is 0.
tells_apart() {
    lab_exec h2 ovs-appctl revalidator/purge
    arrives "$1"
    n=$(arrives "$2")
    lab_exec h2 ovs-appctl dpctl/dump-flows -m
    same "number of packets that arrived" "$n" "$3"
}

# Adds a Geneve port to $3 (default 10.9.0.3) with the option $1 to h1's br-int,
# and fails unless its error says that $2 the userspace datapath.  Does the same
# with a port that gets the option later.
is_refused() {
    local error="\"bad: $2 the userspace datapath: set the bridge's \
datapath_type to netdev\""
    lab_exec h1 ovs-vsctl add-port br-int bad -- set interface bad \
        type=geneve options:remote_ip="${3:-10.9.0.3}" options:"$1" || :
    same "error" "$(lab_exec h1 ovs-vsctl get interface bad error)" "$error"
    lab_exec h1 ovs-vsctl remove interface bad options "${1%=*}"
    same "error" "$(lab_exec h1 ovs-vsctl get interface bad error)" "[]"
    lab_exec h1 ovs-vsctl set interface bad options:"$1" || :
    same "error later" "$(lab_exec h1 ovs-vsctl get interface bad error)" \
        "$error"
    lab_exec h1 ovs-vsctl del-port br-int bad
}

check "Geneve: set up" prepare || finish
check "Geneve: packets with the option of a rule match it" \
    tells_apart 0x1234 0x1234 0
check "Geneve: without option after with" tells_apart 0x1234 "" 5
check "Geneve: other value after value" tells_apart 0x1234 0x4321 5
check "Geneve: with option after without" tells_apart "" 0x1234 0
check "Geneve: other value after without" tells_apart "" 0x4321 5
check "Geneve: value after other value" tells_apart 0x4321 0x1234 0

# The same with a rule for the absence of the option.
drop_without() {
    lab_exec h2 ovs-ofctl del-flows br-int in_port=tun,icmp
    lab_exec h2 ovs-ofctl add-flow br-int \
        'priority=20,in_port=tun,icmp,tun_metadata_present=0/0x1,actions=drop'
}

check "Geneve: rule on absence" drop_without
check "Geneve: absence: with after without" tells_apart "" 0x1234 5
check "Geneve: absence: without after with" tells_apart 0x1234 "" 0
# An option that h2's TLV map does not know.
prepare_unknown() {
    lab_exec h2 ovs-ofctl del-flows br-int in_port=tun,icmp
    lab_exec h2 ovs-ofctl del-tlv-map br-int
    lab_exec h2 ovs-vsctl set open_vswitch . \
        other_config:stats-update-interval=1000
}

# With unknown_options=$1, $2 of 5 packets with it must arrive, and counter $3
# must be 5.
is_unknown() {
    lab_exec h2 ovs-vsctl set interface tun options:unknown_options="$1"
    same "number of packets that arrived" "$(arrives 0x1234)" "$2"
    lab_exec h2 ovs-appctl revalidator/purge
    wait_for counts "$3" 5
}

# Returns whether counter $1 of h2's tunnel port is $2.
counts() {
    test "$(lab_exec h2 ovs-vsctl get interface tun statistics:"$1")" = "$2"
}

check "Geneve: an option becomes unknown" prepare_unknown
check "Geneve: unknown_options=ignore" is_unknown ignore 5 \
    rx_geneve_unknown_ignored
check "Geneve: unknown_options=drop" is_unknown drop 0 \
    rx_geneve_unknown_dropped
for option in src_port=keep src_port_range=50000-50999; do
    check "Geneve: $option is refused" is_refused $option \
        "src_port and src_port_range need"
done
check "Geneve: too_big=icmp is refused" is_refused too_big=icmp "too_big needs"
check "Geneve: groups are refused" is_refused groups=239.1.1.1 "groups needs" \
    flow
finish
