# Headroom: for tunnel headers in received packets.  Upstream leaves 6
# bytes, so that each push of a tunnel header copies the packet.
@line after enum { DP_NETDEV_HEADROOM = 2 + VLAN_HEADER_LEN };
#define DP_NETDEV_HEADROOM 112
