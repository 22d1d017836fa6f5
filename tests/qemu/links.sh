# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors
#
# Links of the kind "stt" between two hosts without Open vSwitch:
#
#        host a                            host b
#   +----------------+               +----------------+
#   | stt0  10.2.0.1 |               | stt0  10.2.0.2 |
#   |       fd02::1  |               |       fd02::2  |
#   |                |               |                |
#   | phy   10.9.0.1 |===============| phy   10.9.0.2 |
#   |       fd09::1  |               |       fd09::2  |
#   +----------------+               +----------------+

. tests/qemu/lib.sh

two_hosts() {
    local n
    modprobe stt
    for n in a b; do
        ip netns add "$(lab_ns $n)"
        lab_exec $n ip link set lo up
    done
    lab_veth a phy b phy 1500
    lab_address a phy 10.9.0.1 fd09::1
    lab_address b phy 10.9.0.2 fd09::2
    lab_reach a 10.9.0.2
    lab_reach a fd09::2
}

# Runs link.py on host $1.
link() {
    lab_exec "$1" python3 tests/qemu/link.py "${@:2}"
}

# Fails unless host a refuses to make links with the options in each line of
# stdin, before the "|", by the error behind it.
refuses() {
    local options error commands=() errors=
    while IFS='|' read options error; do
        # shellcheck disable=SC2206
        commands+=(-- add bad $options)
        errors+=${error# }$'\n'
    done
    same "errors" "$(link a "${commands[@]:1}" || :)"$'\n' "$errors"
    fails lab_exec a ip link show bad
}

# Each value that is wrong gets an error that says what is wrong with it.
validation() {
    refuses <<'END'
port 0 | Invalid argument: The port is 0
id 1 | Invalid argument: The attribute needs a remote address
local 10.9.0.1 | Invalid argument: The attribute needs a remote address
ttl 1 | Invalid argument: The attribute needs a remote address
remote 10.9.0.2 collect_metadata 1 | Invalid argument: A device that collects \
metadata has no remote address
remote 10.9.0.2 remote fd09::2 | Invalid argument: Only one remote address is \
possible
remote 10.9.0.2 local fd09::1 | Invalid argument: The local and the remote \
address are of different families
remote fd09::2 local 10.9.0.1 | Invalid argument: The local and the remote \
address are of different families
remote 224.0.0.1 | Invalid argument: The remote address is not a unicast address
remote 255.255.255.255 | Invalid argument: The remote address is not a unicast \
address
remote 0.0.0.0 | Invalid argument: The remote address is not a unicast address
remote ff02::1 | Invalid argument: The remote address is not a global unicast \
address
remote fe80::1 | Invalid argument: The remote address is not a global unicast \
address
remote 10.9.0.2 local 224.0.0.1 | Invalid argument: The local address is not a \
unicast address
remote fd09::2 local ff02::1 | Invalid argument: The local address is not a \
unicast address
END

    link a add one remote 10.9.0.2 id 7
    refuses <<'END'
remote 10.9.0.2 id 7 | File exists: A device with the same addresses, ID and \
port exists
port 7471 | File exists: A device with a remote address has the port
END
    link a add other remote 10.9.0.2 id 7 port 7472
    lab_exec a ip link delete one
    lab_exec a ip link delete other
    link a add one
    refuses <<'END'
remote 10.9.0.2 | File exists: A device that collects metadata has the port
END
    lab_exec a ip link delete one
}

# What the kernel tells is what it was told, or the defaults.
shown() {
    link a add one port 7472 id 0xfedcba9876543210 remote 10.9.0.2 \
        local 10.9.0.1 ttl 33 tos 0x48
    same "link" "$(link a show one)" "stt port 7472 id 18364758544493064720 \
remote 10.9.0.2 local 10.9.0.1 ttl 33 tos 72"
    lab_exec a ip -d link show one | grep -w stt
    lab_exec a ip link delete one
    link a add one remote fd09::2 local fd09::1
    same "link" "$(link a show one)" \
        "stt port 7471 id 0 remote fd09::2 local fd09::1 ttl 0 tos 0"
    lab_exec a ip link delete one
    link a add one
    same "link" "$(link a show one)" "stt port 7471 collect_metadata"
    lab_exec a ip link delete one
}

# Adds stt0, with addresses, on both hosts.  The underlay's addresses are $11
# and $12, and the options are $2...
pair() {
    local n
    unpair
    link a add stt0 remote "$1"2 "${@:2}"
    link b add stt0 remote "$1"1 "${@:2}"
    lab_address a stt0 10.2.0.1 fd02::1
    lab_address b stt0 10.2.0.2 fd02::2
    for n in a b; do
        lab_exec $n ip link set stt0 mtu 9000
    done
}

unpair() {
    local n
    for n in a b; do
        ! lab_exec $n ip link show stt0 >/dev/null 2>&1 ||
            lab_exec $n ip link delete stt0
    done
}

# Prints the drops of stt0 on host $1.
stt0_drops() {
    lab_exec "$1" ethtool -S stt0 |
        sed -n 's/^ *//; /x_queued/d; /x_complete/d; /x_.*: [1-9]/p'
}

# Everything between two fixed ends over IPv$2.
fixed() {
    pair "$1" id 0x123456789abcdef0 ttl 33 tos 0x48
    background b tcpdump -Z root -U -i phy -w "$OUT/fixed.pcap" tcp
    wait_for test -s "$OUT/fixed.pcap"
    pings a 10.2.0.2
    pings a 10.2.0.2 3 8000
    pings b fd02::1 3 8000
    transfer a b 1000000 10.2.0.2
    transfer b a 1000000 fd02::1
    sleep 1
    end_background
    same "drops" "$(stt0_drops a; stt0_drops b)" ""
    same "TTL and DSCP" "$(tshark -r "$OUT/fixed.pcap" -T fields -e ip.ttl \
        -e ipv6.hlim -e ip.dsfield.dscp -e ipv6.tclass.dscp 2>/dev/null |
        tr -s '\t' ' ' | sed 's/^ //; s/ $//' | sort -u)" "33 18"
}

