# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Sends mutated segments to the module as fast as possible: the kernel logs no
# error, memory stays below its limit, and traffic flows afterward.  Before
# that, incomplete frames of one sender compete with frames of another one.
#
#   h2: raw socket on phy ---- phy: h1: br-int (kernel) --- vm1
#
# usage: fuzz.sh [SECONDS [SEED]]
#
# kernel: slub_debug=FZP

. tests/qemu/lib.sh
LAB_DATAPATH_h1=system LAB_DATAPATH_h2=system

# Prints statistic $1 of h1's device.
statistic() {
    lab_exec h1 ethtool -S stt_sys_7471 | sed -n "s/^ *$1: //p"
}

# Sends for $1 seconds the packets of seed $2, over IPv4 and IPv6.
fuzz() {
    local limit=1048576 bytes name
    lab_exec h1 sysctl -q -w net.stt.reassembly_max_bytes=$limit \
        net.stt.reassembly_timeout_ms=10000
    timeout $(($1 + 60)) python3 tests/qemu/fuzz.py "$(lab_ns h2)/phy" \
        "$(lab_exec h1 cat /sys/class/net/phy/address)" "$1" "$2"
    lab_exec h1 ethtool -S stt_sys_7471
    bytes=$(statistic reassembly_bytes)
    test "$bytes" -le "$limit"
    lab_exec h1 sysctl -q -w net.stt.reassembly_timeout_ms=1000
    # Some segments were good, and some were bad in each of these ways.
    for name in rx_queued rx_complete rx_checksum rx_length rx_duplicate \
                rx_overlap rx_total_mismatch rx_version rx_bad_offload \
                rx_evicted; do
        test "$(statistic $name)" != 0 || { echo "no $name"; return 1; }
    done
}

# A sender with many incomplete frames evicts none of another sender.
shares() {
    local complete evicted
    complete=$(statistic rx_complete)
    evicted=$(statistic rx_evicted)
    lab_exec h1 sysctl -q -w net.stt.reassembly_max_frames=100 \
        net.stt.reassembly_timeout_ms=60000
    python3 tests/qemu/shares.py "$(lab_ns h2)/phy" \
        "$(lab_exec h1 cat /sys/class/net/phy/address)"
    lab_exec h1 sysctl -q -w net.stt.reassembly_max_frames=65536 \
        net.stt.reassembly_timeout_ms=1000
    same "complete frames" "$(statistic rx_complete)" $((complete + 2))
    # 901 of 1001 frames over IPv4.  The good frame completes and leaves room,
    # so 1000 of 1001 over IPv6.
    same "evicted frames" "$(statistic rx_evicted)" $((evicted + 1901))
    wait_for holds_nothing
}

# Traffic flows, and reassembly holds no frames in the end.
afterward() {
    pings vm1 10.1.0.2 5
    transfer vm1 vm2 1000000 10.1.0.2
    transfer vm2 vm1 1000000 10.1.0.1
    wait_for holds_nothing
}

holds_nothing() {
    test "$(statistic reassembly_bytes)" = 0
}

prepare() {
    lab_up tso
    lab_tunnel stt 4
    lab_mtu 9000
    wait_for pings vm1 10.1.0.2
}

check "two hosts" prepare || finish
check "shares of senders" shares
check "mutated segments" fuzz "${1:-60}" "${2:-1}"
check "traffic afterward" afterward
finish
