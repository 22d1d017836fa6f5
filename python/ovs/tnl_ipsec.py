# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 The ovs-overlay Authors

"""IPsec configuration of overlay types, for both IKE daemons.  Hooks in
ipsec/ovs-monitor-ipsec.in use it."""

from string import Template

# The default port of each type.  All are TCP.
PORTS = {"stt": 7471}

# Connections to the tunnel's port of this host, and of the remote.  STT has
# different L4 ports in the two directions.
_TEMPLATE = Template("""\
conn $ifname-in-$version
$auth_section
    leftprotoport=tcp/$dst_port
    rightprotoport=tcp

conn $ifname-out-$version
$auth_section
    leftprotoport=tcp
    rightprotoport=tcp/$dst_port

""")
TEMPLATES = {tunnel_type: _TEMPLATE for tunnel_type in PORTS}


def add_options(conf, options):
    """Adds to 'conf', the configuration of a tunnel, the values that the
    template needs from the interface's 'options'."""
    if conf["tunnel_type"] in PORTS:
        conf["dst_port"] = options.get("dst_port",
                                       PORTS[conf["tunnel_type"]])


def add_shunt_policies(helper):
    """Adds to 'helper', one of the classes for IKE daemons, policies that drop
    packets to the default ports in the clear.  The policies apply to packets
    with the mark that replaces {0}."""
    left = "    left=%defaultroute\n" * ("left=" in helper.SHUNT_POLICY)
    for tunnel_type, port in PORTS.items():
        helper.SHUNT_POLICY += (
            "conn prevent_unencrypted_%s\n    type=drop\n%s"
            "    leftprotoport=tcp/%d\n    mark={0}\n\n"
            % (tunnel_type, left, port))


def shunt_commands(conf):
    """Returns the arguments for Libreswan's ipsec(8) that load the policies of
    add_shunt_policies(), or unload them, as 'conf' demands."""
    action = "--add" if conf["skb_mark"] else "--delete"
    return [[action, "--asynchronous", "prevent_unencrypted_" + tunnel_type]
            for tunnel_type in PORTS]
