/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "ofproto-dpif-live-show.h"

#include <string.h>

#include "ofproto-dpif-live-simulate.h"
#include "ofproto-dpif-live.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Returns the string 'name' of 'object', or NULL. */
static const char *
get_string(const struct json *object, const char *name)
{
    const struct json *value = shash_find_data(json_object(object), name);

    return value ? json_string(value) : NULL;
}

/* Returns the array 'name' of 'object', which may be NULL. */
static const struct json *
get_array(const struct json *object, const char *name)
{
    return shash_find_data(json_object(object), name);
}

static long long int
get_integer(const struct json *object, const char *name)
{
    return json_integer(shash_find_data(json_object(object), name));
}

/* Appends the nodes of 'trace' to 's', indented by 'indent', one a line. */
static void
show_trace(const struct json *trace, int indent, struct ds *s)
{
    for (size_t i = 0; trace && i < json_array_size(trace); i++) {
        const struct json *node = json_array_at(trace, i);
        const char *type = get_string(node, "type");

        ds_put_format(s, "%*s%s%s\n", indent, "",
                      !strcmp(type, "warning") || !strcmp(type, "error")
                      ? ">>>> " : !strcmp(type, "detail") ? " -> " : "",
                      get_string(node, "text"));
        show_trace(get_array(node, "nodes"),
                   indent + (!strcmp(type, "table") ? 4 : 2), s);
    }
}

/* Appends 'output', where a packet went, to 's'.  Returns false if it is not a
 * place. */
static bool
show_output(const struct json *output, struct ds *s)
{
    const struct shash *members = json_object(output);
    const struct json *underlay = shash_find_data(members, "underlay");
    const struct json *port = shash_find_data(members, "output");

    if (port && port->type == JSON_STRING) {
        ds_put_format(s, "  output to %s\n", json_string(port));
    } else if (underlay && underlay->type == JSON_STRING) {
        ds_put_format(s, "  output to the underlay at %s\n",
                      json_string(underlay));
    } else if (port || underlay) {
        ds_put_cstr(s, "  output to a port that was deleted\n");
    } else if (shash_find(members, "bond")) {
        ds_put_cstr(s, "  output to a port of a bond\n");
    } else if (shash_find(members, "tunnel_pop")) {
        ds_put_cstr(s, "  continues in the bridge of a tunnel port\n");
    } else if (shash_find(members, "recirc")) {
        ds_put_cstr(s, "  continues after recirculation\n");
    } else if (shash_find(members, "ttl_reply")) {
        ds_put_cstr(s, "  answered: its TTL expires\n");
    } else if (shash_find(members, "ttl_expired")) {
        ds_put_cstr(s, "  sent to the controller: its TTL expires\n");
    } else if (shash_find(members, "controller")) {
        ds_put_cstr(s, "  sent to the controller\n");
    } else {
        return false;           /* A meter. */
    }
    return true;
}

/* Appends to 's' where a packet went, one place a line, by 'report'. */
static void
show_result(const struct json *report, struct ds *s)
{
    const struct json *tunnels = get_array(report, "tunnels");
    const struct json *outputs = get_array(report, "outputs");
    const char *error = get_string(report, "error");
    size_t n = 0;

    for (size_t i = 0; i < json_array_size(tunnels); i++) {
        const struct json *tunnel = json_array_at(tunnels, i);
        const char *key = get_string(tunnel, "key");

        ds_put_format(s, "  sent by %s (%s) to %s%s%s\n",
                      get_string(tunnel, "port"), get_string(tunnel, "type"),
                      get_string(tunnel, "remote"), key ? ", key " : "",
                      key ? key : "");
    }
    for (size_t i = 0; i < json_array_size(outputs); i++) {
        n += show_output(json_array_at(outputs, i), s);
    }
    if (error) {
        ds_put_format(s, "  dropped: %s\n", error);
    } else if (!n) {
        ds_put_cstr(s, "  dropped\n");
    }
    if (n < json_array_size(outputs)) {
        ds_put_cstr(s, "  unless a meter drops it\n");
    }
    if (json_boolean(shash_find_data(json_object(report), "stale"))) {
        ds_put_cstr(s, "  The datapath does something else than the tables "
                    "say.\n");
    }
}

static void
show_report(const struct json *report, struct ds *s)
{
    char *time = xastrftime_msec("%H:%M:%S.###",
                                 get_integer(report, "time"), true);

    ds_put_format(s, "\npacket %lld, %lld bytes, from %s, %s UTC, digest %s\n"
                  "  flow: %s\n", get_integer(report, "packet"),
                  get_integer(report, "length"), get_string(report, "in_port"),
                  time, get_string(report, "digest"),
                  get_string(report, "flow"));
    show_trace(get_array(report, "trace"), 2, s);
    ds_put_format(s, "  datapath actions: %s\n",
                  get_string(report, "actions"));
    show_result(report, s);
    free(time);
}

/* Appends the line of "live/list" for 'session'. */
static void
show_session(const struct json *session, struct ds *s)
{
    ds_put_format(s, "session %lld: %s %s: %s, %lld of %lld packets\n",
                  get_integer(session, "id"), get_string(session, "bridge"),
                  get_string(session, "match"), get_string(session, "state"),
                  get_integer(session, "packets"),
                  get_integer(session, "count"));
}