# One port, several IDs, and the local address: each link has its own traffic.
several() {
    local n order
    for order in 'exact any' 'any exact'; do
        unpair
        lab_exec a ip address replace 10.9.0.3/24 dev phy
        for n in $order; do
            case $n in
                exact) link a add exact remote 10.9.0.2 id 5 local 10.9.0.3 ;;
                any) link a add any remote 10.9.0.2 id 5 ;;
            esac
        done
        link a add other remote 10.9.0.2 id 6
        for n in exact any other; do
            lab_exec a ip link set $n up
        done
        link b add to1 remote 10.9.0.1 id 5
        link b add to3 remote 10.9.0.3 id 5
        link b add to6 remote 10.9.0.1 id 6
        reaches to1 any
        reaches to3 exact
        reaches to6 other
        for n in exact any other; do
            lab_exec a ip link delete $n
        done
        for n in to1 to3 to6; do
            lab_exec b ip link delete $n
        done
    done
    lab_exec a ip address delete 10.9.0.3/24 dev phy
}

# Sends 3 frames from link $1 of host b, and fails unless link $2 of host a,
# and no other, gets them.
reaches() {
    local n before after
    before=$(counts)
    lab_exec b sysctl -q -w net.ipv6.conf."$1".disable_ipv6=1
    lab_exec b ip link set "$1" up
    lab_exec b python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for i in range(3):
    s.send(b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46))' "$1"
    wait_for received_by "$2" $((3 + $(sed -n "s/^$2 //p" <<<"$before")))
    after=$(counts)
    same "other links" "$(grep -v "^$2 " <<<"$after")" \
        "$(grep -v "^$2 " <<<"$before")"
}

received_by() {
    test "$(lab_exec a cat /sys/class/net/"$1"/statistics/rx_packets)" = "$2"
}

# Prints how many packets each link of host a has received.
counts() {
    lab_exec a sh -c 'cd /sys/class/net && grep . */statistics/rx_packets' |
        sed -nE 's#^(exact|any|other)/.*:#\1 #p'
}

# Tunnels that lead into each other end, and are counted.
loops() {
    local n before
    pair 10.9.0.
    # The way to the other host leads through the tunnel.
    lab_exec a ip route add 10.9.0.2/32 dev stt0
    fails pings a 10.2.0.2 1
    stt0_drops a | grep 'tx_loop: [1-9]'
    lab_exec a ip route delete 10.9.0.2/32 dev stt0
    wait_for pings a 10.2.0.2
    # Two tunnels, each of which leads through the other.
    link a add x remote 10.4.0.2
    link a add y remote 10.5.0.2
    lab_exec a ip address add 10.5.0.1/24 dev x
    lab_exec a ip address add 10.4.0.1/24 dev y
    for n in x y; do
        lab_exec a ip link set $n up
    done
    lab_exec a ip neigh replace 10.5.0.2 lladdr 02:00:00:00:00:02 dev x
    lab_exec a ip neigh replace 10.4.0.2 lladdr 02:00:00:00:00:02 dev y
    before=$(stt0_drops a)
    lab_exec a ping -q -c 1 -W 1 10.5.0.2 || :
    test "$(stt0_drops a)" != "$before"
    lab_exec a ip link delete x
    lab_exec a ip link delete y
    pings a 10.2.0.2
}

# Authentication headers are checked, then the segments behind them taken.
ah() {
    local n i
    pair fd09::
    for n in 1 2; do
        for i in 1 2; do
            lab_exec $(host $n) ip xfrm state add src fd09::$i \
                dst fd09::$((3 - i)) proto ah spi $i mode transport \
                auth 'hmac(sha256)' 0x$(printf %064d 7)
        done
        lab_exec $(host $n) ip xfrm policy add dir out dst fd09::$((3 - n)) \
            proto tcp tmpl proto ah mode transport
        lab_exec $(host $n) ip xfrm policy add dir in src fd09::$((3 - n)) \
            proto tcp tmpl proto ah mode transport
    done
    background b tcpdump -Z root -U -i phy -w "$OUT/ah.pcap" ip6 proto 51
    wait_for test -s "$OUT/ah.pcap"
    wait_for pings a 10.2.0.2
    pings a 10.2.0.2 3 8000
    transfer a b 200000 10.2.0.2
    sleep 1
    end_background
    test "$(tshark -r "$OUT/ah.pcap" 2>/dev/null | wc -l)" -gt 100
    # Without an AH, a policy refuses them.
    lab_exec a ip xfrm policy flush
    fails pings a 10.2.0.2 1
    stt0_drops b | grep 'rx_policy: [1-9]'
    lab_exec b ip xfrm policy flush
    for n in a b; do
        lab_exec $n ip xfrm state flush
    done
    wait_for pings a 10.2.0.2
}

