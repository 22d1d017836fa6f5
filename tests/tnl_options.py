# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""Set each option of each type of tunnel port to each of VALUES.

usage: tnl_options.py BRIDGE

Each port must come up and show the meaning of the option, or not come up and
have the allowed values in its "error" column.  The option shown must mean the
same.  OPTIONS, written from ovs-vswitchd.conf.db(5), has the meaning of each
value.  Prints the numbers of ports for each type, and errors.
"""

import ipaddress
import json
import re
import subprocess
import sys

VALUES = """0 1 -1 +1 1.5 1e3 007 08 0x 0X10 0xg 0x1g 0x12345678 0x1234567
0x123456789 0x123456789abcdef0 0XAABBCCDD 0xffffffffffffffff 4 252 253 255 256
4095 4096 65535 65536 16777214 16777215 4294967295 4294967296
18446744073709551615 18446744073709551616 1-2 5-1 0-1 7-7 1-65536 -1-2 1-2-3
1,2 1;2 %n%s%d $(id) ../../etc true True false flow Flow hash keep inherit
icmp drop send none default both recv udp ip ignore relay legacy_l2 ptap
10.0.0.1 10.0.0.1/8 10.0.0 010.0.0.1 0.0.0.0 224.0.0.1 255.255.255.255 fd01::1
fd01::1%eth0 [fd01::1] :: ::1 ff02::1 ::ffff:10.0.0.1 localhost ключ ١٢
""".split() + ["", " ", " 1", "1 ", "flow ", "1\n2", "\t", '"', "\\", "\u202e1",
               "\U0001f427", "9" * 3000, "0x" + "f" * 3000, "x" * 20000]

# The meaning of an option that is not shown.
DEFAULT = object()


def number(low, high, base=10, default=None, show="%d"):
    """Returns a function for numbers from 'low' to 'high'.  Base 0 is that of
    C."""
    form = "[0-9]+" if base else "0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*"

    def meaning(value):
        if not re.fullmatch(form, value, re.ASCII):
            return None
        n = int(value, base or (16 if value[1:2] in "xX" and value[1:]
                                else 8 if value[0] == "0" else 10))
        return (None if not low <= n <= high else
                DEFAULT if n == default else show % n)
    return meaning


def words(default, *others):
    """Returns a function for one of these words."""
    return lambda value: (DEFAULT if value == default else
                          value if value in others else None)


def hidden(*values):
    """Returns a function for one of these words, without effect."""
    return lambda value: DEFAULT if value in values else None


def either(*meanings):
    """Returns a function for values that one of 'meanings' accepts."""
    return lambda value: next(filter(None, (m(value) for m in meanings)), None)


def tos(value):
    shown = number(0, 252, 0, 0, "%#x")(value)
    return None if shown not in (DEFAULT, None) and int(shown, 0) & 3 else shown


def unicast(value):
    try:
        ip = ipaddress.ip_address(value)
    except ValueError:
        return None
    return (None if ip.is_multicast or ip.is_unspecified or "%" in value
            or str(ip) == "255.255.255.255" or getattr(ip, "ipv4_mapped", None)
            else str(ip))


def cookie(value):
    return (value.lower() if re.fullmatch("0x([0-9a-fA-F]{8}){1,2}", value)
            else None)


def ports(value):
    if not re.fullmatch("[0-9]{1,5}-[0-9]{1,5}", value, re.ASCII):
        return None
    low, high = map(int, value.split("-"))
    return "%d-%d" % (low, high) if 1 <= low <= high <= 65535 else None


def refused(value):
    return None


def key(low, high):
    return either(words(None, "flow"), number(low, high, 0))


def of_ours(*keys):
    """Returns the options that all overlay types have."""
    return {
        "tos": either(words(None, "inherit"), tos),
        "ttl": either(words(None, "inherit"), number(1, 255, 10, 64)),
        "df_default": words("true", "false"),
        "egress_pkt_mark": number(0, 2 ** 32 - 1),
        "packet_type": words("legacy_l2"),
        "remote_ip": either(words(None, "flow"), unicast),
        "local_ip": either(words(None, "flow"), unicast),
        "in_key": key(*keys), "out_key": key(*keys), "key": key(*keys),
        "erspan_ver": refused, "srv6_segs": refused, "payload_type": refused,
        "exts": refused, "%n": refused, "remoteip": refused,
    }


SRC_PORT = {"src_port": words("hash", "keep"), "src_port_range": ports}
BIG = ["send", "drop", "icmp"]

OPTIONS = {
    "stt": dict(of_ours(0, 2 ** 64 - 1), too_big=refused, **SRC_PORT,
                csum=hidden("true", "false"),
                dst_port=number(1, 65535, 10, 7471)),
    "nvgre": dict(of_ours(0x1000, 0xfffffe), too_big=words("icmp", *BIG),
                  csum=hidden("true", "false"), dst_port=refused,
                  psk=refused, src_port=refused, seq=refused),
    "l2tpv3": dict(of_ours(1, 2 ** 32 - 1), too_big=words("icmp", *BIG),
                   encap=words("udp", "ip"), tx_cookie=cookie,
                   rx_cookie=cookie, l2_specific=words("none", "default"),
                   seq=words("none", "send", "recv", "both"),
                   offset=number(0, 255, 10, 0), psk=refused,
                   src_port=either(words(None, "hash"), number(1, 65535)),
                   src_port_range=refused, csum=words(None, "true", "false"),
                   dst_port=number(1, 65535, 10, 1701)),
    "etherip": dict(of_ours(0, 0), too_big=words("icmp", *BIG),
                    key=refused, in_key=refused, out_key=refused,
                    csum=hidden("true", "false"), dst_port=refused,
                    psk=refused, src_port=refused, seq=refused),
    "geneve": dict(SRC_PORT, too_big=words(*BIG),
                   unknown_options=words("ignore", "drop", "relay")),
    "vxlan": dict(SRC_PORT, too_big=words(*BIG)),
    "gtpu": dict(SRC_PORT, too_big=words(*BIG)),
    "gre": dict(too_big=words(*BIG)),
    "ip6gre": dict(too_big=words(*BIG)),
    "srv6": dict(too_big=words(*BIG)),
}

# Other options that a port with an option needs.
NEEDS = {("l2tpv3", "seq"): {"l2_specific": "default"},
         "local_ip": {"remote_ip": "flow"},
         "srv6": {"srv6_segs": "fd01::99"}}


class Port:
    """A port called 'name' of 'type' with 'option' set to 'value'."""

    def __init__(self, name, n, type, option, value):
        self.name, self.type, self.option = name, type, option
        self.value = value
        self.options = {"remote_ip": "10.9.%d.%d" % divmod(n, 256),
                        **({} if type == "etherip" else
                           {"key": str(5000 + n)}),
                        **NEEDS.get(type, {}), **NEEDS.get(option, {}),
                        **NEEDS.get((type, option), {}), option: value}

    def settings(self):
        """Returns arguments of ovs-vsctl that set 'options'."""
        return ["--", "set", "interface", self.name, "type=" + self.type] + [
            "options:%s=%s" % (json.dumps(key), json.dumps(value))
            for key, value in self.options.items()]

    def problem(self, error, shown):
        """Returns a message about what is wrong with a port that has 'error'
        and shows 'shown', which is None if the port has not come up."""
        want = OPTIONS[self.type][self.option](self.value)
        if want is not None:
            return (error if shown is None else
                    shown if shown.get(self.option, DEFAULT) != want else None)
        allowed = '%s: invalid %s option %s="%s": must be ' % (
            self.name, self.type, self.option, self.value)
        return (shown if shown is not None else
                None if error.startswith(allowed) and len(error) > len(allowed)
                else error)


def vsctl(*args):
    """Returns the output of ovs-vsctl.  It may fail because a port did not
    come up."""
    run = subprocess.run(["ovs-vsctl", *args], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    if run.returncode not in (0, 65):
        sys.exit(run.stderr)
    return run.stdout


def errors():
    """Returns the "error" column of each interface, "" for none."""
    rows = json.loads(vsctl("--format=json", "--columns=name,error", "list",
                            "interface"))["data"]
    return {name: error if isinstance(error, str) else ""
            for name, error in rows}


def show():
    """Returns the options of each port that has come up."""
    text = subprocess.run(["ovs-appctl", "dpif/show"], stdout=subprocess.PIPE,
                          check=True).stdout.decode()
    return {name: dict(o.split("=", 1) for o in options.split(", "))
            for name, options in re.findall(r"^ +(p\d+) [^(]*\(\w+: (.*)\)$",
                                            text, re.M)}


def add_ports(bridge, ports):
    vsctl(*[arg for p in ports
            for arg in ["--", "add-port", bridge, p.name] + p.settings()])


def del_ports(ports):
    vsctl(*[arg for p in ports for arg in ["--", "del-port", p.name]])


def check(bridge, ports):
    """Prints errors of 'ports'.  Returns the number of ports that have come
    up."""
    add_ports(bridge, ports)
    error, shown = errors(), show()
    for p in ports:
        problem = p.problem(error[p.name], shown.get(p.name))
        if problem is not None:
            print(p.type, p.option, repr(p.value)[:80], problem)
    del_ports(ports)

    # Ports with the options shown must show the same.
    good = [p for p in ports if p.name in shown]
    if not good:
        return 0
    for p in good:
        p.options = {**NEEDS.get(p.type, {}), **shown[p.name]}
    add_ports(bridge, good)
    again = show()
    for p in good:
        if again.get(p.name) != shown[p.name]:
            print(p.type, p.options, again.get(p.name))
    del_ports(good)
    return len(good)


def main(bridge):
    for type, options in OPTIONS.items():
        n = 0
        for option in options:
            n += check(bridge, [Port("p%d" % i, i, type, option, value)
                                for i, value in enumerate(VALUES)])
        print(type, n, "of", len(options) * len(VALUES))


if __name__ == "__main__":
    main(sys.argv[1])
