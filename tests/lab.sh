#! /bin/bash
# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Two hosts with a VM each, on this machine, made of network namespaces:
#
#      vm1                                                     vm2
#  +----------+                                            +----------+
#  |   eth0   | 10.1.0.1                          10.1.0.2 |   eth0   |
#  +----|-----+ fd01::1                            fd01::2 +----|-----+
#       | veth                                                  | veth
#  +----|------- h1 --------+                  +------- h2 -----|-----+
#  |    vm                  |                  |                vm    |
#  |  br-int                |                  |              br-int  |
#  |    tun (none: a patch) |                  | (none: a patch) tun  |
#  |                        |                  |                      |
#  |  br-phy 10.9.0.1       |                  |     br-phy 10.9.0.2  |
#  |    phy  fd09::1        |                  |      fd09::2   phy   |
#  +-----|------------------+                  +-----------------|----+
#        +------------ veth, MTU 1500: the underlay -------------+
#
# h1 and h2 have an ovsdb-server and an ovs-vswitchd each; their files are in
# $LAB_DIR/h1 and $LAB_DIR/h2.  With the kernel datapath there is no br-phy:
# phy itself has the addresses, or is in br-int if there is no tunnel.  Nothing
# is created outside of the four namespaces and $LAB_DIR, so the lab does not
# affect an Open vSwitch that runs on this machine, and several labs can be up
# at once.
#
# This file is sourced ("." it, then call the functions) or run as
# "tests/lab.sh FUNCTION-WITHOUT-lab_ ARGUMENT...", with these variables:
#
#   LAB_DIR   directory of the lab; lab_new makes one
#   LAB_OVS   build tree of Open vSwitch, by default ours
#   LAB_DATAPATH_h1, LAB_DATAPATH_h2   datapath_type of br-int: "netdev", which
#             is the default, or "system", the kernel's
#   LAB_WRAPPER_h1, LAB_WRAPPER_h2   command to run ovs-vswitchd under, such
#             as "valgrind"
#
# A function that fails prints the reason to stderr and returns nonzero.

: "${LAB_OVS:=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/_build/ovs}"

# Makes the directory of a new lab and sets LAB_DIR to its name.
lab_new() {
    LAB_DIR=$(mktemp -d "${TMPDIR:-/tmp}/ovs-lab.XXXXXX")
}

# Prints the name of the network namespace of node $1 (h1, h2, vm1, vm2).
lab_ns() {
    echo "${LAB_DIR##*/}-$1"
}

# Runs a command on a node: lab_exec NODE COMMAND ARGUMENT...  On a host, the
# Open vSwitch tools of the build are in the PATH and speak to its daemons.
lab_exec() {
    local node=$1 dir=$LAB_DIR/$1
    shift
    OVS_RUNDIR=$dir OVS_LOGDIR=$dir OVS_DBDIR=$dir OVS_SYSCONFDIR=$dir \
        OVS_PKGDATADIR=$LAB_OVS/vswitchd \
        PATH=$LAB_OVS/utilities:$LAB_OVS/ovsdb:$LAB_OVS/vswitchd:$PATH \
        ip netns exec "${LAB_DIR##*/}-$node" "$@"
}

# Prints the command line that starts a shell on node $1.
lab_enter_command() {
    local dir=$LAB_DIR/$1
    echo "ip netns exec $(lab_ns "$1") env OVS_RUNDIR=$dir" \
         "PATH=$LAB_OVS/utilities:\$PATH bash --norc"
}

# Prints $1 followed by the log of the last command, and fails.
lab_fail() {
    echo "lab: $1" >&2
    tail -n 20 "$LAB_DIR/log" >&2
    return 1
}

# Runs a command with its output in the lab's log; shows it only on failure.
lab_run() {
    "$@" >"$LAB_DIR/log" 2>&1 || lab_fail "$*"
}

