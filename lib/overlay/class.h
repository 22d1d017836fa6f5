/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_CLASS_H
#define OVERLAY_CLASS_H 1

/* Encapsulations
 * ==============
 *
 * One 'struct ovl_class' is one encapsulation, and OVL_CLASSES is the only
 * list of them.  All other code that depends on an encapsulation (the virtual
 * port class, the datapath, flow translation, text, monitoring) looks up its
 * class and calls its functions.
 *
 * The members are grouped by purpose, roughly in the order in which a packet
 * meets them. */

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

struct ovl_class {
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

    /* If two classes have the same 'type', one with L4 ports, which is the
     * default, and one without: the value of options:encap that selects this
     * class, and the other class.  Otherwise null. */
    const char *encap;
    const struct ovl_class *variant;

    /* Upstream's types whose packets have the same IP protocol and no L4
     * ports, ending in a null pointer.  Null if there are none; then the next
     * two members are null, too. */
    const char *const *siblings;

    /* Returns true if 'packet', received for this class or for a sibling, is
     * for this class if both have tunnel ports. */
    bool (*is_mine)(const struct dp_packet *packet);

    /* Returns true if a sibling of 'type' with 'cfg' may receive packets for
     * which is_mine() returns true.  A userspace datapath must not have both
     * such a port and one of this class. */
    bool (*is_ambiguous)(const char *type,
                         const struct netdev_tunnel_config *cfg);

    /* Smallest and largest tunnel key; both 0 if packets have no key.  Then
     * only the addresses identify a tunnel, and 'tun_id' is 0. */
    uint64_t key_min;
    uint64_t key_max;

    /* Tunnel key on the wire of the switch's own packets, such as BFD's, if
     * flows set the keys; 0 if 0, which is their key in the switch, is valid
     * on the wire.  pop() converts it to 0 for a port with in_key=flow.
     * build_header() makes it an invalid key if ovl_poses_as_own() returns
     * true. */
    uint64_t own_key;

    /* Largest inner IP packet, in bytes, that the encapsulation carries: the
     * port's MTU. */
    int mtu;

    /* Called once, before any other function.  May be null. */
    void (*init)(void);

    /* Configuration. */

    /* Reads the global settings of the encapsulation from 'other_config' of
     * the Open_vSwitch table, and warns in the log about invalid values.
     * Called whenever the database changes.  May be null. */
    void (*set_other_config)(const struct smap *other_config);

    /* Size in bytes of the options that only this class has, plain data in
     * which zeros are the defaults.  See ovl_get_config().  The next three
     * members may be null if it is 0. */
    size_t cfg_size;

    /* Sets option 'key' to 'value' in 'cfg'.  If 'value' is invalid, appends
     * the allowed values, in words that may follow "must be", to 'allowed'.
     * Returns false, without doing anything, if the class has no option called
     * 'key'. */
    bool (*set_option)(void *cfg, const char *key, const char *value,
                       struct ds *allowed);

    /* Adds the options in 'cfg' that are not the defaults to 'options'. */
    void (*get_options)(const void *cfg, struct smap *options);

    /* Called when the options of the port 'netdev' have changed, to those in
     * its netdev_get_tunnel_config() and in 'cfg', which ovl_get_config()
     * returns only after this call.  Returns NULL, or an error message, as a
     * malloc()'d string; then the port is removed.  port_destroy() must undo
     * this. */
    char *(*configure)(const struct netdev *netdev, const void *cfg);

    /* Datapath: transmit. */

    /* Writes the outer headers for 'params' into 'data', as
     * netdev_build_header() does.  Returns 0 or a positive errno value. */
    int (*build_header)(const struct netdev *,
                        struct ovs_action_push_tnl *data,
                        const struct netdev_tnl_build_header_params *params);

    /* Stores in 'data->ovl', which is all 0, what push() must know beyond the
     * headers that build_header() has written, for a port whose local address
     * is on a device with MTU 'mtu', in bytes.  May be null. */
    void (*set_template)(const struct netdev *,
                         struct ovs_action_push_tnl *data, int mtu);

    /* Encapsulates each packet in 'batch' with 'data'.  Packets for which
     * push_needs_gso() returns true have been segmented.  The batch may
     * shrink: the class counts the packets that it drops. */
    void (*push)(struct dp_packet_batch *batch,
                 const struct ovs_action_push_tnl *data);

    /* True if segments of a frame are made to fit the MTU of the underlay, so
     * that no inner packet is too big for a tunnel. */
    bool segments;

    /* Returns true if the TSO packet 'packet' must be segmented before push().
     * May be null if none must. */
    bool (*push_needs_gso)(const struct dp_packet *packet);

    /* Datapath: receive. */

    /* Decapsulates each packet in 'batch', which arrived for 'netdev', and
     * sets its metadata (pkt_metadata_init_tnl() first) and offload state.
     * Packets may have been truncated (ovl_is_truncated()).  The batch may
     * shrink (segments are kept until their frame is complete, invalid packets
     * are dropped and counted) and grow.  Returns the number of packets
     * dropped, without segments that are kept. */
    size_t (*pop)(const struct netdev *, struct dp_packet_batch *batch);

