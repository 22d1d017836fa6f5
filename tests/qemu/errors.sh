# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# What a bridge with the kernel datapath says about ports that cannot be.

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Adds a port of type $1 with the settings $3... to h1's br-int, and fails
# unless its error is $2 and it is gone from the datapath.
is_refused() {
    local type=$1 error=$2
    shift 2
    lab_exec h1 ovs-vsctl -- --if-exists del-port br-int bad \
        -- add-port br-int bad \
        -- set interface bad type="$type" options:remote_ip=10.9.0.2 "$@" || :
    same "error" "$(lab_exec h1 ovs-vsctl get interface bad error)" "$error"
    lab_exec h1 ovs-vsctl del-port br-int bad
    same "ports" "$(lab_exec h1 ovs-appctl dpctl/show | grep -c port)" 3
}

# Makes the kernel unable to load modules by itself.
forget_modules() {
    echo /bin/false >/proc/sys/kernel/modprobe
    fails grep -E '^(stt|geneve) ' /proc/modules
}

check "two hosts" lab_up tso || finish
modprobe=$(cat /proc/sys/kernel/modprobe)
check "no modules are loaded" forget_modules
check "stt without its module" is_refused stt '"bad: the kernel has no module'\
' \"stt\", which type stt needs: install it, or set the bridge'"'"'s'\
' datapath_type to netdev"'
finish