# Brings up the whole picture except for the tunnel.
# $1: "tso" for userspace TSO, "notso" for none.
# $2: MTU on the side of the VMs, the maximum for lab_mtu (default 9000).
lab_up() {
    local tso=$1 mtu=${2:-9000} n

    lab_nodes h1 h2 vm1 vm2 || return
    lab_veth h1 phy h2 phy 1500 || return
    for n in 1 2; do
        lab_veth h$n vm vm$n eth0 "$mtu" || return
        lab_address vm$n eth0 10.1.0.$n fd01::$n || return
        if test "$tso" != tso; then
            lab_no_offloads vm$n eth0 && lab_no_offloads h$n vm &&
                lab_no_offloads h$n phy || return
        fi
        lab_start h$n "$tso" || return
        if lab_is_kernel h$n; then
            lab_run lab_exec h$n ovs-vsctl --timeout=60 \
                -- add-br br-int -- set bridge br-int datapath_type=system \
                -- add-port br-int vm || return
            lab_address h$n phy 10.9.0.$n fd09::$n || return
        else
            lab_run lab_exec h$n ovs-vsctl --timeout=60 \
                -- add-br br-phy -- set bridge br-phy datapath_type=netdev \
                -- add-port br-phy phy \
                -- add-br br-int -- set bridge br-int datapath_type=netdev \
                -- add-port br-int vm || return
            lab_address h$n br-phy 10.9.0.$n fd09::$n || return
        fi
    done
    lab_reach h1 10.9.0.2 && lab_reach h1 fd09::2
}

# Returns whether host $1 has the kernel datapath.
lab_is_kernel() {
    local datapath=LAB_DATAPATH_$1
    test "${!datapath}" = system
}

# Prints the setting of ovs-vsctl for the datapath of host $1.
lab_datapath() {
    local datapath=LAB_DATAPATH_$1
    echo "datapath_type=${!datapath:-netdev}"
}

# Makes the nodes $@.
lab_nodes() {
    local n
    printf "netns add ${LAB_DIR##*/}-%s\n" "$@" | lab_run ip -batch - || return
    for n; do
        lab_run ip -n "$(lab_ns "$n")" link set lo up || return
    done
}

# Connects two nodes with a veth pair: lab_veth NODE PORT NODE PORT MTU.
lab_veth() {
    lab_run ip -n "$(lab_ns "$1")" link add "$2" up mtu "$5" type veth \
        peer name "$4" mtu "$5" netns "$(lab_ns "$3")" || return
    lab_run ip -n "$(lab_ns "$3")" link set "$4" up
}

# Turns off the offloads of a device: lab_no_offloads NODE PORT.  Without
# userspace TSO the switch accepts no packet larger than the MTU.
lab_no_offloads() {
    lab_run lab_exec "$1" ethtool -K "$2" tx off tso off gso off gro off
}

# Gives a port an IPv4 and an IPv6 address: lab_address NODE PORT IPV4 IPV6.
lab_address() {
    lab_run ip -n "$(lab_ns "$1")" -batch - <<END
address add $3/24 dev $2
address add $4/64 dev $2 nodad
link set $2 up
END
}

# Starts the two daemons on host $1; $2 is "tso" or "notso".
lab_start() {
    local dir=$LAB_DIR/$1 wrapper=LAB_WRAPPER_$1 enable=false

    test "$2" != tso || enable=true
    mkdir -p "$dir" || return
    lab_run lab_exec "$1" ovsdb-tool create "$dir/conf.db" \
        "$LAB_OVS/vswitchd/vswitch.ovsschema" || return
    lab_run lab_exec "$1" ovsdb-server --detach --no-chdir --pidfile \
        --log-file -vconsole:off --remote=punix:"$dir/db.sock" \
        "$dir/conf.db" || return
    lab_run lab_exec "$1" ovs-vsctl --no-wait init -- set Open_vSwitch . \
        other_config:userspace-tso-enable=$enable || return
    if test -n "${!wrapper}"; then
        # A wrapper may not support a daemon that forks.
        lab_exec "$1" ${!wrapper} ovs-vswitchd --no-chdir --pidfile \
            --log-file -vconsole:off >"$dir/wrapper.log" 2>&1 </dev/null &
    else
        lab_run lab_exec "$1" ovs-vswitchd --detach --no-chdir --pidfile \
            --log-file -vconsole:off
    fi
}

