/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef TNL_PROVIDER_H
#define TNL_PROVIDER_H 1

/* Tunnel providers
 * ================
 *
 * One 'struct tnl_class' is one encapsulation, and 'tnl_classes' in
 * tnl-provider.c is the only place that lists them: a new encapsulation is one
 * file and one line there.  Everything outside that file and the class itself
 * (the virtual port class, the datapath, flow translation, text, monitoring)
 * asks the functions at the end of this header, which the hooks in upstream's
 * files call.
 *
 * Members of the class come in the order in which a packet meets them. */

#include <netinet/in.h>
#include <netinet/ip6.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dp-packet.h"
#include "netlink.h"
#include "openvswitch/types.h"
#include "ovs-atomic.h"

struct dp_netdev_pmd_thread;
struct ds;
struct flow_tnl;
struct netdev;
struct netdev_class;
struct netdev_tnl_build_header_params;
struct netdev_tunnel_config;
struct nlattr;
struct ofpbuf;
struct ovs_action_push_tnl;
struct smap;

struct tnl_class {
    /* Identity. */

    /* Value of the Interface table's "type" column, e.g. "stt". */
    const char *type;

    /* Prefix of the datapath port's name, at most 9 characters.  If 'dst_port'
     * is nonzero then "_" and the port number are appended to it. */
    const char *dpif_port;

    /* Number in the datapath's tnl_push action.  Never a member of "enum
     * ovs_vport_type". */
    uint32_t vport_type;

    /* IP protocol number, and default destination port in host byte order (0
     * if the encapsulation has no ports). */
    uint8_t nw_proto;
    uint16_t dst_port;

    /* Value of options:encap that chooses this class among two of the same
     * 'type', of which one has ports and the other has not; the one without
     * follows in tnl_classes[] and is not the default.  Null for the only
     * class of its type. */
    const char *encap;

    /* Types of upstream whose packets have the same IP protocol and no ports,
     * ending in a null pointer.  Null, as are the next two, if there are
     * none. */
    const char *const *rivals;

    /* Returns true if 'packet', received for this class or for a rival, is for
     * this class if both have ports. */
    bool (*claims)(const struct dp_packet *packet);

    /* Returns true if a rival of 'type' with 'cfg' wants packets that claims()
     * takes: a userspace datapath has such ports or ports of this class. */
    bool (*contests)(const char *type, const struct netdev_tunnel_config *cfg);

    /* Smallest and largest tunnel key. */
    uint64_t key_min;
    uint64_t key_max;

    /* Tunnel key on the wire of the switch's own packets, such as BFD's, if
     * flows set the keys; 0 if that can be 0, as it is in the switch.  pop()
     * makes it 0 for a port with in_key=flow, and build_header() makes it no
     * key if tnl_poses_as_own() says so. */
    uint64_t own_key;

    /* Largest inner IP packet, in bytes, that the encapsulation carries: the
     * port's MTU. */
    int mtu;

    /* Called once, before any other function.  May be null. */
    void (*init)(void);

    /* Configuration. */

    /* Reads the settings of the whole encapsulation from 'other_config' of the
     * Open_vSwitch table, warning in the log about what it cannot use.  Called
     * whenever the database changes.  May be null. */
    void (*set_global)(const struct smap *other_config);

    /* Size of the options that only this class has, plain data in which zeros
     * are the defaults.  See tnl_get_config().  The next three may be null if
     * it is 0. */
    size_t cfg_size;

    /* Sets option 'key' to 'value' in 'cfg'.  If 'value' is not possible,
     * appends what is allowed, in words that may follow "must be", to
     * 'allowed'.  Returns false, having done nothing, if the class has no
     * option called 'key'. */
    bool (*set_option)(void *cfg, const char *key, const char *value,
                       struct ds *allowed);

    /* Adds the options in 'cfg' that are not the defaults to 'options'. */
    void (*get_options)(const void *cfg, struct smap *options);

    /* Called when the port 'netdev' has got other options, those in its
     * netdev_get_tunnel_config() and in 'cfg', which is published after that.
     * Returns NULL, or, as a malloc()'d string, why the port cannot have
     * them; then the port goes away.  What this sets up, forget() undoes. */
    char *(*configure)(const struct netdev *netdev, const void *cfg);

    /* Datapath: transmit. */

