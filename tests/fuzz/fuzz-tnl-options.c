/* SPDX-License-Identifier: Apache-2.0 */
/* Copyright (c) 2026 The ovs-overlay Authors. */

/* Options: lines of "key=value" are the options of a port, and other_config.
 * A line "type=..." sets the type of the port, default STT.  If a port accepts
 * the options, another port must accept the options that it reports, and
 * report the same. */

#include <config.h>
#undef NDEBUG

#include "fuzz.h"

#include "netdev.h"
#include "ovs-router.h"
#include "seq.h"
#include "smap.h"
#include "overlay/class.h"
#include "overlay/vport.h"

static const char *types[] = { "stt", "nvgre", "l2tpv3", "etherip" };
static struct netdev *ports[ARRAY_SIZE(types)][2];

int
LLVMFuzzerInitialize(int *argc OVS_UNUSED, char ***argv OVS_UNUSED)
{
    /* For the route to remote_ip. */
    tnl_conf_seq = seq_create();
    ovs_router_init();

    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        for (int j = 0; j < 2; j++) {
            char *name = xasprintf("%s%d", types[i], j);

            ports[i][j] = fuzz_open_port(name, types[i]);
            free(name);
        }
    }
    return 0;
}

/* Sets the options of 'dev' to 'options'.  If it accepts them, stores the
 * options that it reports in '*got' and returns true. */
static bool
try_options(struct netdev *dev, const struct smap *options, struct smap *got)
{
    const struct ovl_class *class = ovl_class_from_type(netdev_get_type(dev));
    char *error = NULL;
    bool ok;

    ok = !netdev_set_config(dev, options, &error);
    ovs_assert(ok == !error);
    free(error);
    if (ok) {
        ovs_assert(!netdev_get_config(dev, got));
    }
    if (class->port_destroy) {
        class->port_destroy(dev); /* So that another port may have the same. */
    }
    return ok;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct smap options = SMAP_INITIALIZER(&options);
    struct smap got = SMAP_INITIALIZER(&got);
    struct smap got2 = SMAP_INITIALIZER(&got2);
    struct netdev **pair = ports[0];
    const char *type;
    char *save_ptr = NULL;

    for (char *line = strtok_r(text, "\n", &save_ptr); line;
         line = strtok_r(NULL, "\n", &save_ptr)) {
        char *value = strchr(line, '=');

        if (value) {
            *value++ = '\0';
            smap_replace(&options, line, value);
        }
    }

    type = smap_get_def(&options, "type", types[0]);
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strcmp(type, types[i])) {
            pair = ports[i];
        }
    }
    smap_remove(&options, "type");

    ovl_set_other_config(&options);
    if (try_options(pair[0], &options, &got)) {
        ovs_assert(try_options(pair[1], &got, &got2));
        ovs_assert(smap_equal(&got, &got2));
    }

    smap_destroy(&options);
    smap_destroy(&got);
    smap_destroy(&got2);
    free(text);
    return 0;
}
