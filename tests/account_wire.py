# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Traffic for system-account.at, and what of it was on the wire, counted
independently of the switch.

  account_wire.py reflect DEVICE FILE     sends all tunnel packets that DEVICE
                                          receives back, as the remote host
                                          would; on SIGTERM, writes what it
                                          has received and sent to FILE
  account_wire.py count DEVICE FILE       counts all tunnel packets that
                                          DEVICE receives; on SIGTERM, writes
                                          the counts to FILE
  account_wire.py send DEVICE FRAMES SEED
                                          sends that many frames of random
                                          sizes, for random flows; waits after
                                          each BURST until they have come back,
                                          so that no queue overflows
  account_wire.py flows                   prints the flows that send the frames
  account_wire.py compare DUMP SENT RECEIVED [BOUND [CHANGES]]
                                          compares the output of account/dump
                                          to the files SENT of "reflect" and
                                          RECEIVED of "count", prints the
                                          differences of more than BOUND
                                          packets (default 0), and those of the
                                          sums; not those of what was sent if
                                          they are at most a packet for each of
                                          CHANGES
  account_wire.py openflow DUMP FLOWS     compares the output of account/dump
                                          to that of "ovs-ofctl dump-flows":
                                          what was sent by each flow, and the
                                          sum of what was received, which a
                                          flow of priority 1 drops

A packet may be lost between the wire and the switch when another test fills
the kernel's queue, so what the switch receives is counted where it does.

The environment variable ACCOUNT_TYPES names the types of tunnels, by default
all.
"""

import json
import os
import random
import re
import signal
import socket
import struct
import sys

from wire import ip_header, mac

TENANTS, REMOTES = 50, ("10.9.0.2", "10.9.0.3", "fd09::4")

# Types: OpenFlow port and the first key.
TYPES = {"stt": (11, 1 << 40), "vxlan": (12, 5000), "geneve": (13, 5000),
         "nvgre": (14, 5000), "l2tpv3": (15, 5000)}
if "ACCOUNT_TYPES" in os.environ:
    TYPES = {kind: TYPES[kind]
             for kind in os.environ["ACCOUNT_TYPES"].split()}

FIRST_PORT = 10000

# Frames in flight, and the flow of the frame that follows them and comes back
# to the VM.
BURST, MARKER_PORT, MARKER_KEY = 100, 9999, 4000
SOL_PACKET, PACKET_STATISTICS = 263, 6


def all_flows():
    """Returns the flows: (type, OpenFlow port, key, remote) of each, in the
    order of their UDP ports."""
    return [(kind, port, first + tenant, remote)
            for kind, (port, first) in TYPES.items()
            for remote in REMOTES
            for tenant in range(TENANTS)]


def print_flows():
    """Prints the OpenFlow flows."""
    flow = ("in_port=vm,udp,tp_dst=%d,actions=set_field:%d->tun_id,"
            "set_field:%s->%s,%d")
    for n, (_, port, key, remote) in enumerate(all_flows()):
        field = "tun_ipv6_dst" if ":" in remote else "tun_dst"
        print(flow % (FIRST_PORT + n, key, remote, field, port))
    print(flow % (MARKER_PORT, MARKER_KEY, REMOTES[0], "tun_dst",
                  TYPES["geneve"][0]))
    print("in_port=%d,tun_id=%d,actions=vm" % (TYPES["geneve"][0], MARKER_KEY))


def addresses(packet):
    """Returns (family, offset of the source address, that of the destination
    address, that of the payload) of 'packet', an Ethernet frame with IPv4 or
    IPv6."""
    if packet[12:14] == b"\x08\0":
        return socket.AF_INET, 26, 30, 34
    return socket.AF_INET6, 22, 38, 54


def decode(packet):
    """Returns (type, key, source, destination, length of the inner frame) of
    'packet', an Ethernet frame, or None if it is no tunnel packet."""
    if packet[12:14] not in (b"\x08\0", b"\x86\xdd"):
        return None
    family, src, dst, payload = addresses(packet)
    if family == socket.AF_INET:
        proto, size = packet[23], struct.unpack_from("!H", packet, 16)[0] - 20
    else:
        proto, size = packet[20], struct.unpack_from("!H", packet, 18)[0]

    def field(offset, length):
        """Returns an integer in the payload of the IP packet."""
        start = payload + offset
        return int.from_bytes(packet[start:start + length], "big")

    if proto == 17 and field(2, 2) in (4789, 6081):
        kind = "vxlan" if field(2, 2) == 4789 else "geneve"
        key, size = field(12, 3), size - 16
    elif proto == 17 and field(2, 2) == 1701:
        kind, key, size = "l2tpv3", field(12, 4), size - 16
    elif proto == 47:
        kind, key, size = "nvgre", field(4, 3), size - 8
    elif proto == 6 and field(2, 2) == 7471:
        # 18 bytes of the STT header, after 20 of TCP's.
        kind, key, size = "stt", field(28, 8), size - 38
    else:
        return None
    return (kind, key, socket.inet_ntop(family, packet[src:dst]),
            socket.inet_ntop(family, packet[dst:payload]), size)


def reflected(packet):
    """Returns 'packet' as the remote host would send it back."""
    _, src, dst, payload = addresses(packet)
    return (packet[6:12] + packet[:6] + packet[12:src] + packet[dst:payload]
            + packet[src:dst] + packet[payload:])


def packet_socket(device):
    """Returns a socket that sends and receives the frames of 'device'."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
    s.bind((device, 0))
    return s