    /* Writes the outer headers for 'params' into 'data', as
     * netdev_build_header() does.  Returns 0 or a positive errno value. */
    int (*build_header)(const struct netdev *,
                        struct ovs_action_push_tnl *data,
                        const struct netdev_tnl_build_header_params *params);

    /* Tells 'data' the MTU of the device that has the local address, in bytes.
     * May be null if the encapsulation does not segment. */
    void (*set_mtu)(struct ovs_action_push_tnl *data, int mtu);

    /* Encapsulates each packet in 'batch' with 'data'.  The batch may shrink
     * (the class counts what it drops) and grow (a packet that cannot be
     * carried whole is segmented first). */
    void (*push)(struct dp_packet_batch *batch,
                 const struct ovs_action_push_tnl *data);

    /* Returns true if push() would cut the TSO packet 'packet' into several
     * packets.  May be null if push() never does that. */
    bool (*push_splits)(const struct dp_packet *packet);

    /* Datapath: receive. */

    /* Decapsulates each packet in 'batch', which arrived for 'netdev', and
     * sets its metadata (pkt_metadata_init_tnl() first) and offload state.
     * Packets may have been truncated (tnl_is_cut()).  The batch may shrink
     * (segments are kept until their frame is complete, bad packets are
     * dropped and counted) and grow.  Returns the number of packets dropped,
     * without those that were kept. */
    size_t (*pop)(const struct netdev *, struct dp_packet_batch *batch);

    /* Forgets whatever pop() and configure() keep for 'netdev', which is about
     * to be freed.  May be null. */
    void (*forget)(const struct netdev *);

    /* Called regularly from the main thread, at time 'now' in milliseconds, to
     * expire what pop() keeps.  May be null. */
    void (*run)(long long int now);

    /* Text. */

    /* Appends to 's' the text of the 'size' bytes of headers from 'l4', the
     * outer L4 header, on, as push() gets them in 'data'.  If 'size' is too
     * small, says so. */
    void (*format)(const struct ovs_action_push_tnl *data, const void *l4,
                   size_t size, struct ds *s);

    /* The inverse: parses 's' into the headers at 'l4' in 'data', which has
     * the headers before that and room for more, storing their size in
     * '*sizep'.  Returns the number of characters used, 0 if 's' does not
     * start with this encapsulation, or a negative errno value if it does and
     * is wrong. */
    int (*parse)(const char *s, struct ovs_action_push_tnl *data, void *l4,
                 size_t *sizep);

    /* Kernel datapath.  Null where there is only the userspace one. */

    /* Kind of the rtnetlink link that is the kernel's device, also the name of
     * the module that has it. */
    const char *kind;

    /* Appends to 'request' the attributes (IFLA_INFO_DATA) of the device for
     * 'cfg', which is in collect-metadata mode. */
    void (*rtnl_put)(const struct netdev_tunnel_config *cfg,
                     struct ofpbuf *request);

    /* Returns true if 'data' (IFLA_INFO_DATA) describes a device that
     * rtnl_put() for 'cfg' would have made. */
    bool (*rtnl_verify)(const struct netdev_tunnel_config *cfg,
                        const struct nlattr *data);

    /* Does ovs-monitor-ipsec (python/ovs/tnl_ipsec.py) know the type, so that
     * the kernel can encrypt its packets? */
    bool ipsec;

    /* Visibility. */

    /* IPFIX tunnelType (ofproto-dpif-ipfix.c) and the bytes of the key that
     * go into tunnelKey, at most 8. */
    uint8_t ipfix_type;
    uint8_t ipfix_key_len;

    /* Reads the ports and the key of the headers at 'l4' into 'tnl'. */
    void (*read_header)(const void *l4, struct flow_tnl *tnl);
};

extern const struct tnl_class tnl_l2tpv3_ip_class;
extern const struct tnl_class tnl_l2tpv3_udp_class;
extern const struct tnl_class tnl_nvgre_class;
extern const struct tnl_class tnl_stt_class;

/* For what all classes share. */

enum { TNL_N_CLASSES = 4 };

extern const struct tnl_class *const tnl_classes[TNL_N_CLASSES];

/* True from the time that the first port of any class exists.  Until then, the
 * datapath hooks return at once. */
extern atomic_bool tnl_active;

/* Returns true if there is or was a port of one of our classes. */
static inline bool
tnl_is_active(void)
{
    bool active;

    atomic_read_relaxed(&tnl_active, &active);
    return active;
}