    /* Discards all that pop() and configure() keep for 'netdev', which is
     * about to be freed.  May be null. */
    void (*port_destroy)(const struct netdev *);

    /* Called regularly from the main thread, at time 'now' in milliseconds, to
     * discard frames that pop() keeps when their timeout expires.  May be
     * null. */
    void (*run)(long long int now);

    /* Text. */

    /* Appends to 's' the text of the headers in 'data' from the outer L4
     * header 'l4' on, 'size' bytes.  If 'size' is too small, appends a note to
     * that effect. */
    void (*format)(const struct ovs_action_push_tnl *data, const void *l4,
                   size_t size, struct ds *s);

    /* The inverse of format(): parses 's' into the headers at 'l4' in 'data',
     * which already has the headers before 'l4', and stores their size in
     * '*sizep'.  Returns the number of characters used, 0 if 's' does not
     * start with this encapsulation, or a negative errno value if it does but
     * is invalid. */
    int (*parse)(const char *s, struct ovs_action_push_tnl *data, void *l4,
                 size_t *sizep);

    /* Kernel datapath.  Null if only the userspace datapath has the
     * encapsulation. */

    /* Kind of the rtnetlink link of the kernel's device, and name of its
     * kernel module. */
    const char *kind;

    /* Appends to 'request' the attributes (IFLA_INFO_DATA) of the device for
     * 'cfg', which is in collect-metadata mode. */
    void (*rtnl_put)(const struct netdev_tunnel_config *cfg,
                     struct ofpbuf *request);

    /* Returns true if 'data' (IFLA_INFO_DATA) describes a device that
     * rtnl_put() for 'cfg' would have made. */
    bool (*rtnl_verify)(const struct netdev_tunnel_config *cfg,
                        const struct nlattr *data);

    /* True if ovs-monitor-ipsec (python/ovs/tnl_ipsec.py) supports the type,
     * so that the kernel can encrypt its packets. */
    bool ipsec;

    /* Visibility. */

    /* IPFIX tunnelType (ofproto-dpif-ipfix.c) and length of the key in
     * tunnelKey, in bytes, at most 8. */
    uint8_t ipfix_type;
    uint8_t ipfix_key_len;

    /* Reads the ports and the key of the headers at 'l4' into 'tnl'.  May be
     * null if there are none. */
    void (*read_header)(const void *l4, struct flow_tnl *tnl);
};

/* The encapsulations: CLASS(NAME, NUMBER) for 'ovl_NAME_class', whose
 * 'vport_type' is NUMBER.  A new one is a line here and a file in encap/. */
#define OVL_CLASSES(CLASS)                      \
    CLASS(stt, 106)                             \
    CLASS(nvgre, 1001)                          \
    CLASS(l2tpv3_udp, 1002)                     \
    CLASS(l2tpv3_ip, 1003)                      \
    CLASS(etherip, 1004)

#define OVL_CLASS(NAME, NUMBER) \
    extern const struct ovl_class ovl_##NAME##_class;
OVL_CLASSES(OVL_CLASS)
#undef OVL_CLASS

enum {
#define OVL_CLASS(NAME, NUMBER) OVL_VPORT_##NAME = NUMBER,
    OVL_CLASSES(OVL_CLASS)
#undef OVL_CLASS
};

#define OVL_CLASS(NAME, NUMBER) + 1
enum { OVL_N_CLASSES = 0 OVL_CLASSES(OVL_CLASS) };
#undef OVL_CLASS

extern const struct ovl_class *const ovl_classes[OVL_N_CLASSES];

/* Look-ups.  They return NULL if there is no such class. */
const struct ovl_class *ovl_class_from_type(const char *type);
const struct ovl_class *ovl_class_from_netdev(const struct netdev *);
const struct ovl_class *ovl_class_from_vport_type(uint32_t vport_type);
const struct ovl_class *ovl_class_from_ipfix_type(uint8_t ipfix_type);
const struct ovl_class *ovl_class_from_sibling(const char *type);
const struct ovl_class *ovl_class_variant(const struct ovl_class *,
                                          bool has_ports);

bool ovl_type_needs_dst_port(const char *type);
bool ovl_type_to_nw_protos(const char *type, uint8_t nw_protos[2]);
void ovl_filter_nw_protos(const char *type, ovs_be16 tp_port,
                          uint8_t nw_protos[2]);
uint8_t ovl_to_nw_proto(const char *type, ovs_be16 tp_port);

void ovl_classes_init(void);

/* True once a port of any class has existed.  Until then, the datapath hooks
 * return at once. */
extern atomic_bool ovl_active;

/* Returns true if there is or was a port of one of our classes. */
static inline bool
ovl_is_active(void)
{
    bool active;

    atomic_read_relaxed(&ovl_active, &active);
    return active;
}

#endif /* overlay/class.h */