# Waits up to 10 s until node $1 reaches the address $2.
lab_reach() {
    local i
    for i in 1 2 3 4 5 6 7 8 9 10; do
        lab_exec "$1" ping -q -c 1 -W 1 "$2" >"$LAB_DIR/log" 2>&1 && return
    done
    lab_fail "$1 does not reach $2"
}

# Fails unless node $1 gets answers to all of three echo requests, of $3 bytes
# (default 56), from address $2.  Each has a ping of its own: after several
# requests, ping waits for the last answer only twice as long as the others
# took.
lab_ping() {
    local i
    for i in 1 2 3; do
        lab_exec "$1" ping -q -c 1 -W 5 -s "${3:-56}" "$2" \
            >"$LAB_DIR/log" 2>&1 || lab_fail "$1 does not reach $2" || return
    done
}

# Connects the two VMs: lab_tunnel TYPE [FAMILY [OPTION...]].
#   TYPE    none (no encapsulation), or a type of tunnel port
#   FAMILY  4 or 6, the address family of the underlay
#   OPTION  settings of the Interface, as for "ovs-vsctl set"
# Removes an earlier connection.  Fails, with the error of the switch, if the
# port cannot be created.
lab_tunnel() {
    local type=$1 family=${2:-4} n net key error

    case $family in
        4) net=10.9.0. ;;
        *) net=fd09:: ;;
    esac
    case $type in
        etherip) key= ;;
        *) key=options:key=4242 ;;
    esac
    for n in 1 2; do
        lab_run lab_exec h$n ovs-vsctl --if-exists del-port br-int tun \
            -- --if-exists del-port nut \
            $(! lab_is_kernel h$n || echo -- --if-exists del-port br-int phy) ||
            return
        if test "$type" = none && lab_is_kernel h$n; then
            lab_run lab_exec h$n ovs-vsctl add-port br-int phy || return
        elif test "$type" = none; then
            lab_run lab_exec h$n ovs-vsctl \
                -- add-port br-int tun \
                -- set interface tun type=patch options:peer=nut \
                -- add-port br-phy nut \
                -- set interface nut type=patch options:peer=tun || return
        else
            lab_exec h$n ovs-vsctl -- add-port br-int tun \
                -- set interface tun type="$type" $key \
                options:remote_ip=$net$((3 - n)) "${@:3}" 2>/dev/null
            error=$(lab_exec h$n ovs-vsctl get interface tun error)
            if test "$error" != "[]"; then
                echo "lab: $type: $error" >&2
                return 1
            fi
        fi
    done
}

# Sets the MTU of both VMs to $1.
lab_mtu() {
    local n
    for n in 1 2; do
        lab_run ip -n "$(lab_ns vm$n)" link set eth0 mtu "$1" || return
    done
}

# Removes the whole lab.  Can be called at any time, also twice.
lab_down() {
    local i ns pids

    test -d "$LAB_DIR" || return 0
    for ns in /run/netns/"$(lab_ns '')"*; do
        test -e "$ns" || continue
        ns=${ns##*/}
        # Everything that runs in a namespace of the lab belongs to the lab.
        for ((i = 0; ; i++)); do
            pids=$(ip netns pids "$ns")
            test -n "$pids" || break
            # shellcheck disable=SC2086
            kill $(test $i -lt 20 || echo -9) $pids 2>/dev/null
            sleep .1
        done
        ip netns delete "$ns"
    done
    rm -rf "$LAB_DIR"
}

# If this file is run, not sourced: call the function in the command line.
if test "${BASH_SOURCE[0]}" = "$0"; then
    "lab_$1" "${@:2}" || exit
    test "$1" != new || echo "$LAB_DIR"
fi
