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
#
# kernel: slub_debug=FZP

. tests/qemu/lib.sh

two_hosts() {
    modprobe stt
    lab_nodes a b
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

# Fails unless host a refuses to create a link with the options in each line of
# stdin, before the "|", with the error after it.
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

# Each wrong value gets an error that says what is wrong.
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
1 1d2f0000 | Invalid argument: invalid attribute length
3 07000000 | Invalid argument: invalid attribute length
5 fd0900000000000000000000000000020000 | Numerical result out of range: binary \
attribute size out of range
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
    # A link stays in its namespace, which may differ from the command's.
    fails lab_exec a ip link set one netns "$(lab_ns b)"
    lab_exec a ip link add far netns "$(lab_ns b)" type stt
    lab_exec a ip link delete one
    same "link" "$(link b show far)" "stt port 7471 collect_metadata"
    lab_exec b ip link delete far
}

# The kernel shows the options that were set, or the defaults.
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

# Adds stt0, with addresses, on both hosts.  The underlay's addresses are $1
# followed by 1 and 2, and the options are $2...
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

# Keeps the kernel from sending its own packets on links $2... of host $1.
silence() {
    # shellcheck disable=SC2046
    lab_exec "$1" sysctl -q -w \
        $(printf 'net.ipv6.conf.%s.disable_ipv6=1 ' "${@:2}")
}

# Prints the drops of stt0 on host $1.
stt0_drops() {
    lab_exec "$1" ethtool -S stt0 |
        sed -n 's/^ *//; /x_queued/d; /x_complete/d; /x_.*: [1-9]/p'
}

# All traffic tests between two links with fixed remote addresses, over IPv$2.
fixed() {
    pair "$1" id 0x123456789abcdef0 ttl 33 tos 0x48
    capture b phy fixed.pcap tcp
    pings a 10.2.0.2
    pings a 10.2.0.2 3 8000
    pings b fd02::1 3 8000
    transfer a b 1000000 10.2.0.2
    transfer b a 1000000 fd02::1
    end_capture fixed.pcap
    same "drops" "$(stt0_drops a; stt0_drops b)" ""
    same "TTL and DSCP" "$(tshark -r "$OUT/fixed.pcap" -T fields -e ip.ttl \
        -e ipv6.hlim -e ip.dsfield.dscp -e ipv6.tclass.dscp 2>/dev/null |
        tr -s '\t' ' ' | sed 's/^ //; s/ $//' | sort -u)" "33 18"
}

# Links with one port, several IDs and local addresses have separate traffic.
several() {
    local n order
    lab_exec a ip address replace 10.9.0.3/24 dev phy
    for order in 'exact any' 'any exact'; do
        unpair
        for n in $order; do
            case $n in
                exact) link a add exact remote 10.9.0.2 id 5 local 10.9.0.3 ;;
                any) link a add any remote 10.9.0.2 id 5 ;;
            esac
        done
        link a add other remote 10.9.0.2 id 6
        link b add to1 remote 10.9.0.1 id 5 -- add to3 remote 10.9.0.3 id 5 \
            -- add to6 remote 10.9.0.1 id 6
        lab_exec a ip -batch - < <(printf 'link set %s up\n' exact any other)
        silence b to1 to3 to6
        lab_exec b ip -batch - < <(printf 'link set %s up\n' to1 to3 to6)
        same "frames of other, exact, any" "$(counts)" "0 0 0 "
        send_frames to1 3
        send_frames to3 5
        send_frames to6 7
        wait_for counts_are "7 5 3 "
        lab_exec a ip -batch - < <(printf 'link del %s\n' exact any other)
        lab_exec b ip -batch - < <(printf 'link del %s\n' to1 to3 to6)
    done
    lab_exec a ip address delete 10.9.0.3/24 dev phy
}

# Sends $2 frames from link $1 of host b.
send_frames() {
    lab_exec b python3 -I -S -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for i in range(int(sys.argv[2])):
    s.send(b"\xff" * 6 + b"\x02" + bytes(5) + b"\x88\xb5" + bytes(46))' "$@"
}

# Prints the numbers of packets that the links of host a have received.
counts() {
    lab_exec a cat /sys/class/net/{other,exact,any}/statistics/rx_packets |
        tr '\n' ' '
}

counts_are() {
    test "$(counts)" = "$1"
}

# Packets of tunnels that lead into each other are dropped and counted.
loops() {
    local n before
    pair 10.9.0.
    # The route to the other host leads through the tunnel.
    lab_exec a ip route add 10.9.0.2/32 dev stt0
    fails pings a 10.2.0.2 1
    stt0_drops a | grep 'tx_loop: [1-9]'
    lab_exec a ip route delete 10.9.0.2/32 dev stt0
    wait_for pings a 10.2.0.2
    # Two tunnels: the route of each leads through the other.
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

# Segments behind authentication headers are received after a check of these.
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
    capture b phy ah.pcap ip6 proto 51
    wait_for pings a 10.2.0.2
    pings a 10.2.0.2 3 8000
    transfer a b 200000 10.2.0.2
    end_capture ah.pcap
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

# Prints the counters of host b's stt0: packets, and drops.
b_counts() {
    echo "$(lab_exec b cat /sys/class/net/stt0/statistics/rx_packets)" \
        $(stt0_drops b)
}

# Fails unless host b's stt0 counts the given number of frames of each packet,
# such as ipv4=1.
counted() {
    lab_exec b python3 tests/qemu/count.py "$(lab_ns a)" "$(mac a)" \
        "$(mac b)" "$@"
}

mac() {
    lab_exec "$1" cat /sys/class/net/phy/address
}

# Packets are received if they are for this host itself, in no VRF.
taken() {
    pair 10.9.0.
    silence a stt0
    silence b stt0
    counted ipv4=1 two-cpus=1 other-host=0 l2-broadcast=0 broadcast=0 \
        multicast=0
    lab_exec b ip link add red up type vrf table 10
    lab_exec b ip link set phy master red
    counted ipv4=0
    lab_exec b ip link set phy nomaster
    lab_exec b ip link delete red
    counted ipv4=1

    lab_exec b ip address replace fd09::2/64 dev phy nodad
    pair fd09::
    silence a stt0
    silence b stt0
    counted destination-options=0 routing=0 ah=0 fragment=0 ipv6=1 \
        two-cpus6=1
}

# A host with the device down receives no frames.
down() {
    local before
    pair 10.9.0.
    pings a 10.2.0.2
    lab_exec b ip link set stt0 down
    before=$(b_counts)
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
