# Why: our man page.
@line before ('ovsdb-server.7',
    ('ovs-tunnels.7',
     u'overlay tunnels of Open vSwitch, type by type'),