host() {
    test "$1" = 1 && echo a || echo b
}

# Makes the packets of STT that counted() sends from host a to host b, each a
# line with a name and the bytes in hexadecimal.
make_packets() {
    python3 - "$(lab_exec a cat /sys/class/net/phy/address)" \
        "$(lab_exec b cat /sys/class/net/phy/address)" <<'END'
import struct, sys
sys.dont_write_bytecode = True
sys.path.insert(0, 'tests')
from stt_wire import ACK, PSH, Path, hop_by_hop, ip_bytes, mac
a, b = sys.argv[1:]
data = (bytes(18) + mac('ff:ff:ff:ff:ff:ff') + mac('02:00:00:00:00:09')
        + b'\x88\xb5' + bytes(46))
def packet(name, src, dst, to=b, **how):
    print(name, Path(a, to, src, dst).segment(data, 9, len(data), 0, ACK | PSH,
                                              **how).hex())
def packet4(name, dst, to=b):
    packet(name, '10.9.0.1', dst, to)
def packet6(name, ext=b'', ext_type=0):
    packet(name, 'fd09::1', 'fd09::2', ext=ext, ext_type=ext_type)
packet4('ipv4', '10.9.0.2')
packet4('other-host', '10.9.0.77')
packet4('l2-broadcast', '10.9.0.2', 'ff:ff:ff:ff:ff:ff')
packet4('broadcast', '10.9.0.255', 'ff:ff:ff:ff:ff:ff')
packet4('multicast', '224.0.0.1', '01:00:5e:00:00:01')
packet6('ipv6')
packet6('destination-options', hop_by_hop(8), 60)
packet6('routing', bytes([4, 4, 1, 1, 0, 0, 0]) + ip_bytes('fd09::3')
        + ip_bytes('fd09::2'), 43)
packet6('ah', bytes([4, 0, 0]) + struct.pack('!LL', 1, 1) + bytes(12), 51)
packet6('fragment', bytes(3) + struct.pack('!L', 1), 44)
END
}

# Prints what host b's stt0 counted: packets, and drops.
b_counts() {
    echo "$(lab_exec b cat /sys/class/net/stt0/statistics/rx_packets)" \
        $(stt0_drops b)
}

# Fails unless packet $1 makes host b count $2 packets more, and no drop.
counted() {
    local before after
    before=$(b_counts)
    lab_exec a python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("phy", 0))
s.send(bytes.fromhex(sys.argv[1]))' "$(sed -n "s/^$1 //p" "$LAB_DIR/packets")"
    sleep .5
    after=$(b_counts)
    same "counters after $1" "$after" \
        "$((${before%% *} + $2))${before#"${before%% *}"}"
}

# Keeps the kernels from sending on stt0 in their own name.
silence() {
    local n
    for n in a b; do
        lab_exec $n sysctl -q -w net.ipv6.conf.stt0.disable_ipv6=1
    done
}

# Which packets are taken: those for this host itself, in no VRF.
taken() {
    local packet
    make_packets >"$LAB_DIR/packets"
    pair 10.9.0.
    silence
    counted ipv4 1
    for packet in other-host l2-broadcast broadcast multicast; do
        counted $packet 0
    done
    lab_exec b ip link add red up type vrf table 10
    lab_exec b ip link set phy master red
    counted ipv4 0
    lab_exec b ip link set phy nomaster
    lab_exec b ip link delete red
    counted ipv4 1

    lab_exec b ip address replace fd09::2/64 dev phy nodad
    pair fd09::
    silence
    for packet in destination-options routing ah fragment; do
        counted $packet 0
    done
    counted ipv6 1
}

# A host without a device of the right family, or with the device down, has a
# port that answers nothing.
down() {
    local before
    pair 10.9.0.
    pings a 10.2.0.2
    before=$(b_counts)
    lab_exec b ip link set stt0 down
    fails pings a 10.2.0.2 1
    same "counters" "$(b_counts)" "$before"
    lab_exec b ip link set stt0 up
    wait_for pings a 10.2.0.2
}

check "two hosts" two_hosts || finish
check "what is refused, and why" validation
check "what links tell" shown
check "fixed ends over IPv4" fixed 10.9.0.
check "fixed ends over IPv6" fixed fd09::
check "several links on a port" several
check "loops of tunnels" loops
check "AH over IPv6" ah
check "what is taken" taken
check "device down" down
finish
