/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/account-show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "overlay/account.h"
#include "packets.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "uuid.h"

/* Changes whenever ovs-vswitchd starts, since then counters begin at zero. */
static struct uuid boot;
static long long int boot_msec;

/* What of the accounts to show.  Null members select all. */
struct filter {
    const char *port;
    const char *tenant;
    const char *remote;
};

/* Returns a negative, zero or positive number if 'a' is to be printed before,
 * with or after 'b'. */
static int
compare_records(const void *a_, const void *b_)
{
    const struct ovl_account_key *a
        = &((const struct ovl_account_record *) a_)->key;
    const struct ovl_account_key *b
        = &((const struct ovl_account_record *) b_)->key;
    int cmp = strcmp(a->name, b->name);

    if (cmp) {
        return cmp;
    } else if (a->kind != b->kind) {
        return a->kind < b->kind ? -1 : 1;
    } else if (a->tenant != b->tenant) {
        return ntohll(a->tenant) < ntohll(b->tenant) ? -1 : 1;
    } else if (a->has_tenant != b->has_tenant) {
        return a->has_tenant ? 1 : -1;
    } else if (a->set != b->set) {
        return a->set < b->set ? -1 : 1;
    } else if (a->domain != b->domain) {
        return a->domain < b->domain ? -1 : 1;
    } else if (a->point != b->point) {
        return a->point < b->point ? -1 : 1;
    }
    cmp = memcmp(&a->remote, &b->remote, sizeof a->remote);
    return cmp ? cmp : strcmp(a->type ? a->type : "", b->type ? b->type : "");
}

/* Returns all accounts in the order in which they are printed, and stores
 * their number in '*n'.  The caller must free them with
 * ovl_account_free_all(). */
static struct ovl_account_record *
read_sorted(size_t *n)
{
    struct ovl_account_record *records = ovl_account_read_all(n);

    if (*n) {
        qsort(records, *n, sizeof *records, compare_records);
    }
    return records;
}

/* Appends the tenant of 'key' to 's', or 'none' if packets have no key. */
static void
format_tenant(const struct ovl_account_key *key, const char *none,
              struct ds *s)
{
    if (key->has_tenant) {
        ds_put_format(s, "%"PRIu64, ntohll(key->tenant));
    } else {
        ds_put_cstr(s, none);
    }
}

/* Adds the member 'name' with the integer 'n' to 'object'. */
static void
put_counter(struct json *object, const char *name, uint64_t n)
{
    json_object_put(object, name, json_integer_create(n));
}

/* Returns 'r', an account of a tunnel, as JSON. */
static struct json *
tunnel_to_json(const struct ovl_account_record *r)
{
    const struct ovl_account_key *key = &r->key;
    struct json *object = json_object_create();
    struct ds s = DS_EMPTY_INITIALIZER;

    json_object_put_string(object, "port", key->name);
    json_object_put_string(object, "type", key->type);
    if (key->kind == OVL_ACCOUNT_CELL || key->kind == OVL_ACCOUNT_TENANT) {
        format_tenant(key, "", &s);
        json_object_put_string(object, "tenant", ds_cstr(&s));
        ds_clear(&s);
    }
    if (key->kind == OVL_ACCOUNT_CELL || key->kind == OVL_ACCOUNT_REMOTE) {
        ipv6_format_mapped(&key->remote, &s);
        json_object_put_string(object, "remote", ds_cstr(&s));
    }
    ds_destroy(&s);
    for (size_t i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
        put_counter(object, ovl_account_counter_names[i], r->n[i]);
    }
    return object;
}

/* Returns 'r', an edge, as JSON. */
static struct json *
edge_to_json(const struct ovl_account_record *r)
{
    struct json *object = json_object_create();

    json_object_put_string(object, "bridge", r->key.name);
    put_counter(object, "set", r->key.set);
    if (r->key.kind == OVL_ACCOUNT_EDGE) {
        put_counter(object, "domain", r->key.domain);
        put_counter(object, "point", r->key.point);
    }
    put_counter(object, "packets", r->n[OVL_ACCOUNT_RX_PACKETS]);
    put_counter(object, "bytes", r->n[OVL_ACCOUNT_RX_BYTES]);
    return object;
}

