/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

#include <config.h>

#include "overlay/account-config.h"

#include <limits.h>

#include "cmap.h"
#include "hash.h"
#include "ovs-rcu.h"
#include "overlay/account.h"
#include "overlay/settings.h"
#include "smap.h"
#include "util.h"
#include "vswitch-idl.h"

/* A collector set whose "sample" actions count. */
struct edge_set {
    struct cmap_node node;      /* In 'edge_sets', by 'bridge' and 'id'. */
    char *bridge;
    uint32_t id;
    bool configured;            /* Is still in the database? */
};

/* Changed by the main thread only. */
static struct cmap edge_sets = CMAP_INITIALIZER;

/* Did the configuration change so that flows must be translated again?  For
 * the main thread only. */
static bool changed;

static uint32_t
hash_edge_set(const char *bridge, uint32_t id)
{
    return hash_string(bridge, id);
}

static struct edge_set *
find_edge_set(const char *bridge, uint32_t id)
{
    struct edge_set *set;

    CMAP_FOR_EACH_WITH_HASH (set, node, hash_edge_set(bridge, id),
                             &edge_sets) {
        if (set->id == id && !strcmp(set->bridge, bridge)) {
            return set;
        }
    }
    return NULL;
}

static void
free_edge_set(struct edge_set *set)
{
    free(set->bridge);
    free(set);
}

/* Monitors in 'idl' the columns that upstream does not. */
void
ovl_account_monitor(struct ovsdb_idl *idl)
{
    ovsdb_idl_add_column(
        idl, &ovsrec_flow_sample_collector_set_col_external_ids);
}

/* Reads the settings for accounts from 'other_config' of Open_vSwitch. */
void
ovl_account_set_other_config(const struct smap *other_config)
{
    uint64_t max = ovl_get_setting(other_config, "account-max",
                                   OVL_ACCOUNT_MAX_DEFAULT, 0, 1 << 24);
    uint64_t idle = ovl_get_setting(other_config, "account-idle",
                                    OVL_ACCOUNT_IDLE_DEFAULT, 60, INT_MAX);

    changed |= ovl_account_configure(max, idle);
}

/* Reads from 'idl' which collector sets count for 'bridge'. */
void
ovl_account_set_edges(const struct ovsdb_idl *idl,
                      const struct ovsrec_bridge *bridge)
{
    const struct ovsrec_flow_sample_collector_set *row;
    struct edge_set *set;

    CMAP_FOR_EACH (set, node, &edge_sets) {
        if (!strcmp(set->bridge, bridge->name)) {
            set->configured = false;
        }
    }
    OVSREC_FLOW_SAMPLE_COLLECTOR_SET_FOR_EACH (row, idl) {
        if (row->bridge != bridge || !smap_get(&row->external_ids, "count")) {
            continue;
        }
        set = find_edge_set(bridge->name, row->id);
        if (!set) {
            set = xzalloc(sizeof *set);
            set->bridge = xstrdup(bridge->name);
            set->id = row->id;
            cmap_insert(&edge_sets, &set->node,
                        hash_edge_set(set->bridge, set->id));
            changed = true;
        }
        set->configured = true;
    }
    CMAP_FOR_EACH (set, node, &edge_sets) {
        if (!strcmp(set->bridge, bridge->name) && !set->configured) {
            cmap_remove(&edge_sets, &set->node,
                        hash_edge_set(set->bridge, set->id));
            ovsrcu_postpone(free_edge_set, set);
            changed = true;
        }
    }
}

/* Returns true if "sample" actions in 'bridge' that name collector set 'set'
 * count. */
bool
ovl_account_is_edge(const char *bridge, uint32_t set)
{
    return find_edge_set(bridge, set) != NULL;
}

/* Returns true if flows must be translated again because of changes since the
 * last call. */
bool
ovl_account_config_changed(void)
{
    bool was_changed = changed;

    changed = false;
    return was_changed;
}