/* Returns the class of 'netdev', or NULL if it is not one of ours. */
const struct tnl_class *tnl_class_from_netdev(const struct netdev *);

/* Returns the class that has 'type', one of upstream's, among its rivals, or
 * NULL if there is none. */
const struct tnl_class *tnl_class_from_rival(const char *type);

/* The IP protocol of ports of 'type' with L4 port 'tp_port', if any. */
uint8_t tnl_to_nw_proto(const char *type, ovs_be16 tp_port);

/* For classes. */

/* Returns the 'cfg_size' bytes of options of 'netdev', a port of one of our
 * classes.  They stay until the calling thread quiesces. */
const void *tnl_get_config(const struct netdev *);

/* Returns the number of bytes that follow the IP packet in 'packet', negative
 * if it is not all there, or 0 if there is no IP packet. */
static inline int
tnl_padding(const struct dp_packet *packet)
{
    int left = dp_packet_size(packet) - packet->l3_ofs;
    const struct ip_header *ip = dp_packet_l3(packet);

    if (!ip) {
        return 0;
    } else if (left < IP_HEADER_LEN) {
        return -1;
    } else if (IP_VER(ip->ip_ihl_ver) == 4) {
        return left - ntohs(ip->ip_tot_len);
    } else if (IP_VER(ip->ip_ihl_ver) == 6) {
        const struct ovs_16aligned_ip6_hdr *ip6 = dp_packet_l3(packet);

        return left - IPV6_HEADER_LEN - ntohs(ip6->ip6_plen);
    } else {
        return 0;
    }
}

/* Returns true if an action truncated the IP packet in 'packet', so that it is
 * not all there.  Then nothing is left to do about its segmentation and
 * checksums, see tnl_packet_cut(). */
static inline bool
tnl_is_cut(const struct dp_packet *packet)
{
    return tnl_padding(packet) < 0;
}

/* Makes the padding of 'packet' what its IP header says, also if that is of
 * another version than the Ethertype.  That of a packet to be segmented or
 * summed up is cut off: when a tunnel header is in front, nobody knows of it
 * any more, and it would be taken for a part of each segment, and of what is
 * summed up. */
static inline void
tnl_update_padding(struct dp_packet *packet)
{
    if (dp_packet_l2_pad_size(packet)) {
        int padding = MAX(tnl_padding(packet), 0);

        dp_packet_set_l2_pad_size(packet, 0);
        if (dp_packet_get_tso_segsz(packet)
            || dp_packet_l4_checksum_partial(packet)) {
            dp_packet_set_size(packet, dp_packet_size(packet) - padding);
        } else {
            dp_packet_set_l2_pad_size(packet, padding);
        }
    }
}

/* Takes the segment size off 'packet' if it is one segment: upstream leaves it
 * there, and takes the packet for one that is still to be segmented. */
static inline void
tnl_update_segsz(struct dp_packet *packet)
{
    uint16_t segsz = dp_packet_get_tso_segsz(packet);

    if (OVS_UNLIKELY(segsz) && !dp_packet_tunnel(packet)
        && dp_packet_get_tcp_payload_length(packet) <= segsz) {
        dp_packet_set_tso_segsz(packet, 0);
    }
}

/* Returns true if 'packet' is shorter than an IPv6 header, which is looked for
 * in all that is not IPv4, whatever the Ethertype says. */
static inline bool
tnl_is_short6(const struct dp_packet *packet)
{
    const struct ip_header *ip = dp_packet_l3(packet);

    return (dp_packet_l3_size(packet) < IPV6_HEADER_LEN
            && IP_VER(ip->ip_ihl_ver) != 4);
}

/* Returns true if 'packet' needs its L4 header, to be segmented or summed up,
 * or its IP header, to be summed up, and that was lost on the way or is not
 * all there.  Recirculation does not look behind MPLS labels, NSH or many
 * tags; and an IP header whose version is not that of the Ethertype says that
 * the packet ends elsewhere. */
static inline bool
tnl_lacks_l4(const struct dp_packet *packet)
{
    size_t end = dp_packet_size(packet) - dp_packet_l2_pad_size(packet);
    bool needs_l4;

    if (OVS_LIKELY(end >= packet->l4_ofs + TCP_HEADER_LEN)) {
        return false;
    }
    needs_l4 = (dp_packet_get_tso_segsz(packet)
                || dp_packet_l4_checksum_partial(packet));
    if (packet->l4_ofs == UINT16_MAX) {
        return needs_l4 || (packet->l3_ofs == UINT16_MAX
                            && dp_packet_ip_checksum_partial(packet));
    }
    return (needs_l4 && !dp_packet_tunnel(packet)
            && (end < (packet->l4_ofs
                       + (dp_packet_l4_proto_tcp(packet) ? TCP_HEADER_LEN
                          : dp_packet_l4_proto_udp(packet)
                          ? UDP_HEADER_LEN : SCTP_HEADER_LEN))
                || tnl_is_short6(packet)));
}