/* Returns all accounts as JSON, as ovs-tunnels(7) describes it. */
static struct json *
accounts_to_json(void)
{
    struct json *cells = json_array_create_empty();
    struct json *aged = json_array_create_empty();
    struct json *other = json_array_create_empty();
    struct json *ports = json_array_create_empty();
    struct json *edges = json_array_create_empty();
    struct json *top = json_object_create();
    struct ovl_account_record *records;
    size_t n;

    records = read_sorted(&n);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];

        switch (r->key.kind) {
        case OVL_ACCOUNT_CELL:
            json_array_add(cells, tunnel_to_json(r));
            break;
        case OVL_ACCOUNT_TENANT:
        case OVL_ACCOUNT_REMOTE:
            json_array_add(aged, tunnel_to_json(r));
            break;
        case OVL_ACCOUNT_OTHER:
            json_array_add(other, tunnel_to_json(r));
            break;
        case OVL_ACCOUNT_PORT:
            json_array_add(ports, tunnel_to_json(r));
            break;
        case OVL_ACCOUNT_EDGE:
        case OVL_ACCOUNT_EDGE_OTHER:
            json_array_add(edges, edge_to_json(r));
            break;
        }
    }
    ovl_account_free_all(records, n);

    json_object_put_format(top, "boot", UUID_FMT, UUID_ARGS(&boot));
    put_counter(top, "time", time_wall_msec());
    put_counter(top, "uptime", time_msec() - boot_msec);
    json_object_put(top, "cells", cells);
    json_object_put(top, "aged", aged);
    json_object_put(top, "other", other);
    json_object_put(top, "ports", ports);
    json_object_put(top, "edges", edges);
    return top;
}

/* Implements "ovs-appctl account/dump". */
static void
account_dump(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *aux OVS_UNUSED)
{
    struct json *json = accounts_to_json();

    if (unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON) {
        unixctl_command_reply_json(conn, json);
    } else {
        char *s = json_to_string(json, JSSF_PRETTY | JSSF_SORT);

        unixctl_command_reply(conn, s);
        free(s);
        json_destroy(json);
    }
}

/* Columns of text of the table of tunnels. */
enum { PORT, TYPE, TENANT, REMOTE, N_TEXTS };

/* A line of the table of tunnels: the first columns, and the account's
 * counters. */
struct line {
    char *texts[N_TEXTS];
    const uint64_t *n;
};

/* Stores the columns for 'r', an account of a tunnel, in 'line'. */
static void
make_line(const struct ovl_account_record *r, struct line *line)
{
    const struct ovl_account_key *key = &r->key;
    const char *any = key->kind == OVL_ACCOUNT_OTHER ? "other" : "*";
    struct ds tenant = DS_EMPTY_INITIALIZER;
    struct ds remote = DS_EMPTY_INITIALIZER;

    if (key->kind == OVL_ACCOUNT_CELL || key->kind == OVL_ACCOUNT_TENANT) {
        format_tenant(key, "-", &tenant);
    } else {
        ds_put_cstr(&tenant, any);
    }
    if (key->kind == OVL_ACCOUNT_CELL || key->kind == OVL_ACCOUNT_REMOTE) {
        ipv6_format_mapped(&key->remote, &remote);
    } else {
        ds_put_cstr(&remote, any);
    }
    line->texts[PORT] = xstrdup(key->name);
    line->texts[TYPE] = xstrdup(key->type);
    line->texts[TENANT] = ds_steal_cstr(&tenant);
    line->texts[REMOTE] = ds_steal_cstr(&remote);
    line->n = r->n;
}

static void
free_line(struct line *line)
{
    for (size_t i = 0; i < N_TEXTS; i++) {
        free(line->texts[i]);
    }
}

/* Returns true if 'filter' selects 'line'. */
static bool
is_selected(const struct line *line, const struct filter *filter)
{
    return ((!filter->port || !strcmp(filter->port, line->texts[PORT]))
            && (!filter->tenant
                || !strcmp(filter->tenant, line->texts[TENANT]))
            && (!filter->remote
                || !strcmp(filter->remote, line->texts[REMOTE])));
}