/* Parts of a session to show. */
enum { SHOW_SESSION = 1 << 0, SHOW_REPORTS = 1 << 1 };

/* Sends the 'parts' of the sessions 'array' to 'conn', or all as JSON if the
 * user asks for that.  Frees 'array'. */
static void
reply(struct unixctl_conn *conn, struct json *array, unsigned int parts)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON) {
        unixctl_command_reply_json(conn, array);
        return;
    }
    for (size_t i = 0; i < json_array_size(array); i++) {
        const struct json *session = json_array_at(array, i);
        const struct json *all = get_array(session, "reports");

        if (parts & SHOW_SESSION) {
            show_session(session, &s);
        }
        for (size_t j = 0;
             parts & SHOW_REPORTS && j < json_array_size(all); j++) {
            show_report(json_array_at(all, j), &s);
        }
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
    json_destroy(array);
}

/* Parses "NAME=VALUE" in 'arg', a setting, into 'settings'.  Returns an error
 * message, which the caller must free, or NULL. */
static char *
parse_setting(const char *arg, struct ovl_live_settings *settings)
{
    const struct {
        const char *name;
        unsigned int *value, max;
    } names[] = {
        { "count=", &settings->count, 100 },
        { "rate=", &settings->rate, 1000 },
        { "timeout=", &settings->timeout, 3600 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        size_t len = strlen(names[i].name);

        if (!strncmp(arg, names[i].name, len)) {
            if (!str_to_uint(arg + len, 10, names[i].value)
                || !*names[i].value || *names[i].value > names[i].max) {
                return xasprintf("%s: not from 1 to %u", arg, names[i].max);
            }
            return NULL;
        }
    }
    return xasprintf("%s: unknown setting", arg);
}

/* Implements "ovs-appctl live/start". */
static void
live_start(struct unixctl_conn *conn, int argc, const char *argv[],
           void *aux OVS_UNUSED)
{
    struct ovl_live_settings settings = {
        .count = 1,
        .rate = 10,
        .timeout = 60,
    };
    char *error = NULL;
    unsigned int id;

    for (int i = 3; i < argc && !error; i++) {
        error = parse_setting(argv[i], &settings);
    }
    if (!error) {
        error = ovl_live_start(argv[1], argv[2], &settings, &id);
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }
    reply(conn, ovl_live_get(id), SHOW_SESSION);
}

/* Parses a session ID. */
static bool
parse_id(struct unixctl_conn *conn, const char *arg, unsigned int *id)
{
    if (!str_to_uint(arg, 10, id) || !*id) {
        unixctl_command_reply_error(conn, "not the number of a session");
        return false;
    }
    return true;
}

static void
reply_no_session(struct unixctl_conn *conn)
{
    unixctl_command_reply_error(conn, "no such session");
}

/* Implements "ovs-appctl live/show". */
static void
live_show(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    struct json *array;
    unsigned int id;

    if (!parse_id(conn, argv[1], &id)) {
        return;
    }
    array = ovl_live_get(id);
    if (json_array_size(array)) {
        reply(conn, array, SHOW_SESSION | SHOW_REPORTS);
    } else {
        json_destroy(array);
        reply_no_session(conn);
    }
}

/* Implements "ovs-appctl live/list". */
static void
live_list(struct unixctl_conn *conn, int argc OVS_UNUSED,
          const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    reply(conn, ovl_live_get(0), SHOW_SESSION);
}

/* Implements "ovs-appctl live/stop". */
static void
live_stop(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *aux OVS_UNUSED)
{
    unsigned int id;

    if (!parse_id(conn, argv[1], &id)) {
        return;
    }
    if (ovl_live_stop(id)) {
        unixctl_command_reply(conn, NULL);
    } else {
        reply_no_session(conn);
    }
}

/* Implements "ovs-appctl live/simulate". */
static void
live_simulate(struct unixctl_conn *conn, int argc, const char *argv[],
              void *aux OVS_UNUSED)
{
    struct json *array;
    char *error = ovl_live_simulate(argv[1], argv[2],
                                    argc > 3 ? argv[3] : NULL, &array);

    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }
    reply(conn, array, SHOW_REPORTS);
}

/* Implements "ovs-appctl live/inject". */
static void
live_inject(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[], void *aux OVS_UNUSED)
{
    char *error = ovl_live_inject(argv[1], argv[2]);

    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

/* Registers the commands.  Must be called once. */
void
ovl_live_show_init(void)
{
    unixctl_command_register("live/start", "bridge match [count=N] [rate=N] "
                             "[timeout=SECONDS]", 2, 5, live_start, NULL);
    unixctl_command_register("live/list", "", 0, 0, live_list, NULL);
    unixctl_command_register("live/show", "session", 1, 1, live_show, NULL);
    unixctl_command_register("live/stop", "session", 1, 1, live_stop, NULL);
    unixctl_command_register("live/simulate", "bridge flow [type]", 2, 3,
                             live_simulate, NULL);
    unixctl_command_register("live/inject", "bridge flow", 2, 2, live_inject,
                             NULL);
}
