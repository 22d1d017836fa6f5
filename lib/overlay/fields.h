/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#ifndef OVERLAY_FIELDS_H
#define OVERLAY_FIELDS_H 1

/* OpenFlow fields of tunnels that upstream does not have
 * ======================================================
 *
 * tun_metadata_present   which mapped options a Geneve packet has
 * tun_tp_src             source port of the outer UDP or TCP-like header
 * tun_tp_dst             destination port of the same
 *
 * Upstream handles the three like tun_metadata0 to tun_metadata63, which saves
 * cases in its switch statements, and calls the functions below first.  They
 * take tunnel metadata in non-UDPIF format (see tun-metadata.h).  Those that
 * replace a function of upstream's return true if they did its work. */

#include <stdbool.h>
#include <stdint.h>

#include "openflow/openflow-common.h"
#include "openvswitch/types.h"

struct ds;
struct flow;
struct flow_tnl;
struct flow_wildcards;
struct match;
struct mf_field;
struct netdev;
struct ofpbuf;
struct tun_metadata;
union mf_value;

/* lib/meta-flow.c. */
bool ovl_field_is_wild(const struct mf_field *, const struct flow_wildcards *,
                       bool *wild);
void ovl_field_written(const struct mf_field *, const void *mask,
                       struct flow_tnl *);
void ovl_field_chooses_family(const struct mf_field *, struct flow_tnl *);

/* lib/tun-metadata.c. */
bool ovl_field_read(const struct flow_tnl *, const struct mf_field *,
                    union mf_value *);
bool ovl_field_write(struct flow_tnl *, const struct mf_field *,
                     const union mf_value *);
bool ovl_field_set_match(const struct mf_field *, const union mf_value *value,
                         const union mf_value *mask, struct match *,
                         char **err_str);
bool ovl_field_is_presence(const struct match *, int i);
void ovl_fields_get_metadata(const struct flow_tnl *, struct match *);
void ovl_fields_put_nx_match(struct ofpbuf *, enum ofp_version oxm,
                             const struct match *);
void ovl_fields_format(struct ds *, const struct match *);
void ovl_fields_put_no_options(const struct flow_tnl *mask, struct ofpbuf *);

/* utilities/ovs-ofctl.c. */
bool ovl_field_remap(struct match *, const struct tun_metadata *flow,
                     const struct tun_metadata *mask, int i);

/* ofproto/tunnel.c, ofproto/ofproto-dpif-xlate.c. */
void ovl_fields_start(struct flow *);
bool ovl_fields_take_tp_src(struct flow *, struct flow_wildcards *);
void ovl_fields_finish(const struct flow *, const struct netdev *in_port,
                       struct flow_wildcards *);

#endif /* overlay/fields.h */
