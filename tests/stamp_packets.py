# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Test packets of STAMP for stamp.at, independently of the switch.

  stamp_packets.py answers TYPE FAMILY   has "p0" receive test packets in
                                         tunnels of type TYPE, and checks the
                                         answers that it sends
  stamp_packets.py bad TYPE FAMILY       has "p0" receive what must not be
                                         answered
  stamp_packets.py hmac TYPE FAMILY      the same in authenticated mode
  stamp_packets.py replies TYPE          has "vm" receive frames, and "p0"
                                         answers to the test packets that it
                                         then sends
  stamp_packets.py counts KEY...         has "p0" receive a test packet in
                                         VXLAN, and prints the counters of each
                                         KEY in the answer
  stamp_packets.py flood TYPE FAMILY [TAG]
                                         has "p0" receive test packets, with
                                         the hexadecimal VLAN TAG, until they
                                         exceed the rate limit, and prints
                                         the datapath flow that drops them

FAMILY is 4 or 6.  The formats are those of RFC 8762 and RFC 8972.
"""

import glob
import hmac
import random
import re
import struct
import sys
import time

import packets
from ovs.unixctl.client import UnixctlClient
from ecn_packets import encapsulate, KEY
from packets import captured, inject
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

import stt_wire

BASE = 44                       # Octets in front of TLVs.
PORT = 862
BFD_MAC, OWN_MAC = "00:00:5e:00:52:02", "02:00:5e:00:52:02"
U, M, INTEGRITY = 0x80, 0x40, 0x20
PADDING, HMAC, COUNTS = 1, 8, 252
UNKNOWN = 2 ** 64 - 1
OTHER = {4: "1.1.2.93", 6: "2001:cafe::93"}     # Another remote endpoint.


def tlv(flags, type_, value, length=None):
    return struct.pack("!BBH", flags, type_,
                       len(value) if length is None else length) + value


def counts(keys, flags=U | M, port=0, values=(0, 0)):
    """Returns the TLV that asks for the counters of 'keys'."""
    return tlv(flags, COUNTS, b"OVLY" + struct.pack("!HH", port, 0)
               + b"".join(struct.pack("!QQQ", key, *values) for key in keys))


def frame(body, ttl=255, sport=50000, dport=PORT, dst="127.0.0.1", **ip):
    return (Ether(src=OWN_MAC, dst=BFD_MAC)
            / IP(src="127.0.0.1", dst=dst, ttl=ttl, id=0,
                 **{"flags": "DF", **ip})
            / UDP(sport=sport, dport=dport) / Raw(body))


def request(seq, tlvs=b"", ssid=77, stamp=0x0123456789abcdef, **how):
    """Returns a test packet of a Session-Sender."""
    return bytes(frame(struct.pack("!LQHH28x", seq, stamp, 0x2001, ssid)
                       + tlvs, **how))


def digest(data):
    return hmac.digest(b"secret", data, "sha256")[:16]


def seal(body, tlvs):
    """Returns the first 96 octets 'body' of an authenticated packet, with
    'tlvs', and HMACs."""
    return (body + digest(body) + tlvs
            + (tlv(U | M, HMAC, digest(body[:4] + tlvs)) if tlvs else b""))


def secret(seq, tlvs=b"", ssid=77, stamp=0x0123456789abcdef):
    """Returns the UDP payload of an authenticated test packet."""
    return seal(struct.pack("!L12xQHH68x", seq, stamp, 0x2001, ssid), tlvs)


def answer(packet, tlvs, ttl=255):
    """Returns the answer to 'packet', with 'tlvs', and zeros for times."""
    packet = Ether(packet)
    body = bytes(packet[UDP].payload)
    new = (body[:4] + bytes(8) + b"\x20\x01" + body[14:16] + bytes(8)
           + body[:14] + bytes(2) + bytes([ttl]) + bytes(3))
    return bytes(Ether(src=OWN_MAC, dst=packet.src)
                 / IP(src=packet[IP].dst, dst=packet[IP].src, ttl=255, id=0,
                      flags="DF")
                 / UDP(sport=PORT, dport=packet[UDP].sport)
                 / Raw(new + tlvs))


def times(data):
    """Returns the times when an answer was received and returned, in s."""
    returned, received = (struct.unpack_from("!Q", data, 42 + at)[0] / 2**32
                          - 2208988800 for at in (4, 16))
    return received, returned


def blank(data):
    """Returns the frame 'data', an answer, with zeros for its times and the
    checksum that depends on them."""
    data = bytearray(data)
    data[40:42] = bytes(2)
    data[46:54] = bytes(8)
    data[58:66] = bytes(8)
    return bytes(data)


def checksums_good(data):
    ip, udp = data[14:34], data[34:]
    pseudo = ip[12:20] + bytes([0, 17]) + struct.pack("!H", len(udp))
    return (stt_wire.ones_sum(ip) == 0xffff
            and stt_wire.ones_sum(pseudo + udp) == 0xffff)


def decapsulate(type_, family, packet):
    """Returns the source port, the key, whether the O bit is set, and the
    frame of 'packet', which the switch sent to the peer."""
    ip = Ether(packet).getlayer(1)
    assert isinstance(ip, IP if family == 4 else IPv6), packet.hex()
    assert (ip.src, ip.dst) == (packets.HERE[family], packets.PEER[family])
    data = packet[14 + (20 if family == 4 else 40):]
    port = struct.unpack("!H", data[:2])[0]
    if type_ == "geneve":
        assert data[8] == 0 and data[10:12] == b"\x65\x58", data.hex()
        return (port, int.from_bytes(data[12:15], "big"),
                bool(data[9] & 0x80), data[16:])
    elif type_ == "vxlan":
        return port, int.from_bytes(data[12:15], "big"), None, data[16:]
    elif type_ == "stt":
        assert len(data) < 1400         # One segment.
        return port, int.from_bytes(data[28:36], "big"), None, data[38:]
    elif type_ == "gre":
        assert data[:4] == b"\x20\0\x65\x58", data.hex()
        return None, int.from_bytes(data[4:8], "big"), None, data[8:]
    elif type_ == "nvgre":
        assert data[:4] == b"\x20\0\x65\x58", data.hex()
        return None, int.from_bytes(data[4:7], "big"), None, data[8:]
    assert type_ == "l2tpv3"
    assert data[8:12] == b"\0\x03\0\0", data.hex()
    return port, int.from_bytes(data[12:16], "big"), None, data[16:]


def inject_in(type_, family, data):
    inject("p0", encapsulate(type_, family, "", 0, data))


def await_packets(n):
    """Returns the packets that "p0" has sent, when there are 'n'."""
    for _ in range(300):
        sent = captured("p0-tx.pcap")
        if len(sent) >= n:
            break
        time.sleep(.1)
    assert len(sent) == n, "%d packets instead of %d" % (len(sent), n)
    return sent


SPORT = {"geneve": 5000, "vxlan": 5000, "l2tpv3": 1701}

# TLVs of a test packet, and of the answer.  'p' is the outer source port.
CASES = (
    lambda p: (b"", b""),
    lambda p: (tlv(U | M, PADDING, bytes(100)), tlv(0, PADDING, bytes(100))),
    lambda p: (tlv(U | M, PADDING, b""), tlv(0, PADDING, b"")),
    # Not recognized, of length 0, and more after it.
    lambda p: (tlv(U | M | INTEGRITY, 9, b"") + tlv(U | M, PADDING, b"x"),
               tlv(U, 9, b"") + tlv(0, PADDING, b"x")),
    # The switch does not check it, and says so.
    lambda p: (tlv(U | M, HMAC, bytes(16)), tlv(U, HMAC, bytes(16))),
    lambda p: (counts([]), counts([], 0, p)),
    lambda p: (counts([KEY, 5001, 2**64 - 1]),
               counts([KEY, 5001, 2**64 - 1], 0, p)),
    # Someone else's use of the type, and what has a wrong length.
    lambda p: (tlv(U | M, COUNTS, b"OTHER"), tlv(U, COUNTS, b"OTHER")),
    lambda p: (counts([1]) + b"\0", counts([1], 0, p) + b"\0"),
    lambda p: (tlv(U | M, COUNTS, b"OVLY" + bytes(27)),
               tlv(U, COUNTS, b"OVLY" + bytes(27))),
    lambda p: (counts(range(9)), counts(range(9), U)),
    lambda p: (counts(range(40)), counts(range(40), U)),
    lambda p: (counts(range(40)) + counts([7]),
               counts(range(40), U) + counts([7], 0, p)),
    # Twice: the second one is not ours.
    lambda p: (counts([1]) + counts([2]),
               counts([1], 0, p) + counts([2], U)),
    # Longer than the packet, by one octet and by all.
    lambda p: (tlv(U, PADDING, bytes(8), 9), tlv(M, PADDING, bytes(8), 9)),
    lambda p: (counts([1]) + tlv(U, COUNTS, b"OVLY", 0xffff),
               counts([1], 0, p) + tlv(M, COUNTS, b"OVLY", 0xffff)),
    # Too short for a TLV.
    lambda p: (b"\x80\x01\0", b"\x80\x01\0"),
)


def check_answers(type_, family):
    begin = time.time()
    generator = random.Random(1)
    requests = []
    for i, case in enumerate(CASES):
        # Of two sessions in turn.
        data = request(generator.randrange(2**32), case(0)[0], 77 + i % 2)
        if i == 1:
            data = data[:40] + bytes(2) + data[42:]     # No checksum.
        requests.append(data)
        # The padding of a short Ethernet frame is not part of it.
        inject_in(type_, family, data + bytes(i % 3))
    sent = await_packets(len(CASES))
    for case, data, packet in zip(CASES, requests, sent):
        port, key, oam, got = decapsulate(type_, family, packet)
        sport = SPORT.get(type_, port or 0)
        assert port is None or port == sport, port
        assert key == KEY, key
        assert oam in (None, True), oam
        received, returned = times(got)
        assert begin - 1 <= received <= returned <= time.time() + 1, got.hex()
        assert checksums_good(got), got.hex()
        want = answer(data, case(sport)[1])
        if blank(got) != blank(want):
            print("got  %s\nwant %s" % (blank(got).hex(), blank(want).hex()))


def check_hmac(type_, family):
    seq = 0x89abcdef
    good = secret(seq, counts([KEY, 7]) + tlv(U | M, PADDING, bytes(9)))
    cases = [
        (secret(seq), True),
        (good, True),
        # A TLV was changed, or is without HMAC.
        (good[:130] + b"\1" + good[131:], False),
        (secret(seq) + counts([KEY]), False),
        # Padding after the HMAC.
        (good + tlv(U | M, PADDING, bytes(30)), True),
    ]
    for body, _ in cases:
        inject_in(type_, family, bytes(frame(body)))
    for body, port in ((good[:20] + b"\1" + good[21:], {}),    # Changed.
                       (good[:100] + b"\1" + good[101:], {}),
                       (good, {"sport": PORT, "dport": 50000}),
                       (request(seq)[42:] + bytes(100), {})):
        inject_in(type_, family, bytes(frame(body, **port)))
    inject_in(type_, family, request(seq))                     # Too short.
    sent = await_packets(len(cases))
    for (body, good_tlvs), packet in zip(cases, sent):
        _, _, _, got = decapsulate(type_, family, packet)
        assert checksums_good(got), got.hex()
        got = got[42:]
        assert len(got) == len(body)
        assert got[96:112] == digest(got[:96]), got.hex()
        want = (body[:4] + bytes(12) + got[16:24] + b"\x20\x01" + body[26:28]
                + bytes(4) + got[32:40] + bytes(8) + body[:4] + bytes(12)
                + body[16:26] + bytes(6) + b"\xff" + bytes(15))
        assert got[:96] == want, got.hex()
        at, tlvs = 112, b""
        while at < len(got):
            flags, kind, size = struct.unpack_from("!BBH", got, at)
            assert flags == (0 if good_tlvs else INTEGRITY), got.hex()
            if kind == HMAC and good_tlvs:
                assert got[at + 4:at + 20] == digest(got[:4] + tlvs)
            tlvs += got[at:at + 4 + size]
            at += 4 + size


# Frames that must not be answered, by the counter that each adds to.
BAD = {
    "rx_ttl": [request(1, ttl=254), request(1, ttl=1)],
    "rx_malformed": [
        request(1)[:-1],                                # Cut.
        bytes(frame(bytes(BASE - 1))),
        bytes(frame(bytes(BASE), len=20 + 8 + BASE + 1)),
        bytes(frame(bytes(BASE), len=20)),
        bytes(frame(bytes(BASE), chksum=0x1234)),
        request(1)[:-1] + b"\1",                        # Checksum wrong.
    ],
    "rx_other": [
        bytes(14), request(1)[:41],
        bytes(Ether() / ARP()),
        bytes(Ether() / IPv6() / UDP(sport=PORT, dport=PORT)
              / Raw(bytes(BASE))),
        request(1, dport=863), request(1, sport=PORT),
        request(1, dst="10.0.0.1"),
        request(1, proto=6), request(1, frag=1), request(1, flags="MF"),
        request(1, options=b"\1\1\1\1"),
    ],
    "rx_not_ours": [request(1, sport=PORT, dport=50000)],
}


def check_bad(type_, family):
    for name, frames in BAD.items():
        for data in frames:
            inject_in(type_, family, data)
        print("%s %d" % (name, len(frames)))
    generator = random.Random(1)
    for _ in range(300):
        data = bytearray(request(1, counts([1])))
        for _ in range(generator.randint(1, 8)):
            data[generator.randrange(len(data))] = generator.randrange(256)
        inject_in(type_, family,
                  bytes(data[:generator.randint(14, len(data))]))


def show_counts(keys):
    """Prints each of 'keys' with its counters in an answer, in VXLAN."""
    n = len(captured("p0-tx.pcap"))
    inject("p0", packets.vxlan(KEY, Raw(request(1, counts(keys))), 4))
    _, _, _, got = decapsulate("vxlan", 4, await_packets(n + 1)[-1])
    for values in struct.iter_unpack("!QQQ", got[42 + BASE + 12:]):
        print(*("unknown" if n == UNKNOWN else n for n in values))


def from_other(data):
    """Returns tunnel packet 'data', as if from another remote endpoint."""
    packet = Ether(data)
    ip = packet.payload
    ip.src = OTHER[ip.version]
    if ip.version == 4:
        del ip.chksum
    del packet[UDP].chksum
    return bytes(packet)


def test_packets(type_):
    """Returns the test packets that "p0" has sent."""
    got = [decapsulate(type_, 4, packet) for packet in captured("p0-tx.pcap")]
    return [data for _, key, _, data in got if key == KEY]


def await_test_packet(type_, n):
    """Has "vm" receive frames until "p0" has sent more than 'n' test packets,
    and returns the last one."""
    for _ in range(300):
        sent = test_packets(type_)
        if len(sent) > n:
            return sent[-1]
        inject("vm", packets.L2 / IP(src="10.1.0.1", dst="10.1.0.2") / UDP())
        time.sleep(.1)
    sys.exit("no test packet")


def stat(switch, name):
    """Returns the counter 'name' of "oam/stats"."""
    stats = switch.transact("oam/stats", [])[2]
    return int(stats.split(name + ": ")[1].split()[0])


def wait(condition, meaning):
    for _ in range(300):
        if condition():
            return
        time.sleep(.1)
    sys.exit("no: " + meaning)


def connect():
    return UnixctlClient.create(glob.glob("ovs-vswitchd.*.ctl")[0])[1]


def check_replies(type_):
    switch = connect()

    def reply(data, at=None, source=lambda packet: packet):
        """Answers 'data', which may have another octet 'at'."""
        if at is not None:
            data = data[:42 + at] + bytes([data[42 + at] ^ 1]) + data[43 + at:]
        good = answer(data, data[42 + BASE:])
        inject("p0", source(encapsulate(type_, 4, "", 0, good)))

    # The first one is answered when the second one has been sent.  Of the
    # others, those may be late that are answered on a busy machine.
    data = await_test_packet(type_, 0)
    n = late = 0
    while not stat(switch, "rx_replies") and n < 30:
        first, data = data, await_test_packet(type_,
                                              len(test_packets(type_)))
        if not n:
            reply(first)
            n += 1
        reply(data)
        n += 1
        wait(lambda: stat(switch, "rx_replies") + stat(switch, "rx_late")
             == n, "answer")
    late = stat(switch, "rx_late")
    if not late:
        sys.exit("no answer was late")
    # Another sequence number, time, in seconds and in parts of them, and
    # session; another remote endpoint.
    for at in (0, 3, 4, 11, 14):
        reply(data, at)
    reply(data, source=from_other)
    reply(data)
    reply(data)
    for name, n in (("rx_replies", 1), ("rx_late", late),
                    ("rx_duplicate", 2), ("rx_not_ours", 6)):
        wait(lambda: stat(switch, name) >= n, "%s of %d" % (name, n))
        if stat(switch, name) != n:
            sys.exit("%s is %d, not %d" % (name, stat(switch, name), n))
    switch.close()


def flood(type_, family, tag=""):
    good = encapsulate(type_, family, "", 0, request(1))
    data = request(1)
    data = encapsulate(type_, family, "", 0,
                       data[:12] + bytes.fromhex(tag) + data[12:])
    switch = connect()
    switch.transact("tnl/neigh/set",
                    ["br0", OTHER[family], packets.PEER["mac"]])

    def receive(packet, n=1):
        """Has "p0", which holds 100 packets for the switch, receive 'packet'
        'n' times."""
        switch.transact("netdev-dummy/receive", ["p0", *[packet.hex()] * n])

    def taken():
        return sum(stat(switch, "rx_" + name)
                   for name in ("requests", "other", "limited"))

    def drops():
        """Returns the datapath flows with a key."""
        flows = switch.transact("dpctl/dump-flows", [])[2]
        return [flow for flow in flows.splitlines() if "tun_id" in flow]

    # A second's worth at once is received, and the rest dropped by a datapath
    # flow, which does not concern others.
    begin = time.time()
    flows = []
    n = 0
    while not flows and n < 50000:
        receive(data, 50)
        n += 50
        while not flows and taken() < n:
            flows = drops()
    passed = taken() - stat(switch, "rx_limited")
    most = 400 * (time.time() - begin + 1) + 1
    if not 400 <= passed <= most:
        sys.exit("%d packets passed, at most %d may" % (passed, most))
    for flow in flows:
        print(re.sub(r"in_port\(\d+\)(.*), packets.*,", r"in_port(tnl)\1,",
                     flow))
    receive(from_other(good))
    wait(lambda: any(getattr(Ether(p).payload, "dst", None) == OTHER[family]
                     for p in captured("p0-tx.pcap")),
         "an answer to another remote endpoint")
    # Each packet is counted once.
    wait(lambda: taken() == n + 1, "%d packets counted" % (n + 1))
    # The flood is over.
    wait(lambda: not drops(), "deletion of the datapath flow")
    time.sleep(1)
    passed = stat(switch, "rx_requests")
    receive(good)
    wait(lambda: stat(switch, "rx_requests") == passed + 1, "received again")
    switch.close()


if __name__ == "__main__":
    packets.main(globals(),
                 answers=lambda type_, family: check_answers(type_,
                                                             int(family)),
                 hmac=lambda type_, family: check_hmac(type_, int(family)),
                 bad=lambda type_, family: check_bad(type_, int(family)),
                 replies=check_replies,
                 flood=lambda type_, family, *tag: flood(type_, int(family),
                                                         *tag),
                 counts=lambda *keys: show_counts([*map(int, keys)]))
