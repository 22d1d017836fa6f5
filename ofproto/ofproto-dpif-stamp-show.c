/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-stamp-show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ofproto-dpif-stamp-rx.h"
#include "ofproto-dpif-stamp.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "overlay/counters.h"
#include "overlay/oam-key.h"
#include "packets.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* What show_session() collects. */
struct collection {
    const char *port;           /* Only sessions of this port, or all if
                                 * NULL. */
    struct json *sessions;
};

static void
put_integer(struct json *object, const char *name, long long int value)
{
    json_object_put(object, name, json_integer_create(value));
}

/* Adds 'ds' as the string 'name' to 'object', unless it is empty, and clears
 * it. */
static void
put_text(struct json *object, const char *name, struct ds *ds)
{
    if (ds->length) {
        json_object_put_string(object, name, ds_cstr(ds));
    }
    ds_clear(ds);
}

/* Returns path 'i' of 's' as JSON. */
static struct json *
path_to_json(const struct ovl_stamp_session *s, unsigned int i)
{
    const struct ovl_oam_path *path = &s->oam.paths[i];
    struct json *object = json_object_create();
    uint64_t n_sent, n_lost;

    ovl_oam_session_loss(&s->oam, i, &n_sent, &n_lost);
    if (path->outer_port) {
        put_integer(object, "source_port", path->outer_port);
    }
    json_object_put_string(object, "state",
                           ovl_oam_state_to_string(path->state));
    put_integer(object, "sent", n_sent);
    put_integer(object, "lost", n_lost);
    if (path->fails && !ovl_oam_path_is_searching(path)) {
        put_integer(object, "mtu", path->passes + s->headers);
    }
    return object;
}

/* Returns 't' as JSON. */
static struct json *
tenant_to_json(const struct ovl_stamp_tenant *t, struct ds *ds)
{
    static const char *const states[] = {
        [OVL_OAM_TENANT_UNKNOWN] = "unknown",
        [OVL_OAM_TENANT_OK] = "ok",
        [OVL_OAM_TENANT_LOST] = "lost",
        [OVL_OAM_TENANT_DROPPED] = "dropped",
    };
    struct json *object = json_object_create();

    json_object_put_format(object, "tenant", "%"PRIu64, t->key);
    json_object_put_string(object, "state", states[t->oam.state]);
    if (t->oam.state != OVL_OAM_TENANT_UNKNOWN) {
        put_integer(object, "sent", t->oam.n_sent);
        put_integer(object, "received", t->oam.n_received);
        put_integer(object, "dropped", t->oam.n_dropped);
    }
    ovl_oam_tenant_verdict(&t->oam, ds);
    put_text(object, "verdict", ds);
    return object;
}

static int
compare_tenants(const void *a_, const void *b_)
{
    const struct ovl_stamp_tenant *const *a = a_, *const *b = b_;

    return (*a)->key < (*b)->key ? -1 : (*a)->key > (*b)->key;
}

/* Returns the tenants of 's' that have sent frames lately, by key. */
static struct json *
tenants_to_json(const struct ovl_stamp_session *s, struct ds *ds)
{
    const struct ovl_stamp_tenant **sorted
        = xmalloc(hmap_count(&s->tenants) * sizeof *sorted);
    struct json *tenants = json_array_create_empty();
    const struct ovl_stamp_tenant *t;
    int64_t now = ovl_stamp_clock();
    size_t n = 0;

    HMAP_FOR_EACH (t, node, &s->tenants) {
        if (now - t->oam.active <= OVL_STAMP_TENANT_ACTIVE) {
            sorted[n++] = t;
        }
    }
    qsort(sorted, n, sizeof *sorted, compare_tenants);
    for (size_t i = 0; i < n; i++) {
        json_array_add(tenants, tenant_to_json(sorted[i], ds));
    }
    free(sorted);
    return tenants;
}

/* Adds 's' to 'collection_'. */
static void
collect_session(const struct ovl_stamp_session *s, void *collection_)
{
    struct collection *collection = collection_;
    struct json *object, *paths;
    struct ds ds = DS_EMPTY_INITIALIZER;

    if (collection->port && strcmp(collection->port, s->port)) {
        return;
    }
    object = json_object_create();
    json_object_put_string(object, "port", s->port);
    json_object_put_string(object, "type", s->type);
    ipv6_format_mapped(&s->remote, &ds);
    put_text(object, "remote", &ds);
    json_object_put_string(object, "state", ovl_oam_state_to_string(s->state));
    put_integer(object, "since", s->since);
    put_integer(object, "interval", s->oam.interval / 1000);
    if (s->oam.rtt) {
        put_integer(object, "rtt_us", s->oam.rtt);
    }
    if (s->headers) {
        put_integer(object, "mtu", s->oam.full_size + s->headers);
    }
    ovl_stamp_verdict(s, &ds);
    put_text(object, "verdict", &ds);

    paths = json_array_create_empty();
    for (unsigned int i = 0; i < s->oam.n_paths; i++) {
        json_array_add(paths, path_to_json(s, i));
    }
    json_object_put(object, "paths", paths);
    json_object_put(object, "tenants", tenants_to_json(s, &ds));
    json_array_add(collection->sessions, object);
    ds_destroy(&ds);
}