/* Returns true if 'packet' is IPv6 with extension headers. */
bool tnl_has_options6(const struct dp_packet *packet);

/* Returns the sum of the pseudo-header of 'packet', 'nw_proto' over IPv6, for
 * csum_continue().  Upstream takes an extension header for the L4 protocol. */
uint32_t tnl_pseudoheader6(const struct dp_packet *packet, uint8_t nw_proto);

/* Completes the L4 checksum of 'packet', if it is partial and upstream would
 * do it wrong: TCP or UDP over IPv6 with extension headers. */
void tnl_complete_csum6(struct dp_packet *packet);

/* Completes in software what 'packet', which is not TSO, waits for, for an
 * encapsulation that cannot leave it to the device or to the receiver.
 * Returns false if it is not known where that has to be done. */
bool tnl_finish_offload(struct dp_packet *packet);

/* What happens to packets of a class, one of an array of these. */
struct tnl_counter {
    const char *name;
    const char *meaning;
    atomic_uint64_t n;
};

/* Counts a packet in 'counter'. */
static inline void
tnl_count(struct tnl_counter *counter)
{
    uint64_t orig;

    atomic_add_relaxed(&counter->n, 1, &orig);
}

/* Appends to 's' the line for the counter called 'name'. */
void tnl_show_counter(struct ds *s, const char *name, uint64_t n,
                      const char *meaning);

/* Appends to 's' the 'n' counters in 'counters', with a title. */
void tnl_show_counters(struct ds *s, struct tnl_counter *counters, size_t n);

/* Offload flag of a packet that tnl_segment_later() marked; upstream gives
 * this bit no meaning. */
#define TNL_OL_SEGMENT (UINT32_C(1) << 14)

/* What becomes of TNL_OL_SEGMENT when upstream pushes a tunnel header on top,
 * which shifts the flags. */
#define TNL_OL_INNER_SEGMENT (TNL_OL_SEGMENT << DP_PACKET_OL_SHIFT_COUNT)

/* Marks 'packet', an encapsulated TCP-like packet with 'payload' bytes
 * behind its TCP header, for segmentation by the device that it will leave
 * from, if need be; 'segsz' is the payload that the sender's own device
 * takes, in bytes.  See tnl_send_prepare(). */
static inline void
tnl_segment_later(struct dp_packet *packet, size_t payload, uint16_t segsz)
{
    dp_packet_set_tso_segsz(packet, payload > segsz ? segsz : 0);
    packet->offloads |= TNL_OL_SEGMENT;
}

/* Returns true if 'packet' is to be segmented by the device that it leaves
 * from. */
static inline bool
tnl_is_marked(const struct dp_packet *packet)
{
    return packet->offloads & (TNL_OL_SEGMENT | TNL_OL_INNER_SEGMENT);
}

/* Segments those of the packets in the batch that have a segment size and
 * for which 'test', unless it is null, returns true, except for those without
 * their L4 header.  The segments keep the metadata of their packet. */
void tnl_segment_batch(struct dp_packet_batch *,
                       bool (*test)(const struct dp_packet *));

/* Makes the packets in the batch fit into their buffers with a header. */
void tnl_push_fit(struct dp_packet_batch *, size_t header_len);

/* Can the port 'netdev' have 'options'?  See tnl_check_options(). */
int tnl_check_ipsec(const struct netdev *, const struct smap *options,
                    const char *datapath_type, char **errp);

/* For the hooks. */

const struct tnl_class *tnl_class_from_type(const char *type);

/* lib/netdev-vport.c: registration and configuration. */
bool tnl_class_register(size_t i, const char **dpif_port,
                        struct netdev_class *);
bool tnl_type_needs_dst_port(const char *type);
void tnl_construct(const struct netdev *, uint16_t port,
                   struct netdev_tunnel_config *);

/* vswitchd/bridge.c. */
void tnl_set_global_config(const struct smap *other_config);
void tnl_explain_add_error(const struct netdev *, const char *datapath_type,
                           int error, char **errp);

