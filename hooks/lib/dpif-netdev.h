# Why: room for tunnel headers in front of received packets; upstream leaves
# none, so that each push of a tunnel header copies the packet.
@line after enum { DP_NETDEV_HEADROOM = 2 + VLAN_HEADER_LEN };
#define DP_NETDEV_HEADROOM 112