static const char *
get_string(const struct json *object, const char *name)
{
    const struct json *value = shash_find_data(json_object(object), name);

    return value ? json_string(value) : NULL;
}

static long long int
get_integer(const struct json *object, const char *name)
{
    const struct json *value = shash_find_data(json_object(object), name);

    return value ? json_integer(value) : 0;
}

/* Returns the remote endpoint of the session in 'object'. */
static struct in6_addr
get_remote(const struct json *object)
{
    const char *s = get_string(object, "remote");
    struct in6_addr remote = in6addr_any;
    ovs_be32 ipv4;

    if (ip_parse(s, &ipv4)) {
        in6_addr_set_mapped_ipv4(&remote, ipv4);
    } else {
        ipv6_parse(s, &remote);
    }
    return remote;
}

static int
compare_sessions(const void *a_, const void *b_)
{
    const struct json *const *a = a_, *const *b = b_;
    int cmp = strcmp(get_string(*a, "port"), get_string(*b, "port"));
    struct in6_addr remote_a = get_remote(*a), remote_b = get_remote(*b);

    return cmp ? cmp : memcmp(&remote_a, &remote_b, sizeof remote_a);
}

/* Appends to 'ds' the session in 'object', as of collect_session(). */
static void
show_session(const struct json *object, struct ds *ds)
{
    const struct json *paths = shash_find_data(json_object(object), "paths");
    const struct json *tenants = shash_find_data(json_object(object),
                                                 "tenants");
    const char *verdict = get_string(object, "verdict");
    long long int sent = 0, lost = 0;
    size_t n_up = 0;

    for (size_t i = 0; i < json_array_size(paths); i++) {
        const struct json *path = json_array_at(paths, i);

        n_up += !strcmp(get_string(path, "state"), "up");
        sent += get_integer(path, "sent");
        lost += get_integer(path, "lost");
    }
    ds_put_format(ds, "%s %s: %s since ", get_string(object, "port"),
                  get_string(object, "remote"), get_string(object, "state"));
    ds_put_strftime_msec(ds, "%Y-%m-%d %H:%M:%S", get_integer(object, "since"),
                         false);
    ds_put_format(ds, ", %"PRIuSIZE"/%"PRIuSIZE" paths", n_up,
                  json_array_size(paths));
    if (sent) {
        ds_put_format(ds, ", loss %.1f %%", 100.0 * lost / sent);
    }
    if (get_integer(object, "rtt_us")) {
        ds_put_format(ds, ", RTT %.3f ms",
                      get_integer(object, "rtt_us") / 1000.0);
    }
    if (get_integer(object, "mtu")) {
        ds_put_format(ds, ", MTU %lld", get_integer(object, "mtu"));
    }
    ds_put_char(ds, '\n');
    if (verdict) {
        ds_put_format(ds, "  %s\n", verdict);
    }
    for (size_t i = 0; i < json_array_size(tenants); i++) {
        const struct json *tenant = json_array_at(tenants, i);

        verdict = get_string(tenant, "verdict");
        if (verdict) {
            ds_put_format(ds, "  key %s: %s\n", get_string(tenant, "tenant"),
                          verdict);
        }
    }
}

/* Implements "ovs-appctl oam/show [PORT]". */
static void
oam_show(struct unixctl_conn *conn, int argc, const char *argv[],
         void *aux OVS_UNUSED)
{
    struct collection collection = {
        .port = argc > 1 ? argv[1] : NULL,
        .sessions = json_array_create_empty(),
    };
    struct json **sorted;
    size_t n;

    ovl_stamp_visit(collect_session, &collection);
    n = json_array_size(collection.sessions);
    sorted = xmalloc(n * sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = json_clone(json_array_at(collection.sessions, i));
    }
    json_destroy(collection.sessions);
    qsort(sorted, n, sizeof *sorted, compare_sessions);
    if (unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON) {
        unixctl_command_reply_json(conn, json_array_create(sorted, n));
    } else {
        struct ds ds = DS_EMPTY_INITIALIZER;

        for (size_t i = 0; i < n; i++) {
            show_session(sorted[i], &ds);
            json_destroy(sorted[i]);
        }
        free(sorted);
        if (!ovl_stamp_is_sending()) {
            ds_put_cstr(&ds, "test packets are not sent: see "
                        "other_config:oam-probe\n");
        } else if (!n) {
            ds_put_cstr(&ds, "no tunnel port has sent anything\n");
        }
        unixctl_command_reply(conn, ds_cstr(&ds));
        ds_destroy(&ds);
    }
}

/* Implements "ovs-appctl oam/stats". */
static void
oam_stats(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct ds ds = DS_EMPTY_INITIALIZER;
    struct ovl_counter *counters;
    size_t n;

    counters = ovl_stamp_counters(&n);
    ovl_show_counters(&ds, counters, n);
    unixctl_command_reply(conn, ds_cstr(&ds));
    ds_destroy(&ds);
}

/* Registers the commands. */
void
ovl_stamp_show_init(void)
{
    unixctl_command_register("oam/show", "[port]", 0, 1, oam_show, NULL);
    unixctl_command_register("oam/stats", "", 0, 0, oam_stats, NULL);
}
