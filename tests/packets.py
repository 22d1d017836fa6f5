# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Functions that the modules *_packets.py share: packets made by Scapy and
stt_wire.py, independently of the switch.

  MODULE_packets.py send PORT FILE    has dummy device PORT receive them
  MODULE_packets.py expect PCAP FILE  checks that PCAP has them, and no others

FILE has a packet in each line, as a Python expression.  Empty lines and those
that start with # are ignored.  Expressions can use the names that the module
defines and imports.
"""

import os
import struct
import subprocess
import sys

# Scapy imports this, which takes long and serves only encryption.
sys.modules["cryptography"] = None
from scapy.config import conf                                 # noqa: E402
conf.ipv6_enabled = True
from scapy.layers.inet import IP, TCP, UDP                    # noqa: E402
from scapy.layers.inet6 import IPv6                           # noqa: E402
from scapy.layers.l2 import Dot1Q, Ether                      # noqa: E402
from scapy.layers.vxlan import VXLAN                          # noqa: E402
from scapy.packet import Raw                                  # noqa: E402
from scapy.utils import RawPcapReader                         # noqa: E402

import stt_wire                                               # noqa: E402

# The switch and the peer, see overlay-macros.at.
HERE = {"mac": "aa:55:aa:55:00:00", 4: "1.1.2.88", 6: "2001:cafe::88"}
PEER = {"mac": "f8:bc:12:44:34:b6", 4: "1.1.2.92", 6: "2001:cafe::92"}

# The usual headers of an inner packet.
L2 = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
V4 = IP(src="10.1.0.1", dst="10.1.0.2")
V6 = IPv6(src="fd01::1", dst="fd01::2")


def U(dport):
    """Returns a UDP header, from a port that decoders do not know."""
    return UDP(sport=7000, dport=dport)


def T(dport):
    """Returns a TCP header, from a port that decoders do not know."""
    return TCP(sport=7000, dport=dport, seq=1, ack=1, flags="PA")


def outer(family=4, sender=PEER, receiver=HERE, **ip):
    """Returns the Ethernet and the IP header of a packet from host 'sender' to
    'receiver'.  'ip' are fields of the IP header with other values than usual;
    "tos" is valid for both families."""
    ip = {"src": sender[family], "dst": receiver[family], **ip}
    if family == 6 and "tos" in ip:
        ip["tc"] = ip.pop("tos")
    return (Ether(src=sender["mac"], dst=receiver["mac"])
            / (IP(**ip) if family == 4 else IPv6(**ip)))


def outer_tx(family, sender, receiver, protocol, ip):
    """Returns outer() as the switch writes it in front of 'protocol'."""
    if family == 4:
        usual = {"id": 0, "flags": "DF", "proto": protocol}
    else:
        usual = {"nh": protocol}
    return outer(family, sender, receiver, **{**usual, **ip})


def l2tpv3(session, payload, family=4, dport=1701, **how):
    """Returns 'payload' in L2TPv3 over UDP, without a cookie (RFC 3931,
    section 4.1.2.1), from the peer.  'how' is for outer()."""
    return (outer(family, **how) / UDP(sport=1701, dport=dport)
            / Raw(struct.pack("!HHL", 3, 0, session) + bytes(payload)))


def stt(key, payload, family=4, **how):
    """Returns 'payload' in STT, in one segment, from the peer.  'how' is for
    stt_wire.Path.segments()."""
    path = stt_wire.Path(PEER["mac"], HERE["mac"], PEER[family], HERE[family])
    packet, = path.segments(stt_wire.Stt(bytes(payload), key=key), **how)
    return Raw(packet)


def vxlan(vni, payload, family=4, sport=5000, dport=4789, **how):
    """Returns 'payload' in VXLAN, from the peer.  'how' is for outer()."""
    return (outer(family, **how) / UDP(sport=sport, dport=dport)
            / VXLAN(vni=vni, flags="Instance") / payload)


def icmp_error(packet, icmp, from4=None, from6=None):
    """Returns the ICMP error for 'packet', whose sender gets it with the ICMP
    header 'icmp', from address 'from4' or 'from6', by default the destination
    of 'packet'."""
    packet = Ether(bytes(packet))
    ip = packet.getlayer(1)
    tags = b""
    while isinstance(ip, Dot1Q):
        tags += bytes(ip)[:4]
        ip = ip.payload
    if isinstance(ip, IP):
        l3 = (IP(src=from4 or ip.dst, dst=ip.src, tos=0xc0, id=0, flags="DF",
                 ttl=64) / icmp / Raw(bytes(ip)[:576 - 28]))
    else:
        l3 = (IPv6(src=from6 or ip.dst, dst=ip.src, hlim=64)
              / icmp / Raw(bytes(ip)[:1280 - 48]))
    header = Ether(src=packet.dst, dst=packet.src, type=packet.type)
    return Raw(bytes(header) + tags + bytes(l3))


def read(name):
    """Returns the expressions in file 'name'."""
    with open(name) as f:
        return [line for line in map(str.strip, f)
                if line and not line.startswith("#")]


def captured(pcap):
    """Returns the packets in file 'pcap', which may be empty."""
    return ([bytes(packet) for packet, _ in RawPcapReader(pcap)]
            if os.path.getsize(pcap) else [])


def appctl(*command):
    """Executes 'command' in the switch."""
    subprocess.run(["ovs-appctl", *command], check=True,
                   stdout=subprocess.DEVNULL)


def inject(port, *packets):
    """Has dummy device 'port' receive 'packets' at once: bytes, or text for
    the command "netdev-dummy/receive".  Returns when the switch has taken
    them."""
    packets = [packet if isinstance(packet, str) else bytes(packet).hex()
               for packet in packets]
    appctl("netdev-dummy/receive", port, *packets)
    for _ in packets:
        # The switch takes one packet at a time, and handles a command after
        # it.
        appctl("version")


def send(port, name, scope):
    """Has dummy device 'port' receive the packets in file 'name', whose
    expressions use the names in 'scope'."""
    for expression in read(name):
        inject(port, eval(expression, scope))


def expect(pcap, name, scope, learn=None):
    """Returns true if file 'pcap' has the packets in file 'name', whose
    expressions use the names in 'scope'.  'learn' is a function that takes
    from a packet the values that the switch chooses, such as a hash."""
    got = captured(pcap)
    expressions = read(name)
    good = len(got) == len(expressions)
    if not good:
        print("%d packets instead of %d" % (len(got), len(expressions)))
    for expression, packet in zip(expressions, got):
        if learn:
            learn(packet)
        want = bytes(eval(expression, scope))
        if packet != want:
            print("%s\ngot  %s\nwant %s" % (expression, packet.hex(),
                                            want.hex()))
            good = False
    return good


def main(scope, learn=None, **commands):
    """Executes the command line of a module.  'scope' are its names, 'learn'
    is for expect(), 'commands' are functions for further commands."""
    command, *args = sys.argv[1:]
    if command == "send":
        send(*args, scope)
    elif command == "expect":
        sys.exit(not expect(*args, scope, learn))
    else:
        commands[command](*args)