/* Appends the table of 'lines', an array of 'n', to 's'. */
static void
show_lines(const struct line *lines, size_t n, struct ds *s)
{
    static const char *const titles[] = {"PORT", "TYPE", "TENANT", "REMOTE"};
    static const char *const counters[] = {
        "RX PACKETS", "RX BYTES", "RX DROPPED", "TX PACKETS", "TX BYTES"};
    int widths[N_TEXTS];

    for (size_t i = 0; i < N_TEXTS; i++) {
        widths[i] = strlen(titles[i]);
        for (size_t j = 0; j < n; j++) {
            widths[i] = MAX(widths[i], (int) strlen(lines[j].texts[i]));
        }
        ds_put_format(s, "%-*s  ", widths[i], titles[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(counters); i++) {
        ds_put_format(s, "%16s", counters[i]);
    }
    ds_put_char(s, '\n');

    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < N_TEXTS; i++) {
            ds_put_format(s, "%-*s  ", widths[i], lines[j].texts[i]);
        }
        for (size_t i = 0; i < OVL_ACCOUNT_N_COUNTERS; i++) {
            ds_put_format(s, " %15"PRIu64, lines[j].n[i]);
        }
        ds_put_char(s, '\n');
    }
}

/* Appends a line for 'r', an edge, to 's'. */
static void
show_edge(const struct ovl_account_record *r, struct ds *s)
{
    ds_put_format(s, "%-15s %10"PRIu32, r->key.name, r->key.set);
    if (r->key.kind == OVL_ACCOUNT_EDGE) {
        ds_put_format(s, " %10"PRIu32" %10"PRIu32, r->key.domain,
                      r->key.point);
    } else {
        ds_put_format(s, " %10s %10s", "other", "other");
    }
    ds_put_format(s, " %13"PRIu64" %13"PRIu64"\n",
                  r->n[OVL_ACCOUNT_RX_PACKETS], r->n[OVL_ACCOUNT_RX_BYTES]);
}

/* Parses 'argv', arguments of the form NAME=VALUE, into 'filter'.  Returns
 * NULL if successful, otherwise an error message that the caller must free. */
static char *
parse_filter(int argc, const char *argv[], struct filter *filter)
{
    memset(filter, 0, sizeof *filter);
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];

        if (!strncmp(arg, "port=", 5)) {
            filter->port = arg + 5;
        } else if (!strncmp(arg, "tenant=", 7)) {
            filter->tenant = arg + 7;
        } else if (!strncmp(arg, "remote=", 7)) {
            filter->remote = arg + 7;
        } else {
            return xasprintf("%s: not of the form port=NAME, tenant=KEY or "
                             "remote=ADDRESS", arg);
        }
    }
    return NULL;
}

/* Implements "ovs-appctl account/show". */
static void
account_show(struct unixctl_conn *conn, int argc, const char *argv[],
             void *aux OVS_UNUSED)
{
    struct ds edges = DS_EMPTY_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ovl_account_record *records;
    struct line *lines;
    struct filter filter;
    size_t n, n_lines = 0;
    char *error;

    error = parse_filter(argc, argv, &filter);
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }

    records = read_sorted(&n);
    lines = xmalloc(n * sizeof *lines);
    for (size_t i = 0; i < n; i++) {
        const struct ovl_account_record *r = &records[i];

        if (r->key.kind < OVL_ACCOUNT_PORT) {
            make_line(r, &lines[n_lines]);
            if (is_selected(&lines[n_lines], &filter)) {
                n_lines++;
            } else {
                free_line(&lines[n_lines]);
            }
        } else if (r->key.kind > OVL_ACCOUNT_PORT && argc == 1) {
            show_edge(r, &edges);
        }
    }
    show_lines(lines, n_lines, &s);
    for (size_t i = 0; i < n_lines; i++) {
        free_line(&lines[i]);
    }
    free(lines);
    ovl_account_free_all(records, n);

    if (edges.length) {
        ds_put_format(&s, "\n%-15s %10s %10s %10s %13s %13s\n", "BRIDGE",
                      "SET", "DOMAIN", "POINT", "PACKETS", "BYTES");
        ds_put_buffer(&s, edges.string, edges.length);
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&edges);
    ds_destroy(&s);
}

/* Registers the commands.  Must be called once. */
void
ovl_account_show_init(void)
{
    uuid_generate(&boot);
    boot_msec = time_msec();
    unixctl_command_register("account/show",
                             "[port=NAME] [tenant=KEY] [remote=ADDRESS]",
                             0, 3, account_show, NULL);
    unixctl_command_register("account/dump", "", 0, 0, account_dump, NULL);
}
