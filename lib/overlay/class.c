/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/class.h"

#include <string.h>

#include "netdev-provider.h"
#include "netdev.h"
#include "ovs-thread.h"
#include "util.h"

const struct ovl_class *const ovl_classes[OVL_N_CLASSES] = {
#define OVL_CLASS(NAME, NUMBER) &ovl_##NAME##_class,
    OVL_CLASSES(OVL_CLASS)
#undef OVL_CLASS
};

atomic_bool ovl_active = false;

/* Returns the class of the same type as 'class' that has L4 ports if
 * 'has_ports' is true and none if it is false; 'class' if it is the only
 * one. */
const struct ovl_class *
ovl_class_variant(const struct ovl_class *class, bool has_ports)
{
    return (class->variant && has_ports != (class->dst_port != 0)
            ? class->variant : class);
}

/* Returns the class called 'type', the one with L4 ports if there are two, or
 * NULL if there is none. */
const struct ovl_class *
ovl_class_from_type(const char *type)
{
    for (size_t i = 0; type && i < OVL_N_CLASSES; i++) {
        if (!strcmp(type, ovl_classes[i]->type)) {
            return ovl_class_variant(ovl_classes[i], true);
        }
    }
    return NULL;
}

/* Returns the class of 'netdev', or NULL if it is not an overlay port.
 *
 * This is called for each batch, so it compares pointers: the 'type' of a
 * netdev class that ovl_class_register() registered is the 'type' of its
 * class. */
const struct ovl_class *
ovl_class_from_netdev(const struct netdev *netdev)
{
    for (size_t i = 0; i < OVL_N_CLASSES; i++) {
        const struct ovl_class *class = ovl_classes[i];

        if (netdev->netdev_class->type == class->type) {
            return (OVS_LIKELY(!class->variant) ? class
                    : ovl_class_variant(class, netdev_get_tunnel_config(netdev)
                                               ->dst_port != 0));
        }
    }
    return NULL;
}

/* Returns the class of tnl_push actions of type 'vport_type', or NULL if it is
 * not one of ours. */
const struct ovl_class *
ovl_class_from_vport_type(uint32_t vport_type)
{
    for (size_t i = 0; i < OVL_N_CLASSES; i++) {
        if (ovl_classes[i]->vport_type == vport_type) {
            return ovl_classes[i];
        }
    }
    return NULL;
}

/* Returns the class with IPFIX tunnelType 'ipfix_type', or NULL if it is
 * not one of ours. */
const struct ovl_class *
ovl_class_from_ipfix_type(uint8_t ipfix_type)
{
    for (size_t i = 0; ipfix_type && i < OVL_N_CLASSES; i++) {
        if (ovl_classes[i]->ipfix_type == ipfix_type) {
            return ovl_classes[i];
        }
    }
    return NULL;
}

/* Returns the class that has 'type', one of upstream's, among its siblings, or
 * NULL if there is none. */
const struct ovl_class *
ovl_class_from_sibling(const char *type)
{
    for (size_t i = 0; i < OVL_N_CLASSES; i++) {
        const char *const *sibling = ovl_classes[i]->siblings;

        for (; sibling && *sibling; sibling++) {
            if (!strcmp(*sibling, type)) {
                return ovl_classes[i];
            }
        }
    }
    return NULL;
}

/* Returns true if 'type' is one of ours whose datapath port has an L4 port. */
bool
ovl_type_needs_dst_port(const char *type)
{
    const struct ovl_class *class = ovl_class_from_type(type);

    return class && class->dst_port;
}

/* If 'type' is one of ours, stores the IP protocols under which its packets
 * arrive in 'nw_protos', 0 in unused elements, and returns true. */
bool
ovl_type_to_nw_protos(const char *type, uint8_t nw_protos[2])
{
    const struct ovl_class *class = ovl_class_from_type(type);

    if (class) {
        const struct ovl_class *other = ovl_class_variant(class, false);

        nw_protos[0] = class->nw_proto;
        nw_protos[1] = other != class ? other->nw_proto : 0;
    }
    return class != NULL;
}

/* If 'type' is one of ours with two classes, reduces 'nw_protos', from
 * ovl_type_to_nw_protos(), to the IP protocol of the class with L4 port
 * 'tp_port', which is 0 for the class without L4 ports. */
void
ovl_filter_nw_protos(const char *type, ovs_be16 tp_port, uint8_t nw_protos[2])
{
    const struct ovl_class *class = ovl_class_from_type(type);

    if (class && class->encap) {
        nw_protos[0] = ovl_class_variant(class, tp_port != 0)->nw_proto;
        nw_protos[1] = 0;
    }
}

/* Returns the IP protocol of packets for a tunnel port of 'type', which may be
 * upstream's, with L4 port 'tp_port', 0 if it has none.  Returns 0 for a type
 * of upstream's that has no L4 port and is no sibling of a class. */
uint8_t
ovl_to_nw_proto(const char *type, ovs_be16 tp_port)
{
    const struct ovl_class *class = ovl_class_from_sibling(type);
    uint8_t nw_protos[2];

    if (class) {
        return class->nw_proto;
    } else if (ovl_type_to_nw_protos(type, nw_protos)) {
        ovl_filter_nw_protos(type, tp_port, nw_protos);
        return nw_protos[0];
    }
    return tp_port ? IPPROTO_UDP : 0;
}

/* Initializes the classes on the first call. */
void
ovl_classes_init(void)
{
    static struct ovsthread_once once = OVSTHREAD_ONCE_INITIALIZER;

    if (ovsthread_once_start(&once)) {
        for (size_t i = 0; i < OVL_N_CLASSES; i++) {
            if (ovl_classes[i]->init) {
                ovl_classes[i]->init();
            }
        }
        ovsthread_once_done(&once);
    }
}