def reflect(device, name, send_back):
    """Implements "reflect", and "count" unless 'send_back'."""
    counts, running = {}, [True]
    s = packet_socket(device)
    s.settimeout(0.2)
    signal.signal(signal.SIGTERM, lambda *_: running.clear())
    print("ready", flush=True)
    while running:
        try:
            packet, address = s.recvfrom(65536)
        except socket.timeout:
            continue
        if address[2] == socket.PACKET_OUTGOING:
            continue
        decoded = decode(packet)
        if not decoded:
            continue
        kind, key, source, target, length = decoded
        remote = target if send_back else source
        count = counts.setdefault("%s %d %s" % (kind, key, remote), [0, 0])
        count[0] += 1
        count[1] += length
        if send_back:
            s.send(reflected(packet))
    _, lost = struct.unpack("II", s.getsockopt(SOL_PACKET, PACKET_STATISTICS,
                                               8))
    with open(name, "w") as f:
        json.dump({"lost": lost, "counts": counts}, f)


def send(device, frames, seed):
    """Implements "send"."""
    rand = random.Random(seed)
    n_flows = len(all_flows())
    s = packet_socket(device)
    s.settimeout(1)
    ether = (mac("02:00:00:00:00:02") + mac("02:00:00:00:00:01") + b"\x08\0")
    src, dst = socket.inet_aton("10.1.0.1"), socket.inet_aton("10.1.0.2")
    data = bytes(1400)

    def frame(port, size):
        """Returns a frame for 'port' with 'size' bytes of data."""
        udp = struct.pack("!HHHH", 7000, port, 8 + size, 0)
        return ether + ip_header(src, dst, 17, udp + data[:size])

    for n in range(1, frames + 1):
        s.send(frame(FIRST_PORT + rand.randrange(n_flows),
                     rand.randrange(18, 1358)))
        if n % BURST == 0:
            marker = frame(MARKER_PORT, n // BURST % 1300)
            for _ in range(60):
                s.send(marker)
                if comes_back(s, marker):
                    break
            else:
                raise TimeoutError("nothing comes back")


def comes_back(s, frame):
    """Returns whether 'frame' arrives at socket 's' before a timeout."""
    try:
        while s.recv(65536) != frame:
            pass
        return True
    except socket.timeout:
        return False


def read_counts(name):
    """Returns the counts in the file 'name'."""
    with open(name) as f:
        wire = json.load(f)
    if wire["lost"]:
        print("%s lost %d packets" % (name, wire["lost"]))
    return wire["counts"]


def read_accounts(name):
    """Returns the accounts in a file with the output of account/dump."""
    with open(name) as f:
        cells = json.load(f)["cells"]
    return {"%(type)s %(tenant)s %(remote)s" % cell: cell for cell in cells}


def compare_openflow(dump_name, flows_name):
    """Implements "openflow"."""
    accounts = read_accounts(dump_name)
    with open(flows_name) as f:
        flows = [(int(packets), int(size), rest) for packets, size, rest
                 in re.findall(r"n_packets=(\d+), n_bytes=(\d+),(.*)", f.read())]
    names = {"tp_dst=%d " % (FIRST_PORT + n): "%s %d %s" % (kind, key, remote)
             for n, (kind, _, key, remote) in enumerate(all_flows())}
    for packets, size, rest in flows:
        port = re.search(r"tp_dst=\d+ ", rest)
        name = port and names.get(port.group())
        cell = accounts.get(name, {})
        diff = (cell.get("tx_packets", 0) - packets,
                cell.get("tx_bytes", 0) - size)
        if name and any(diff):
            print(name, *diff)
    dropped, = [flow[:2] for flow in flows if "priority=1 " in flow[2]]
    print("received:", *[sum(cell[field] for name, cell in accounts.items()
                             if name in names.values()) - number
                         for field, number in zip(("rx_packets", "rx_bytes"),
                                                  dropped)])


def compare(dump_name, sent_name, received_name, bound=0, changes=0):
    """Implements "compare"."""
    sent, received = read_counts(sent_name), read_counts(received_name)
    accounts = read_accounts(dump_name)
    total = [0, 0, 0, 0]
    for name in sorted({*accounts, *sent, *received}):
        cell = accounts.get(name, {})
        diff = [cell.get(field, 0) - number for field, number in zip(
            ("tx_packets", "tx_bytes", "rx_packets", "rx_bytes"),
            (*sent.get(name, (0, 0)), *received.get(name, (0, 0))))]
        total = [a + b for a, b in zip(total, diff)]
        if max(abs(diff[0]), abs(diff[2])) > bound or not bound and any(diff):
            print(name, *diff)
    print("accounts:", len(accounts))
    if 0 < abs(total[0]) <= changes:
        total[:2] = 0, 0
    print("differences of the sums:", *total)


def main(command, *args):
    if command in ("reflect", "count"):
        reflect(*args, command == "reflect")
    elif command == "send":
        send(args[0], *map(int, args[1:]))
    elif command == "flows":
        print_flows()
    elif command == "openflow":
        compare_openflow(*args)
    else:
        compare(*args[:3], *map(int, args[3:]))


if __name__ == "__main__":
    main(*sys.argv[1:])
