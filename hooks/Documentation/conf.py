# Documentation: our man pages.
@line before ('ovsdb-server.7',
    ('ovs-oam.8',
     u'accounts of tenants, over many hosts'),
    ('ovs-tunnels.7',
     u'overlay tunnels of Open vSwitch, type by type'),