/* lib/dpif-netlink-rtnl.c. */
int tnl_rtnl_create(const struct netdev *);
int tnl_rtnl_destroy(const char *name, const char *type);

/* In the flags of a struct flow_tnl, besides FLOW_TNL_F_*: a packet that the
 * switch itself sends by a port where flows set the key. */
#define TNL_FLOW_F_OWN (1 << 15)
BUILD_ASSERT_DECL(!(TNL_FLOW_F_OWN & (FLOW_TNL_F_MASK | FLOW_TNL_F_UDPIF)));

/* lib/tnl-ports.c, ofproto/ofproto.c, ofproto/ofproto-dpif-xlate.c,
 * ofproto/ofproto-dpif.c. */
bool tnl_owns(const struct netdev *);
bool tnl_type_to_nw_protos(const char *type, uint8_t nw_protos[2]);
void tnl_filter_nw_protos(const char *type, ovs_be16 tp_port,
                          uint8_t nw_protos[2]);
bool tnl_vport_type_to_nw_proto(uint32_t vport_type, uint8_t *nw_proto);
void tnl_set_egress(struct ovs_action_push_tnl *, const struct netdev *);
void tnl_port_modified(void);
uint64_t tnl_get_own_key(const struct netdev *);
bool tnl_poses_as_own(const struct netdev *, const struct flow *);
bool tnl_get_error(const struct netdev *, const char *mapped_type,
                   char **errp);

/* ofproto/tunnel.c. */
void tnl_map_insert(const struct netdev *, odp_port_t, const char *name);
void tnl_map_delete(const struct netdev *, odp_port_t);

/* lib/netdev.c, lib/dpif-netdev.c: the datapath. */
bool tnl_push(const struct netdev *, struct dp_packet_batch *,
              const struct ovs_action_push_tnl *);
void tnl_prepare_upstream(struct dp_packet_batch *,
                          const struct ovs_action_push_tnl *);
void tnl_gre_prepare(struct dp_packet_batch *,
                     const struct ovs_action_push_tnl *);
void tnl_gre_finish(struct dp_packet_batch *,
                    const struct ovs_action_push_tnl *);
bool tnl_pop(const struct netdev *, struct dp_packet_batch *);
uint32_t tnl_pop_drops(const struct netdev *, uint32_t missing);

/* Packets that tnl_pop_split() takes out, and the action for them. */
struct tnl_pop_others {
    struct dp_packet_batch packets;
    struct nlattr pop;          /* OVS_ACTION_ATTR_TUNNEL_POP of 'port'. */
    odp_port_t port;
};
bool tnl_pop_split(odp_port_t, struct dp_packet_batch *,
                   struct tnl_pop_others *);
void tnl_send_prepare(const struct netdev *, struct dp_packet_batch *);

/* dp_netdev_recirculate(), which processes packets that came out of a
 * tunnel. */
typedef void tnl_recirculate_func(struct dp_netdev_pmd_thread *,
                                  struct dp_packet_batch *);
bool tnl_poll_again(int n_packets);

/* lib/dp-packet.c. */
size_t tnl_limit_tailroom(const struct dp_packet *, size_t headroom,
                          size_t tailroom);

/* lib/csum.c. */
uint32_t tnl_csum_continue(uint32_t partial, const void *, size_t);

/* lib/odp-util.c. */
bool tnl_format_push(const struct ovs_action_push_tnl *, const void *l4,
                     size_t size, struct ds *);
bool tnl_parse_push(const char *s, int *n, struct ovs_action_push_tnl *,
                    void *l4, uint32_t *vport_type, uint32_t *header_len);

/* ofproto/ofproto-dpif-ipfix.c, ofproto/ofproto-dpif-sflow.c. */
uint8_t tnl_type_to_ipfix(const char *type);
uint8_t tnl_ipfix_key_len(uint8_t ipfix_type);
void tnl_ipfix_nw_proto(uint8_t ipfix_type, uint8_t *nw_proto);
uint32_t tnl_to_vport_type(const struct netdev *);
bool tnl_read_push(const struct ovs_action_push_tnl *, struct flow_tnl *,
                   uint8_t *nw_proto);

/* lib/dpif-offload-*.c. */
bool tnl_refuse_offload(const struct nlattr *actions, size_t actions_len);

#endif /* tnl-provider.h */
